"""Pop-ups that answer a form's questions: choose with a search bar, or type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.text import Text
from textual import events, on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen, Screen
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option as Row

from actui.console.draft import Draft
from actui.console.formatting import number, plain, shortened
from actui.console.forms.form import Ask, Choose, Option, Type, box
from actui.console.learning import learn_choices
from actui.console.workbench import Workbench
from actui.model.errors import ConfigError
from screens.base import ChoiceList, TextLine
from screens.dialogs.search import Found, SearchBar, ToggleRow
from screens.widgets.text import shown

_SHOWN = 200
"""More lines than anybody reads; the search bar finds the others."""
_TOLD = 120
"""Characters of the names that are shown beside the list."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What was chosen or typed and taken, and what is asked next because of it."""

    values: tuple[str, ...]
    following: Ask | None = None


class AskScreen(ModalScreen[Answered]):
    """One question; what is wrong with an answer is shown here. None = esc."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close", tooltip="Change nothing", id="ask.close"),
    ]

    def take(self, values: tuple[str, ...], then: Callable[[], Ask | None]) -> None:
        """Close with an answer, unless it is refused; keys typed ahead do not answer twice."""
        if not self.is_active:
            return
        try:
            following = then()
        except ConfigError as wrong:
            self.query_one("#wrong", TextLine).put(plain(wrong.message))
            return
        self.dismiss(Answered(values, following))

    def action_close(self) -> None:
        """Change nothing."""
        self.dismiss(None)


class ChooseScreen(AskScreen):
    """A list with a search bar. The keyboard stays in the bar; arrows move in the list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "Search", tooltip="Go to the search bar", id="choose.search"),
        Binding("space", "mark", "Choose", tooltip="Choose the line or not", id="choose.mark"),
        Binding(
            "ctrl+a",
            "all",
            "All or none",
            tooltip="Choose all that are found, or none of them",
            priority=True,  # a field's own key goes to its beginning
            id="choose.all",
        ),
        Binding("ctrl+s", "accept", "Done", tooltip="Take what is chosen", id="choose.done"),
    ]

    def __init__(self, ask: Choose) -> None:
        super().__init__()
        self._ask = ask
        self._chosen = list(ask.chosen)
        self._typed: list[Option] = []
        self._options: list[Option] = []
        self._found: Sequence[Option] = ()

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield TextLine(plain(self._ask.title), classes="heading")
            yield TextLine(plain(self._ask.notice), classes="hint")
            yield SearchBar(placeholder=self._placeholder(), id="search", compact=True)
            yield Found(id="found")
            yield TextLine("", id="none", classes="hint")
            yield TextLine("", id="wrong", classes="wrong")
            yield TextLine("", id="chosen", classes="hint")
            yield TextLine(self._keys(), id="keys", classes="hint")

    def _placeholder(self) -> str:
        typed = self._ask.typed
        return plain(f"Search, or type {typed}") if typed else "Search"

    def _show_chosen(self) -> None:
        """Say what is chosen: the search bar is empty again, and the line may be far away."""
        labels = {one.id: plain(one.label) for one in self._options}
        labels |= {one.id: f"{plain(one.label)} (as typed)" for one in self._typed}
        chosen = ", ".join(labels.get(one, plain(one)) or "(no name)" for one in self._chosen)
        message = f"Chosen: {shortened(chosen, _TOLD)}" if chosen else "Nothing chosen."
        self.query_one("#chosen", TextLine).put(message)

    def _keys(self, typed: str = "") -> str:
        if self._ask.many and typed:
            return "enter chooses it and searches anew, esc closes."
        if self._ask.many:
            return "space chooses, ^a all or none, enter takes them, esc closes."
        return "arrows choose, enter takes it, esc closes."

    def on_mount(self) -> None:
        self.renew()
        self.query_one("#search").focus()

    def renew(self) -> None:
        """Offer what is known now; an account may have answered meanwhile."""
        if not self.query(Found):
            return  # it answered while this opens, which looks for itself then
        self._options = [*self._ask.options(), *self._typed]
        at = self.query_one(Found).highlighted
        self._fill()
        if at is not None and at < len(self._found):
            self.query_one(Found).highlighted = at
        if self._ask.many:
            self._show_chosen()

    # what is offered

    def _wanted(self) -> str:
        return self.query_one("#search", Input).value.strip()

    def _fill(self) -> None:
        wanted = self._wanted().casefold()
        terms = wanted.split()
        found = [
            one
            for one in self._options
            if all(word in f"{one.label} {one.note}".casefold() for word in terms)
        ]
        if terms:
            # the nearest to what was typed comes first, since enter takes the first
            found.sort(key=lambda one: _distance(one, wanted))
        self._found = found[:_SHOWN]
        results = self.query_one(Found)
        results.clear_options()
        results.add_options([Row(self._row(one)) for one in self._found])
        results.display = bool(self._found)
        chosen = [i for i, one in enumerate(self._found) if one.id in self._ask.chosen]
        if self._found:
            results.highlighted = chosen[0] if chosen and not terms else 0
        self.query_one("#none", TextLine).put(self._remark(len(found)))

    def _remark(self, many: int) -> str:
        if many > _SHOWN:
            return f"{number(many - _SHOWN)} more: type a part of the name."
        if many:
            return ""
        if self._ask.typed and self._wanted():
            return f"enter takes '{plain(self._wanted())}' as it is typed."
        return "Nothing to choose from yet." if not self._options else "Nothing has this name."

    def _row(self, one: Option) -> Text:
        label = plain(one.label) or "(no name)"
        if self._ask.many:
            label = f"{box(one.id in self._chosen)} {label}"
        return shown(f"{label}  {plain(one.note)}".rstrip()) if one.note else shown(label)

    @on(Input.Changed, "#search")
    def _search(self) -> None:
        self._fill()
        self.query_one("#wrong", TextLine).put("")
        self.query_one("#keys", TextLine).put(self._keys(self._wanted()))

    def on_key(self, event: events.Key) -> None:
        """Arrows move in the list from the search bar; letters typed in the list are searched."""
        search = self.query_one("#search", Input)
        results = self.query_one(Found)
        moves: dict[str, Callable[[], None]] = {
            "down": results.action_cursor_down,
            "up": results.action_cursor_up,
            "pagedown": results.action_page_down,
            "pageup": results.action_page_up,
        }
        if search.has_focus and event.key in moves:
            event.stop()
            moves[event.key]()
        elif results.has_focus and event.character and self._is_text(event):
            event.stop()
            search.focus()
            search.insert_text_at_cursor(event.character)

    @staticmethod
    def _is_text(event: events.Key) -> bool:
        """Whether a key in the list is neither one of its own nor one of the page's."""
        own = {one.key for one in ChoiceList.BINDINGS if isinstance(one, Binding)}
        return event.is_printable and event.key not in own | {"space", "slash"}

    # answering

    def _here(self) -> Option | None:
        """What is under the cursor."""
        at = self.query_one(Found).highlighted
        return self._found[at] if at is not None and at < len(self._found) else None

    def _answer(self, *values: str) -> None:
        self.take(values, lambda: self._ask.then(values))

    @on(Input.Submitted, "#search")
    def _submitted(self) -> None:
        wanted = self._wanted()
        exact = next((one for one in self._found if wanted in (one.id, one.label)), None)
        here = exact or self._here()
        if self._ask.many:
            self._take_many(wanted, here)
        elif here is not None:
            self._answer(here.id)
        elif self._ask.typed and wanted:
            self._answer(wanted)

    def _take_many(self, wanted: str, here: Option | None) -> None:
        """With nothing typed take what is chosen; else choose what was looked for."""
        if not wanted:
            self.action_accept()
            return
        if here is None and self._ask.typed:
            here = Option(wanted, wanted, "as typed")
            self._typed.append(here)
            self._options.append(here)
        if here is not None and here.id not in self._chosen:
            self._chosen.append(here.id)
        self.query_one("#search", Input).value = ""
        self._fill()
        self._show_chosen()

    @on(OptionList.OptionSelected, "#found")
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if self._ask.many:
            self.action_accept()
        else:
            self._answer(self._found[event.option_index].id)

    @on(ToggleRow)
    def action_mark(self) -> None:
        """Choose the line under the cursor, or not; the only one is taken at once."""
        here = self._here()
        if here is None:
            return
        if not self._ask.many:
            self._answer(here.id)
            return
        self._toggle(here)
        self._show_chosen()

    def _toggle(self, one: Option) -> None:
        if one.id in self._chosen:
            self._chosen.remove(one.id)
        else:
            self._chosen.append(one.id)
        at = self._found.index(one)
        self.query_one(Found).replace_option_prompt_at_index(at, self._row(one))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """All or none is for several; elsewhere the key keeps its meaning in the search bar."""
        return self._ask.many if action == "all" else super().check_action(action, parameters)

    def action_all(self) -> None:
        """Choose all that are found, or none of them when all of them are."""
        without = [one for one in self._found if one.id not in self._chosen]
        for one in without or self._found:
            self._toggle(one)
        self._show_chosen()

    def action_accept(self) -> None:
        """Take what is chosen."""
        if self._ask.many:
            self._answer(*self._chosen)
        else:
            self.action_mark()

    def action_search(self) -> None:
        """Go to the search bar."""
        self.query_one("#search").focus()


async def learn(
    page: Screen[None], workbench: Workbench, draft: Draft, show: Callable[[], None]
) -> None:
    """Ask both accounts what there is to choose from; an open question shows the answers too."""
    before = draft.choices.without_trouble()
    async for known in learn_choices(workbench.services.catalog, draft.connection, before):
        draft.choices = known
        show()
        if isinstance(page.app.screen, ChooseScreen):
            page.app.screen.renew()


def _distance(one: Option, wanted: str) -> int:
    label = one.label.casefold()
    if wanted in (label, one.id.casefold()):
        return 0
    return 1 if label.startswith(wanted) else 2 if wanted in label else 3


class TypeScreen(AskScreen):
    """A question that is answered by typing."""

    def __init__(self, ask: Type) -> None:
        super().__init__()
        self._ask = ask

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield TextLine(plain(self._ask.title), classes="heading")
            yield Input(plain(self._ask.value), id="typed", compact=True)
            yield TextLine(plain(self._ask.hint), classes="hint")
            yield TextLine("", id="wrong", classes="wrong")
            yield TextLine("enter takes it, esc closes.", classes="hint")

    def on_mount(self) -> None:
        self.query_one("#typed").focus()

    @on(Input.Submitted, "#typed")
    def _typed(self, event: Input.Submitted) -> None:
        self.take((event.value,), lambda: self._ask.then(event.value))


def ask(
    app: App[Any], question: Ask, answered: Callable[[tuple[str, ...]], None] = lambda _: None
) -> None:
    """Ask, and whatever follows from the answers; `answered` hears of each that was taken."""

    def closed(answer: Answered | None) -> None:
        if answer is None:
            return
        answered(answer.values)
        if answer.following is not None:
            ask(app, answer.following, answered)

    page = ChooseScreen(question) if isinstance(question, Choose) else TypeScreen(question)
    app.push_screen(page, closed)
