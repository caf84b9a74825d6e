"""Pop-ups that answer a form's questions: choose with a search bar, or type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen, Screen
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option as Row

from actui.console.draft import Draft
from actui.console.forms import Choose, Option, Type, box
from actui.console.words import number, plain, shortened
from actui.console.workbench import Workbench
from screens.base import ChoiceList, Words
from screens.text import shown

_SHOWN = 200
"""More lines than anybody reads; the search bar finds the others."""
_TOLD = 120
"""Characters of the names that are told beside the list."""


class ChooseScreen(ModalScreen[tuple[str, ...]]):
    """Answers the chosen ids, or None."""

    CSS_PATH = "pop_up.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close", tooltip="Change nothing", id="choose.close"),
        Binding("slash", "search", "Search", tooltip="Go to the search bar", id="choose.search"),
        Binding("space", "mark", "Choose", tooltip="Choose the line or not", id="choose.mark"),
        Binding("ctrl+s", "accept", "Done", tooltip="Take what is chosen", id="choose.done"),
    ]

    def __init__(self, ask: Choose) -> None:
        super().__init__()
        self._ask = ask
        self._chosen = list(ask.chosen)
        self._typed: list[Option] = []
        self._options: list[Option] = list(ask.options())
        self._found: Sequence[Option] = ()

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Words(plain(self._ask.title), classes="heading")
            yield Words(plain(self._ask.notice), classes="hint")
            yield Input(placeholder=self._placeholder(), id="search", compact=True)
            yield ChoiceList(id="found")
            yield Words("", id="none", classes="hint")
            yield Words(self._told() if self._ask.many else "", id="chosen", classes="hint")
            yield Words(self._keys(), classes="hint")

    def _placeholder(self) -> str:
        typed = self._ask.typed
        return plain(f"Search, or type {typed}") if typed else "Search"

    def _told(self) -> str:
        """What is chosen: the search bar is empty again, and the line may be far away."""
        labels = {one.id: plain(one.label) for one in self._options}
        said = ", ".join(labels.get(one, plain(one)) or "(no name)" for one in self._chosen)
        return f"Chosen: {shortened(said, _TOLD)}" if said else "Nothing chosen."

    def _keys(self) -> str:
        if self._ask.many:
            return "space chooses, enter or ^s takes them all, / searches, esc closes."
        return "enter takes it, / searches, esc closes."

    def on_mount(self) -> None:
        self._fill()
        if self._options and (self._ask.chosen or len(self._options) < 12):
            self.query_one("#found").focus()
        else:
            self.query_one("#search").focus()

    def renew(self) -> None:
        """Offer what is known now; an account may have answered meanwhile."""
        self._options = [*self._ask.options(), *self._typed]
        at = self.query_one("#found", ChoiceList).highlighted
        self._fill()
        if at is not None and at < len(self._found):
            self.query_one("#found", ChoiceList).highlighted = at

    # what is offered

    def _wanted(self) -> str:
        return self.query_one("#search", Input).value.strip()

    def _fill(self) -> None:
        wanted = self._wanted().casefold()
        words = wanted.split()
        found = [
            one
            for one in self._options
            if all(word in f"{one.label} {one.note}".casefold() for word in words)
        ]
        if words:
            # the nearest to what was typed comes first, since enter takes the first
            found.sort(key=lambda one: _distance(one, wanted))
        self._found = found[:_SHOWN]
        results = self.query_one("#found", ChoiceList)
        results.clear_options()
        results.add_options([Row(self._row(one)) for one in self._found])
        results.display = bool(self._found)
        chosen = [i for i, one in enumerate(self._found) if one.id in self._ask.chosen]
        if self._found:
            results.highlighted = chosen[0] if chosen and not words else 0
        self.query_one("#none", Words).put(self._remark(len(found)))

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

    def on_key(self, event: events.Key) -> None:
        """Arrows go from the search bar to the list and back."""
        search, results = self.query_one("#search", Input), self.query_one("#found", ChoiceList)
        if event.key == "down" and search.has_focus and self._found:
            results.focus()
            event.stop()
        elif event.key == "up" and results.has_focus and results.highlighted == 0:
            search.focus()
            event.stop()

    # answering

    @on(Input.Submitted, "#search")
    def _submitted(self) -> None:
        wanted = self._wanted()
        exact = [one for one in self._found if wanted in (one.id, one.label)]
        if self._ask.many:
            self._take_many(wanted, exact)
        elif exact or (self._found and wanted):
            self.dismiss(((exact or self._found)[0].id,))
        elif self._ask.typed and wanted:
            self.dismiss((wanted,))
        elif self._found:
            self.query_one("#found").focus()

    def _take_many(self, wanted: str, exact: Sequence[Option]) -> None:
        if not wanted:
            self.query_one("#found").focus()
            return
        if not self._found and self._ask.typed:
            self._typed.append(Option(wanted, wanted, "as typed"))
            self._options.append(self._typed[-1])
            exact = self._typed[-1:]
        for one in exact or self._found[:1]:
            if one.id not in self._chosen:
                self._chosen.append(one.id)
        self.query_one("#search", Input).value = ""
        self._fill()
        self.query_one("#chosen", Words).put(self._told())

    @on(OptionList.OptionSelected, "#found")
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if self._ask.many:
            self.action_accept()
        else:
            self.dismiss((self._found[event.option_index].id,))

    def action_mark(self) -> None:
        """Choose the line under the cursor, or not."""
        results = self.query_one("#found", ChoiceList)
        at = results.highlighted
        if at is None or not self._found:
            return
        one = self._found[at]
        if not self._ask.many:
            self.dismiss((one.id,))
            return
        if one.id in self._chosen:
            self._chosen.remove(one.id)
        else:
            self._chosen.append(one.id)
        results.replace_option_prompt_at_index(at, self._row(one))
        self.query_one("#chosen", Words).put(self._told())

    def action_accept(self) -> None:
        """Take what is chosen."""
        if self._ask.many:
            self.dismiss(tuple(self._chosen))
        else:
            self.action_mark()

    def action_search(self) -> None:
        """Go to the search bar."""
        self.query_one("#search").focus()

    def action_close(self) -> None:
        """Change nothing."""
        self.dismiss(None)


async def learn(
    page: Screen[None], workbench: Workbench, draft: Draft, show: Callable[[], None]
) -> None:
    """Ask both accounts what there is to choose from; an open question hears it as well."""
    before = draft.choices.without_trouble()
    async for known in workbench.learn(draft.connection, before):
        draft.choices = known
        show()
        if isinstance(page.app.screen, ChooseScreen):
            page.app.screen.renew()


def _distance(one: Option, wanted: str) -> int:
    label = one.label.casefold()
    if wanted in (label, one.id.casefold()):
        return 0
    return 1 if label.startswith(wanted) else 2 if wanted in label else 3


class TypeScreen(ModalScreen[str]):
    """Answers what was typed, or None."""

    CSS_PATH = "pop_up.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close", tooltip="Change nothing", id="type.close"),
    ]

    def __init__(self, ask: Type) -> None:
        super().__init__()
        self._ask = ask

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Words(plain(self._ask.title), classes="heading")
            yield Input(plain(self._ask.value), id="typed", compact=True)
            yield Words(plain(self._ask.hint), classes="hint")
            yield Words("enter takes it, esc closes.", classes="hint")

    def on_mount(self) -> None:
        self.query_one("#typed").focus()

    @on(Input.Submitted, "#typed")
    def _typed(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)

    def action_close(self) -> None:
        """Change nothing."""
        self.dismiss(None)
