"""A goal being edited: its values, what is known of the accounts, and the changes of its lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from pydantic import ValidationError

from actui.console.choices import FIELD_WORDS, Choices
from actui.console.formatting import Glyphs, plain
from actui.console.forms.form import Enter, Item, Key, Option, moved, name, without
from actui.model.errors import ConfigError
from actui.model.findings import Finding
from actui.model.goals import ExportGoal, ImportGoal
from actui.model.mapping import is_custom
from actui.model.redaction import first_problem

G = TypeVar("G", ImportGoal, ExportGoal)


class GoalEditor(Generic[G]):
    """The state that the parts of a goal's form share.

    `choices` may be replaced whenever an account has answered. `coming` holds the properties that
    saving creates in BlueConic, their types by id. `unfolded` is the index of the mapping whose
    details are shown.
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
        self.coming: dict[str, str] = {} if coming is None else coming
        self.unfolded: int | None = None
        self._check: Callable[[G], Sequence[Finding]] = check

    def findings(self) -> Sequence[Finding]:
        """What is wrong with the goal as it is now."""
        return self._check(self.goal)

    # changing

    def put(self, **changes: object) -> None:
        """Change fields of the goal. Raises ConfigError with a sentence for a value not allowed."""
        try:
            self.goal = type(self.goal).model_validate(dict(self.goal) | changes)
        except ValidationError as wrong:
            raise ConfigError(plain(first_problem(wrong)) + ".") from None

    def setter(self, **changes: object) -> Callable[[], None]:
        """The action that makes these changes when it is called."""
        return lambda: self.put(**changes)

    def change(self, many: str, index: int, /, **changes: object) -> None:
        """Change fields of one item of the goal's list `many`."""
        items = list(getattr(self.goal, many))
        items[index] = items[index].model_copy(update=changes)
        self.put(**{many: items})

    def unfold(self, index: int) -> None:
        """Show the details of a mapping, or hide them when they are shown."""
        self.unfolded = None if self.unfolded == index else index

    def item(self, field: str, index: int, add: Enter) -> Item:
        """What can be done with one item of a list of the goal."""

        def remove() -> None:
            self.unfolded = None
            self.put(**{field: without(getattr(self.goal, field), index)})

        def move(by: int) -> Key:
            items, to = moved(getattr(self.goal, field), index, by)
            self.unfolded = to if self.unfolded == index else None
            self.put(**{field: items})
            return Key(field, to)

        return Item(add, remove, move)

    # what the accounts offer, also when one answers while a question is open

    def properties(self) -> list[Option]:
        """The properties that are known now."""
        return self.choices.properties()

    def segments(self) -> list[Option]:
        """The segments that are known now."""
        return self.choices.segments()

    # texts

    def field_name(self, field: str) -> str:
        """An ActiveCampaign field by its title, as far as it is known."""
        if not is_custom(field):
            return FIELD_WORDS.get(field, field)
        title = self.choices.field_title(field)
        return f"{name(title)} {name(field)}" if title else name(field)

    def marked(self, text: str, *, is_gone: bool) -> str:
        """The text of a line, marked where the account no longer has what it names."""
        return f"{text}  {self.glyphs.failed} not there" if is_gone else text

    def lacks_property(self, id_: str) -> bool:
        """Whether the tenant has no such property and saving will not create it."""
        return self.choices.lacks_property(id_) and id_ not in self.coming


AnyEditor = GoalEditor[ImportGoal] | GoalEditor[ExportGoal]
