"""What holds for every page of the console; a page that `PAGES` leaves out fails here."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from textual.binding import Binding
from textual.dom import DOMNode

import screens
from actui.app.console_app import ConsoleApp
from actui.model.connection import Connection
from actui.model.goals import ImportGoal, Named
from screens.base import ListTable
from screens.dialogs.help import key_words
from tests.ui.screens.fakes import FakeServices, until
from tests.ui.screens.gallery import PAGES, console, kinds, open_page, settled


def test_every_page_is_in_the_gallery() -> None:
    assert kinds() - {page.kind for page in PAGES.values()} == set()


def with_bindings() -> list[type[DOMNode]]:
    """All pages, parts of pages and the console itself, as far as they have keys of their own."""
    modules = [
        importlib.import_module(module.name)
        for module in pkgutil.iter_modules(screens.__path__, "screens.")
    ]
    found: set[type[DOMNode]] = {ConsoleApp}
    for module in modules:
        found.update(
            kind
            for kind in vars(module).values()
            if isinstance(kind, type)
            and issubclass(kind, DOMNode)
            and kind.__module__.startswith("screens.")
            and kind.__dict__.get("BINDINGS")
        )
    return sorted(found, key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", with_bindings(), ids=lambda kind: kind.__name__)
def test_every_key_has_an_id_a_description_and_a_tooltip(kind: type[DOMNode]) -> None:
    for binding in kind.BINDINGS:
        assert isinstance(binding, Binding), binding
        assert binding.id, binding
        assert binding.description.strip(), binding
        assert binding.tooltip.strip(), binding
        assert key_words(binding).strip(), binding


def test_no_two_keys_have_the_same_id() -> None:
    ids = [binding.id for kind in with_bindings() for binding in kind.BINDINGS]  # type: ignore[union-attr]
    assert len(ids) == len(set(ids))


# markup that closes nothing, a click that would act, a colour, an override and a line break
HOSTILE = "[/y] [@click=app.quit]x[/] \x1b[31m\u202eb\nc [bold]"
LONG = "x" * 10_000
SMALL = (40, 12)


NAMES = [
    pytest.param((HOSTILE, ""), id="acting"),
    pytest.param(("", LONG), id="long", marks=pytest.mark.long),
]


@pytest.mark.parametrize("names", NAMES)
@pytest.mark.parametrize("name", PAGES)
async def test_every_page_opens_whatever_things_are_called(
    name: str, names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    page, said = PAGES[name], []
    # a mistake inside a page is told in passing and does not end the console
    monkeypatch.setattr(ConsoleApp, "notify", lambda _, text, **how: said.append(text))
    app = ConsoleApp(renamed(page.home(), names))
    # what is long is worst where there is no room from the start
    async with app.run_test(size=SMALL if LONG in names else (80, 24)) as pilot:
        await until(pilot, lambda: bool(app.screen.query("#first")))
        await settled(pilot)
        for keys, _ in page.steps:
            await pilot.press(*keys)
            await settled(pilot)
        await until(pilot, lambda: type(app.screen).__name__ == page.kind, page.kind)
        text = await settled(pilot)
        if name in NAMES_SHOWN and HOSTILE in names:
            assert "[@click=app.quit]x[/]" in text
        await pilot.resize_terminal(*SMALL)
        text += await settled(pilot)
        assert "\x1b" not in text
        assert "\u202e" not in text
        await pilot.press(page.stays)
        await pilot.pause()
        assert type(pilot.app.screen).__name__ == page.kind
    assert said == []


NAMES_SHOWN = {"goal-words", "type", "confirm", "outcomes", "run-detail", "choose"}
"""Pages on which there is room for a name far enough to see that it is text."""


def renamed(home: FakeServices, names: Sequence[str]) -> FakeServices:
    """The home with everything in it that has a name called so, the first of each kind first."""

    def called(at: int) -> str:
        return names[at % len(names)]

    first = names[0]
    for stored in list(home.connections.held.values()):
        plain = stored.connection
        goals = [_called(goal, called(at) + " " * at, names) for at, goal in enumerate(plain.goals)]
        facts = dict(plain) | {"labels": list(names), "goals": goals, "description": first}
        # as a file that somebody else wrote may have it: no model refuses it
        if 0 < len(first) <= 120:
            # no connection can be called otherwise; a preview of one would say it
            facts["name"] = first
        meant = Connection.model_construct(**facts)
        home.connections.held[plain.id] = replace(stored, connection=meant)
    for history in home.histories.values():
        for run in history.runs:
            run.connection = first
            run.goals = [
                goal.model_copy(update={"goal": called(at)}) for at, goal in enumerate(run.goals)
            ]
    for reader in home.readers.values():
        if reader.picture:
            for at, goal in enumerate(reader.picture.goals):
                goal.summary.goal = called(at)
            for at, problem in enumerate(reader.picture.problems):
                problem.who = problem.detail = called(at)
    home.outcomes.rows = [
        replace(one, email=called(at), detail=called(at))
        for at, one in enumerate(home.outcomes.rows)
    ]
    return home


def _called(goal: Any, name: str, names: Sequence[str]) -> Any:
    """The goal by a name, with lists of the others."""
    about = [Named(name=one) for one in sorted(names, key=len, reverse=True)]
    if isinstance(goal, ImportGoal):
        # as many as there were: who walks to the next line counts them
        lists = [one.model_copy(update={"list": about[0]}) for one in goal.lists]
        return goal.model_copy(update={"name": name, "lists": lists, "save_lists_to": names[-1]})
    return goal.model_copy(update={"name": name, "lists": about, "segment": about[-1]})


@pytest.mark.parametrize("name", ["outcomes", "choose"])
async def test_lists_have_the_keys_that_lists_have_elsewhere(name: str) -> None:
    page = PAGES[name]
    async with console(page).run_test(size=(80, 24)) as pilot:
        await open_page(pilot, page)
        if name == "choose":
            await pilot.press("tab")  # from its search bar
        shown = pilot.app.screen.focused

        def at() -> int:
            assert shown is not None
            row = shown.cursor_row if isinstance(shown, ListTable) else shown.highlighted  # type: ignore[attr-defined]
            return int(row)

        await pilot.press("g")
        await until(pilot, lambda: at() == 0)
        await pilot.press("j", "j", "k")
        await until(pilot, lambda: at() == 1)
        await pilot.press("ctrl+d")
        await until(pilot, lambda: at() > 5)
        await pilot.press("ctrl+u")
        await until(pilot, lambda: at() <= 1)
        await pilot.press("G")
        await until(pilot, lambda: at() >= 59)
