"""What profiles, contacts and accounts hold in the random histories, the odd among it.

Lists of choices, some of them more than once: what is drawn most is what happens most. The same
person has several spellings: with characters that cannot be seen, with blanks around, in other
letter case, in one Unicode form or another, with a domain in its own letters or encoded.
"""

from __future__ import annotations

from tests.services.export.desk import READERS, VISITORS


class Repeated(str):
    """A long text of one letter, which a failing history prints in a few."""

    __slots__ = ()

    def __new__(cls, letter: str, times: int) -> Repeated:
        return super().__new__(cls, letter * times)

    def __getnewargs__(self) -> tuple[str, int]:  # type: ignore[override] - for copies
        return self[0], len(self)

    def __repr__(self) -> str:
        return f"{self[0]!r} * {len(self)}"


LISTS = {"3": "Newsletter", "4": "3"}
"""By id; the second has the first one's id for a name."""
SEGMENTS = (READERS, VISITORS)
USUAL = ("a@x.org", "B@x.org", "c@x.org", "d@x.org", "e@x.org", "f@x.org", "g@x.org")
SPELLINGS = {
    "a@x.org": ("\u200ba@x.org", "a\u00ad@x.org", "\ufeffA@x.org", "a@x.org\u00a0", " a@x.org "),
    "B@x.org": ("b\u200d@x.org", "\tB@X.ORG", "b@x.org\u2003", "\u202ab@x.org\u202c"),
    "josé@x.org": ("jose\u0301@x.org", "JOSÉ@x.org", "JOSE\u0301@x.org", "jos\u200bé@x.org"),
    "mia@bücher.example": (
        "mia@bu\u0308cher.example",
        "Mia@BÜCHER.example",
        "mia@xn--bcher-kva.example",
        "MIA@XN--BCHER-KVA.EXAMPLE",
        "mia@b\u00adücher.example",
    ),
    "straße@x.org": ("STRASSE@x.org", "strasse@x.org", "stra\u200bße@x.org"),
    "İda@x.org": ("i\u0307da@x.org", "İDA@x.org"),
}
"""Other spellings of one address, none of which is another one's in small letters."""
NEARLY = ("ida@x.org", "jose@x.org", "mia@bucher.example", "x@straße.example", "x@strasse.example")
"""Addresses that are no spelling of another one."""
LONG = ("l" * 65 + "@x.org", "l@" + "d" * 60 + "." + "e" * 60 + "." + "f" * 180 + ".org")
REFUSED = ("no-at-sign", "odd..one@x.org", "a\u00a0b@x.org", "\u200b", " ", "@x.org")
ODD = (*SPELLINGS, *(one for others in SPELLINGS.values() for one in others), *NEARLY, *LONG)
ADDRESSES: list[list[str]] = [
    *[[one] for one in USUAL] * 4,
    *[[one] for one in ODD],
    *[[one] for one in REFUSED],
    ["a@x.org", "c@x.org"],
    ["d@x.org", "B@x.org"],
    ["\u200ba@x.org", "a@x.org"],
    ["d@x.org", "b\u200d@x.org"],
    ["no-at-sign", "e@x.org"],
    ["\u200b", "e@x.org\u00a0"],
    [],
    [],
]
"""What a profile has for an address."""
CONTACTS = [*USUAL * 3, *ODD]
"""What a contact has for an address."""
CLOSED_TO = ["e@x.org", "\u200bc@x.org", *ODD[:20]]
"""Who may be excluded or forgotten."""
KEYS = ("C-1", "C-2", "C-3", "Ｃ-１", "4")
NAMES: list[list[str]] = [
    *[["Ada"], ["Bea"], ["Cid"], []] * 4,
    ["Zoe\u0308"],
    ["=HYPERLINK(1)"],
    [Repeated("n", 60_000)],
    [Repeated(letter, 60_000) for letter in "abcdefg"],
]
VALUES: dict[str, list[list[str]]] = {
    "birthday": [
        [],
        ["985478400000"],
        ["-62135596800000"],
        ["253402300799000"],
        ["0000-00-00"],
        ["٩٨٥٤٧٨٤٠٠٠٠٠"],
        ["985_478_400_000"],
        ["1e12"],
        ["+985478400000"],
        ["9" * 40],
        ["2001-03-25"],
        ["soon", "985478400000"],
    ],
    "last_order": [
        [],
        ["985478400000"],
        ["-5364662400000"],
        ["-62135596800000"],
        ["253402300799000"],
        ["９８５４７８４０００００"],
        ["0000-00-00"],
    ],
    "tier": [
        [],
        ["gold"],
        ["silver", "gold"],
        ["Gold"],
        ["ｇｏｌｄ"],
        ["gold\u200b"],
        [" gold"],
        ["café"],
        ["cafe\u0301"],
        ["platinum", "bronze"],
    ],
    "city": [[], ["Łódź"], ["1,000", "Oslo"], ["\u200b"], ["٥", "1_000"], [Repeated("c", 60_000)]],
}
"""The other properties of a profile."""
ZONES = ("UTC", "UTC", "Europe/Amsterdam", "America/New_York")
