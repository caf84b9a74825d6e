"""Step 3 of an import goal: the fields, the properties they go to, and how they are set."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from actui.console.formatting import counted
from actui.console.forms.account_questions import ask_field, ask_property
from actui.console.forms.form import (
    ADD,
    NOTHING,
    Ask,
    Choose,
    Item,
    Key,
    Option,
    Page,
    labelled,
    name,
)
from actui.console.forms.goal_editor import GoalEditor
from actui.console.forms.goal_lines import FindingLines, Reach, adding_lines, empty_line
from actui.model.errors import ConfigError
from actui.model.goals import ImportGoal
from actui.model.mapping import SUMMABLE, ImportMapping, Rule, WhenEmpty

_STARTS = {
    NOTHING: "add the first value; stop where BlueConic already holds sums",
    "add": "add the first value",
    "baseline": "remember the first value, add nothing",
}


class ImportMappingLines:
    """The mappings of an import goal; the details of at most one of them are shown."""

    def __init__(self, editor: GoalEditor[ImportGoal], reach: Reach) -> None:
        self._editor = editor
        self._reach = reach

    def add_to(self, page: Page, findings: FindingLines) -> None:
        """Add the step's lines."""
        editor = self._editor
        page.heading("3 Map fields")
        for index, mapping in enumerate(editor.goal.mappings):
            item = editor.item("mappings", index, self._ask_new)
            is_gone = editor.choices.lacks_field(mapping.field) or editor.lacks_property(
                mapping.property
            )
            page.line(
                Key("mappings", index),
                editor.marked(self._text(mapping), is_gone=is_gone),
                partial(editor.unfold, index),
                item=item,
            )
            known = editor.choices.property_type(mapping.property)
            if mapping.rule is Rule.SUM and known and known not in SUMMABLE:
                page.wrong("This property is no number, so nothing can be summed into it.")
            findings.of_mapping(mapping.property)
            if index == editor.unfolded:
                self._details(page, index, mapping, item)
        adding_lines(page, "+ Map a field", self._ask_new, self._ask_remaining)
        findings.of("mappings")

    def _text(self, mapping: ImportMapping) -> str:
        editor = self._editor
        is_new = mapping.property in editor.coming and editor.choices.lacks_property(
            mapping.property
        )
        return (
            f"{editor.field_name(mapping.field)} {editor.glyphs.rightwards} "
            f"{name(mapping.property)}{'  (new)' if is_new else ''}  {mapping.rule.label}"
            f"{', clears' if mapping.when_empty is WhenEmpty.CLEAR else ''}"
        )

    def _details(self, page: Page, index: int, mapping: ImportMapping, item: Item) -> None:
        field = self._editor.field_name(mapping.field)
        page.line(
            Key("mappings", index, "field"),
            f"field: {field}",
            partial(self._ask_other_field, index, mapping),
            3,
            item,
        )
        page.line(
            Key("mappings", index, "property"),
            f"property: {name(mapping.property)}",
            partial(self._ask_other_property, index, mapping),
            3,
            item,
        )
        page.line(
            Key("mappings", index, "rule"),
            f"rule: {mapping.rule.label}",
            partial(self._ask_rule, index, mapping),
            3,
            item,
        )
        if mapping.rule is Rule.SUM:
            page.hint(self._sum_start(mapping), 3)
            page.hint("A value once added is never taken back, by no later run.", 3)
        empty_line(page, self._editor, index, self._reach, item)
        if mapping.rule is Rule.SUM:
            self._sum_details(page, index, mapping, item)

    def _sum_details(self, page: Page, index: int, mapping: ImportMapping, item: Item) -> None:
        is_whole = mapping.of == "value"
        of = "each new value" if is_whole else "the difference to the last value"
        page.line(
            Key("mappings", index, "of"),
            f"sum: {of}",
            partial(self._change, index, of="change" if is_whole else "value"),
            3,
            item,
        )
        page.line(
            Key("mappings", index, "sum_start"),
            f"start: {_STARTS[mapping.sum_start or NOTHING]}",
            partial(self._ask_start, index, mapping),
            3,
            item,
        )

    def _sum_start(self, mapping: ImportMapping) -> str:
        many = self._reach()
        whom = "every contact"
        if many is not None:
            whom = f"up to {counted(many, 'contact', 'contacts')}"
        if mapping.sum_start == "baseline":
            return f"The first run adds nothing for {whom}."
        return f"The first run adds the whole value of {whom}."

    # changing

    def _change(self, index: int, **changes: object) -> None:
        self._editor.change("mappings", index, **changes)

    def _append(self, *made: dict[str, str]) -> None:
        self._editor.put(mappings=[*self._editor.goal.mappings, *made])

    def turn_rule(self, key: Key | None) -> None:
        """Give the mapping of a line the next of the rules. Raises ConfigError for other lines.

        On the line that adds one it is the mapping whose details are shown, as the one just added.
        """
        index = None
        if key is not None and key.field == "mappings":
            index = self._editor.unfolded if key.part == ADD else key.index
        if index is None:
            raise ConfigError("Go to a mapping first: r gives it the next rule.")
        rules = list(Rule)
        after = rules.index(self._editor.goal.mappings[index].rule) + 1
        self._set_rule(index, rules[after % len(rules)])

    def _set_rule(self, index: int, rule: Rule) -> None:
        if rule is Rule.SUM:
            self._change(index, rule=rule)
        else:
            # the options of a sum say nothing under another rule
            self._change(index, rule=rule, of="value", sum_start=None)

    # questions

    def _ask_new(self) -> Ask:
        return ask_field(self._editor, "Which ActiveCampaign field?", self._ask_target)

    def _ask_target(self, field: str) -> Ask:
        def put(property_id: str) -> None:
            self._append({"field": field, "property": property_id})
            self._editor.unfolded = len(self._editor.goal.mappings) - 1

        title = f"{self._editor.field_name(field)}: which property?"
        return ask_property(self._editor, title, put, field=field)

    def _ask_remaining(self) -> Ask:
        editor = self._editor
        mapped = {mapping.field for mapping in editor.goal.mappings}
        # a link's value is there already
        linked = {(link.field, link.property) for link in editor.goal.identifiers}
        matched = [
            option.id
            for option in editor.choices.fields()
            if option.id not in mapped
            and (same := editor.choices.property_for(option.id))
            and (option.id, same) not in linked
        ]

        def offered() -> list[Option]:
            options = []
            for option in editor.choices.fields():
                same = editor.choices.property_for(option.id)
                note = f"{editor.glyphs.rightwards} {same}" if same else option.note
                if option.id not in mapped:
                    options.append(Option(option.id, option.label, note))
            return options

        def put(chosen: tuple[str, ...]) -> Ask | None:
            known = [(field, editor.choices.property_for(field)) for field in chosen]
            self._append(*({"field": field, "property": same} for field, same in known if same))
            return self._ask_next([field for field, same in known if not same])

        return Choose(
            "Which of the remaining fields?",
            offered,
            put,
            many=True,
            chosen=tuple(matched),
            notice=f"{counted(len(matched), 'field has', 'fields have')} a property of the same "
            "name. For the others you are asked.",
        )

    def _ask_next(self, fields: Sequence[str]) -> Ask | None:
        if not fields:
            return None
        first, *rest = fields

        def put(property_id: str) -> Ask | None:
            self._append({"field": first, "property": property_id})
            return self._ask_next(rest)

        title = f"{self._editor.field_name(first)}: which property?"
        return ask_property(self._editor, title, put, field=first)

    def _ask_other_field(self, index: int, mapping: ImportMapping) -> Ask:
        return ask_field(
            self._editor,
            "Which ActiveCampaign field?",
            lambda field: self._change(index, field=field),
            mapping.field,
        )

    def _ask_other_property(self, index: int, mapping: ImportMapping) -> Ask:
        return ask_property(
            self._editor,
            "Which property?",
            lambda property_id: self._change(index, property=property_id),
            mapping.property,
            mapping.field,
        )

    def _ask_rule(self, index: int, mapping: ImportMapping) -> Ask:
        return Choose(
            "How is the value set?",
            lambda: [Option(rule.value, rule.label, rule.note) for rule in Rule],
            lambda chosen: self._set_rule(index, Rule.of(chosen[0])),
            chosen=(mapping.rule.value,),
        )

    def _ask_start(self, index: int, mapping: ImportMapping) -> Ask:
        def put(chosen: tuple[str, ...]) -> None:
            self._change(index, sum_start=None if chosen[0] == NOTHING else chosen[0])

        return Choose(
            "What happens to the value that a contact has at its first Sum?",
            labelled(_STARTS.items()),
            put,
            chosen=(mapping.sum_start or NOTHING,),
        )
