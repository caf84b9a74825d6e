"""Keys by which people are recognized: within a run, and among those who were forgotten.

The keys of forgotten people are inside stored digests, so their spelling never changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NewType

from actui.model.addresses import canonical

MatchKey = NewType("MatchKey", str)
"""One way to recognize a person; two are the same person's where they are equal."""


def contact_key(contact_id: int) -> MatchKey:
    """An ActiveCampaign contact. Stored in digests of forgotten people."""
    return MatchKey(f"contact {contact_id}")


def profile_key(profile_id: str) -> MatchKey:
    """A BlueConic profile. Stored in digests of forgotten people."""
    return MatchKey(f"profile {profile_id}")


def address_key(spelling: str) -> MatchKey:
    """One spelling of an address, as it is. Stored in digests of forgotten people."""
    return MatchKey(f"address {spelling}")


def email_key(email: str) -> MatchKey:
    """An address in all its spellings."""
    return MatchKey(f"email {canonical(email)}")


def links_key(values: Sequence[str]) -> MatchKey:
    """The values of all identifier links but the address, in the goal's order."""
    return MatchKey(f"links {tuple(values)!r}")


def first_key(identifier: str) -> MatchKey:
    """The identifier that two profiles of one run must not share: the first address or links."""
    return MatchKey(f"first {canonical(identifier)}")
