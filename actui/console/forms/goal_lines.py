"""The lines that the forms of both kinds of goal have: warnings, links, mode, empty values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from actui.console.choices import Choices
from actui.console.formatting import counted, number
from actui.console.forms.account_questions import ask_field, identifier_link
from actui.console.forms.form import (
    ADD,
    Ask,
    Choose,
    Item,
    Key,
    Option,
    Page,
    Type,
    name,
    radio,
)
from actui.console.forms.goal_editor import AnyEditor
from actui.model.errors import ConfigError
from actui.model.findings import Finding
from actui.model.goals import Mode
from actui.model.mapping import WhenEmpty

PROFILE_ID = "\0profile-id"
_EMPTY_WORDS = {
    WhenEmpty.KEEP: "when empty: keep what is there",
    WhenEmpty.CLEAR: "when empty: CLEAR what is there",
}
Reach = Callable[[], int | None]
"""At most how many people the goal is about; None where it is not known."""


def account_warnings(page: Page, choices: Choices) -> None:
    """Why an account could not be asked for its names."""
    for trouble in dict.fromkeys((choices.no_activecampaign, choices.no_blueconic)):
        if trouble:
            page.wrong(f"{trouble.rstrip('.')}. Names can still be typed.", warning=True)


@dataclass(frozen=True, slots=True)
class FindingLines:
    """Shows each of a goal's findings in the step that it is about.

    `mapped` are the targets of the goal's mappings: a finding about one of them is shown below its
    mapping, by `of_mapping`.
    """

    page: Page
    goal_name: str
    found: Sequence[Finding]
    mapped: set[str]

    def of(self, *fields: str) -> None:
        """Show the findings about these fields of the goal; an empty one is the goal itself."""
        for finding in self.found:
            where = finding.where.removeprefix(f"goals.{self.goal_name}").removeprefix(".")
            first, _, mapping = where.partition(".")
            if first in fields and mapping not in self.mapped:
                self._show(finding)

    def of_mapping(self, target: str) -> None:
        """Show the findings about the mapping that fills this field or property."""
        for finding in self.found:
            if finding.where == f"goals.{self.goal_name}.mappings.{target}":
                self._show(finding)

    def _show(self, finding: Finding) -> None:
        message = finding.message.removeprefix(f"{self.goal_name}: ")
        self.page.wrong(message[:1].upper() + message[1:], warning=finding.severity == "warning")


class LinkLines:
    """Step 2: the identifier links of a goal."""

    def __init__(self, editor: AnyEditor) -> None:
        self._editor = editor

    def add_to(self, page: Page, findings: FindingLines, hint: str) -> None:
        """Add the step's lines."""
        editor = self._editor
        page.heading("2 Link identifiers")
        for index, link in enumerate(editor.goal.identifiers):
            right = link.property or "BlueConic profile identifier"
            is_gone = editor.choices.lacks_field(link.field) or (
                link.property is not None and editor.lacks_property(link.property)
            )
            text = f"{editor.field_name(link.field)} = {name(right)}"
            page.line(
                Key("identifiers", index),
                editor.marked(text, is_gone=is_gone),
                partial(self._ask, index, link.field),
                item=editor.item("identifiers", index, self._ask_new),
            )
        page.line(
            Key("identifiers", part=ADD),
            "+ Link an identifier",
            self._ask_new,
            item=Item(self._ask_new),
        )
        page.hint(hint)
        findings.of("identifiers")

    def _ask_new(self) -> Ask:
        return self._ask(len(self._editor.goal.identifiers), "email")

    def _ask(self, index: int, now: str) -> Ask:
        editor = self._editor
        links = list(editor.goal.identifiers)

        def with_field(chosen_field: str) -> Ask:
            def put(chosen: tuple[str, ...]) -> None:
                is_profile_id = chosen[0] == PROFILE_ID
                link = identifier_link(
                    field=chosen_field,
                    profile_id=is_profile_id,
                    property=None if is_profile_id else chosen[0],
                )
                editor.put(identifiers=[*links[:index], link, *links[index + 1 :]])

            same = editor.choices.property_for(chosen_field)
            return Choose(
                f"Which BlueConic property must equal {editor.field_name(chosen_field)}?",
                lambda: (
                    *editor.choices.properties(identifiers=True),
                    Option(PROFILE_ID, "BlueConic profile identifier"),
                ),
                put,
                chosen=(same,) if same else (),
                typed="the property's id",
                notice="Only properties that are unique identifiers are offered.",
            )

        title = "Which ActiveCampaign field identifies a contact?"
        return ask_field(editor, title, with_field, now)


def mode_lines(
    page: Page,
    editor: AnyEditor,
    step: int,
    reach: Reach,
    changed_lines: Callable[[], None] = lambda: None,
) -> None:
    """The step about the mode; `changed_lines` adds what else belongs to the mode *changed*."""
    page.heading(f"{step} Mode")
    goal = editor.goal
    changed = goal.mode is Mode.CHANGED
    page.line(
        Key("mode", part=Mode.CHANGED),
        f"{radio(changed)} changed since the last successful run",
        editor.setter(mode=Mode.CHANGED),
    )
    if changed:
        often = counted(goal.reconcile_days, "day", "days")
        page.line(
            Key("reconcile_days"),
            f"everything is looked at again every {often}",
            partial(_ask_days, editor),
            2,
        )
        changed_lines()
    many = reach()
    every = "everything" if many is None else f"all {number(many)}"
    page.line(
        Key("mode", part=Mode.FULL),
        f"{radio(not changed)} full: {every} in every run",
        editor.setter(mode=Mode.FULL),
    )


def _ask_days(editor: AnyEditor) -> Ask:
    def put(typed: str) -> None:
        if not (typed.strip().isdigit() and 1 <= int(typed) <= 365):
            raise ConfigError("Type a number of days from 1 to 365.")
        editor.put(reconcile_days=int(typed))

    now = str(editor.goal.reconcile_days)
    return Type("Look at everything again every how many days?", now, put, "1 to 365")


def adding_lines(
    page: Page, text: str, ask_new: Callable[[], Ask], ask_remaining: Callable[[], Ask]
) -> None:
    """The lines that add one mapping, or one for each field that has none."""
    new = Item(ask_new)
    page.line(Key("mappings", part=ADD), text, ask_new, item=new)
    page.line(Key("mappings", part="remaining"), "+ Add remaining fields", ask_remaining, item=new)


def empty_line(page: Page, editor: AnyEditor, index: int, reach: Reach, item: Item) -> None:
    """The detail of a mapping that says what an empty value does."""
    when = editor.goal.mappings[index].when_empty
    other = WhenEmpty.KEEP if when is WhenEmpty.CLEAR else WhenEmpty.CLEAR
    toggle = partial(editor.change, "mappings", index, when_empty=other)
    page.line(Key("mappings", index, "when_empty"), _EMPTY_WORDS[when], toggle, 3, item)
    if when is WhenEmpty.CLEAR:
        many = reach()
        people = "" if many is None else counted(many, "person", "people")
        whom = f"Each of up to {people}" if people else "Everybody"
        page.hint(f"{whom} without a value here loses the one there.", 3)
