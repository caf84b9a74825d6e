"""The people that both services know: person n is a pure function of the seed and n.

Nothing is stored per person, so a million of them take no memory. An e-mail address ends its local
part with the person's number, so a lookup needs no index.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from actui.sandbox.name_pools import CULTURES

MASK = (1 << 64) - 1
NUMBER_IN_ADDRESS = re.compile(r"(\d{1,12})(?:\+[^@]*)?(?:@|$)")


def roll(seed: int, number: int, salt: int) -> int:
    """A well mixed 64-bit number that depends on nothing but its arguments."""
    mixed = (
        seed * 0x9E3779B97F4A7C15
        + number * 0xBF58476D1CE4E5B9
        + salt * 0x94D049BB133111EB
        + 0x2545F4914F6CDD1D
    ) & MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & MASK
    return mixed ^ (mixed >> 31)


@dataclass(frozen=True, slots=True)
class Person:
    """What both services could know about one human being."""

    number: int
    first_name: str
    last_name: str
    email: str
    phone: str
    city: str
    customer_id: str


def person_email(seed: int, number: int) -> str:
    """The address of person n in its usual, lower-case form."""
    drawn = roll(seed, number, 11)
    culture = CULTURES[drawn % len(CULTURES)]
    given = culture.given[(drawn >> 8) % len(culture.given)][1]
    family = culture.family[(drawn >> 16) % len(culture.family)][1]
    tag = "+news" if (drawn >> 24) % 40 == 0 else ""
    return f"{given}.{family}{number}{tag}@{culture.mail}"


def person(seed: int, number: int) -> Person:
    """Person n; about one in twelve has no first name, one in fifteen no last name."""
    drawn = roll(seed, number, 11)
    culture = CULTURES[drawn % len(CULTURES)]
    more = roll(seed, number, 12)
    phone = f"+{culture.calling_code}{100000000 + more % 899999999}" if more % 3 else ""
    return Person(
        number=number,
        first_name=""
        if (more >> 8) % 12 == 0
        else culture.given[(drawn >> 8) % len(culture.given)][0],
        last_name=""
        if (more >> 16) % 15 == 0
        else culture.family[(drawn >> 16) % len(culture.family)][0],
        email=person_email(seed, number),
        phone=phone,
        city=culture.towns[(drawn >> 32) % len(culture.towns)],
        customer_id=f"C-{number:07d}",
    )


def person_number(text: str) -> int | None:
    """The number an address of this population carries, None where it carries none."""
    found = NUMBER_IN_ADDRESS.search(text)
    return int(found.group(1)) if found else None
