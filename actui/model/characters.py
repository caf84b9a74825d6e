"""Characters that act on a terminal, or on the text around them, instead of being shown."""

from __future__ import annotations

import re

BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f"
"""Marks, embeddings, overrides and isolates, as ranges: they reorder the text around them."""
BREAKS = "\n\r\t\u2028\u2029\x85"
"""What ends a line or moves within it."""
ACTING = re.compile(f"[\x00-\x1f\x7f-\x9f\u2028\u2029{BIDI}]")
"""Every control character (C0, DEL and C1), line separators and bidirectional characters."""


def escaped(character: str) -> str:
    """A character as JSON, YAML in double quotes and systemd write it, so that nothing acts."""
    return f"\\u{ord(character):04x}"
