"""The export goal page, in the numbered steps of the help article."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from actui.console.choices import Choices
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
from actui.console.forms.goal_form import GoalForm, at, named
from actui.console.forms.threshold_questions import ask_threshold
from actui.model.goals import ExportGoal, LifecycleThreshold
from actui.model.mapping import (
    ExportSource,
    PropertySource,
    SegmentsSource,
    TextSource,
    WhenEmpty,
)
from actui.model.sources import TITLES, PlainSource

_ALL = "\0all"
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


def source_words(source: ExportSource) -> str:
    """A mapping's left-hand side."""
    if isinstance(source, PropertySource):
        return name(source.property)
    if isinstance(source, TextSource):
        return f'text "{name(source.text)}"'
    if isinstance(source, SegmentsSource):
        if source.segments == "all":
            return "All associated segments"
        return f"{counted(len(source.segments), 'associated segment', 'associated segments')}"
    return source.name_in_list


class ExportForm(GoalForm[ExportGoal]):
    """An export goal being edited."""

    def _mapped(self) -> set[str]:
        return {mapping.field for mapping in self.goal.mappings}

    def _steps(self, page: Page) -> None:
        goal = self.goal
        page.heading("1 Segment")
        segment = goal.segment
        size = self.choices.segment_size(segment.id, segment.name)
        count = "" if size is None else f"  {counted(size, 'profile', 'profiles')}"
        chosen = f"{name(segment.name)}{count}" if segment.name else "Select a segment"
        gone = bool(segment.name) and self.choices.lacks_segment(segment.id, segment.name)
        self._row(page, "segment", chosen, gone)
        page.hint("Fewer may be exported: the run tells why, reason by reason.")
        self._findings(page, "segment")
        self._links(page, "Without a match a contact is created, if there is an e-mail address.")
        self._mappings(page)
        self._lists(page)
        self._options(page)
        self._lifecycle(page)
        self._mode(page, 7)

    def _mappings(self, page: Page) -> None:
        page.heading("3 Map data")
        for index, mapping in enumerate(self.goal.mappings):
            source = mapping.source
            gone = self.choices.lacks_field(mapping.field) or (
                isinstance(source, PropertySource) and self._lacks_property(source.property)
            )
            clear = "  clears" if mapping.when_empty is WhenEmpty.CLEAR else ""
            arrow = self.glyphs.rightwards
            text = f"{source_words(source)} {arrow} {self._field(mapping.field)}{clear}"
            self._row(page, f"map:{index}", text, gone)
            self._findings_of(page, f"mappings.{mapping.field}")
            if index == self._open:
                page.line(f"map:{index}:source", f"from: {source_words(source)}", 3)
                page.line(f"map:{index}:field", f"field: {self._field(mapping.field)}", 3)
                self._empty_line(page, f"map:{index}", mapping.when_empty)
        page.line("map+", "+ Map data")
        page.line("map*", "+ Add remaining fields")
        self._findings(page, "mappings")

    def _lists(self, page: Page) -> None:
        page.heading("4 Lists")
        for index, one in enumerate(self.goal.lists):
            size = self.choices.list_size(one.id, one.name)
            count = "" if size is None else f"  {number(size)}"
            gone = self.choices.lacks_list(one.id, one.name)
            self._row(page, f"list:{index}", f"{name(one.name)}{count}", gone)
        page.line("list+", "+ Select lists")
        page.hint("Exported contacts join them, those already in ActiveCampaign as well.")
        self._findings(page, "lists")

    def _options(self, page: Page) -> None:
        goal = self.goal
        page.heading("5 Options")
        page.hint("Resubscribe inactive ActiveCampaign contacts")
        for choice, label in _RESUBSCRIBE.items():
            page.line(f"resubscribe={choice}", f"{radio(goal.resubscribe == choice)} {label}", 2)
        if goal.resubscribe != "never":
            page.hint(f"Concerns {self._whom()}; the preview (F6) counts them.", 3)
        page.hint(_CHECKBOX, 2)
        self._findings(page, "resubscribe")
        page.hint("Unsubscribe contacts who leave the segment from the lists")
        for choice, text in _UNSUBSCRIBE.items():
            page.line(f"unsubscribe={choice}", f"{radio(goal.unsubscribe == choice)} {text}", 2)
        if goal.unsubscribe != "never":
            page.hint("Never more than a fifth of them at once without confirmation.", 3)
        if goal.unsubscribe == "all":
            page.hint("Only people whom an earlier complete run saw in the segment. The", 3)
            page.hint("first time needs confirmation: the run says how many they are.", 3)
        page.hint(_CHECKBOX, 2)
        self._findings(page, "unsubscribe")
        page.line("automations", f"{box(goal.automations)} Start ActiveCampaign's automations")
        page.hint(
            f"On: joining a list can start mails to {self._whom()}."
            if goal.automations
            else "Off: nothing is started by the export.",
            3,
        )
        page.line(
            "recreate", f"{box(goal.recreate_deleted)} Create contacts again that were deleted"
        )
        page.hint("The help article creates a contact whenever it finds none: check this.", 3)
        self._findings(page, "automations", "recreate_deleted")

    def _reach(self) -> int | None:
        return self.choices.segment_size(self.goal.segment.id, self.goal.segment.name)

    def _whom(self) -> str:
        many = self._reach()
        return "everyone exported" if many is None else f"up to {counted(many, 'person', 'people')}"

    def _lifecycle(self, page: Page) -> None:
        page.heading("6 Lifecycle threshold")
        goal, threshold = self.goal, self.goal.lifecycle
        if threshold is None:
            page.line("lifecycle", "none")
        else:
            page.line(
                "lifecycle",
                f"{name(threshold.lifecycle.name)}, stage {name(threshold.stage.name)}",
            )
            for event in ("opened", "clicked"):
                page.line(f"event={event}", f"{box(event in threshold.events)} {event}: +1", 2)
            page.line(
                "unknown_stage",
                f"{box(goal.unknown_stage == 'export')} Export people whose stage is not known",
                2,
            )
            page.hint(
                "At the limit a profile is left out until its window has moved on. Only these "
                "e-mails are counted here; BlueConic counts its dialogues by itself.",
                2,
            )
            if not goal.lists:
                page.wrong("Without lists no e-mail can be counted.", warning=True)
        self._findings(page, "lifecycle", "unknown_stage")

    # changing

    def _enter(self, key: str) -> Ask | None:
        goal = self.goal
        head, _, choice = key.partition("=")
        if head in ("resubscribe", "unsubscribe"):
            self.put(**{head: choice})
        elif key == "automations":
            self.put(automations=not goal.automations)
        elif key == "recreate":
            self.put(recreate_deleted=not goal.recreate_deleted)
        elif key == "unknown_stage":
            self.put(unknown_stage="skip" if goal.unknown_stage == "export" else "export")
        elif head == "event":
            self._toggle_event(choice)
        elif key in (asks := self._questions()):
            return asks[key]()
        else:
            return self._enter_mapping(key)
        return None

    def _questions(self) -> dict[str, Callable[[], Ask]]:
        return {
            "segment": self._ask_segment,
            "lifecycle": self._ask_lifecycle,
            "list+": self._ask_lists,
            "map+": self._ask_source,
            "map*": self._ask_remaining,
        }

    def _enter_mapping(self, key: str) -> Ask | None:
        head, index, part = at(key)
        if head != "map" or not 0 <= index < len(self.goal.mappings):
            return None
        mapping = self.goal.mappings[index]
        if part == "source":
            return self._ask_source(lambda source: self._change(index, source=source))
        if part == "field":
            return self.ask_field(
                "Which ActiveCampaign field?",
                lambda field: self._change(index, field=field),
                mapping.field,
                writable=True,
            )
        if part == "empty":
            keep = mapping.when_empty is WhenEmpty.CLEAR
            self._change(index, when_empty=WhenEmpty.KEEP if keep else WhenEmpty.CLEAR)
            return None
        self._open = -1 if self._open == index else index
        return None

    def _change(self, index: int, **changes: object) -> None:
        mappings = list(self.goal.mappings)
        facts = dict(mappings[index]) | changes
        mappings[index] = mappings[index].model_copy(update=facts)
        self.put(mappings=mappings)

    def _ask_segment(self) -> Ask:
        def put(chosen: tuple[str, ...]) -> None:
            self.put(segment=named(chosen[0], self.choices.segments()))

        now = self.goal.segment
        return Choose(
            "Which BlueConic segment?",
            self.segments,
            put,
            chosen=(now.id or now.name,) if now.name else (),
            typed="a segment's name",
        )

    def _ask_lists(self) -> Ask:
        had = {self.list_key(one): one for one in self.goal.lists}
        gone = {id_: one.name for id_, one in had.items()}

        def put(chosen: tuple[str, ...]) -> None:
            self.put(lists=[had.get(id_) or self.named_list(id_) for id_ in chosen])

        return Choose(
            "Which lists do exported contacts join?",
            lambda: with_gone(self.choices.lists(), gone),
            put,
            many=True,
            chosen=tuple(had),
            typed="a list's name",
        )

    # mappings

    def _ask_source(self, then: Callable[[ExportSource], Ask | None] | None = None) -> Ask:
        done = then or self._ask_target

        def kind(chosen: tuple[str, ...]) -> Ask | None:
            what = chosen[0]
            if what == "property":
                return Choose(
                    "Which profile property?",
                    self.properties,
                    lambda answer: done(PropertySource(property=answer[0].strip())),
                    typed="the property's id",
                )
            if what == "segments":
                return self._ask_segments(done)
            if what == "text":
                return Type("Which text?", "", lambda typed: done(TextSource(text=typed)))
            return done(plain[what])

        plain: dict[str, PlainSource] = {one.value: one for one in PlainSource}
        return Choose("What is exported?", labelled(TITLES.items()), kind)

    def _ask_segments(self, done: Callable[[ExportSource], Ask | None]) -> Ask:
        def put(chosen: tuple[str, ...]) -> Ask | None:
            some = [id_ for id_ in chosen if id_ != _ALL]
            return done(SegmentsSource(segments=some if some and _ALL not in chosen else "all"))

        return Choose(
            "Which of the profile's segments?",
            lambda: (Option(_ALL, "All segments"), *self.choices.segments()),
            put,
            many=True,
            typed="a segment's name",
        )

    def _ask_target(self, source: ExportSource) -> Ask:
        def put(field: str) -> None:
            made = {"source": source, "field": field}
            self.put(mappings=[*self.goal.mappings, made])
            self._open = len(self.goal.mappings) - 1

        same = None
        if isinstance(source, PropertySource):
            same = self.choices.field_for(source.property)
        asked = f"{source_words(source)}: which ActiveCampaign field?"
        return self.ask_field(asked, put, same or "", writable=True)

    def _ask_remaining(self) -> Ask:
        mapped = {mapping.field for mapping in self.goal.mappings}

        def same() -> dict[str, str]:
            return dict(self._same_names(mapped))

        def offered() -> list[Option]:
            known = same()
            return [
                Option(option.id, option.label, f"from {known[option.id]}")
                for option in self.choices.fields(writable=True)
                if option.id in known
            ]

        def put(chosen: tuple[str, ...]) -> None:
            known = same()
            made = [
                {"source": PropertySource(property=known[field]), "field": field}
                for field in chosen
                if field in known
            ]
            self.put(mappings=[*self.goal.mappings, *made])

        return Choose(
            "Which of the remaining fields?",
            offered,
            put,
            many=True,
            chosen=tuple(same()),
            notice="Fields for which BlueConic has a property of the same name.",
        )

    def _same_names(self, mapped: set[str]) -> Iterator[tuple[str, str]]:
        linked = {link.field for link in self.goal.identifiers}
        for option in self.choices.fields(writable=True):
            same = self.choices.property_for(option.id)
            if same and option.id not in mapped | linked:
                yield option.id, same

    # the threshold

    def _ask_lifecycle(self) -> Ask:
        def put(threshold: LifecycleThreshold | None) -> None:
            self.put(lifecycle=threshold)

        return ask_threshold(lambda: self.choices, self.goal.lifecycle, put)

    def _toggle_event(self, event: str) -> None:
        threshold = self.goal.lifecycle
        if threshold is None:
            return
        events = [one for one in threshold.events if one != event]
        if len(events) == len(threshold.events):
            events.append(event)  # type: ignore[arg-type]
        self.put(lifecycle=threshold.model_copy(update={"events": events}))
