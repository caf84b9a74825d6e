"""The import goal page, in the numbered steps of the help article."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from actui.console.forms import (
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
from actui.console.goalform import GoalForm, at
from actui.console.words import counted, number
from actui.model.goals import ImportGoal, ListChoice, ListStatus
from actui.model.mapping import ImportMapping, Rule, WhenEmpty

RULE_WORDS = {
    Rule.SET: "set",
    Rule.SET_IF_EMPTY: "set if empty",
    Rule.ADD: "add",
    Rule.SUM: "sum",
}
_RULE_NOTES = {
    Rule.SET: "replaces what the profile has",
    Rule.SET_IF_EMPTY: "only where the profile has nothing",
    Rule.ADD: "adds to the list of existing values",
    Rule.SUM: "adds a number to the existing one",
}
_SUMMABLE = ("RANGE", "DECIMAL", "CURRENCY")
_NOTHING = "\0nothing"
_STARTS = {
    _NOTHING: "add the first value; stop where BlueConic already holds sums",
    "add": "add the first value",
    "baseline": "remember the first value, add nothing",
}
_LEVELS = ("PERSONAL", "ANONYMOUS", "DO_NOT_TRACK")


class ImportForm(GoalForm[ImportGoal]):
    """An import goal being edited."""

    def _mapped(self) -> set[str]:
        return {mapping.property for mapping in self.goal.mappings}

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
            whom = "Every contact" if many is None else f"Each of up to {number(many)} contacts"
            page.hint(f"{whom} without a match becomes a new profile.", 3)
        statuses = goal.read_statuses
        shown = "any" if statuses is None else ", ".join(sorted(statuses))
        page.line("statuses", f"status on the list: {shown}")
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

    def _mappings(self, page: Page) -> None:
        page.heading("3 Map fields")
        for index, mapping in enumerate(self.goal.mappings):
            gone = self.choices.lacks_field(mapping.field) or self._lacks_property(mapping.property)
            arrow = self.glyphs.rightwards
            clear = ", clears" if mapping.when_empty is WhenEmpty.CLEAR else ""
            text = (
                f"{self._field(mapping.field)} {arrow} {name(mapping.property)}"
                f"{self._new(mapping.property)}  {RULE_WORDS[mapping.rule]}{clear}"
            )
            self._row(page, f"map:{index}", text, gone)
            known = self.choices.property_type(mapping.property)
            if mapping.rule is Rule.SUM and known and known not in _SUMMABLE:
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
        page.line(f"{key}:rule", f"rule: {RULE_WORDS[mapping.rule]}", 3)
        if mapping.rule is Rule.SUM:
            page.hint(self._sum_start(mapping), 3)
            page.hint("A value once added is never taken back, by no later run.", 3)
        self._empty_line(page, key, mapping.when_empty)
        if mapping.rule is Rule.SUM:
            of = "each new value" if mapping.of == "value" else "the difference to the last value"
            page.line(f"{key}:of", f"sum: {of}", 3)
            page.line(f"{key}:start", f"start: {_STARTS[mapping.sum_start or _NOTHING]}", 3)

    def _sum_start(self, mapping: ImportMapping) -> str:
        many = self._reach()
        whom = "every contact" if many is None else f"up to {number(many)} contacts"
        if mapping.sum_start == "baseline":
            return f"The first run adds nothing for {whom}."
        return f"The first run adds the whole value of {whom}."

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
        }

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
            labelled((status.value, status.value) for status in ListStatus),
            put,
            many=True,
            chosen=tuple(status.value for status in now),
            notice="None chosen: active with selected lists, any with all contacts.",
        )

    def _ask_save(self) -> Ask:
        def put(chosen: tuple[str, ...]) -> None:
            wanted = chosen[0].strip()
            self.put(save_lists_to=None if wanted == _NOTHING else wanted)
            if self.goal.save_lists_to and self._lacks_property(wanted):
                self._coming[wanted] = "SELECT"

        now = self.goal.save_lists_to
        return Choose(
            "Save the names of the lists in which property?",
            lambda: (
                Option(_NOTHING, "Do not save the lists"),
                *with_gone(self.choices.properties(), {now: now} if now else {}),
            ),
            put,
            chosen=(now or _NOTHING,),
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

    # mappings

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
                lambda chosen: self._set_rule(index, Rule(chosen[0])),
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
                chosen=(mapping.sum_start or _NOTHING,),
            )
        return None

    def turn_rule(self, key: str) -> None:
        """Give the mapping of a line the next of the rules."""
        head, index, _ = at(key)
        if head == "map" and index >= 0:
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
    return [Option(rule.value, RULE_WORDS[rule], _RULE_NOTES[rule]) for rule in Rule]


def _started(chosen: str) -> str | None:
    return None if chosen == _NOTHING else chosen
