"""The import goal page, in the numbered steps of the help article."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from actui.console.formatting import counted, number
from actui.console.forms.account_questions import ask_lists
from actui.console.forms.form import (
    ADD,
    NOTHING,
    Ask,
    Choose,
    Item,
    Key,
    Line,
    Option,
    Page,
    Type,
    box,
    labelled,
    name,
    radio,
    with_gone,
)
from actui.console.forms.goal_editor import GoalEditor
from actui.console.forms.goal_lines import (
    FindingLines,
    LinkLines,
    account_warnings,
    mode_lines,
)
from actui.console.forms.import_mappings import ImportMappingLines
from actui.console.views.goal_description import recheck_words
from actui.model.errors import ConfigError
from actui.model.goals import (
    LIST_STATUSES,
    MOST_RECHECKS,
    ImportGoal,
    ListChoice,
    ListStatus,
    Named,
)

_LEVELS = ("PERSONAL", "ANONYMOUS", "DO_NOT_TRACK")


class ImportForm:
    """Shows and changes the import goal of `editor`."""

    def __init__(self, editor: GoalEditor[ImportGoal]) -> None:
        self._editor = editor
        self._links = LinkLines(editor)
        self.mappings = ImportMappingLines(editor, self._reach)

    def lines(self) -> list[Line]:
        """The whole page, step by step."""
        editor, goal, page = self._editor, self._editor.goal, Page()
        mapped = {mapping.property for mapping in goal.mappings}
        findings = FindingLines(page, goal.name, editor.findings(), mapped)
        account_warnings(page, editor.choices)
        findings.of("")
        self._contacts(page, findings)
        self._links.add_to(
            page,
            findings,
            "All have to match. Contacts without a value are left out."
            if len(goal.identifiers) > 1
            else "Contacts that have no value here are left out.",
        )
        self.mappings.add_to(page, findings)
        mode_lines(page, editor, 4, self._reach, partial(self._recheck_line, page))
        if self._creates():
            self._new_profiles(page, findings)
        return page.lines

    # how many

    def _reach(self) -> int | None:
        return self._on_lists(self._editor.goal.lists)

    def _on_lists(self, lists: Sequence[ListChoice]) -> int | None:
        """The active contacts of lists; somebody on two of them counts twice."""
        editor = self._editor
        if editor.goal.contacts == "all" or set(editor.goal.statuses or ()) - {ListStatus.ACTIVE}:
            return None
        sizes = [editor.choices.list_size(one.list.id, one.list.name) for one in lists]
        known = [size for size in sizes if size is not None]
        return sum(known) if known and len(known) == len(sizes) else None

    def _creates(self) -> bool:
        """Whether a contact without a match becomes a new profile."""
        goal = self._editor.goal
        if goal.contacts == "all":
            return goal.create_profiles
        return any(choice.create_profiles for choice in goal.lists)

    # 1 Contacts

    def _contacts(self, page: Page, findings: FindingLines) -> None:
        editor, goal = self._editor, self._editor.goal
        is_all = goal.contacts == "all"
        page.heading("1 Contacts")
        page.line(
            Key("contacts", part="all"),
            f"{radio(is_all)} all contacts",
            editor.setter(contacts="all"),
        )
        page.line(
            Key("contacts", part="lists"), f"{radio(not is_all)} selected lists", self._to_lists
        )
        if is_all:
            page.line(
                Key("create_profiles"),
                f"{box(goal.create_profiles)} Allow to create new profiles",
                editor.setter(create_profiles=not goal.create_profiles),
                2,
            )
        else:
            self._lists(page)
        if self._creates():
            many = self._on_lists([one for one in goal.lists if one.create_profiles])
            contacts = "" if many is None else counted(many, "contact", "contacts")
            whom = f"Each of up to {contacts}" if contacts else "Every contact"
            page.hint(f"{whom} without a match becomes a new profile.", 3)
        statuses = goal.read_statuses
        shown = "any" if statuses is None else ", ".join(sorted(statuses))
        page.line(Key("statuses"), f"status on the list: {shown}", self._ask_statuses)
        if statuses is not None and len(statuses) < len(LIST_STATUSES):
            page.hint("The help article does not ask for a status: choose all four.", 3)
        saved = f"Save the lists to the property {name(goal.save_lists_to or '')}"
        if not goal.save_lists_to:
            saved = "Save the lists in a property"
        page.line(Key("save_lists_to"), f"{box(bool(goal.save_lists_to))} {saved}", self._ask_save)
        if goal.save_lists_to and editor.choices.lacks_property(goal.save_lists_to):
            page.hint("BlueConic does not have it yet: saving creates it.", 3)
        findings.of("lists", "create_profiles", "statuses", "save_lists_to")

    def _lists(self, page: Page) -> None:
        editor = self._editor
        for index, choice in enumerate(editor.goal.lists):
            size = editor.choices.list_size(choice.list.id, choice.list.name)
            count = "" if size is None else f"  {number(size)}"
            text = (
                f"{name(choice.list.name)}{count}  "
                f"{box(choice.create_profiles)} Allow to create new profiles"
            )
            is_gone = editor.choices.lacks_list(choice.list.id, choice.list.name)
            page.line(
                Key("lists", index),
                editor.marked(text, is_gone=is_gone),
                partial(editor.change, "lists", index, create_profiles=not choice.create_profiles),
                2,
                editor.item("lists", index, self._ask_lists),
            )
        page.line(
            Key("lists", part=ADD), "+ Select lists", self._ask_lists, 2, Item(self._ask_lists)
        )

    def _to_lists(self) -> Ask | None:
        self._editor.put(contacts="lists")
        return None if self._editor.goal.lists else self._ask_lists()

    def _ask_lists(self) -> Ask:
        had = {choice.list: choice for choice in self._editor.goal.lists}

        def put(lists: Sequence[Named]) -> None:
            chosen = [had.get(one) or ListChoice(list=one) for one in lists]
            self._editor.put(lists=chosen, contacts="lists")

        return ask_lists(self._editor, "Which lists?", tuple(had), put)

    def _ask_statuses(self) -> Ask:
        def put(chosen: tuple[str, ...]) -> None:
            self._editor.put(statuses=[ListStatus(one) for one in chosen] or None)

        now = self._editor.goal.statuses or []
        return Choose(
            "Contacts with which status on the list?",
            labelled((status.value, status.value) for status in LIST_STATUSES),
            put,
            many=True,
            chosen=tuple(status.value for status in now),
            notice="None chosen: active with selected lists, any with all contacts.",
        )

    def _ask_save(self) -> Ask:
        editor = self._editor

        def put(chosen: tuple[str, ...]) -> None:
            wanted = chosen[0].strip()
            editor.put(save_lists_to=None if wanted == NOTHING else wanted)
            if editor.goal.save_lists_to and editor.lacks_property(wanted):
                editor.coming[wanted] = "SELECT"

        now = editor.goal.save_lists_to
        return Choose(
            "Save the names of the lists in which property?",
            lambda: (
                Option(NOTHING, "Do not save the lists"),
                *with_gone(editor.properties(), {now: now} if now else {}),
            ),
            put,
            chosen=(now or NOTHING,),
            typed="an id for a new property, which saving creates",
        )

    # 4 Mode

    def _recheck_line(self, page: Page) -> None:
        budget = self._editor.goal.recheck_requests
        page.line(Key("recheck_requests"), recheck_words(budget), self._ask_recheck, 2)

    def _ask_recheck(self) -> Ask:
        def put(typed: str) -> None:
            if not (typed.strip().isdecimal() and int(typed) <= MOST_RECHECKS):
                raise ConfigError(f"Type a number of requests from 0 to {MOST_RECHECKS:,}.")
            self._editor.put(recheck_requests=int(typed))

        return Type(
            "How many requests may each run spend on people without a match?",
            str(self._editor.goal.recheck_requests),
            put,
            f"0 to {MOST_RECHECKS:,}; 0 rechecks nobody. One finds up to 100 contacts.",
        )

    # 5 New profiles

    def _new_profiles(self, page: Page, findings: FindingLines) -> None:
        new = self._editor.goal.new_profiles
        page.heading("5 New profiles")
        page.line(
            Key("new_profiles", part="permission_level"),
            f"permission level: {new.permission_level}",
            lambda: Choose(
                "Which permission level do new profiles get?",
                labelled((level, level) for level in _LEVELS),
                lambda chosen: self._put_new(permission_level=chosen[0]),
                chosen=(new.permission_level,),
            ),
        )
        page.line(
            Key("new_profiles", part="privacy_legislation"),
            f"privacy legislation: {new.privacy_legislation or 'as BlueConic decides'}",
            lambda: Type(
                "Which privacy legislation do new profiles get?",
                new.privacy_legislation or "",
                lambda typed: self._put_new(privacy_legislation=typed.strip() or None),
                "For instance GDPR; empty: as BlueConic decides.",
            ),
        )
        page.line(
            Key("new_profiles", part="domain_group"),
            f"domain group: {new.domain_group}",
            lambda: Type(
                "Which domain group do new profiles get?",
                new.domain_group,
                lambda typed: self._put_new(domain_group=typed.strip() or "DEFAULT"),
            ),
        )
        findings.of("new_profiles")

    def _put_new(self, **changes: object) -> None:
        self._editor.put(new_profiles=dict(self._editor.goal.new_profiles) | changes)
