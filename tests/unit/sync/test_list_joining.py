"""Which lists a person joins and who is resubscribed (sync/README.md §7): in doubt, nobody."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from actui.model.errors import LostAnswerError, RefusedError
from actui.model.goals import ANY_LIST, ListStatus
from actui.model.memberships import ListRow, Membership, Resubscription
from actui.model.omitted import NO_USABLE_ADDRESS, RESUBSCRIPTION_LOST
from actui.model.records import Contact, ImportRow
from actui.sync.exporting.contact_directory import KnownContact
from actui.sync.exporting.identity import Person
from actui.sync.exporting.list_joining import Joining
from actui.sync.exporting.resubscribing import NOTHING_DONE, Resubscribed, Resubscribing
from tests.unit.sync.accounts import NEWS, OTHER, VIP, connection_of, export_goal
from tests.unit.sync.memory import NOW, MemoryActiveCampaign, MemoryLedger, goal_run

ACTIVE, UNSUBSCRIBED, BOUNCED = ListStatus.ACTIVE, ListStatus.UNSUBSCRIBED, ListStatus.BOUNCED
UNCONFIRMED, UNREADABLE = ListStatus.UNCONFIRMED, ListStatus.UNREADABLE
ANOTHER = KnownContact(2, "a\u00adda@x.org", {NEWS: UNSUBSCRIBED})
BOUNCING = KnownContact(3, "ada@x.org", {}, hard_bounces=1)


@dataclass(frozen=True)
class Joins:
    """How a person stands on News and VIP, and the lists joined and not joined."""

    status: Mapping[int, ListStatus]
    joined: Iterable[int]
    kept_off: Mapping[str, str] = field(default_factory=dict)
    is_new: bool = False
    kept_out: Mapping[int, KnownContact] = field(default_factory=dict)
    bounced: KnownContact | None = None
    again: Resubscribed = NOTHING_DONE
    begun: Collection[int] = ()
    by_import: bool = True
    resubscribe: str = "never"


JOINS = {
    "somebody new": Joins({}, [NEWS, VIP], is_new=True),
    "no row on the lists": Joins({}, [NEWS, VIP]),
    "a row on another list": Joins({OTHER: UNSUBSCRIBED}, [NEWS, VIP]),
    "on one already": Joins({NEWS: ACTIVE}, [VIP]),
    "on one already, as an import under way may have begun": Joins(
        {NEWS: ACTIVE}, [NEWS, VIP], begun=[NEWS]
    ),
    "opted out since an import began": Joins(
        {NEWS: UNSUBSCRIBED}, [VIP], {"News": "unsubscribed"}, begun=[NEWS]
    ),
    "opted out": Joins({NEWS: UNSUBSCRIBED}, [VIP], {"News": "unsubscribed"}),
    "not confirmed": Joins({NEWS: UNCONFIRMED}, [VIP], {"News": "unconfirmed"}),
    "a row that cannot be read": Joins({NEWS: UNREADABLE}, [VIP], {"News": "unreadable"}),
    "opted out under another spelling": Joins(
        {NEWS: UNSUBSCRIBED}, [VIP], {"News": "unsubscribed"}, kept_out={NEWS: ANOTHER}
    ),
    "bounced: on no list at all": Joins(
        {}, [], {"News": "bounced", "VIP": "bounced"}, bounced=BOUNCING
    ),
    "bounced, and opted out": Joins(
        {NEWS: UNSUBSCRIBED}, [], {"News": "unsubscribed", "VIP": "bounced"}, bounced=BOUNCING
    ),
    "bounced, and would be resubscribed": Joins(
        {NEWS: UNSUBSCRIBED},
        [],
        {"News": "bounced", "VIP": "bounced"},
        bounced=BOUNCING,
        resubscribe="all",
    ),
    "bounced, and on the list": Joins({NEWS: ACTIVE, VIP: ACTIVE}, [], {}, bounced=BOUNCING),
    "resubscribed": Joins(
        {NEWS: UNSUBSCRIBED}, [VIP], again=Resubscribed(active=frozenset({NEWS}))
    ),
    "resubscribed, as an import under way may have begun": Joins(
        {NEWS: UNSUBSCRIBED},
        [NEWS, VIP],
        again=Resubscribed(active=frozenset({NEWS})),
        begun=[NEWS],
    ),
    "a resubscription that is lost": Joins(
        {NEWS: UNSUBSCRIBED},
        [VIP],
        {"News": RESUBSCRIPTION_LOST},
        again=Resubscribed(lost=frozenset({NEWS})),
    ),
    "no import can take the address": Joins(
        {NEWS: ACTIVE}, [VIP], {"VIP": NO_USABLE_ADDRESS}, by_import=False
    ),
}


@pytest.mark.parametrize("case", JOINS.values(), ids=JOINS)
def test_which_lists_are_joined(case: Joins) -> None:
    connection = connection_of(export_goal(lists=["News", "VIP"], resubscribe=case.resubscribe))
    (goal,) = connection.exports
    run = goal_run(connection, goal, ledger=MemoryLedger(), activecampaign=None)
    payload: Any = None
    person = Person(
        payload,
        None if case.is_new else KnownContact(1, "ada@x.org", case.status),
        ImportRow("ada@x.org"),
        list_status=case.status,
        kept_out=case.kept_out,
        bounced=case.bounced,
    )
    joining = Joining(run, goal)
    assert list(joining.joined(person, case.again, case.begun)) == list(case.joined)
    kept_off = joining.kept_off(person, case.again, by_import=case.by_import)
    assert {one.list: one.why for one in kept_off} == case.kept_off


def row(status: ListStatus = UNSUBSCRIBED, mark: str = "m", **more: Any) -> ListRow:
    return ListRow(status, mark, NOW - timedelta(days=1), **more)


def contact(id_: int = 1, news: ListRow | None = None, **more: Any) -> Contact:
    rows = {NEWS: news or row()}
    facts = {"lists": {list_id: one.status for list_id, one in rows.items()}, "list_rows": rows}
    return Contact(id_, f"c{id_}@x.org", **{**facts, **more})


OURS = Membership(1, NEWS, 0.0, left_mark="m")
REFUSED = RefusedError("No.", status=422, detail="the contact is locked")


@dataclass(frozen=True)
class Returns:
    """A contact off News, what is remembered of it, and whether it is put back."""

    setting: str
    is_active: bool = False
    contacts: tuple[Contact, ...] = (contact(),)
    membership: Membership | None = None
    before: Resubscription | None = None
    others: Iterable[int] = ()
    refuses: Exception | None = None
    is_lost: bool = False
    warning: str = ""


RETURNS = {
    "never, though the goal had unsubscribed them": Returns("never", membership=OURS),
    "own: the goal had unsubscribed them": Returns("own", True, membership=OURS),
    "own: they opted out by themselves": Returns("own"),
    "own: the goal had subscribed them, and they opted out": Returns(
        "own", membership=replace(OURS, left_mark=None)
    ),
    "own: somebody changed the row since": Returns(
        "own", contacts=(contact(news=row(mark="n")),), membership=OURS
    ),
    "own: a row without a mark": Returns(
        "own", contacts=(contact(news=row(mark="")),), membership=replace(OURS, left_mark="")
    ),
    "all: they opted out by themselves": Returns("all", True),
    "all: they opted out again after it": Returns("all", before=Resubscription("k", done=True)),
    "all: they opted out again, with the same row": Returns(
        "all", before=Resubscription("m", done=True)
    ),
    "all: it was only begun, over this row": Returns(
        "all", True, before=Resubscription("m", done=False)
    ),
    "all: it was begun, over another row": Returns("all", before=Resubscription("k", done=False)),
    "active already": Returns("all", contacts=(contact(news=row(ACTIVE)),)),
    "not confirmed": Returns("all", contacts=(contact(news=row(UNCONFIRMED)),)),
    "bounced": Returns("all", contacts=(contact(news=row(BOUNCED)),)),
    "bounced on another list": Returns(
        "all", contacts=(contact(lists={NEWS: UNSUBSCRIBED, VIP: BOUNCED}),)
    ),
    "a hard bounce": Returns("all", contacts=(contact(bounced_hard=1),)),
    "a soft bounce": Returns("all", True, contacts=(contact(bounced_soft=1),)),
    "another contact of the person has bounced": Returns(
        "all", contacts=(contact(), contact(2, bounced_hard=1)), others=[2]
    ),
    "another contact of the person has not": Returns(
        "all", True, contacts=(contact(), contact(2)), others=[2]
    ),
    "erased": Returns("all", contacts=(contact(erased=True),)),
    "gone": Returns("all", contacts=()),
    "a row whose date cannot be read": Returns(
        "all", contacts=(contact(news=row(is_undated=True)),)
    ),
    "a row that cannot be read": Returns(
        "all",
        contacts=(contact(news=row(UNREADABLE)),),
        is_lost=True,
        warning="answers about the lists of contacts cannot be read",
    ),
    "a row about an unknown list": Returns(
        "all",
        contacts=(contact(lists={NEWS: UNSUBSCRIBED, ANY_LIST: UNREADABLE}),),
        is_lost=True,
        warning="answers about the lists of contacts cannot be read",
    ),
    "own: a row that cannot be read, and that is not the goal's": Returns(
        "own", contacts=(contact(news=row(UNREADABLE)),)
    ),
    "refused": Returns("all", refuses=REFUSED, warning="Resubscribing was refused"),
    "answers that are lost": Returns(
        "all", refuses=LostAnswerError("Nobody knows."), is_lost=True, warning="were lost twice"
    ),
}


@pytest.mark.parametrize("case", RETURNS.values(), ids=RETURNS)
async def test_who_is_resubscribed(case: Returns) -> None:
    connection = connection_of(export_goal(lists=["News"], resubscribe=case.setting))
    (goal,) = connection.exports
    ledger = MemoryLedger(
        members=() if case.membership is None else (case.membership,),
        resubscriptions={} if case.before is None else {(1, NEWS): case.before},
    )
    service = MemoryActiveCampaign(case.contacts, {1: case.refuses} if case.refuses else None)
    run = goal_run(connection, goal, ledger=ledger, activecampaign=service)
    done = await Resubscribing(run, goal.settings).on(1, [NEWS], case.others)
    assert (NEWS in done.active, NEWS in done.lost) == (case.is_active, case.is_lost)
    assert bool(service.changes) is (case.is_active or case.refuses is not None)
    assert run.summary.lists.resubscribed == case.is_active
    warnings = [text for texts in run.summary.warned.values() for text in texts]
    assert bool(warnings) is bool(case.warning), warnings
    assert case.warning in "".join(warnings)
    if case.is_active:
        assert ledger.resubscriptions.known[1, NEWS] == Resubscription("m", done=True)
        assert ledger.memberships.find("g1", 1, NEWS) == Membership(1, NEWS, NOW.timestamp())


async def test_a_denial_is_no_persons_refusal() -> None:
    connection = connection_of(export_goal(lists=["News"], resubscribe="all"))
    (goal,) = connection.exports
    service = MemoryActiveCampaign([contact()], {1: RefusedError("No.", status=403)})
    run = goal_run(connection, goal, ledger=MemoryLedger(), activecampaign=service)
    with pytest.raises(RefusedError):
        await Resubscribing(run, goal.settings).on(1, [NEWS])
