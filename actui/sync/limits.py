"""How much of one person fits into one request (activecampaign.md §7.1, blueconic.md §11).

One person whose data is larger loses the longest values, with a warning each, or is rejected
`too-large`; nobody else waits for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from actui.model.records import ProfileWrite

BULK_ENVELOPE = 200
"""Bytes of a bulk import's body beside its rows, with room to spare."""
WRITE_BYTES = 4_000_000
"""Bytes of one `PUT /profiles`. BlueConic documents no limit; a thousand usual entries take a
quarter of this. A tenant that takes less says 413, and then fewer entries are sent at once."""
ENTRY_BYTES = 900_000
"""Bytes of one entry: even a server that takes a megabyte, the least usual limit, takes it."""
MOST_LOOKUPS = 50
"""Contact ids of one profile that are looked up: each costs a request."""
LONGEST_LOOKUP = 2_000
"""Bytes of the values that one profile is looked up by, together: they are part of a URL, in which
a byte may take three characters, and servers take about 8,000."""

_JSON_BYTES = 6
"""The most bytes one character takes in JSON: a control character is `\\u0001`."""
_PART = 64
"""More bytes than JSON's keys and marks take around one value."""


def longest_json(texts: Iterable[str]) -> int:
    """No fewer bytes than these texts take in JSON; cheap, for almost everybody is small."""
    return sum(_JSON_BYTES * len(text) + _PART for text in texts)


def json_size(text: str) -> int:
    """The bytes of one text in JSON, its quotes included."""
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8", "replace"))


def entry_size(write: ProfileWrite) -> int:
    """No fewer bytes than an entry of `PUT /profiles` takes, and not many more."""
    texts = [text for group in write.matching for pair in group for text in pair]
    texts += [write.identifier, write.profile_id or ""]
    for rule in write.writes:
        texts += [rule.property, *rule.values]
    return 4 * _PART + sum(json_size(text) + _PART for text in texts)


def lookup_size(values: Iterable[str]) -> int:
    """The bytes of values that a profile is looked up by."""
    return sum(len(value.encode("utf-8", "replace")) for value in values)
