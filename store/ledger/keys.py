"""The keys of people in as few bytes as they need."""

from __future__ import annotations

import uuid

Packed = int | bytes | str


def pack(key: str) -> Packed:
    """A contact id as an integer, a UUID as its 16 bytes, anything else as it is."""
    if key.isdecimal() and key.isascii() and len(key) < 19 and str(int(key)) == key:
        return int(key)
    if len(key) == 36:
        try:
            packed = uuid.UUID(key)
        except ValueError:
            return key
        return packed.bytes if str(packed) == key else key
    return key


def unpack(packed: Packed) -> str:
    """The key that was packed."""
    return str(uuid.UUID(bytes=packed)) if isinstance(packed, bytes) else str(packed)
