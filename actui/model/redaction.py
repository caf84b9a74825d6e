"""Text of other libraries and services, made fit for messages, logs, ledgers and notifications.

Such text can quote what it was given: an HTTP library quotes a header that it refuses, a gateway
repeats a request. `redact` is the one place where it becomes actui's own: it takes out every
secret that this process holds, what looks like a secret, and people's addresses.
"""

from __future__ import annotations

import re
from urllib.parse import quote, quote_plus

from pydantic import ValidationError
from pydantic_core import ErrorDetails

MASK = "[…]"
LONGEST = 500
"""Characters of such a text that are kept."""
_BRIEF = 40
_SHORT = 8
"""A shorter secret may be part of any word, so it is only taken out as a word of its own."""
_BYTES = re.compile(r"""\b(?:bytearray\()?b(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")\)?""")
"""Bytes as Python prints them: a header, a body, the line that a server answered with."""
_HEADER = re.compile(
    r"""(?ix)
    (?P<kept> \b (?: api[-_]?(?:token|key) | (?:proxy-)?authorization | (?:set-)?cookie
        | client[-_]secret | (?:access|refresh)[-_]token | password ) ["']? \s* [:=] \s* ["']? )
    (?: (?: bearer | basic | token ) \s+ )? [^\s"',;&<>(){}]+
    """
)
_BEARER = re.compile(r"(?i)\b(?P<kept>(?:bearer|basic) )[\w.~+/=-]{8,}")
_USER_IN_URL = re.compile(r"(?i)\b(?P<kept>[a-z][a-z0-9+.-]{0,20}://)[^\s/@'\"]+@")
_QUOTED_ADDRESS = re.compile(r'"[^"@]{1,64}"@[^\s"\'<>(),;:]+')
_WORD = re.compile(r"[^\s\"'<>(),;:\[\]{}=&?/|]+")
_PATTERNS = (
    (_BYTES, MASK),
    (_HEADER, rf"\g<kept>{MASK}"),
    (_BEARER, rf"\g<kept>{MASK}"),
    (_USER_IN_URL, rf"\g<kept>{MASK}@"),
    (_QUOTED_ADDRESS, MASK),
)

_MOST = 20_000
"""Characters of a text that are looked at: what is cut off is never shown either."""

_secrets: set[str] = set()


def register_secret(secret: str) -> None:
    """From now on `redact` takes this out of every text of this process, however it is encoded."""
    quoted = quote(secret, safe="", errors="replace"), quote_plus(secret, errors="replace")
    spellings = {secret, *quoted, repr(secret)[1:-1]}
    _secrets.update(spelling for spelling in spellings if spelling.strip())


def redact(source: object, longest: int = LONGEST) -> str:
    """One line of text from an exception, a service or anything else that is not actui's own.

    Registered secrets, header values, bytes, user names in URLs and e-mail addresses are replaced
    by `MASK`; at most `longest` characters are left, cut after that was done.
    """
    text = " ".join(str(source)[:_MOST].encode("utf-8", "replace").decode().split())
    # a longer one first: a shorter one may be a part of it
    for secret in sorted(_secrets, key=len, reverse=True):
        wanted = re.escape(secret)
        if len(secret) < _SHORT:
            wanted = rf"(?<!\w){wanted}(?!\w)"
        # a host name, for one, comes back in small letters
        text = re.sub(wanted, MASK, text, flags=re.IGNORECASE)
    for pattern, kept in _PATTERNS:
        text = pattern.sub(kept, text)
    return _WORD.sub(_no_address, text)[:longest]


def brief(text: str) -> str:
    """What somebody wrote, short enough for a message."""
    return text if len(text) <= _BRIEF else f"{text[:_BRIEF]}…"


def first_problem(wrong: ValidationError) -> str:
    """What is wrong with the first value that does not fit, as half a sentence."""
    return problem_text(wrong.errors(include_url=False)[0])


def problem_text(problem: ErrorDetails) -> str:
    """What is wrong with one value, as half a sentence: pydantic's or a validator's, redacted."""
    return redact(problem["msg"].removeprefix("Value error, "))


def _no_address(word: re.Match[str]) -> str:
    """A word, or the mask in place of an e-mail address; `@host` alone is none."""
    rest = word[0][1:]
    return MASK if "@" in rest or "%40" in rest else word[0]
