"""A page that goes takes its work with it."""

from __future__ import annotations

import asyncio

import pytest
from textual.app import ComposeResult
from textual.widgets import Label

from actui.app.console_app import ConsoleApp
from screens.base import ActuiScreen
from tests.ui.screens.fakes import connection, services, until


class Answered(Label):
    """A part of a page whose going is when the answer comes that the page waits for."""

    def __init__(self, answer: asyncio.Event) -> None:
        super().__init__("here", id="answered")
        self._answer = answer

    def on_unmount(self) -> None:
        self._answer.set()


class Last(Label):
    """A part of a page that goes when another one is long gone."""

    async def on_unmount(self) -> None:
        for _ in range(100):
            await asyncio.sleep(0)


class Waiting(ActuiScreen):
    """A page that shows an answer when it comes."""

    def __init__(self) -> None:
        super().__init__()
        self.waits, self.answer = asyncio.Event(), asyncio.Event()

    def compose(self) -> ComposeResult:
        yield Answered(self.answer)
        yield Last("last")

    def on_mount(self) -> None:
        self.attempt(self._show, "answer")

    async def _show(self) -> None:
        self.waits.set()
        await self.answer.wait()
        self.query_one("#answered", Label).update("answered")


@pytest.mark.parametrize("leaves", [True, False], ids=["left", "console closed"])
async def test_an_answer_that_comes_while_a_page_goes_is_no_mistake(
    leaves: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(ConsoleApp, "notify", lambda _, text, **how: said.append(text))
    app = ConsoleApp(services(connection()))
    async with app.run_test(size=(80, 24)) as pilot:
        page = Waiting()
        await app.push_screen(page)
        await until(pilot, page.waits.is_set)
        if leaves:
            await pilot.press("escape")
            await until(pilot, lambda: not page.is_running)
    assert page.answer.is_set()
    assert said == []
