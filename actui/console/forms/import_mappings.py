"""Step 3 of an import goal: the fields, the properties they go to, and how they are set."""

from __future__ import annotations

from collections.abc import Sequence

from actui.console.formatting import counted
from actui.console.forms.form import Ask, Choose, Option, Page, labelled, name
from actui.console.forms.goal_form import GoalForm, at
from actui.model.errors import ConfigError
from actui.model.goals import ImportGoal
from actui.model.mapping import SUMMABLE, ImportMapping, Rule, WhenEmpty

NOTHING = "\0nothing"
"""The id of the choice that chooses none of the others."""
_STARTS = {
    NOTHING: "add the first value; stop where BlueConic already holds sums",
    "add": "add the first value",
    "baseline": "remember the first value, add nothing",
}


class ImportMappings(GoalForm[ImportGoal]):
    """The mappings of an import goal being edited."""

    def _mapped(self) -> set[str]:
        return {mapping.property for mapping in self.goal.mappings}

    def _mappings(self, page: Page) -> None:
        page.heading("3 Map fields")
        for index, mapping in enumerate(self.goal.mappings):
            gone = self.choices.lacks_field(mapping.field) or self._lacks_property(mapping.property)
            arrow = self.glyphs.rightwards
            clear = ", clears" if mapping.when_empty is WhenEmpty.CLEAR else ""
            text = (
                f"{self._field(mapping.field)} {arrow} {name(mapping.property)}"
                f"{self._new(mapping.property)}  {mapping.rule.label}{clear}"
            )
            self._row(page, f"map:{index}", text, gone)
            known = self.choices.property_type(mapping.property)
            if mapping.rule is Rule.SUM and known and known not in SUMMABLE:
                page.wrong("This property is no number, so nothing can be summed into it.")
            self._findings_of(page, f"mappings.{mapping.property}")
            if index == self._open:
                self._details(page, index, mapping)
        page.line("map+", "+ Map a field")
        page.line("map*", "+ Add remaining fields")
        self._findings(page, "mappings")

    def _details(self, page: Page, index: int, mapping: ImportMapping) -> None:
        key = f"map:{index}"
        page.line(f"{key}:field", f"field: {self._field(mapping.field)}", 3)
        page.line(f"{key}:property", f"property: {name(mapping.property)}", 3)
        page.line(f"{key}:rule", f"rule: {mapping.rule.label}", 3)
        if mapping.rule is Rule.SUM:
            page.hint(self._sum_start(mapping), 3)
            page.hint("A value once added is never taken back, by no later run.", 3)
        self._empty_line(page, key, mapping.when_empty)
        if mapping.rule is Rule.SUM:
            of = "each new value" if mapping.of == "value" else "the difference to the last value"
            page.line(f"{key}:of", f"sum: {of}", 3)
            page.line(f"{key}:start", f"start: {_STARTS[mapping.sum_start or NOTHING]}", 3)

    def _sum_start(self, mapping: ImportMapping) -> str:
        many = self._reach()
        whom = "every contact"
        if many is not None:
            whom = f"up to {counted(many, 'contact', 'contacts')}"
        if mapping.sum_start == "baseline":
            return f"The first run adds nothing for {whom}."
        return f"The first run adds the whole value of {whom}."

    def _enter_mapping(self, key: str, index: int, part: str) -> Ask | None:
        if key == "map+":
            return self.ask_field("Which ActiveCampaign field?", self._ask_target)
        if key == "map*":
            return self._ask_remaining()
        if index < 0 or index >= len(self.goal.mappings):
            return None
        if part:
            return self._enter_detail(index, part)
        self._open = -1 if self._open == index else index
        return None

    def _ask_target(self, field: str) -> Ask:
        def put(property_id: str) -> None:
            made = {"field": field, "property": property_id}
            self.put(mappings=[*self.goal.mappings, made])
            self._open = len(self.goal.mappings) - 1

        return self.ask_property(f"{self._field(field)}: which property?", put, field=field)

    def _ask_remaining(self) -> Ask | None:
        mapped = {mapping.field for mapping in self.goal.mappings}
        # a link's value is there already
        linked = {(link.field, link.property) for link in self.goal.identifiers}
        matched = [
            option.id
            for option in self.choices.fields()
            if option.id not in mapped
            and (same := self.choices.property_for(option.id))
            and (option.id, same) not in linked
        ]

        def offered() -> list[Option]:
            options = []
            for option in self.choices.fields():
                same = self.choices.property_for(option.id)
                note = f"{self.glyphs.rightwards} {same}" if same else option.note
                if option.id not in mapped:
                    options.append(Option(option.id, option.label, note))
            return options

        def put(chosen: tuple[str, ...]) -> Ask | None:
            known = [(field, self.choices.property_for(field)) for field in chosen]
            made = [{"field": field, "property": same} for field, same in known if same]
            self.put(mappings=[*self.goal.mappings, *made])
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
            made = {"field": first, "property": property_id}
            self.put(mappings=[*self.goal.mappings, made])
            return self._ask_next(rest)

        return self.ask_property(f"{self._field(first)}: which property?", put, field=first)

    def _change(self, index: int, **changes: object) -> None:
        mappings = list(self.goal.mappings)
        mappings[index] = mappings[index].model_copy(update=changes)
        self.put(mappings=mappings)

    def _enter_detail(self, index: int, part: str) -> Ask | None:
        mapping = self.goal.mappings[index]
        if part == "field":
            return self.ask_field(
                "Which ActiveCampaign field?",
                lambda field: self._change(index, field=field),
                mapping.field,
            )
        if part == "property":
            return self.ask_property(
                "Which property?",
                lambda property_id: self._change(index, property=property_id),
                mapping.property,
                mapping.field,
            )
        if part == "rule":
            return Choose(
                "How is the value set?",
                _rules,
                lambda chosen: self._set_rule(index, Rule.of(chosen[0])),
                chosen=(mapping.rule.value,),
            )
        if part == "empty":
            keep = mapping.when_empty is WhenEmpty.CLEAR
            self._change(index, when_empty=WhenEmpty.KEEP if keep else WhenEmpty.CLEAR)
        elif part == "of":
            self._change(index, of="change" if mapping.of == "value" else "value")
        elif part == "start":
            return Choose(
                "What happens to the value that a contact has at its first Sum?",
                labelled(_STARTS.items()),
                lambda chosen: self._change(index, sum_start=_started(chosen[0])),
                chosen=(mapping.sum_start or NOTHING,),
            )
        return None

    def turn_rule(self, key: str) -> None:
        """Give the mapping of a line the next of the rules. Raises ConfigError for other lines."""
        head, index, _ = at(key)
        if head == "map+":
            index = self._open  # the one just added is unfolded above the line that adds
        elif head != "map":
            index = -1
        if index < 0:
            raise ConfigError("Go to a mapping first: r gives it the next rule.")
        rules = list(Rule)
        after = rules.index(self.goal.mappings[index].rule) + 1
        self._set_rule(index, rules[after % len(rules)])

    def _set_rule(self, index: int, rule: Rule) -> None:
        if rule is Rule.SUM:
            self._change(index, rule=rule)
        else:
            # the options of a sum say nothing under another rule
            self._change(index, rule=rule, of="value", sum_start=None)


def _rules() -> Sequence[Option]:
    return [Option(rule.value, rule.label, rule.note) for rule in Rule]


def _started(chosen: str) -> str | None:
    return None if chosen == NOTHING else chosen
