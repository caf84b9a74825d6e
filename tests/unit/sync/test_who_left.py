"""Who is unsubscribed for having left (sync/README.md §7): in doubt, nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from actui.model.errors import GoalError, LostAnswerError, RefusedError
from actui.model.goals import ANY_LIST, ListStatus
from actui.model.keys import MatchKey, contact_key, email_key, links_key
from actui.model.memberships import ListRow, Membership, RefusedLeaving
from actui.model.records import Contact, Profile
from actui.sync.exporting.leavers import FEW, NEEDS_CONFIRMATION, Leavers
from tests.unit.sync.accounts import BY_EMAIL, BY_NUMBER, NEWS, VIP, connection_of, export_goal
from tests.unit.sync.memory import (
    NOW,
    MemoryActiveCampaign,
    MemoryBlueConic,
    MemoryGoalStates,
    MemoryLedger,
    MemoryRoster,
    goal_run,
)

ACTIVE, UNSUBSCRIBED = ListStatus.ACTIVE, ListStatus.UNSUBSCRIBED
UNREADABLE = ListStatus.UNREADABLE
JOINED = NOW - timedelta(days=1)
OWN: dict[str, Any] = {"unsubscribe": "own"}
ALL: dict[str, Any] = {"unsubscribe": "all"}
REFUSED = RefusedError("No.", status=422, detail="the contact is locked")
DENIED = RefusedError("No.", status=403)
LOST = LostAnswerError("Nobody knows.")
Change = Callable[[MemoryActiveCampaign, int], None]


def contact(
    id_: int, status: ListStatus | None = ACTIVE, *, mark: str = "m", **more: Any
) -> Contact:
    """A contact with a row on News, of a subscription that is as old as the goal's."""
    row = more.pop("row", None) or (ListRow(status, mark, JOINED) if status else None)
    facts = {
        "email": f"c{id_}@x.org",
        "lists": {NEWS: row.status} if row else {},
        "list_rows": {NEWS: row} if row else {},
    }
    return Contact(id_, **{**facts, **more})


def several(count: int, start: int = 1) -> list[Contact]:
    return [contact(id_) for id_ in range(start, start + count)]


@dataclass(frozen=True)
class Case:
    """The contacts of the account, and what is expected of those who left.

    All of them are members of News through the goal, but for those in `strangers`. `listed` are
    contacts whom the listing shows, by id, `keys` by what else they are recognized. `claims` are
    those of other connections. `unsubscribed` is who is off the list in the end because of the
    goal, `gone` whom it forgets; nobody else is changed.
    """

    contacts: Sequence[Contact]
    listed: Iterable[int] = ()
    unsubscribed: Iterable[int] = ()
    goal: dict[str, Any] = field(default_factory=lambda: OWN)
    keys: Iterable[MatchKey] = ()
    is_complete: bool = True
    is_empty: bool = False
    strangers: Iterable[int] = ()
    shown: Mapping[str, Iterable[int]] = field(default_factory=dict)
    segment: str | None = "s1"
    confirmed: bool = False
    confirm: int | None = None
    claims: Iterable[int] | None = ()
    others: Sequence[dict[str, Any]] = ()
    their_people: Sequence[str] = ()
    they_are_whole: bool = True
    missing: Iterable[int] = ()
    refuses: Mapping[int, Exception] = field(default_factory=dict)
    refused: Sequence[RefusedLeaving] = ()
    before_look: Change = lambda service, look: None
    gone: Iterable[int] = ()
    warning: str = ""
    leavers: int | None = None


def other_goal(**more: Any) -> dict[str, Any]:
    return export_goal(segment="Buyers", lists=["News"], **more)


def opts_out(contact_id: int) -> Change:
    """The person opts out between the first look and the second."""

    def change(service: MemoryActiveCampaign, look: int) -> None:
        if look == 2:
            service.contacts[contact_id] = contact(contact_id, UNSUBSCRIBED, mark="theirs")

    return change


def undated() -> ListRow:
    return ListRow(ACTIVE, "m", None, is_undated=True)


def joined(seconds: float) -> ListRow:
    return ListRow(ACTIVE, "m", JOINED + timedelta(seconds=seconds))


CASES = {
    # who left
    "one who is not listed": Case(several(2), listed=[1], unsubscribed=[2]),
    "nobody left": Case(several(2), listed=[1, 2]),
    "the goal unsubscribes nobody": Case(several(2), listed=[1], goal={"unsubscribe": "never"}),
    "the listing is not complete": Case(
        several(2), listed=[1], is_complete=False, warning="The segment's listing was not complete"
    ),
    "a stranger to the goal on the list": Case(several(2), listed=[1], strangers=[2]),
    # who is somebody listed
    "listed by the address": Case([contact(1)], keys=[email_key("C1@x.org")]),
    "listed by a linked field": Case(
        [contact(1, fields={"NUMBER": "12"})],
        keys=[links_key(["12"])],
        goal={**OWN, "identifiers": [*BY_EMAIL, *BY_NUMBER]},
    ),
    "another value in the linked field": Case(
        [contact(1, fields={"NUMBER": "13"})],
        keys=[links_key(["12"])],
        goal={**OWN, "identifiers": [*BY_EMAIL, *BY_NUMBER]},
        unsubscribed=[1],
    ),
    "a linked field that cannot be read": Case(
        [contact(1, unreadable=frozenset({"NUMBER"}))],
        goal={**OWN, "identifiers": [*BY_EMAIL, *BY_NUMBER]},
        warning="linked fields that cannot be read",
    ),
    # how they stand on the list
    "opted out by themselves": Case([contact(1, UNSUBSCRIBED)]),
    "bounced": Case([contact(1, ListStatus.BOUNCED)]),
    "no such contact any more": Case([], missing=[1], gone=[1]),
    "erased": Case([contact(1, erased=True)], gone=[1]),
    "no row on the list any more": Case([contact(1, None)], gone=[1]),
    "gone at the first look alone": Case(
        [contact(1)],
        unsubscribed=[1],
        before_look=lambda service, look: (
            service.contacts.clear() if look == 1 else service.contacts.update({1: contact(1)})
        ),
    ),
    "a subscription that is older than the goal's": Case([contact(1, row=joined(-6))], gone=[1]),
    "a stamp that differs by seconds": Case([contact(1, row=joined(-5))], unsubscribed=[1]),
    "a subscription that is younger": Case([contact(1, row=joined(60))], unsubscribed=[1]),
    "a row without a date": Case([contact(1, row=ListRow(ACTIVE, "m"))], unsubscribed=[1]),
    "a row that cannot be read": Case(
        [contact(1, UNREADABLE)], warning="list rows that cannot be read"
    ),
    "a row whose date cannot be read": Case(
        [contact(1, row=undated())], warning="list rows that cannot be read"
    ),
    "a row about an unknown list": Case(
        [replace(contact(1), lists={NEWS: ACTIVE, ANY_LIST: UNREADABLE})],
        warning="list rows that cannot be read",
    ),
    "opted out after the first look": Case([contact(1)], before_look=opts_out(1)),
    # who else wants them there
    "claimed by another connection": Case(several(2), claims=[2], unsubscribed=[1]),
    "another connection that has not run yet": Case(
        [contact(1)], claims=None, warning="Another connection's goal on one of the lists"
    ),
    "in the segment of another goal on the list": Case(
        several(2), others=[other_goal()], their_people=["c2@x.org"], unsubscribed=[1]
    ),
    "in the segment of a goal on another list": Case(
        [contact(1)],
        others=[{**other_goal(), "lists": ["VIP"]}],
        their_people=["c1@x.org"],
        unsubscribed=[1],
    ),
    "in the segment of a goal that is off": Case(
        [contact(1)],
        others=[other_goal(enabled=False)],
        their_people=["c1@x.org"],
        unsubscribed=[1],
    ),
    "another goal's listing is not complete": Case(
        [contact(1)],
        others=[other_goal()],
        their_people=["c2@x.org"],
        they_are_whole=False,
        warning="The listing of 'Buyers' was not complete, and G2 has a list in common",
    ),
    # how many may leave
    "a few of a few": Case(several(FEW), unsubscribed=range(1, FEW + 1)),
    "one more than a few": Case(several(FEW + 1), leavers=FEW + 1),
    "a fifth of the members": Case(several(55), listed=range(12, 56), unsubscribed=range(1, 12)),
    "more than a fifth": Case(several(54), listed=range(12, 55), leavers=11),
    "a fifth, of whom one is off the list already": Case(
        [*several(54), contact(55, UNSUBSCRIBED)], listed=range(12, 55), leavers=11
    ),
    "more than a fifth, confirmed": Case(several(11), confirm=11, unsubscribed=range(1, 12)),
    "more than confirmed": Case(several(12), confirm=11, leavers=12),
    "an empty listing": Case([contact(1)], is_empty=True, leavers=1),
    "an empty listing, confirmed": Case([contact(1)], is_empty=True, confirm=1, unsubscribed=[1]),
    "another segment than before": Case([contact(1)], segment="s2", leavers=1),
    "another segment, confirmed": Case([contact(1)], segment="s2", confirm=1, unsubscribed=[1]),
    "another segment, and nobody left": Case([contact(1)], listed=[1], segment="s2"),
    "the first run of the goal": Case([contact(1)], segment=None, unsubscribed=[1]),
    # whom the service keeps
    "refused, and nobody else waits": Case(
        several(2),
        refuses={1: REFUSED},
        unsubscribed=[2],
        warning="ActiveCampaign refused to unsubscribe 1 person who left.",
    ),
    "refused before, over the same row": Case(
        [contact(1, mark="m")],
        refused=[RefusedLeaving(1, NEWS, "m", "the contact is locked", "")],
        warning="the contact is locked",
    ),
    "refused before, over another row": Case(
        [contact(1, mark="n")],
        refused=[RefusedLeaving(1, NEWS, "m", "the contact is locked", "")],
        unsubscribed=[1],
    ),
    "answers that are lost": Case([contact(1)], refuses={1: LOST}, warning="were lost twice"),
    # unsubscribe: all
    "all: the first time asks": Case(
        several(2), listed=[1], goal=ALL, shown={"s1": [2]}, strangers=[2], leavers=1
    ),
    "all: confirmed once": Case(
        several(2),
        listed=[1],
        goal=ALL,
        shown={"s1": [2]},
        strangers=[2],
        confirmed=True,
        unsubscribed=[2],
    ),
    "all: confirmed now": Case(
        several(2),
        listed=[1],
        goal=ALL,
        shown={"s1": [2]},
        strangers=[2],
        confirm=1,
        unsubscribed=[2],
    ),
    "all: whom another segment has shown": Case(
        several(2), listed=[1], goal=ALL, shown={"s2": [2]}, strangers=[2], confirmed=True
    ),
    "all: whose subscription is older than any": Case(
        [contact(1, row=joined(-1_000_000))],
        goal=ALL,
        shown={"s1": [1]},
        confirmed=True,
        unsubscribed=[1],
    ),
    "all: those whom the segment has shown count as members": Case(
        several(55),
        listed=range(12, 56),
        goal=ALL,
        shown={"s1": range(12, 56)},
        strangers=range(12, 56),
        confirmed=True,
        unsubscribed=range(1, 12),
    ),
    "own: whom the segment has shown and others subscribed": Case(
        several(2), listed=[1], shown={"s1": [2]}, strangers=[2]
    ),
}


@dataclass
class Scene:
    """A case, ready to run."""

    leavers: Leavers
    listing: Any
    ledger: MemoryLedger
    service: MemoryActiveCampaign
    run: Any


def scene(case: Case) -> Scene:
    goal = export_goal(**{"lists": ["News"], **case.goal})
    connection = connection_of(goal, *case.others)
    resolved = connection.exports[0]
    ids = [*(one.id for one in case.contacts), *case.missing]
    members = [
        Membership(id_, NEWS, JOINED.timestamp()) for id_ in ids if id_ not in set(case.strangers)
    ]
    config = resolved.settings.config_hash()
    ledger = MemoryLedger(
        goals=MemoryGoalStates(case.segment, confirmed=case.confirmed),
        members=members,
        shown=case.shown,
        refused=[replace(one, config=config) for one in case.refused],
    )
    service = MemoryActiveCampaign(case.contacts, case.refuses)
    service.before_look = case.before_look
    people = [Profile(f"q{n}", {"email": (one,)}) for n, one in enumerate(case.their_people)]
    run = goal_run(
        connection,
        resolved,
        ledger=ledger,
        activecampaign=service,
        blueconic=MemoryBlueConic({"s2": people}, is_whole=case.they_are_whole),
        confirm_leavers=case.confirm,
    )
    keys = [*map(contact_key, case.listed), *case.keys]
    roster = MemoryRoster(() if case.is_empty else ["somebody"], keys)
    listing = SimpleNamespace(listing=roster, is_complete=case.is_complete)
    claimed = None if case.claims is None else set(case.claims)

    def claims(list_id: int, contacts: Iterable[int]) -> set[int] | None:
        return None if claimed is None else claimed & set(contacts)

    return Scene(Leavers(run, resolved, claims), listing, ledger, service, run)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_who_is_unsubscribed(case: Case) -> None:
    made = scene(case)
    if case.leavers is None:
        await made.leavers.unsubscribe(made.listing)
    else:
        with pytest.raises(GoalError) as failed:
            await made.leavers.unsubscribe(made.listing)
        assert failed.value.code == NEEDS_CONFIRMATION
        assert made.run.summary.leavers == case.leavers
        assert not made.service.changes
    assert {pair[0] for pair in made.ledger.memberships.unsubscribed} == set(case.unsubscribed)
    assert {pair[0] for pair in made.ledger.memberships.gone} == set(case.gone)
    assert made.run.summary.lists.unsubscribed == len(set(case.unsubscribed))
    warnings = [text for texts in made.run.summary.warned.values() for text in texts]
    assert bool(warnings) is bool(case.warning), warnings
    assert case.warning in "".join(warnings)
    changed = {id_ for id_, list_id, status in made.service.changes if status is UNSUBSCRIBED}
    assert changed == {*case.unsubscribed, *case.refuses}


async def test_a_denial_fails_the_goal_and_is_no_persons_refusal() -> None:
    made = scene(Case(several(2), refuses={1: DENIED}))
    with pytest.raises(RefusedError):
        await made.leavers.unsubscribe(made.listing)
    assert not made.ledger.memberships.refused
    assert not made.ledger.memberships.unsubscribed


async def test_both_lists_of_a_leaver_are_left() -> None:
    both = {NEWS: ListRow(ACTIVE, "m", JOINED), VIP: ListRow(ACTIVE, "m", JOINED)}
    person = contact(1, lists=dict.fromkeys(both, ACTIVE), list_rows=both)
    made = scene(Case([person], goal={**OWN, "lists": ["News", "VIP"]}))
    made.ledger.memberships.joined[1, VIP] = Membership(1, VIP, JOINED.timestamp())
    await made.leavers.unsubscribe(made.listing)
    assert set(made.ledger.memberships.unsubscribed) == {(1, NEWS), (1, VIP)}


async def test_a_goal_without_lists_unsubscribes_nobody() -> None:
    made = scene(Case([contact(1)], goal={**OWN, "lists": []}))
    await made.leavers.unsubscribe(made.listing)
    assert not made.service.looks


@pytest.mark.parametrize(
    ("case", "segment", "confirmed"),
    [
        (Case([contact(1)], listed=[1], segment="s2"), "s1", False),
        (Case([contact(1)], segment="s2", leavers=1), "s2", False),
        (Case([contact(1)], is_complete=False, segment="s2"), "s2", False),
        (Case([contact(1)], goal=ALL, confirm=1), "s1", True),
        (Case([contact(1)], listed=[1], confirmed=True), "s1", False),
        (Case([contact(1)], listed=[1], goal=ALL, confirmed=True), "s1", True),
    ],
    ids=["another", "asked", "incomplete", "confirmed", "own after all", "all still"],
)
async def test_what_a_goal_remembers_of_its_leavers(
    case: Case, segment: str, confirmed: bool
) -> None:
    made = scene(case)
    try:
        await made.leavers.unsubscribe(made.listing)
    except GoalError:
        assert case.leavers
    assert (made.ledger.goals.segment, made.ledger.goals.confirmed) == (segment, confirmed)


async def test_whoever_is_kept_stays_among_those_who_were_shown() -> None:
    case = Case(
        several(3), goal=ALL, shown={"s1": [1, 2, 3]}, confirmed=True, claims=[2], listed=[3]
    )
    made = scene(case)
    await made.leavers.unsubscribe(made.listing)
    assert made.ledger.shown_contacts.of_segment["s1"] == {2, 3}


async def test_a_change_stays_open_while_its_fate_is_unknown() -> None:
    made = scene(Case(several(2), refuses={1: LOST}))
    await made.leavers.unsubscribe(made.listing)
    assert set(made.ledger.list_changes.open) == {(1, NEWS)}


async def test_only_an_answer_tells_that_the_goal_unsubscribed_somebody() -> None:
    made = scene(Case(several(2), refuses={1: LOST}))

    def found_unsubscribed(service: MemoryActiveCampaign, look: int) -> None:
        if service.changes:
            service.contacts[1] = contact(1, UNSUBSCRIBED, mark="anybody's")

    made.service.before_look = found_unsubscribed
    await made.leavers.unsubscribe(made.listing)
    assert made.ledger.memberships.unsubscribed == {(1, NEWS): "", (2, NEWS): "changed"}
