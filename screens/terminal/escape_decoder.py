"""Recognize the escape key, even if another key follows at once."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from time import monotonic

from screens.terminal.textual_internals import ESCAPE_DELAY

_KEY = "[27u"
"""What follows the escape character in kitty's form of the escape key, which is unambiguous."""
# what begins a sequence, ends one, or is alt with a key that moves or deletes words
_ALONE = re.compile(r"\x1b(?=[^\[\]OPX^_\\\x1b\x7f\tbf])")
_SURELY = ESCAPE_DELAY * 0.8
"""Seconds after an escape character during which Textual certainly waits for what follows it."""


class EscapeDecoder:
    """Decodes a terminal's input; bytes that are not UTF-8 become replacement characters.

    Textual takes escape and a key that comes within 100 ms for alt with that key, and drops the
    escape before others (8.2): over a slow line two keys often arrive together.
    """

    def __init__(self, encoding: str, now: Callable[[], float] = monotonic) -> None:
        # Textual would end at such a byte
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        self._now = now
        self._ended_at: float | None = None

    def decode(self, sent: bytes, final: bool = False) -> str:
        """The text, with each escape key in its unambiguous form."""
        text = self._decoder.decode(sent, final)
        if not text:
            return text
        message = _ALONE.sub(f"\x1b{_KEY}", text)
        if self._ended_at is not None and self._now() - self._ended_at < _SURELY:
            # Textual has the character and waits
            message = _KEY + message if _ALONE.match(f"\x1b{text}") else message
        self._ended_at = self._now() if text.endswith("\x1b") else None
        return message
