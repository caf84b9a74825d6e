"""What the forms of both kinds of goal have: links, mode, findings and questions about names."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from pydantic import ValidationError

from actui.console.choices import FIELD_WORDS, Choices
from actui.console.formatting import Glyphs, counted, number, plain
from actui.console.forms.form import (
    Ask,
    Choose,
    Line,
    Option,
    Page,
    Type,
    labelled,
    moved,
    name,
    radio,
    without,
)
from actui.model.errors import ConfigError
from actui.model.findings import Finding
from actui.model.goals import ExportGoal, ImportGoal, Mode, Named
from actui.model.mapping import PROPERTY_ID, IdentifierLink, WhenEmpty, is_custom
from actui.model.redaction import first_problem

G = TypeVar("G", ImportGoal, ExportGoal)
PROFILE_ID = "\0profile-id"
_NEW = "\0new"
_TYPES = {
    "SELECT": "Text",
    "EMAIL": "E-mail address",
    "RANGE": "Number",
    "DECIMAL": "Decimal",
    "CURRENCY": "Currency",
    "DATETIME": "Date time",
}
_LIKELY = {"date": "DATETIME", "datetime": "DATETIME", "currency": "CURRENCY", "number": "DECIMAL"}
"""The property type that suits a field's type; text suits all the others."""
_EMPTY_WORDS = {
    WhenEmpty.KEEP: "when empty: keep what is there",
    WhenEmpty.CLEAR: "when empty: CLEAR what is there",
}


def at(key: str) -> tuple[str, int, str]:
    """A line's key taken apart: `map:2:rule` is the part rule of the third mapping."""
    head, _, rest = key.partition(":")
    index, _, part = rest.partition(":")
    return head, int(index) if index.isdigit() else -1, part


def named(id_: str, options: Sequence[Option]) -> Named:
    """What was chosen from the options, or typed."""
    label = next((option.label for option in options if option.id == id_), None)
    return Named(name=id_.strip()) if label is None else Named(name=label, id=id_)


class GoalForm(ABC, Generic[G]):
    """A goal being edited; `choices` may be replaced whenever more is known of the accounts.

    `coming` are the properties that saving creates, their types by id.
    """

    def __init__(
        self,
        goal: G,
        choices: Choices,
        glyphs: Glyphs,
        check: Callable[[G], Sequence[Finding]],
        coming: dict[str, str] | None = None,
    ) -> None:
        self.goal: G = goal
        self.choices = choices
        self.glyphs = glyphs
        self._check: Callable[[G], Sequence[Finding]] = check
        self._coming: dict[str, str] = {} if coming is None else coming
        self._open = -1
        self._found: Sequence[Finding] = ()

    # the lines

    def lines(self) -> list[Line]:
        """The whole page, step by step."""
        self._found = self._check(self.goal)
        page = Page()
        for trouble in dict.fromkeys((self.choices.no_activecampaign, self.choices.no_blueconic)):
            if trouble:
                page.wrong(f"{trouble.rstrip('.')}. Names can still be typed.", warning=True)
        self._findings(page, "")
        self._steps(page)
        return page.lines

    @abstractmethod
    def _mapped(self) -> set[str]:
        """What the mappings fill; their findings stand beside them."""

    @abstractmethod
    def _steps(self, page: Page) -> None:
        """The numbered steps of the help article."""

    def _findings(self, page: Page, *parts: str) -> None:
        for finding in self._found:
            where = finding.where.removeprefix(f"goals.{self.goal.name}").removeprefix(".")
            part, _, mapping = where.partition(".")
            if part in parts and mapping not in self._mapped():
                self._say(page, finding)

    def _findings_of(self, page: Page, part: str) -> None:
        """What there is to say of one mapping, beside it."""
        for finding in self._found:
            if finding.where == f"goals.{self.goal.name}.{part}":
                self._say(page, finding)

    def _say(self, page: Page, finding: Finding) -> None:
        message = finding.message.removeprefix(f"{self.goal.name}: ")
        page.wrong(message[:1].upper() + message[1:], warning=finding.severity == "warning")

    def _links(self, page: Page, hint: str) -> None:
        page.heading("2 Link identifiers")
        for index, link in enumerate(self.goal.identifiers):
            right = link.property or "BlueConic profile identifier"
            gone = self.choices.lacks_field(link.field) or (
                link.property is not None and self._lacks_property(link.property)
            )
            self._row(page, f"link:{index}", f"{self._field(link.field)} = {name(right)}", gone)
        page.line("link+", "+ Link an identifier")
        page.hint(hint)
        self._findings(page, "identifiers")

    def _mode(self, page: Page, step: int) -> None:
        page.heading(f"{step} Mode")
        changed = self.goal.mode is Mode.CHANGED
        page.line("mode=changed", f"{radio(changed)} changed since the last successful run")
        if changed:
            often = counted(self.goal.reconcile_days, "day", "days")
            page.line("days", f"everything is looked at again every {often}", 2)
            self._rechecks(page)
        many = self._reach()
        every = "everything" if many is None else f"all {number(many)}"
        page.line("mode=full", f"{radio(not changed)} full: {every} in every run")

    def _rechecks(self, page: Page) -> None:
        """What a run looks at again beside what changed; only imports have it."""

    @abstractmethod
    def _reach(self) -> int | None:
        """At most how many people the goal is about; None where nobody can tell."""

    def _row(self, page: Page, key: str, text: str, gone: bool, depth: int = 1) -> None:
        page.line(key, f"{text}  {self.glyphs.failed} not there" if gone else text, depth)

    def _field(self, field: str) -> str:
        if not is_custom(field):
            return FIELD_WORDS.get(field, field)
        title = self.choices.field_title(field)
        return f"{name(title)} {name(field)}" if title else name(field)

    def _empty_line(self, page: Page, key: str, when: WhenEmpty) -> None:
        page.line(f"{key}:empty", _EMPTY_WORDS[when], 3)
        if when is WhenEmpty.CLEAR:
            many = self._reach()
            people = "" if many is None else counted(many, "person", "people")
            whom = f"Each of up to {people}" if people else "Everybody"
            page.hint(f"{whom} without a value here loses the one there.", 3)

    # changing

    def put(self, **changes: object) -> None:
        """Change the goal. Raises ConfigError with a sentence when it would not be right."""
        try:
            self.goal = type(self.goal).model_validate(dict(self.goal) | changes)
        except ValidationError as wrong:
            raise ConfigError(plain(first_problem(wrong)) + ".") from None

    def enter(self, key: str) -> Ask | None:
        """Change what the line stands for at once, or ask first."""
        head, index, _ = at(key)
        if key == "link+":
            return self._ask_link(None)
        if head == "link":
            return self._ask_link(index)
        if key.startswith("mode="):
            self.put(mode=key.removeprefix("mode="))
        elif key == "days":
            return Type(
                "Look at everything again every how many days?",
                str(self.goal.reconcile_days),
                self._days,
                "1 to 365",
            )
        else:
            return self._enter(key)
        return None

    @abstractmethod
    def _enter(self, key: str) -> Ask | None:
        """The lines that only this kind of goal has."""

    def _days(self, typed: str) -> None:
        if not (typed.strip().isdigit() and 1 <= int(typed) <= 365):
            raise ConfigError("Type a number of days from 1 to 365.")
        self.put(reconcile_days=int(typed))

    def _many(self, head: str) -> str:
        """The goal's attribute that the lines of this kind stand for."""
        return {"link": "identifiers", "map": "mappings", "list": "lists"}.get(head, "")

    def remove(self, key: str) -> None:
        """Take out a link, a mapping or a list."""
        head, index, _ = at(key)
        attribute = self._many(head)
        if attribute and index >= 0:
            self._open = -1
            self.put(**{attribute: without(getattr(self.goal, attribute), index)})

    def add(self, key: str) -> Ask | None:
        """Add one more link, mapping or list, whichever the line is one of."""
        head = at(key)[0].rstrip("+*")
        return self.enter(f"{head}+") if self._many(head) else None

    def move(self, key: str, by: int) -> str:
        """Move a link, mapping or list."""
        head, index, _ = at(key)
        attribute = self._many(head)
        if not attribute or index < 0:
            return key
        items, to = moved(getattr(self.goal, attribute), index, by)
        self._open = to if self._open == index else -1
        self.put(**{attribute: items})
        return f"{head}:{to}"

    # questions

    def _ask_link(self, index: int | None) -> Ask:
        links: list[IdentifierLink] = list(self.goal.identifiers)
        here: int = len(links) if index is None else index

        def with_field(field: str) -> Ask:
            def put(chosen: tuple[str, ...]) -> None:
                profile = chosen[0] == PROFILE_ID
                link = self._made(
                    IdentifierLink,
                    field=field,
                    profile_id=profile,
                    property=None if profile else chosen[0],
                )
                self.put(identifiers=[*links[:here], link, *links[here + 1 :]])

            same = self.choices.property_for(field)
            return Choose(
                f"Which BlueConic property must equal {self._field(field)}?",
                lambda: (
                    *self.choices.properties(identifiers=True),
                    Option(PROFILE_ID, "BlueConic profile identifier"),
                ),
                put,
                chosen=(same,) if same else (),
                typed="the property's id",
                notice="Only properties that are unique identifiers are offered.",
            )

        now = links[index].field if index is not None else "email"
        return self.ask_field("Which ActiveCampaign field identifies a contact?", with_field, now)

    def ask_field(
        self, title: str, then: Callable[[str], Ask | None], now: str = "", writable: bool = False
    ) -> Choose:
        """Ask for an ActiveCampaign field."""
        return Choose(
            title,
            lambda: self.choices.fields(writable=writable),
            lambda chosen: then(self._checked(chosen[0])),
            chosen=(now,) if now else (),
            typed="a personalisation tag such as %TIER%",
        )

    def ask_property(
        self, title: str, then: Callable[[str], Ask | None], now: str = "", field: str = ""
    ) -> Choose:
        """Ask for a BlueConic profile property, or make one for a field's values."""
        same = self.choices.property_for(field) if field else None

        def chosen(answer: tuple[str, ...]) -> Ask | None:
            wanted = answer[0].strip()
            if wanted == _NEW:
                return self._ask_new_id(field, then)
            if self._lacks_property(wanted):
                return self._ask_type(wanted, field, then)
            return then(wanted)

        return Choose(
            title,
            lambda: (*self.properties(), Option(_NEW, "+ Create a property")),
            chosen,
            chosen=tuple(filter(None, (now or same,))),
            typed="the property's id, a new one as well",
            notice=f"{same} has the same name." if same else "",
        )

    def _ask_new_id(self, field: str, then: Callable[[str], Ask | None]) -> Ask:
        title = self.choices.field_title(field) or FIELD_WORDS.get(field, field)
        parts = re.findall(r"[A-Za-z0-9]+", title)
        return Type(
            "The new property's id",
            "_".join(parts).lower(),
            lambda typed: self._ask_type(typed.strip(), field, then),
            "Letters, digits, - and _; it stays as it is for ever.",
        )

    def _ask_type(self, id_: str, field: str, then: Callable[[str], Ask | None]) -> Ask | None:
        if not PROPERTY_ID.fullmatch(id_):
            raise ConfigError("A property's id takes letters, digits, '-' and '_'.")
        if self.choices.knows_property(id_):
            return then(id_)

        def made(chosen: tuple[str, ...]) -> Ask | None:
            self._coming[id_] = chosen[0]
            return then(id_)

        return Choose(
            f"{id_} is new. Of which type is it?",
            labelled(_TYPES.items()),
            made,
            chosen=(_LIKELY.get(self.choices.field_type(field), "SELECT"),),
            notice="BlueConic gets it when the connection is saved. Once a profile has a value, "
            "the type stays.",
        )

    def _lacks_property(self, id_: str) -> bool:
        """Whether the tenant has no such property, and saving will not create it."""
        return self.choices.lacks_property(id_) and id_ not in self._coming

    def _new(self, id_: str) -> str:
        """What stands behind a property that saving creates."""
        return "  (new)" if id_ in self._coming and self.choices.lacks_property(id_) else ""

    def properties(self) -> list[Option]:
        """The properties that are known now; `choices` is replaced when an account answers."""
        return self.choices.properties()

    def segments(self) -> list[Option]:
        """The segments that are known now."""
        return self.choices.segments()

    def list_key(self, named: Named) -> str:
        """What stands for a list that the goal names: its id wherever that can be known."""
        by_name = {option.label: option.id for option in self.choices.lists()}
        return named.id or by_name.get(named.name, named.name)

    def named_list(self, id_: str) -> Named:
        """A list that was chosen or typed."""
        return named(id_, self.choices.lists())

    def _checked(self, field: str) -> str:
        return self._made(IdentifierLink, field=field.strip(), property="-").field

    def _made(self, kind: Callable[..., IdentifierLink], **facts: object) -> IdentifierLink:
        try:
            return kind(**facts)
        except ValidationError as wrong:
            raise ConfigError(plain(first_problem(wrong)) + ".") from None
