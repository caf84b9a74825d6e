"""Who is blocked whatever the spelling (sync/README.md §6): forgotten, excluded, the second one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from actui.model.errors import ServiceError
from actui.model.goals import ExportGoal, ListStatus
from actui.model.journal import Indexed
from actui.model.keys import MatchKey, address_key, contact_key, first_key, profile_key
from actui.model.memberships import Exclusion
from actui.model.records import Contact, Profile
from actui.sync.erasure import (
    Forgotten,
    forgotten_contacts,
    forgotten_profiles,
    skipped,
    without_forgotten,
)
from actui.sync.exporting.exclusions import Exclusions
from tests.unit.sync.accounts import connection_of, export_goal, export_of
from tests.unit.sync.memory import MemoryLedger, MemoryRoster, goal_run

GOAL: ExportGoal = export_of().settings


def forgets(*keys: MatchKey) -> Forgotten:
    def forgotten(asked: Iterable[MatchKey]) -> set[MatchKey]:
        return set(keys) & set(asked)

    return forgotten


FORGOTTEN_PROFILES = {
    "by the profile's id": (Profile("p1"), profile_key("p1"), True),
    "by the id of a profile that was merged into it": (
        Profile("p1", replaces=("p0",)),
        profile_key("p0"),
        True,
    ),
    "by the address": (Profile("p1", {"email": ["ada@x.org"]}), address_key("ada@x.org"), True),
    "by a second address": (
        Profile("p1", {"email": ["eva@x.org", "ada@x.org"]}),
        address_key("ada@x.org"),
        True,
    ),
    "by the address in another case": (
        Profile("p1", {"email": ["Ada@X.org"]}),
        address_key("ada@x.org"),
        True,
    ),
    "by the address with an invisible character": (
        Profile("p1", {"email": ["a\u00adda@x.org"]}),
        address_key("ada@x.org"),
        True,
    ),
    "by another address": (
        Profile("p1", {"email": ["eva@x.org"]}),
        address_key("ada@x.org"),
        False,
    ),
    "by a contact with the id of the profile": (Profile("1"), contact_key(1), False),
}


@pytest.mark.parametrize(
    ("profile", "key", "is_gone"), FORGOTTEN_PROFILES.values(), ids=FORGOTTEN_PROFILES
)
def test_a_forgotten_profile(profile: Profile, key: MatchKey, is_gone: bool) -> None:
    found = forgotten_profiles(GOAL, [profile, Profile("other")], forgets(key))
    assert found == ({profile.id} if is_gone else set())


FORGOTTEN_CONTACTS = {
    "by the contact's id": (contact_key(1), True),
    "by the address": (address_key("ada@x.org"), True),
    "by another id": (contact_key(2), False),
    "by a profile": (profile_key("1"), False),
}


@pytest.mark.parametrize(("key", "is_gone"), FORGOTTEN_CONTACTS.values(), ids=FORGOTTEN_CONTACTS)
def test_a_forgotten_contact(key: MatchKey, is_gone: bool) -> None:
    assert forgotten_contacts([Contact(1, "Ada@X.org")], forgets(key)) == (
        {"1"} if is_gone else set()
    )
    row = Indexed(1, "Ada@X.org", {3: ListStatus.ACTIVE}, values={"phone": "1"})
    (kept,) = without_forgotten([row], forgets(key))
    assert kept == (Indexed(1, "", {}, erased=True) if is_gone else row)


def test_a_forgotten_person_has_no_address_in_the_outcome() -> None:
    record = skipped(profile_id="p1")
    assert (str(record.outcome), str(record.reason), record.email) == ("skipped", "forgotten", "")


SAME = {
    "in another case": ("ada@x.org", "Ada@X.org"),
    "with an invisible character": ("ada@x.org", "a\u00adda@x.org"),
    "with blanks around it": ("ada@x.org", " ada@x.org"),
    "composed and decomposed": ("zo\u00eb@x.org", "zoe\u0308@x.org"),
    "its domain in both forms": ("ada@b\u00fccher.example", "ada@xn--bcher-kva.example"),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_the_second_profile_with_an_address_is_another(one: str, other: str) -> None:
    roster = MemoryRoster()
    assert roster.claim(first_key(one), "p1")
    assert not roster.claim(first_key(other), "p2")
    assert roster.claim(first_key(other), "p1"), "the first stays the first"
    assert roster.claim(first_key("eva@x.org"), "p2")


class Account:
    """An exclusion list, or a refusal to show it; counts the requests."""

    def __init__(self, exclusions: Sequence[Exclusion] | ServiceError) -> None:
        self._exclusions = exclusions
        self.requests = 0

    async def exclusions(self) -> Sequence[Exclusion]:
        self.requests += 1
        if isinstance(self._exclusions, ServiceError):
            raise self._exclusions
        return self._exclusions


def exclusions_of(found: Sequence[Exclusion] | ServiceError) -> tuple[Exclusions, Account, Any]:
    connection = connection_of(export_goal())
    account = Account(found)
    run = goal_run(connection, connection.exports[0], ledger=MemoryLedger(), activecampaign=account)
    return Exclusions(run), account, run


EXCLUDED = {
    "the address": (Exclusion("ada@x.org", "exact"), "ada@x.org", True),
    "another spelling of it": (Exclusion("ada@x.org", "exact"), "A\u00adda@X.org", True),
    "an address that ends so": (Exclusion("ada@x.org", "exact"), "xada@x.org", False),
    "a domain": (Exclusion("@x.org", "end"), "ada@X.org", True),
    "not the domain": (Exclusion("@x.org", "end"), "ada@x.org.uk", False),
    "a beginning": (Exclusion("ada", "begin"), "Ada@x.org", True),
    "no beginning": (Exclusion("ada", "begin"), "xada@x.org", False),
    "a part": (Exclusion("@x", "anywhere"), "ada@x.org", True),
}


@pytest.mark.parametrize(("phrase", "email", "caught"), EXCLUDED.values(), ids=EXCLUDED)
async def test_who_is_excluded(phrase: Exclusion, email: str, caught: bool) -> None:
    exclusions, account, run = exclusions_of([Exclusion("nobody@x.net", "exact"), phrase])
    detail = await exclusions.about(email)
    assert detail == (f"ActiveCampaign's exclusion list holds '{phrase.phrase}'." if caught else "")
    await exclusions.about("eva@x.org")
    assert (account.requests, run.summary.warnings) == (1, 0)


@pytest.mark.parametrize(
    ("found", "warning"),
    [
        ([Exclusion("", "exact")], "holds a phrase that cannot be read"),
        (ServiceError("No.", status=403), "could not be read"),
    ],
    ids=["a phrase that cannot be read", "a list that cannot be read"],
)
async def test_what_is_not_known_of_the_list_is_a_warning(
    found: Sequence[Exclusion] | ServiceError, warning: str
) -> None:
    exclusions, _, run = exclusions_of(found)
    assert await exclusions.about("ada@x.org") == ""
    assert await exclusions.about("eva@x.org") == ""
    (text,) = (text for texts in run.summary.warned.values() for text in texts)
    assert warning in text
