"""Which contact a profile is (sync/README.md §6): contacts, a profile, and who it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from types import SimpleNamespace
from typing import Any

import pytest

from actui.api.activecampaign.rows import bulk_row_size
from actui.model.addresses import canonical
from actui.model.goals import ListStatus
from actui.model.records import Profile
from actui.model.run import Record
from actui.sync.exporting.contact_directory import AddressHolders, KnownContact
from actui.sync.exporting.identity import Identities, Person
from actui.sync.exporting.payload import Payload, PayloadBuilder
from actui.sync.match_keys import UNREADABLE_VALUE
from tests.unit.sync.accounts import (
    ACCOUNTS,
    BY_EMAIL,
    BY_NUMBER,
    NEWS,
    VIP,
    connection_of,
    export_goal,
)

ACTIVE, UNSUBSCRIBED = ListStatus.ACTIVE, ListStatus.UNSUBSCRIBED
BOUNCED, UNREADABLE = ListStatus.BOUNCED, ListStatus.UNREADABLE
EMAIL: dict[str, Any] = {}
NUMBER: dict[str, Any] = {
    "identifiers": BY_NUMBER,
    "mappings": [{"from": {"property": "email"}, "field": "email"}],
}
BOTH: dict[str, Any] = {"identifiers": [*BY_EMAIL, *BY_NUMBER]}
ID: dict[str, Any] = {**NUMBER, "identifiers": [{"field": "id", "property": "number"}]}


class MemoryDirectory:
    """The contacts of an account, as a directory that knows them all."""

    def __init__(self, *contacts: KnownContact, unreadable: Iterable[str] = ()) -> None:
        self.contacts = {one.contact_id: one for one in contacts}
        self.unreadable_fields = set(unreadable)
        self.is_current = True

    async def by_email(self, emails: Iterable[str]) -> dict[str, AddressHolders]:
        found: dict[str, AddressHolders] = {}
        for form in {canonical(email) for email in emails}:
            holders = [one for one in self.contacts.values() if canonical(one.email) == form]
            holders.sort(key=lambda one: (one.erased, one.contact_id))
            if holders:
                found[form] = AddressHolders(tuple(holders))
        return found

    async def by_id(self, ids: Iterable[int]) -> dict[int, KnownContact]:
        return {id_: self.contacts[id_] for id_ in ids if id_ in self.contacts}

    async def by_value(self, name: str, values: Sequence[str]) -> set[int]:
        if name == "id":
            return {int(value) for value in values if int(value) in self.contacts}
        return {id_ for id_, one in self.contacts.items() if one.values.get(name) in values}

    async def read_again(self, ids: set[int]) -> bool:
        if self.is_current or not ids:
            return False
        self.contacts = {
            id_: KnownContact(id_, one.email, {NEWS: BOUNCED}) if id_ in ids else one
            for id_, one in self.contacts.items()
        }
        return True


def known(id_: int, email: str, number: str = "", /, **more: Any) -> KnownContact:
    lists = more.pop("lists", {})
    return KnownContact(id_, email, lists, values={"%NUMBER%": number}, **more)


def profile(*emails: str, number: str = "12", **more: Any) -> Profile:
    properties = {"email": emails, "number": (number,) if number else ()}
    return Profile("p1", properties, **more)


@dataclass(frozen=True)
class Case:
    """The contacts there are, those remembered by profile, and the expected answer."""

    goal: dict[str, Any]
    profile: Profile
    contacts: Sequence[KnownContact]
    expected: dict[str, Any]
    remembered: dict[str, int] = field(default_factory=dict)
    unreadable: tuple[str, ...] = ()


def seen(answer: Person | Record) -> dict[str, Any]:
    """An answer by names."""
    if isinstance(answer, Record):
        return {"outcome": f"{answer.outcome} {answer.reason}", "contact": answer.contact_id}
    return {
        "outcome": "renamed" if answer.rename else "known" if answer.contact else "new",
        "contact": answer.contact.contact_id if answer.contact else None,
        "to": answer.row.email,
        "status": dict(answer.list_status),
        "kept_out": {list_id: one.contact_id for list_id, one in answer.kept_out.items()},
        "others": set(answer.others),
        "bounced": answer.bounced.contact_id if answer.bounced else None,
        "fields": dict(answer.row.fields),
    }


def identities(case: Case, directory: Any) -> tuple[Identities, Payload]:
    connection = connection_of(export_goal(lists=["News", "VIP"], **case.goal))
    (goal,) = connection.exports
    builder = PayloadBuilder(connection, goal, ACCOUNTS, UTC, row_size=bulk_row_size)
    payload = builder.build(case.profile, None)
    assert isinstance(payload, Payload)

    def links(profiles: Iterable[str]) -> dict[str, int]:
        return {id_: case.remembered[id_] for id_ in profiles if id_ in case.remembered}

    ledger = SimpleNamespace(links=SimpleNamespace(contacts_of=links))
    run: Any = SimpleNamespace(accounts=ACCOUNTS, ledger=ledger)
    return Identities(run, goal.settings, directory), payload


NEW = {"outcome": "new", "contact": None}
AMBIGUOUS = {"outcome": "skipped ambiguous-match"}
OF_ANOTHER = {"outcome": "skipped email-of-another-contact"}

CASES = {
    # by e-mail
    "nobody": Case(
        EMAIL, profile("ada@x.org"), [known(1, "eva@x.org")], {**NEW, "to": "ada@x.org"}
    ),
    "the very address": Case(
        EMAIL,
        profile("ada@x.org"),
        [known(1, "ada@x.org", lists={NEWS: ACTIVE})],
        {"outcome": "known", "contact": 1, "status": {NEWS: ACTIVE}, "kept_out": {}},
    ),
    "another case: the row goes to the contact's own spelling": Case(
        EMAIL,
        profile("ada@x.org"),
        [known(1, "Ada@X.org")],
        {"outcome": "known", "contact": 1, "to": "Ada@X.org"},
    ),
    "of two cases the very one": Case(
        EMAIL,
        profile("Ada@x.org"),
        [known(1, "ada@x.org"), known(2, "Ada@x.org")],
        {"contact": 2, "others": {1}},
    ),
    "another spelling of it, where nobody has the very one": Case(
        EMAIL,
        profile("ada@x.org"),
        [known(1, "a\u00adda@x.org")],
        {"outcome": "known", "contact": 1},
    ),
    "two other spellings of it": Case(
        EMAIL,
        profile("ada@x.org"),
        [known(1, "a\u00adda@x.org"), known(2, "ad\u00ada@x.org")],
        AMBIGUOUS,
    ),
    "the very address before another spelling, whose opting out holds": Case(
        EMAIL,
        profile("ada@x.org"),
        [
            known(1, "a\u00adda@x.org", lists={NEWS: UNSUBSCRIBED, VIP: ACTIVE}),
            known(2, "ada@x.org", lists={NEWS: ACTIVE}),
        ],
        {
            "contact": 2,
            "status": {NEWS: UNSUBSCRIBED},
            "kept_out": {NEWS: 1},
            "others": {1},
        },
    ),
    "a spelling of the profile that was not the first": Case(
        EMAIL,
        profile("a\u00adda@x.org", "ada@x.org"),
        [known(1, "ad\u00ada@x.org"), known(2, "a\u00adda@x.org")],
        {"contact": 2},
    ),
    "an erased contact is nobody, and its opting out holds": Case(
        EMAIL,
        profile("ada@x.org"),
        [known(1, "ada@x.org", erased=True, lists={NEWS: UNSUBSCRIBED})],
        {**NEW, "status": {NEWS: UNSUBSCRIBED}, "kept_out": {NEWS: 1}, "others": {1}},
    ),
    "an unreadable row of another contact keeps them out": Case(
        EMAIL,
        profile("ada@x.org"),
        [known(1, "ada@x.org"), known(2, "a\u00adda@x.org", lists={VIP: UNREADABLE})],
        {"contact": 1, "status": {VIP: UNREADABLE}, "kept_out": {VIP: 2}},
    ),
    "another contact of theirs has bounced": Case(
        EMAIL,
        profile("ada@x.org"),
        [known(1, "ada@x.org"), known(2, "a\u00adda@x.org", hard_bounces=1)],
        {"contact": 1, "bounced": 2},
    ),
    "a bounce on a list that is not the goal's": Case(
        EMAIL,
        profile("ada@x.org"),
        [known(1, "ada@x.org", lists={9: BOUNCED})],
        {"contact": 1, "bounced": 1},
    ),
    # remembered links
    "a changed address": Case(
        EMAIL,
        profile("new@x.org"),
        [known(1, "ada@x.org", lists={NEWS: UNSUBSCRIBED})],
        {"outcome": "renamed", "contact": 1, "to": "new@x.org", "status": {NEWS: UNSUBSCRIBED}},
        {"p1": 1},
    ),
    "the link of a profile that was merged into this one": Case(
        EMAIL,
        profile("new@x.org", replaces=("p0",)),
        [known(1, "ada@x.org")],
        {"outcome": "renamed", "contact": 1},
        {"p0": 1},
    ),
    "a changed address that somebody has: theirs, and the earlier opting out holds": Case(
        EMAIL,
        profile("new@x.org"),
        [known(1, "ada@x.org", lists={NEWS: UNSUBSCRIBED}), known(2, "new@x.org")],
        {"outcome": "known", "contact": 2, "kept_out": {NEWS: 1}, "others": {1}},
        {"p1": 1},
    ),
    "of several addresses the linked contact's own, while the profile has it": Case(
        EMAIL,
        profile("new@x.org", "ada@x.org"),
        [known(1, "ada@x.org"), known(2, "new@x.org")],
        {"outcome": "known", "contact": 1},
        {"p1": 1},
    ),
    "the very address before a remembered contact with another spelling": Case(
        EMAIL,
        profile("ada@x.org"),
        [known(1, "a\u00adda@x.org"), known(2, "ada@x.org")],
        {"outcome": "known", "contact": 2},
        {"p1": 1},
    ),
    "its own in another spelling": Case(
        EMAIL,
        profile("new@x.org", "ada@x.org"),
        [known(1, "a\u00adda@x.org")],
        {"outcome": "known", "contact": 1, "to": "a\u00adda@x.org"},
        {"p1": 1},
    ),
    "of two remembered contacts the one that has the address": Case(
        EMAIL,
        profile("ada@x.org", replaces=("p0",)),
        [known(1, "old@x.org"), known(2, "ada@x.org")],
        {"outcome": "known", "contact": 2, "others": {1}},
        {"p1": 1, "p0": 2},
    ),
    "a contact that is gone": Case(
        EMAIL,
        profile("ada@x.org"),
        [],
        {"outcome": "skipped deleted-in-activecampaign", "contact": 1},
        {"p1": 1},
    ),
    "a contact that is gone and may be made again": Case(
        {"recreate_deleted": True}, profile("ada@x.org"), [], NEW, {"p1": 1}
    ),
    "a contact that was erased, though others may be made again": Case(
        {"recreate_deleted": True},
        profile("ada@x.org"),
        [known(1, "", erased=True)],
        {"outcome": "skipped erased", "contact": 1},
        {"p1": 1},
    ),
    "a contact that is gone, whose address somebody else has": Case(
        EMAIL,
        profile("ada@x.org"),
        [known(2, "ada@x.org")],
        {"outcome": "known", "contact": 2},
        {"p1": 1},
    ),
    # by another field
    "by a number, whatever the address": Case(
        NUMBER,
        profile("ada@x.org"),
        [known(1, "ada@x.org", "12"), known(2, "eva@x.org", "13")],
        {"outcome": "known", "contact": 1},
    ),
    "by a number, without any address": Case(
        NUMBER, profile(), [known(1, "ada@x.org", "12")], {"outcome": "known", "to": "ada@x.org"}
    ),
    "two contacts with the number": Case(
        NUMBER, profile("ada@x.org"), [known(1, "ada@x.org", "12"), known(2, "", "12")], AMBIGUOUS
    ),
    "one of the two was erased": Case(
        NUMBER,
        profile("ada@x.org"),
        [known(1, "ada@x.org", "12"), known(2, "", "12", erased=True)],
        {"outcome": "known", "contact": 1},
    ),
    "nobody with the number: somebody new carries it": Case(
        NUMBER, profile("ada@x.org"), [], {**NEW, "fields": {5: "12"}}
    ),
    "the owner of the address has no number: adopted": Case(
        NUMBER,
        profile("ada@x.org"),
        [known(1, "ada@x.org")],
        {"outcome": "known", "contact": 1, "fields": {5: "12"}},
    ),
    "the owner of another spelling has no number: adopted": Case(
        NUMBER,
        profile("ada@x.org"),
        [known(1, "a\u00adda@x.org")],
        {"outcome": "known", "contact": 1},
    ),
    "two owners of other spellings": Case(
        NUMBER,
        profile("ada@x.org"),
        [known(1, "a\u00adda@x.org"), known(2, "ad\u00ada@x.org")],
        AMBIGUOUS,
    ),
    "the owner of the very address before those of other spellings": Case(
        NUMBER,
        profile("ada@x.org"),
        [known(1, "a\u00adda@x.org"), known(2, "ada@x.org")],
        {"outcome": "known", "contact": 2},
    ),
    "the owner of the address has another number": Case(
        NUMBER, profile("ada@x.org"), [known(1, "ada@x.org", "13")], {**OF_ANOTHER, "contact": 1}
    ),
    "the owner's number cannot be read": Case(
        NUMBER, profile("ada@x.org"), [known(1, "ada@x.org", UNREADABLE_VALUE)], AMBIGUOUS
    ),
    "somebody's number cannot be read, and the address is free": Case(
        NUMBER, profile("ada@x.org"), [], AMBIGUOUS, unreadable=("%NUMBER%",)
    ),
    "by a number, with an address that is free": Case(
        NUMBER,
        profile("new@x.org"),
        [known(1, "ada@x.org", "12")],
        {"outcome": "renamed", "contact": 1, "to": "new@x.org"},
    ),
    "by a number, with an address that is somebody else's": Case(
        NUMBER,
        profile("new@x.org"),
        [known(1, "ada@x.org", "12"), known(2, "new@x.org", "13")],
        {**OF_ANOTHER, "contact": 2},
    ),
    "by a number, with an address in another spelling": Case(
        NUMBER,
        profile("ada@x.org"),
        [known(1, "a\u00adda@x.org", "12")],
        {"outcome": "known", "contact": 1, "to": "a\u00adda@x.org"},
    ),
    "no match and no address": Case(NUMBER, profile(), [], {"outcome": "skipped no-email"}),
    "no match and an address that no import takes": Case(
        NUMBER, profile("ada"), [], {"outcome": "rejected invalid-email"}
    ),
    "a remembered contact whose number is empty": Case(
        NUMBER,
        profile("new@x.org"),
        [known(1, "ada@x.org")],
        {"outcome": "renamed", "contact": 1, "fields": {5: "12"}},
        {"p1": 1},
    ),
    "a remembered contact with another number is somebody else": Case(
        NUMBER,
        profile("new@x.org"),
        [known(1, "ada@x.org", "13", lists={NEWS: UNSUBSCRIBED})],
        {**NEW, "kept_out": {NEWS: 1}, "others": {1}},
        {"p1": 1},
    ),
    "a remembered contact whose number cannot be read": Case(
        NUMBER,
        profile("ada@x.org"),
        [known(1, "ada@x.org", UNREADABLE_VALUE)],
        AMBIGUOUS,
        {"p1": 1},
    ),
    # by both, and by id
    "all links must match: the address tells two apart": Case(
        BOTH,
        profile("ada@x.org"),
        [known(1, "eva@x.org", "12"), known(2, "ada@x.org", "12")],
        {"outcome": "known", "contact": 2},
    ),
    "all links must match: the number alone is not enough": Case(
        BOTH, profile("ada@x.org"), [known(1, "eva@x.org", "12")], NEW
    ),
    "all links must match: the address alone is not enough": Case(
        BOTH, profile("ada@x.org"), [known(1, "ada@x.org", "13")], {**OF_ANOTHER, "contact": 1}
    ),
    "all links must match: in another case, before another spelling": Case(
        BOTH,
        profile("ada@x.org"),
        [known(1, "ADA@x.org", "12"), known(2, "a\u00adda@x.org", "12")],
        {"outcome": "known", "contact": 1},
    ),
    "all links must match: one fits each of two contacts": Case(
        {**ID, "identifiers": [*ID["identifiers"], *BY_NUMBER]},
        profile("ada@x.org"),
        [known(12, "old@x.org", "13"), known(1, "eva@x.org", "12")],
        NEW,
    ),
    "by the contact's id": Case(
        ID, profile("ada@x.org"), [known(12, "ada@x.org")], {"outcome": "known", "contact": 12}
    ),
    "the address of a contact with another id": Case(
        ID, profile("ada@x.org"), [known(13, "ada@x.org")], {**OF_ANOTHER, "contact": 13}
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_who_a_profile_is(case: Case) -> None:
    directory = MemoryDirectory(*case.contacts, unreadable=case.unreadable)
    settled, payload = identities(case, directory)
    (answer,) = await settled.of([payload])
    found = seen(answer)
    assert {name: found[name] for name in case.expected} == case.expected


@pytest.mark.parametrize(("goal", "needs"), [(EMAIL, False), (NUMBER, True), (ID, False)])
def test_only_fields_need_the_index(goal: dict[str, Any], needs: bool) -> None:
    settled, _ = identities(Case(goal, profile("ada@x.org"), [], {}), MemoryDirectory())
    assert settled.needs_index is needs


@pytest.mark.parametrize(
    ("joins", "is_current", "status"),
    [(True, False, {NEWS: BOUNCED}), (True, True, {}), (False, False, {})],
    ids=["joins a list", "joins, and was read in this run", "joins nothing"],
)
async def test_who_joins_a_list_is_read_again(
    joins: bool, is_current: bool, status: dict[int, ListStatus]
) -> None:
    directory = MemoryDirectory(known(1, "ada@x.org"))
    directory.is_current = is_current
    settled, payload = identities(Case(EMAIL, profile("ada@x.org"), [], {}), directory)
    before = await settled.of([payload])
    (person,) = await settled.read_again([payload], before, lambda _: joins)
    assert isinstance(person, Person)
    assert person.list_status == status
