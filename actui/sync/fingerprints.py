"""Fingerprints of what was last accepted for a person: their stored forms, of today and before.

They outlive versions of actui, so each form is written down here. No form depends on a name in the
code, on the order of a class's fields or on how Python prints a value.

Today's form begins with the byte 2. Then comes a BLAKE2b digest of canonical JSON (keys sorted, no
blanks, everything but ASCII escaped): 12 bytes for an import, 10 for an export. An export's
fingerprint ends with four bytes for each filled field that may be cleared, the CRC-32 of its name
as the connection file has it, in rising order: they tell a later run what *became* empty.

The first form, of version 0.1.0, has the same lengths without the byte in front, by which it is
known. It digests text that is built here, character by character, as that version built it. It is
computed only where a fingerprint of that form is stored; the person counts as unchanged when it
fits, and today's form takes its place.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

from actui.model.records import ProfileWrite, PropertyWrite

_VERSION = b"\x02"
_IMPORT = 12
_EXPORT = 10
_MARK = 4

Pairs = Sequence[tuple[str, str]]
Links = Sequence[tuple[str, Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What would be stored for a person now; `first` computes it in the first form."""

    today: bytes
    first: Callable[[], bytes]

    def fits(self, stored: bytes | None) -> bool:
        """Whether what was last accepted, in either form, is what would be sent now."""
        if stored is None:
            return False
        return stored == (self.first() if _is_first(stored) else self.today)


def _is_first(stored: bytes) -> bool:
    return len(stored) == _IMPORT or len(stored) % _MARK == _EXPORT % _MARK


def of_entry(write: ProfileWrite, writes: Sequence[PropertyWrite], summed: Pairs) -> bytes:
    """An import's: `writes` without the steps of Sums, `summed` the values that they add up."""
    facts = {
        "writes": [
            {
                "property": one.property,
                "values": list(one.values),
                "strategy": one.strategy,
                "restriction": one.restriction,
            }
            for one in writes
        ],
        "summed": [{"property": name, "value": value} for name, value in summed],
        "matching": [
            [{"property": name, "value": value} for name, value in group]
            for group in write.matching
        ],
        "profile_id": write.profile_id,
        "create": write.create,
    }
    return _VERSION + _digest(facts, _IMPORT)


def first_of_entry(write: ProfileWrite, writes: Sequence[PropertyWrite], summed: Pairs) -> bytes:
    """The same in the first form."""
    groups = _first_tuple(_first_tuple(_first_pair(*pair) for pair in g) for g in write.matching)
    facts = ", ".join(
        [
            f"[{', '.join(_first_write(one) for one in writes)}]",
            f"[{', '.join(_first_pair(*pair) for pair in summed)}]",
            groups,
            _first_text(write.profile_id),
            "True" if write.create else "False",
        ]
    )
    return hashlib.blake2b(f"({facts})".encode(), digest_size=_IMPORT).digest()


def of_payload(
    emails: Iterable[str],
    links: Links,
    values: Mapping[str, str],
    lists: Iterable[str],
    tail: bytes,
) -> bytes:
    """An export's: `values` are the fields' new texts, `lists` the goal's lists by id."""
    facts = {
        "emails": sorted(email.lower() for email in emails),
        "links": [{"field": field, "values": list(found)} for field, found in links],
        "values": {field: value for field, value in values.items() if value},
        "lists": sorted(lists),
    }
    return _VERSION + _digest(facts, _EXPORT) + tail


def first_of_payload(
    emails: Iterable[str],
    links: Links,
    values: Mapping[str, str],
    lists: Iterable[str],
    tail: bytes,
) -> bytes:
    """The same in the first form."""
    addresses = ", ".join(_first_text(email) for email in sorted(email.lower() for email in emails))
    keys = _first_tuple(
        f"({_first_text(field)}, {_first_tuple(_first_text(one) for one in found)})"
        for field, found in links
    )
    sent = sorted((field, value) for field, value in values.items() if value)
    facts = ", ".join(
        [
            f"([{addresses}], {keys})",
            f"[{', '.join(_first_pair(*pair) for pair in sent)}]",
            f"[{', '.join(_first_text(one) for one in sorted(lists))}]",
        ]
    )
    return hashlib.blake2b(f"({facts})".encode(), digest_size=_EXPORT).digest() + tail


def field_mark(field: str) -> int:
    """The number that stands for a filled field."""
    return crc32(field.encode())


def tail_of(marks: Iterable[int]) -> bytes:
    """The end of a fingerprint that tells these marks."""
    return b"".join(one.to_bytes(_MARK, "big") for one in sorted(marks))


def marks_of(stored: bytes | None) -> frozenset[int]:
    """The marks of the fields that were filled when this was accepted."""
    tail = stored[_head(stored) :] if stored else b""
    return frozenset(int.from_bytes(tail[i : i + _MARK], "big") for i in range(0, len(tail), _MARK))


def accepted_but_left(stored: bytes) -> bytes:
    """A fingerprint that no payload has, and that still tells which fields were filled."""
    return _VERSION + bytes(_EXPORT) + stored[_head(stored) :]


def accepted_but_filled(stored: bytes, before: bytes | None) -> bytes:
    """The same, where also the fields are still filled that were so `before`."""
    marks = marks_of(stored) | marks_of(before)
    return _VERSION + bytes(_EXPORT) + tail_of(marks)


def _head(stored: bytes) -> int:
    return _EXPORT if _is_first(stored) else len(_VERSION) + _EXPORT


def _digest(facts: Mapping[str, object], size: int) -> bytes:
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=size).digest()


def _first_write(one: PropertyWrite) -> str:
    values = _first_tuple(_first_text(value) for value in one.values)
    return (
        f"PropertyWrite(property={_first_text(one.property)}, values={values}, "
        f"strategy={_first_text(one.strategy)}, restriction={_first_text(one.restriction)})"
    )


def _first_pair(name: str, value: str) -> str:
    return f"({_first_text(name)}, {_first_text(value)})"


def _first_tuple(items: Iterable[str]) -> str:
    found = list(items)
    return f"({found[0]},)" if len(found) == 1 else f"({', '.join(found)})"


def _first_text(text: str | None) -> str:
    """Python's literal of a text, which the first form is made of."""
    return "None" if text is None else str.__repr__(text)
