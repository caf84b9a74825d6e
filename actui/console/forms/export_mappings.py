"""Step 3 of an export goal: the data of profiles and the contact fields that they go to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from actui.console.formatting import counted
from actui.console.forms.account_questions import ask_field
from actui.console.forms.form import (
    Ask,
    Choose,
    Key,
    Option,
    Page,
    Type,
    labelled,
    name,
)
from actui.console.forms.goal_editor import GoalEditor
from actui.console.forms.goal_lines import FindingLines, Reach, adding_lines, empty_line
from actui.model.goals import ExportGoal
from actui.model.mapping import (
    ExportMapping,
    ExportSource,
    PropertySource,
    SegmentsSource,
    TextSource,
    WhenEmpty,
)
from actui.model.sources import TITLES, PlainSource

_ALL = "\0all"


def source_words(source: ExportSource) -> str:
    """A mapping's source as a name."""
    if isinstance(source, PropertySource):
        return name(source.property)
    if isinstance(source, TextSource):
        return f'text "{name(source.text)}"'
    if isinstance(source, SegmentsSource):
        if source.segments == "all":
            return "All associated segments"
        return f"{counted(len(source.segments), 'associated segment', 'associated segments')}"
    return source.name_in_list


class ExportMappingLines:
    """The mappings of an export goal; the details of at most one of them are shown."""

    def __init__(self, editor: GoalEditor[ExportGoal], reach: Reach) -> None:
        self._editor = editor
        self._reach = reach

    def add_to(self, page: Page, findings: FindingLines) -> None:
        """Add the step's lines."""
        editor = self._editor
        page.heading("3 Map data")
        for index, mapping in enumerate(editor.goal.mappings):
            item = editor.item("mappings", index, self._ask_new)
            source, field = source_words(mapping.source), editor.field_name(mapping.field)
            is_gone = editor.choices.lacks_field(mapping.field) or (
                isinstance(mapping.source, PropertySource)
                and editor.lacks_property(mapping.source.property)
            )
            clear = "  clears" if mapping.when_empty is WhenEmpty.CLEAR else ""
            page.line(
                Key("mappings", index),
                editor.marked(
                    f"{source} {editor.glyphs.rightwards} {field}{clear}", is_gone=is_gone
                ),
                partial(editor.unfold, index),
                item=item,
            )
            findings.of_mapping(mapping.field)
            if index == editor.unfolded:
                ask_source = partial(self._ask_source, partial(self._set_source, index))
                key = Key("mappings", index, "source")
                page.line(key, f"from: {source}", ask_source, 3, item)
                ask_other = partial(self._ask_other_field, index, mapping)
                key = Key("mappings", index, "field")
                page.line(key, f"field: {field}", ask_other, 3, item)
                empty_line(page, editor, index, self._reach, item)
        adding_lines(page, "+ Map data", self._ask_new, self._ask_remaining)
        findings.of("mappings")

    def _set_source(self, index: int, source: ExportSource) -> None:
        self._editor.change("mappings", index, source=source)

    # questions

    def _ask_new(self) -> Ask:
        return self._ask_source(self._ask_target)

    def _ask_source(self, then: Callable[[ExportSource], Ask | None]) -> Ask:
        editor = self._editor
        plain: dict[str, PlainSource] = {one.value: one for one in PlainSource}

        def kind(chosen: tuple[str, ...]) -> Ask | None:
            what = chosen[0]
            if what == "property":
                return Choose(
                    "Which profile property?",
                    editor.properties,
                    lambda answer: then(PropertySource(property=answer[0].strip())),
                    typed="the property's id",
                )
            if what == "segments":
                return self._ask_segments(then)
            if what == "text":
                return Type("Which text?", "", lambda typed: then(TextSource(text=typed)))
            return then(plain[what])

        return Choose("What is exported?", labelled(TITLES.items()), kind)

    def _ask_segments(self, then: Callable[[ExportSource], Ask | None]) -> Ask:
        def put(chosen: tuple[str, ...]) -> Ask | None:
            some = [id_ for id_ in chosen if id_ != _ALL]
            return then(SegmentsSource(segments=some if some and _ALL not in chosen else "all"))

        return Choose(
            "Which of the profile's segments?",
            lambda: (Option(_ALL, "All segments"), *self._editor.segments()),
            put,
            many=True,
            typed="a segment's name",
        )

    def _ask_target(self, source: ExportSource) -> Ask:
        editor = self._editor

        def put(field: str) -> None:
            made = {"source": source, "field": field}
            editor.put(mappings=[*editor.goal.mappings, made])
            editor.unfolded = len(editor.goal.mappings) - 1

        same = None
        if isinstance(source, PropertySource):
            same = editor.choices.field_for(source.property)
        title = f"{source_words(source)}: which ActiveCampaign field?"
        return ask_field(editor, title, put, same or "", writable=True)

    def _ask_other_field(self, index: int, mapping: ExportMapping) -> Ask:
        return ask_field(
            self._editor,
            "Which ActiveCampaign field?",
            lambda field: self._editor.change("mappings", index, field=field),
            mapping.field,
            writable=True,
        )

    def _ask_remaining(self) -> Ask:
        editor = self._editor
        mapped = {mapping.field for mapping in editor.goal.mappings}

        def same() -> dict[str, str]:
            return dict(self._same_names(mapped))

        def offered() -> list[Option]:
            known = same()
            return [
                Option(option.id, option.label, f"from {known[option.id]}")
                for option in editor.choices.fields(writable=True)
                if option.id in known
            ]

        def put(chosen: tuple[str, ...]) -> None:
            known = same()
            made = [
                {"source": PropertySource(property=known[field]), "field": field}
                for field in chosen
                if field in known
            ]
            editor.put(mappings=[*editor.goal.mappings, *made])

        return Choose(
            "Which of the remaining fields?",
            offered,
            put,
            many=True,
            chosen=tuple(same()),
            notice="Fields for which BlueConic has a property of the same name.",
        )

    def _same_names(self, mapped: set[str]) -> Iterator[tuple[str, str]]:
        editor = self._editor
        linked = {link.field for link in editor.goal.identifiers}
        for option in editor.choices.fields(writable=True):
            same = editor.choices.property_for(option.id)
            if same and option.id not in mapped | linked:
                yield option.id, same
