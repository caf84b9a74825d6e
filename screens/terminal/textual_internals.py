"""All uses of Textual that its documentation does not cover, named one by one.

An upgrade of Textual may change any of them without notice: pyproject.toml allows 8.2 alone, and
`tests/ui/screens/test_textual_internals.py` fails by name for the one that changed. Nothing else in
the console uses these names; a test checks that as well.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from rich.text import Text
from textual import events
from textual.app import App
from textual.constants import ESCAPE_DELAY
from textual.dom import DOMNode
from textual.messages import Prune
from textual.screen import Screen
from textual.widgets import Input, OptionList

__all__ = ["ESCAPE_DELAY", "Prune"]
R = TypeVar("R")


class GuardedApp(App[R]):
    """An app whose crash report has no local variables, unlike Textual's.

    It overrides `App._fatal_error`, and uses `_exit_renderables` and `_close_messages_no_wait`.
    """

    def crash_report(self) -> str:
        """The text about the exception being handled, printed after the app left the terminal."""
        raise NotImplementedError

    def _fatal_error(self) -> None:
        self.bell()
        self._exit_renderables.append(Text(self.crash_report()))
        self._close_messages_no_wait()

    def write_codes(self, codes: str) -> bool:
        """Send control codes to the terminal; False if there is none (`App._driver`)."""
        if self._driver is None:
            return False
        self._driver.write(codes)
        return True

    def keep_clipboard(self, text: str) -> None:
        """Set what a paste in the app inserts; the terminal gets nothing (`App._clipboard`)."""
        self._clipboard = text


class FirstKeyInput(Input):
    """An input whose subclass sees a key before the input does (`Input._on_key`)."""

    def takes_key(self, event: events.Key) -> bool:
        """Whether the key is handled here and must not reach the text."""
        raise NotImplementedError

    async def _on_key(self, event: events.Key) -> None:
        if self.takes_key(event):
            event.stop()
            event.prevent_default()
        else:
            await super()._on_key(event)


def is_forwarded(event: events.Event) -> bool:
    """Whether the app hands an event on, instead of receiving it (`Event.is_forwarded`)."""
    return bool(event.is_forwarded)


def first_line(options: OptionList, index: int) -> int | None:
    """The line where an option begins; None if there is no such option (`_index_to_line`)."""
    return options._index_to_line.get(index)


def line_count(options: OptionList, index: int) -> int:
    """The number of lines of an option (`_heights`)."""
    return options._heights[index]


def clicked_option(event: events.Click) -> int | None:
    """The index of the option that was clicked (the style's `option` meta)."""
    found = event.style.meta.get("option")
    return found if isinstance(found, int) else None


def cancel_workers(node: DOMNode) -> None:
    """Cancel the workers of a page that is about to be removed (`WorkerManager.cancel_node`)."""
    node.workers.cancel_node(node)


def locate_all(page: Screen[Any]) -> None:
    """Let Textual compute where every part of a page is (`Screen._compositor.full_map`).

    After a scroll Textual 8.2 knows only the visible parts and computes the rest on demand. If that
    happens after a notification was removed, it no longer knows where that was and does not paint
    over it. The cost: the next scroll repaints the whole page, of which the driver sends what
    changed.
    """
    _ = page._compositor.full_map


def replace_input_decoder(
    decoder: Callable[[str], codecs.IncrementalDecoder | object],
) -> None:
    """Decode the terminal's input by another class; `decoder(encoding)` returns a decoder.

    Textual's driver looks `getincrementaldecoder` up in its own module; its decoder ends the input
    at a byte that is not UTF-8.
    """
    from textual.drivers import linux_driver  # noqa: PLC0415  only where a terminal is driven

    vars(linux_driver)["getincrementaldecoder"] = lambda encoding: partial(decoder, encoding)
