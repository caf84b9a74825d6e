"""Parse JSON of a service into values that every later step can store and send.

What passes here can be written to a database, a file, a URL and a header: text without lone
surrogates and NUL, whole numbers of at most 63 bits, finite decimals, and nesting that recursive
code can handle.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from typing import Any

MOST_DEPTH = 64
"""Lists and objects inside one another. The deepest documented answer, a lifecycle, has 6."""
MOST_NUMBER = 2**63 - 2
"""The largest number that a ledger can store together with the exclusive bound above it."""
_LONGEST_WHOLE = 20
"""Characters of a whole number of 63 bits with its sign."""
_MAYBE_UNSTORABLE = re.compile(r"\\u(?:[dD][89a-fA-F]|0000)|\x00")
"""Escapes that stand for a lone surrogate or NUL, or that may be harmless: where there are none, no
text needs a check."""
_HALF = re.compile("[\ud800-\udfff]")


def parse_json(data: bytes) -> Any:
    """The value of a JSON body in UTF-8; bytes that are not UTF-8 become U+FFFD.

    In texts and keys, a lone surrogate becomes a question mark and NUL is removed. A number that
    fits neither a double nor 63 bits stays the text that was sent, as do NaN and Infinity. Control
    characters in texts are accepted. Raises ValueError if the body is not JSON or is nested deeper
    than MOST_DEPTH.
    """
    # one name that is no text must not make a page of a hundred people unreadable
    text = data.decode("utf-8-sig", "replace")
    try:
        value = _DECODER.decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if _is_deeper(value, MOST_DEPTH):
        raise ValueError("nested too deeply")
    return _storable(value) if _MAYBE_UNSTORABLE.search(text) else value


def _whole(text: str) -> int | str:
    if len(text) > _LONGEST_WHOLE:
        return text  # Python itself refuses thousands of digits
    number = int(text)
    return number if abs(number) <= MOST_NUMBER else text


def _decimal(text: str) -> float | str:
    number = float(text)
    return number if math.isfinite(number) else text


_DECODER = json.JSONDecoder(
    parse_int=_whole, parse_float=_decimal, parse_constant=str, strict=False
)


def _is_deeper(value: Any, most: int) -> bool:
    """Whether lists and objects are nested deeper than `most`; recursion would have its limit."""
    level = [value]
    for _ in range(most + 1):
        level = [
            inner
            for outer in level
            for inner in _within(outer)
            if inner.__class__ is dict or inner.__class__ is list
        ]
        if not level:
            return False
    return True


def _within(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return _HALF.sub("?", value).replace("\x00", "")
    if isinstance(value, list):
        return [_storable(one) for one in value]
    if isinstance(value, dict):
        return {_storable(key): _storable(one) for key, one in value.items()}
    return value
