"""The export goal page, in the numbered steps of the help article."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from actui.console.choices import Choices
from actui.console.formatting import counted, number
from actui.console.forms.account_questions import ask_lists, named
from actui.console.forms.export_mappings import ExportMappingLines
from actui.console.forms.form import (
    ADD,
    Ask,
    Choose,
    Item,
    Key,
    Line,
    Page,
    box,
    name,
    radio,
)
from actui.console.forms.goal_editor import GoalEditor
from actui.console.forms.goal_lines import (
    FindingLines,
    LinkLines,
    account_warnings,
    mode_lines,
)
from actui.console.forms.threshold_questions import ask_threshold
from actui.model.goals import ExportGoal, LifecycleThreshold, Named

_RESUBSCRIBE = {
    "never": "never: who left a list stays off it",
    "own": "own: only people whom this goal itself unsubscribed",
    "all": "all: also people who opted out THEMSELVES; be sure that you may",
}
_UNSUBSCRIBE = {
    "never": "never: people who leave the segment stay on the lists",
    "own": "own: only people whom this goal itself subscribed",
    "all": "all: also people whom SOMEBODY ELSE put on a list",
}
_CHECKBOX = "In the help article this is a checkbox; checked, it means all."


def available(goal: ExportGoal, choices: Choices, *, short: bool = False) -> str:
    """How many profiles the segment offers; an empty text while it is not known."""
    size = choices.segment_size(goal.segment.id, goal.segment.name)
    if size is None:
        return ""
    return f"{counted(size, 'profile', 'profiles')} available{'' if short else ' for export'}"


class ExportForm:
    """Shows and changes the export goal of `editor`."""

    def __init__(self, editor: GoalEditor[ExportGoal]) -> None:
        self._editor = editor
        self._links = LinkLines(editor)
        self._mappings = ExportMappingLines(editor, self._reach)

    def lines(self) -> list[Line]:
        """The whole page, step by step."""
        editor, goal, page = self._editor, self._editor.goal, Page()
        mapped = {mapping.field for mapping in goal.mappings}
        findings = FindingLines(page, goal.name, editor.findings(), mapped)
        account_warnings(page, editor.choices)
        findings.of("")
        self._segment(page, findings)
        self._links.add_to(
            page,
            findings,
            "Without a match a contact is created, if there is an e-mail address.",
        )
        self._mappings.add_to(page, findings)
        self._lists(page, findings)
        self._options(page, findings)
        self._lifecycle(page, findings)
        mode_lines(page, editor, 7, self._reach)
        return page.lines

    # how many

    def _reach(self) -> int | None:
        segment = self._editor.goal.segment
        return self._editor.choices.segment_size(segment.id, segment.name)

    def _whom(self) -> str:
        many = self._reach()
        return "everyone exported" if many is None else f"up to {counted(many, 'person', 'people')}"

    # 1 Segment

    def _segment(self, page: Page, findings: FindingLines) -> None:
        editor, segment = self._editor, self._editor.goal.segment
        page.heading("1 Segment")
        size = self._reach()
        count = "" if size is None else f"  {counted(size, 'profile', 'profiles')}"
        text = f"{name(segment.name)}{count}" if segment.name else "Select a segment"
        is_gone = bool(segment.name) and editor.choices.lacks_segment(segment.id, segment.name)
        page.line(Key("segment"), editor.marked(text, is_gone=is_gone), self._ask_segment)
        page.hint("Fewer may be exported: the run tells why, reason by reason.")
        findings.of("segment")

    def _ask_segment(self) -> Ask:
        editor = self._editor

        def put(chosen: tuple[str, ...]) -> None:
            editor.put(segment=named(chosen[0], editor.segments()))

        now = editor.goal.segment
        return Choose(
            "Which BlueConic segment?",
            editor.segments,
            put,
            chosen=(now.id or now.name,) if now.name else (),
            typed="a segment's name",
        )

    # 4 Lists

    def _lists(self, page: Page, findings: FindingLines) -> None:
        editor = self._editor
        page.heading("4 Lists")
        for index, one in enumerate(editor.goal.lists):
            size = editor.choices.list_size(one.id, one.name)
            count = "" if size is None else f"  {number(size)}"
            is_gone = editor.choices.lacks_list(one.id, one.name)
            page.line(
                Key("lists", index),
                editor.marked(f"{name(one.name)}{count}", is_gone=is_gone),
                None,
                item=editor.item("lists", index, self._ask_lists),
            )
        page.line(
            Key("lists", part=ADD), "+ Select lists", self._ask_lists, item=Item(self._ask_lists)
        )
        page.hint("Exported contacts join them, those already in ActiveCampaign as well.")
        findings.of("lists")

    def _ask_lists(self) -> Ask:
        def put(lists: Sequence[Named]) -> None:
            self._editor.put(lists=list(lists))

        now = self._editor.goal.lists
        return ask_lists(self._editor, "Which lists do exported contacts join?", now, put)

    # 5 Options

    def _options(self, page: Page, findings: FindingLines) -> None:
        goal, put = self._editor.goal, self._editor.setter
        page.heading("5 Options")
        page.hint("Resubscribe inactive ActiveCampaign contacts")
        for choice, text in _RESUBSCRIBE.items():
            key = Key("resubscribe", part=choice)
            chosen = radio(goal.resubscribe == choice)
            page.line(key, f"{chosen} {text}", put(resubscribe=choice), 2)
        if goal.resubscribe != "never":
            page.hint(f"Concerns {self._whom()}; the preview (F6) counts them.", 3)
        page.hint(_CHECKBOX, 2)
        findings.of("resubscribe")
        page.hint("Unsubscribe contacts who leave the segment from the lists")
        for choice, text in _UNSUBSCRIBE.items():
            key = Key("unsubscribe", part=choice)
            chosen = radio(goal.unsubscribe == choice)
            page.line(key, f"{chosen} {text}", put(unsubscribe=choice), 2)
        if goal.unsubscribe != "never":
            page.hint("Never more than a fifth of them at once without confirmation.", 3)
        if goal.unsubscribe == "all":
            page.hint("Only people whom an earlier complete run saw in the segment. The", 3)
            page.hint("first time needs confirmation: the run says how many they are.", 3)
        page.hint(_CHECKBOX, 2)
        findings.of("unsubscribe")
        page.line(
            Key("automations"),
            f"{box(goal.automations)} Start ActiveCampaign's automations",
            put(automations=not goal.automations),
        )
        page.hint(
            f"On: joining a list can start mails to {self._whom()}."
            if goal.automations
            else "Off: nothing is started by the export.",
            3,
        )
        page.line(
            Key("recreate_deleted"),
            f"{box(goal.recreate_deleted)} Create contacts again that were deleted",
            put(recreate_deleted=not goal.recreate_deleted),
        )
        page.hint("The help article creates a contact whenever it finds none: check this.", 3)
        findings.of("automations", "recreate_deleted")

    # 6 Lifecycle threshold

    def _lifecycle(self, page: Page, findings: FindingLines) -> None:
        page.heading("6 Lifecycle threshold")
        goal, threshold = self._editor.goal, self._editor.goal.lifecycle
        if threshold is None:
            page.line(Key("lifecycle"), "none", self._ask_lifecycle)
        else:
            page.line(
                Key("lifecycle"),
                f"{name(threshold.lifecycle.name)}, stage {name(threshold.stage.name)}",
                self._ask_lifecycle,
            )
            for event in ("opened", "clicked"):
                page.line(
                    Key("lifecycle", part=event),
                    f"{box(event in threshold.events)} {event}: +1",
                    partial(self._toggle_event, threshold, event),
                    2,
                )
            is_exported = goal.unknown_stage == "export"
            page.line(
                Key("unknown_stage"),
                f"{box(is_exported)} Export people whose stage is not known",
                self._editor.setter(unknown_stage="skip" if is_exported else "export"),
                2,
            )
            page.hint(
                "At the limit a profile is left out until its window has moved on. Only these "
                "e-mails are counted here; BlueConic counts its dialogues by itself.",
                2,
            )
            if not goal.lists:
                page.wrong("Without lists no e-mail can be counted.", warning=True)
        findings.of("lifecycle", "unknown_stage")

    def _ask_lifecycle(self) -> Ask:
        def put(threshold: LifecycleThreshold | None) -> None:
            self._editor.put(lifecycle=threshold)

        return ask_threshold(lambda: self._editor.choices, self._editor.goal.lifecycle, put)

    def _toggle_event(self, threshold: LifecycleThreshold, event: str) -> None:
        events = [one for one in threshold.events if one != event]
        if len(events) == len(threshold.events):
            events.append(event)  # type: ignore[arg-type]
        self._editor.put(lifecycle=threshold.model_copy(update={"events": events}))
