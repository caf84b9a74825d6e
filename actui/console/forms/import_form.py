"""The import goal page, in the numbered steps of the help article."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from actui.console.formatting import counted, number
from actui.console.forms.form import (
    Ask,
    Choose,
    Option,
    Page,
    Type,
    box,
    labelled,
    name,
    radio,
    with_gone,
)
from actui.console.forms.goal_form import at
from actui.console.forms.import_mappings import NOTHING, ImportMappings
from actui.console.views.goal_description import recheck_words
from actui.model.errors import ConfigError
from actui.model.goals import LIST_STATUSES, MOST_RECHECKS, ListChoice, ListStatus

_LEVELS = ("PERSONAL", "ANONYMOUS", "DO_NOT_TRACK")


class ImportForm(ImportMappings):
    """An import goal being edited."""

    def _steps(self, page: Page) -> None:
        goal = self.goal
        page.heading("1 Contacts")
        page.line("contacts=all", f"{radio(goal.contacts == 'all')} all contacts")
        page.line("contacts=lists", f"{radio(goal.contacts == 'lists')} selected lists")
        if goal.contacts == "all":
            page.line("create", f"{box(goal.create_profiles)} Allow to create new profiles", 2)
        else:
            self._lists(page)
        if self._creates():
            many = self._may_create()
            contacts = "" if many is None else counted(many, "contact", "contacts")
            whom = f"Each of up to {contacts}" if contacts else "Every contact"
            page.hint(f"{whom} without a match becomes a new profile.", 3)
        statuses = goal.read_statuses
        shown = "any" if statuses is None else ", ".join(sorted(statuses))
        page.line("statuses", f"status on the list: {shown}")
        if statuses is not None and len(statuses) < len(LIST_STATUSES):
            page.hint("The help article does not ask for a status: choose all four.", 3)
        saved = f"Save the lists to the property {name(goal.save_lists_to or '')}"
        if not goal.save_lists_to:
            saved = "Save the lists in a property"
        page.line("save", f"{box(bool(goal.save_lists_to))} {saved}")
        if goal.save_lists_to and self.choices.lacks_property(goal.save_lists_to):
            page.hint("BlueConic does not have it yet: saving creates it.", 3)
        self._findings(page, "lists", "create_profiles", "statuses", "save_lists_to")
        self._links(
            page,
            "All have to match. Contacts without a value are left out."
            if len(goal.identifiers) > 1
            else "Contacts that have no value here are left out.",
        )
        self._mappings(page)
        self._mode(page, 4)
        if self._creates():
            self._new_profiles(page)

    def _lists(self, page: Page) -> None:
        for index, choice in enumerate(self.goal.lists):
            size = self.choices.list_size(choice.list.id, choice.list.name)
            count = "" if size is None else f"  {number(size)}"
            self._row(
                page,
                f"list:{index}",
                f"{name(choice.list.name)}{count}  "
                f"{box(choice.create_profiles)} Allow to create new profiles",
                self.choices.lacks_list(choice.list.id, choice.list.name),
                2,
            )
        page.line("list+", "+ Select lists", 2)

    def _rechecks(self, page: Page) -> None:
        page.line("recheck", recheck_words(self.goal.recheck_requests), 2)

    def _reach(self) -> int | None:
        return self._on_lists(self.goal.lists)

    def _may_create(self) -> int | None:
        return self._on_lists([one for one in self.goal.lists if one.create_profiles])

    def _on_lists(self, lists: Sequence[ListChoice]) -> int | None:
        """The active contacts of lists; somebody on two of them counts twice."""
        if self.goal.contacts == "all" or set(self.goal.statuses or ()) - {ListStatus.ACTIVE}:
            return None
        sizes = [self.choices.list_size(one.list.id, one.list.name) for one in lists]
        known = [size for size in sizes if size is not None]
        return sum(known) if known and len(known) == len(sizes) else None

    def _creates(self) -> bool:
        if self.goal.contacts == "all":
            return self.goal.create_profiles
        return any(choice.create_profiles for choice in self.goal.lists)

    def _new_profiles(self, page: Page) -> None:
        new = self.goal.new_profiles
        page.heading("5 New profiles")
        page.line("new:level", f"permission level: {new.permission_level}")
        law = new.privacy_legislation or "as BlueConic decides"
        page.line("new:law", f"privacy legislation: {law}")
        page.line("new:group", f"domain group: {new.domain_group}")
        self._findings(page, "new_profiles")

    # changing

    def _enter(self, key: str) -> Ask | None:
        head, index, part = at(key)
        if key.startswith("contacts="):
            self.put(contacts=key.removeprefix("contacts="))
            if self.goal.contacts == "lists" and not self.goal.lists:
                return self._ask_lists()
        elif key == "create":
            self.put(create_profiles=not self.goal.create_profiles)
        elif head == "list":
            self._toggle_creation(index)
        elif head == "new":
            return self._ask_new(key.removeprefix("new:"))
        elif key in (asks := self._questions()):
            return asks[key]()
        else:
            return self._enter_mapping(key, index, part)
        return None

    def _questions(self) -> dict[str, Callable[[], Ask]]:
        return {
            "list+": self._ask_lists,
            "statuses": self._ask_statuses,
            "save": self._ask_save,
            "recheck": self._ask_recheck,
        }

    def _ask_recheck(self) -> Ask:
        def put(typed: str) -> None:
            if not (typed.strip().isdecimal() and int(typed) <= MOST_RECHECKS):
                raise ConfigError(f"Type a number of requests from 0 to {MOST_RECHECKS:,}.")
            self.put(recheck_requests=int(typed))

        return Type(
            "How many requests may each run spend on people without a match?",
            str(self.goal.recheck_requests),
            put,
            f"0 to {MOST_RECHECKS:,}; 0 rechecks nobody. One finds up to 100 contacts.",
        )

    def _toggle_creation(self, index: int) -> None:
        lists = list(self.goal.lists)
        one = lists[index]
        lists[index] = one.model_copy(update={"create_profiles": not one.create_profiles})
        self.put(lists=lists)

    def _ask_lists(self) -> Ask:
        ids = {self.list_key(choice.list): choice for choice in self.goal.lists}
        gone = {id_: choice.list.name for id_, choice in ids.items()}

        def put(chosen: tuple[str, ...]) -> None:
            self.put(
                lists=[ids.get(id_) or ListChoice(list=self.named_list(id_)) for id_ in chosen],
                contacts="lists",
            )

        return Choose(
            "Which lists?",
            lambda: with_gone(self.choices.lists(), gone),
            put,
            many=True,
            chosen=tuple(ids),
            typed="a list's name",
        )

    def _ask_statuses(self) -> Ask:
        def put(chosen: tuple[str, ...]) -> None:
            self.put(statuses=[ListStatus(one) for one in chosen] or None)

        now = self.goal.statuses or []
        return Choose(
            "Contacts with which status on the list?",
            labelled((status.value, status.value) for status in LIST_STATUSES),
            put,
            many=True,
            chosen=tuple(status.value for status in now),
            notice="None chosen: active with selected lists, any with all contacts.",
        )

    def _ask_save(self) -> Ask:
        def put(chosen: tuple[str, ...]) -> None:
            wanted = chosen[0].strip()
            self.put(save_lists_to=None if wanted == NOTHING else wanted)
            if self.goal.save_lists_to and self._lacks_property(wanted):
                self._coming[wanted] = "SELECT"

        now = self.goal.save_lists_to
        return Choose(
            "Save the names of the lists in which property?",
            lambda: (
                Option(NOTHING, "Do not save the lists"),
                *with_gone(self.choices.properties(), {now: now} if now else {}),
            ),
            put,
            chosen=(now or NOTHING,),
            typed="an id for a new property, which saving creates",
        )

    def _ask_new(self, part: str) -> Ask:
        def put(**changes: object) -> None:
            self.put(new_profiles=dict(self.goal.new_profiles) | changes)

        new = self.goal.new_profiles
        if part == "level":
            return Choose(
                "Which permission level do new profiles get?",
                labelled((level, level) for level in _LEVELS),
                lambda chosen: put(permission_level=chosen[0]),
                chosen=(new.permission_level,),
            )
        if part == "law":
            return Type(
                "Which privacy legislation do new profiles get?",
                new.privacy_legislation or "",
                lambda typed: put(privacy_legislation=typed.strip() or None),
                "For instance GDPR; empty: as BlueConic decides.",
            )
        return Type(
            "Which domain group do new profiles get?",
            new.domain_group,
            lambda typed: put(domain_group=typed.strip() or "DEFAULT"),
        )
