"""An e-mail address as people type and paste it: alone, or behind the name of its owner."""

from __future__ import annotations

import re

from actui.model.addresses import canonical, clean
from actui.model.errors import ConfigError

_ATOM = r'[^\s@<>,;:"()\[\]\\]+'
_ADDRESS = re.compile(
    rf'(?:{_ATOM}|"(?:[^"\\\r\n]|\\.)+")@(?:{_ATOM}|\[(?:IPv6:)?[0-9A-Fa-f.:]+\])'
)
"""Local part and domain of RFC 5322's addr-spec, with letters of any script."""
_NAMED = re.compile(r'(?:"(?:[^"\\]|\\.)*"|([^"<>]*?))\s*<([^<>]*)>')
"""A display name, quoted or not, and an address in angle brackets (RFC 5322, name-addr)."""
_LONGEST = 1_000
"""Characters; longer texts are no address, and would only take time."""
_SHOWN = 100
_EXAMPLES = "such as anna@example.com or Anna <anna@example.com>"


def parse_address(text: str) -> str:
    """The one address in a text such as `anna@example.com` or `Anna <anna@example.com>`.

    It is cleaned (`addresses.clean`), and otherwise as it was typed: its case counts to nobody,
    but services show it. Raises ConfigError `no-address` for anything else, several addresses and
    a `mailto:` link among it.
    """
    bare = clean(text)
    if len(bare) <= _LONGEST:
        named = _NAMED.fullmatch(bare)
        address = clean(named[2]) if named else bare
        labels = address.rpartition("@")[2].removesuffix(".").split(".")
        # a second address, unless a program put the first in its owner's name
        name = (named[1] or "").strip() if named else ""
        is_alone = "@" not in name or canonical(name) == canonical(address)
        if _ADDRESS.fullmatch(address) and all(labels) and is_alone:
            return address
    shown = " ".join(bare[:_SHOWN].split()) + ("…" if len(bare) > _SHOWN else "")
    raise ConfigError(f"'{shown}' is not an e-mail address {_EXAMPLES}.", code="no-address")
