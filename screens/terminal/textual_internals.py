"""Every part of Textual that is used and not documented for use, named one by one.

An upgrade of Textual may change any of them without notice: pyproject.toml allows 8.2 alone, and
`tests/ui/screens/test_textual_internals.py` fails by name for the one that changed. Nothing else in
the console touches these names; a test holds that as well.
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
    """An app that reports a bug without the local variables that Textual prints.

    It overrides `App._fatal_error`, and uses `_exit_renderables` and `_close_messages_no_wait`.
    """

    def crash_report(self) -> str:
        """The text shown for the exception being handled, on the terminal that the app leaves."""
        raise NotImplementedError

    def _fatal_error(self) -> None:
        self.bell()
        self._exit_renderables.append(Text(self.crash_report()))
        self._close_messages_no_wait()

    def write_codes(self, codes: str) -> bool:
        """Send control codes to the terminal; False where none is driven (`App._driver`)."""
        if self._driver is None:
            return False
        self._driver.write(codes)
        return True

    def keep_clipboard(self, text: str) -> None:
        """Set what is pasted within the app; nothing is sent to the terminal (`App._clipboard`)."""
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
    """The line where an option begins; None where there is no such option (`_index_to_line`)."""
    return options._index_to_line.get(index)


def line_count(options: OptionList, index: int) -> int:
    """How many lines an option takes (`_heights`)."""
    return options._heights[index]


def clicked_option(event: events.Click) -> int | None:
    """The index of the option that was clicked (the style's `option` meta)."""
    found = event.style.meta.get("option")
    return found if isinstance(found, int) else None


def cancel_workers(node: DOMNode) -> None:
    """Cancel the workers of a page that is about to be removed (`WorkerManager.cancel_node`)."""
    node.workers.cancel_node(node)


def locate_all(page: Screen[Any]) -> None:
    """Let Textual find out where every part of a page is (`Screen._compositor.full_map`).

    After a scroll it knows only what is in view, and finds out about the rest when it is asked
    (8.2). If that is when a notification was just removed, it has forgotten where that was and
    does not paint over it. The price: the next scroll repaints the whole page, of which the driver
    sends what changed.
    """
    _ = page._compositor.full_map


def replace_input_decoder(
    decoder: Callable[[str], codecs.IncrementalDecoder | object],
) -> None:
    """Decode the terminal's input with another class: called with an encoding, it makes a decoder.

    Textual's driver looks `getincrementaldecoder` up in its own module; its decoder ends the input
    at a byte that is not UTF-8.
    """
    from textual.drivers import linux_driver  # noqa: PLC0415  only where a terminal is driven

    vars(linux_driver)["getincrementaldecoder"] = lambda encoding: partial(decoder, encoding)
