"""Each undocumented part of Textual that the console uses is as it was, one test for each."""

from __future__ import annotations

import codecs
import inspect
import re
from pathlib import Path

import pytest
from textual import constants, events
from textual.app import App, ComposeResult
from textual.drivers import linux_driver
from textual.messages import Prune
from textual.screen import Screen
from textual.widgets import Checkbox, OptionList
from textual.widgets.option_list import Option

from screens.terminal import textual_internals as internals

PRODUCT = Path(__file__).resolve().parents[3]
NAMES = re.compile(
    r"(\.|def )(_fatal_error|_exit_renderables|_close_messages_no_wait|_driver|_clipboard|_on_key"
    r"|is_forwarded|_index_to_line|_heights|cancel_node|_compositor)\b"
    r"|style\.meta|linux_driver\)|from textual\.(constants|messages)"
)


class Crashing(internals.GuardedApp[str]):
    """An app that meets a bug as soon as it is shown."""

    def crash_report(self) -> str:
        return "a report of ours"

    def on_mount(self) -> None:
        secret = "hush"  # noqa: F841  Textual's own report would show it
        raise ValueError("a bug")


class Listing(App[None]):
    """A list of three options, one of them with two lines."""

    moved: int | None = None

    def compose(self) -> ComposeResult:
        yield OptionList(Option("one"), Option("two\nlines"), Option("three"))

    def on_click(self, event: events.Click) -> None:
        self.moved = internals.clicked_option(event)


class Searching(App[None]):
    """An input that keeps blanks for itself."""

    class Bar(internals.FirstKeyInput):
        taken = 0

        def takes_key(self, event: events.Key) -> bool:
            self.taken += event.key == "space"
            return event.key == "space"

    def compose(self) -> ComposeResult:
        yield self.Bar()


async def test_app_fatal_error_and_what_it_prints(capsys: pytest.CaptureFixture[str]) -> None:
    crashing = Crashing()
    with pytest.raises(ValueError, match="a bug"):
        async with crashing.run_test():
            pass
    printed = capsys.readouterr().err
    assert printed.strip() == "a report of ours"


async def test_app_driver_writes_codes() -> None:
    crashing = internals.GuardedApp[None]()
    assert not crashing.write_codes("\x1b[m")
    async with crashing.run_test():
        assert crashing.write_codes("\x1b[m")


async def test_app_clipboard_is_what_is_pasted() -> None:
    guarded = internals.GuardedApp[None]()
    guarded.keep_clipboard("a text")
    assert guarded.clipboard == "a text"


async def test_input_on_key_lets_a_key_be_taken() -> None:
    searching = Searching()
    async with searching.run_test() as pilot:
        for key, character in (("a", "a"), ("space", " "), ("b", "b")):
            searching.post_message(events.Key(key, character))
        await pilot.pause()
        bar = searching.query_one(Searching.Bar)
        assert (bar.value, bar.taken) == ("ab", 1)


async def test_option_list_index_to_line_and_heights() -> None:
    listing = Listing()
    async with listing.run_test():
        options = listing.query_one(OptionList)
        assert [internals.first_line(options, n) for n in (0, 1, 2, 3)] == [0, 1, 3, None]
        assert [internals.line_count(options, n) for n in (0, 1, 2)] == [1, 2, 1]


async def test_option_list_highlighted_is_a_reactive_that_repaints() -> None:
    assert "highlighted" in vars(OptionList)
    assert "watch_highlighted" in vars(OptionList)


async def test_click_style_meta_names_the_option() -> None:
    listing = Listing()
    async with listing.run_test() as pilot:
        await pilot.click(OptionList, offset=(4, 4))
        assert listing.moved == 2


async def test_event_is_forwarded() -> None:
    event = events.Key("a", "a")
    assert not internals.is_forwarded(event)
    event._set_forwarded()
    assert internals.is_forwarded(event)


async def test_workers_cancel_node() -> None:
    app = App[None]()
    async with app.run_test():
        worker = app.screen.run_worker(Screen.get_loading_widget, thread=False, start=False)
        internals.cancel_workers(app.screen)
        assert worker.is_cancelled


def test_prune_is_sent_to_a_page_before_it_goes() -> None:
    assert Prune.handler_name == "on_prune"


async def test_screen_compositor_full_map() -> None:
    listing = Listing()
    async with listing.run_test():
        internals.locate_all(listing.screen)
        assert listing.query_one(OptionList) in listing.screen._compositor.full_map


def test_linux_driver_looks_its_decoder_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(vars(linux_driver), "getincrementaldecoder", codecs.getincrementaldecoder)
    assert "getincrementaldecoder(" in inspect.getsource(linux_driver.LinuxDriver)
    internals.replace_input_decoder(lambda encoding: f"ours for {encoding}")
    assert linux_driver.getincrementaldecoder("utf-8")() == "ours for utf-8"  # type: ignore[attr-defined]


def test_escape_delay_is_in_seconds() -> None:
    assert 0.05 <= constants.ESCAPE_DELAY <= 0.5


def test_screen_active_bindings_is_a_property() -> None:
    assert isinstance(inspect.getattr_static(Screen, "active_bindings"), property)


def test_checkbox_button_inner() -> None:
    assert isinstance(Checkbox.BUTTON_INNER, str)


def test_nothing_else_touches_them() -> None:
    found = [
        f"{file.name}: {used[0]}"
        for place in ("screens", "actui/app")
        for file in (PRODUCT / place).rglob("*.py")
        if file.name != "textual_internals.py"
        for used in NAMES.finditer(file.read_text(encoding="utf-8"))
    ]
    assert found == []
