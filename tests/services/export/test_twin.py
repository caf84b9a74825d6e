"""Random worlds and sequences of runs, against a plain model of the rules.

Whatever the model says, each example also holds the program to its word of honour: every change
of a list row is seen as it happens, and it is known who made it.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actui.context.context import AppContext
from actui.model.run import RETRY, RunSummary
from actui.operations.erasure import forget
from actui.sandbox.activecampaign.rows import Exclusion, FieldOption
from actui.sandbox.blueconic.tenant_catalogue import DIALOGUES as CATALOGUE
from actui.sync.exporting import stages as probing
from actui.sync.exporting.contact_directory import ContactDirectory
from actui.sync.run.goal_run import PeopleFilter
from store.forgotten import Forgotten
from tests.plain.exporting import (
    BOUNCED,
    DIALOGUES,
    UNSUBSCRIBED,
    Goal,
    OutcomeListener,
    Profile,
    World,
)
from tests.plain.fields import MAPPED, TIERS
from tests.process.e2e.scale import PHASES
from tests.services.export.desk import EMAIL_LINK, NAME_ONLY, READERS, VISITORS, Desk, open_desk
from tests.services.export.odd import (
    ADDRESSES,
    CLOSED_TO,
    CONTACTS,
    KEYS,
    LISTS,
    NAMES,
    VALUES,
    ZONES,
)
from tests.services.export.watch import Watch

pytestmark = pytest.mark.long

FIELDS = (*MAPPED, "SEEN", "STAGE")
"""The fields of contacts that goals fill, but for the link."""
UNKNOWN = "a dialogue that is gone"
EXAMPLES = int(os.environ.get("ACTUI_TWIN_EXAMPLES", "40"))
IS_LONG = "ACTUI_TWIN_EXAMPLES" in os.environ
"""The long form draws at random; the short one says the same of the same code."""
addresses = st.sampled_from(ADDRESSES)
names = st.sampled_from(NAMES)
keys = st.sampled_from([[one] for one in KEYS] * 3 + [[]])
one_of_them = st.integers(0, 5)
viewed = st.lists(st.sampled_from((*DIALOGUES, UNKNOWN)), max_size=3, unique=True)
stages = st.sampled_from((None, "First stage", "First stage", "Second stage", "Quiet"))
profile_facts = st.fixed_dictionaries(
    {
        "emails": addresses,
        "names": names,
        "keys": keys,
        "segments": st.sampled_from([{READERS}, {READERS}, {VISITORS}, {READERS, VISITORS}]),
        "consents": st.sampled_from((True, True, True, False)),
        "values": st.fixed_dictionaries(
            {name: st.sampled_from(pool) for name, pool in VALUES.items()}
        ),
        "viewed": viewed,
        "stage": stages,
    }
)
contact_facts = st.fixed_dictionaries(
    {
        "email": st.sampled_from(CONTACTS),
        "lists": st.dictionaries(st.sampled_from(sorted(LISTS)), st.integers(0, 3)),
        "key": st.sampled_from(("", "", *KEYS)),
    }
)
profile = st.tuples(st.just("profile"), profile_facts)
contact = st.tuples(st.just("contact"), contact_facts)
moved = st.tuples(
    st.sampled_from(("enter", "leave", "leave")),
    one_of_them,
    st.sampled_from((READERS, READERS, VISITORS)),
)
stood = st.tuples(
    st.sampled_from(("subscribe", "unsubscribe", "unsubscribe", "flip", "bounce")),
    one_of_them,
    st.sampled_from(sorted(LISTS)),
)
change = st.one_of(
    moved,
    moved,
    moved,
    moved,
    stood,
    stood,
    profile,
    contact,
    st.tuples(st.just("emails"), one_of_them, addresses),
    st.tuples(st.just("names"), one_of_them, names),
    st.tuples(st.just("views"), one_of_them, viewed),
    st.tuples(st.just("stage"), one_of_them, stages),
    st.tuples(st.just("merge"), one_of_them, one_of_them),
    st.tuples(st.sampled_from(("consent", "refuse", "remove")), one_of_them),
    st.tuples(st.sampled_from(("delete", "erase")), one_of_them),
    st.tuples(st.just("rename"), one_of_them, st.sampled_from(CONTACTS)),
)
run = st.tuples(
    st.sampled_from(("run", "run", "run", "retry")),
    st.sampled_from((False, False, True)),
    st.sampled_from((None, 99)),
)
goal_facts = st.fixed_dictionaries(
    {
        "segment": st.sampled_from((READERS, READERS, VISITORS)),
        "lists": st.sampled_from([["3"], ["3"], ["4"], ["3", "4"], []]),
        "by": st.sampled_from(("email", "email", "key")),
        "resubscribe": st.sampled_from(("never", "own", "all")),
        "unsubscribe": st.sampled_from(("own", "own", "all", "all", "never")),
        "recreate": st.booleans(),
        "is_full": st.sampled_from((False, False, False, True)),
        "also": st.lists(st.sampled_from(sorted(MAPPED)), max_size=2, unique=True),
        "maps_viewed": st.booleans(),
        "maps_lifecycles": st.booleans(),
        "stage": st.sampled_from(("", "", "", "First stage", "Second stage")),
        "unknown_stage": st.sampled_from(("skip", "export")),
    }
)
SWITCHES = {
    "bulk-refused-subscribe": ("whole-row", "only-list"),
    "bulk-bounced-contact": ("only-subscribe", "whole-row"),
    "bulk-odd-address": ("refused-request", "failed-row"),
    "bulk-success-ids": ("created-and-updated", "created"),
    "bulk-success-key": ("success", "Success"),
    "bulk-empty-text": ("overwrites", "ignored"),
    "contact-case": ("kept", "lower"),
    "email-matching": ("any-case", "exact"),
    "list-writes-bump-udate": ("yes", "no"),
    "include-truncates": ("no", "yes"),
    "updated-after-inclusive": ("exclusive", "inclusive"),
    "total-counts": ("all", "rest"),
    "lifecycle-stages": ("absent", "profile-only", "present"),
    "no-lifecycle-stage": ("empty", "left-out"),
    "interaction-ids": ("dialogues", "variants"),
    "segment-count": ("exact", "absent"),
    "batch-speed": ("normal", "fast"),
}
examples = st.fixed_dictionaries(
    {
        "goals": st.lists(goal_facts, min_size=1, max_size=2),
        "needs_consent": st.sampled_from((False, False, True)),
        "sweeps": st.booleans(),
        "zone": st.sampled_from(ZONES),
        "excluded": st.lists(st.sampled_from(CLOSED_TO), max_size=1),
        "forgotten": st.lists(st.sampled_from(CLOSED_TO), max_size=1),
        "switches": st.fixed_dictionaries(
            {name: st.sampled_from(readings) for name, readings in SWITCHES.items()}
        ),
        "people": st.lists(profile, min_size=3, max_size=6),
        "contacts": st.lists(contact, max_size=4),
        "then": st.lists(
            st.tuples(st.lists(change, min_size=1, max_size=4), run), min_size=2, max_size=5
        ),
    }
)


def configured(goal: Goal) -> dict[str, Any]:
    """The goal as a connection has it."""
    key = [{"field": "%BCID%", "property": "customer_id"}]
    address = {"from": {"property": "email"}, "field": "email"}
    also = [{"from": {"property": MAPPED[name].source}, "field": f"%{name}%"} for name in goal.also]
    if goal.maps_viewed:
        also.append({"from": "viewed_interactions", "field": "%SEEN%"})
    if goal.maps_lifecycles:
        also.append({"from": "lifecycles", "field": "%STAGE%"})
    bound = {"lifecycle": "Welcome", "stage": goal.stage, "events": ["opened"]}
    return {
        "lifecycle": bound if goal.stage else None,
        "unknown_stage": goal.unknown_stage,
        "id": goal.id,
        "name": goal.id,
        "segment": goal.segment,
        "identifiers": EMAIL_LINK if goal.by == "email" else key,
        "mappings": [*NAME_ONLY, *also] + ([] if goal.by == "email" else [address]),
        "lists": [{"id": on, "name": LISTS[on]} for on in goal.lists],
        "resubscribe": goal.resubscribe,
        "unsubscribe": goal.unsubscribe,
        "recreate_deleted": goal.recreate,
        "mode": "full" if goal.is_full else "changed",
    }


class Twins:
    """The sandbox and the model, changed alike."""

    def __init__(self, desk: Desk, world: World, goals: list[Goal], drawn: dict[str, Any]) -> None:
        self.desk, self.world, self.goals, self.drawn = desk, world, goals, drawn
        self.ids: dict[int, str] = {}
        self.rows: dict[int, str] = {}
        self.watch = Watch({goal.id: goal for goal in goals})
        self.watch.over(desk.sandbox.account)
        objectives = ["marketing"] if drawn["needs_consent"] else []
        self.connection = desk.connection(
            *(configured(goal) for goal in goals), objectives=objectives, timezone=drawn["zone"]
        )

    async def close_to(self) -> None:
        """People who are excluded in ActiveCampaign, or forgotten in this home."""
        account = self.desk.sandbox.account
        for number, address in enumerate(self.drawn["excluded"], start=100):
            account.exclusions.append(Exclusion(number, address.lower(), "exact"))
        context = AppContext.open({"ACTUI_HOME": str(self.desk.place)})
        for address in self.drawn["forgotten"]:
            await forget(context, address, offline=True)
        self.desk.forgotten = partial(Forgotten(context.home).among, origins=("", ""))

    def rename_things(self) -> None:
        """Other lists and segments are called what these are known by: names that are ids."""
        sandbox = self.desk.sandbox
        for other, (on, name) in zip((5, 6), LISTS.items(), strict=True):
            sandbox.account.lists[other].name = on
            sandbox.account.lists[int(on)].name = name
        tier = next(one for one in sandbox.account.fields.values() if one.perstag == "TIER")
        tier.options = [FieldOption(900 + n, one, one) for n, one in enumerate(TIERS)]

    async def change(self, what: str, *more: Any) -> None:
        # a stamp has whole seconds: two changes of one row are never in the same one
        await self.desk.post("/clock", advance=120)
        await getattr(self, f"_{what}")(*more)

    def _nth(self, things: dict[int, Any], place: int) -> Any:
        rows = list(things.values())
        return rows[place % len(rows)] if rows else None

    async def _profile(self, facts: dict[str, Any]) -> None:
        properties = {
            "email": facts["emails"],
            "first_name": facts["names"],
            "customer_id": facts["keys"],
            "consented_objectives": ["marketing"] if facts["consents"] else [],
            "interactions_viewed": ids_of(facts["viewed"]),
            **facts["values"],
        }
        values = {
            "stage": facts["stage"],
            "properties": {name: held for name, held in properties.items() if held},
            "segments": sorted(facts["segments"]),
        }
        number = len(self.ids) + 1
        self.ids[number] = await self.desk.mutate("blueconic", "create", set=values)
        self.world.profiles[number] = Profile(
            number,
            list(facts["emails"]),
            list(facts["names"]),
            list(facts["keys"]),
            set(facts["segments"]),
            facts["consents"],
            values=dict(facts["values"]),
            viewed=list(facts["viewed"]),
            stage=facts["stage"],
        )

    async def _contact(self, facts: dict[str, Any]) -> None:
        if self.world.owner(facts["email"]) is not None:
            return
        fields = {"BCID": facts["key"]} if facts["key"] else {}
        await self.desk.contact(facts["email"], facts["lists"], fields=fields)
        row = self.world.add_contact(facts["email"], key=facts["key"])
        for on, status in facts["lists"].items():
            row.put(on, status)

    async def _update(self, place: int, name: str, held: list[str]) -> None:
        row = self._nth(self.world.profiles, place)
        if row is not None:
            setattr(row, name, list(held))
            theirs = {"emails": "email", "names": "first_name"}[name]
            await self.desk.change(self.ids[row.number], **{theirs: held})

    async def _emails(self, place: int, held: list[str]) -> None:
        await self._update(place, "emails", held)

    async def _names(self, place: int, held: list[str]) -> None:
        await self._update(place, "names", held)

    async def _views(self, place: int, held: list[str]) -> None:
        row = self._nth(self.world.profiles, place)
        if row is not None:
            row.viewed = list(held)
            await self.desk.change(self.ids[row.number], interactions_viewed=ids_of(held))

    async def _stage(self, place: int, stage: str | None) -> None:
        row = self._nth(self.world.profiles, place)
        if row is not None:
            row.stage = stage
            number = self.ids[row.number]
            await self.desk.mutate("blueconic", "update", id=number, set={"stage": stage})

    async def _enter(self, place: int, segment: str) -> None:
        row = self._nth(self.world.profiles, place)
        if row is not None:
            row.segments.add(segment)
            await self.desk.mutate("blueconic", "enter", id=self.ids[row.number], segment=segment)

    async def _leave(self, place: int, segment: str) -> None:
        row = self._nth(self.world.profiles, place)
        if row is not None:
            row.segments.discard(segment)
            await self.desk.mutate("blueconic", "leave", id=self.ids[row.number], segment=segment)

    async def _merge(self, place: int, other: int) -> None:
        row, into = self._nth(self.world.profiles, place), self._nth(self.world.profiles, other)
        if row is None or row is into:
            return
        await self.desk.mutate(
            "blueconic", "merge", id=self.ids[row.number], set={"into": self.ids[into.number]}
        )
        for name in ("emails", "names", "keys", "viewed"):
            setattr(into, name, list(dict.fromkeys([*getattr(into, name), *getattr(row, name)])))
        into.values = {
            name: list(dict.fromkeys([*into.values[name], *row.values[name]]))
            for name in into.values
        }
        into.segments |= row.segments
        into.consents = into.consents or row.consents
        into.replaces = [*into.replaces, row.number, *row.replaces]
        del self.world.profiles[row.number]

    async def _consent(self, place: int) -> None:
        row = self._nth(self.world.profiles, place)
        if row is not None:
            row.consents = True
            await self.desk.mutate("blueconic", "consent", id=self.ids[row.number])

    async def _refuse(self, place: int) -> None:
        row = self._nth(self.world.profiles, place)
        if row is not None:
            row.consents = False
            await self.desk.mutate("blueconic", "refuse", id=self.ids[row.number])

    async def _remove(self, place: int) -> None:
        row = self._nth(self.world.profiles, place)
        if row is not None:
            del self.world.profiles[row.number]
            await self.desk.mutate("blueconic", "delete", id=self.ids[row.number])

    async def _status(self, op: str, status: int, place: int, on: str) -> None:
        row = self._nth(self._alive(), place)
        if row is None or (op == "bounce" and on not in row.lists):
            return
        row.put(on, status)
        await self.desk.mutate("activecampaign", op, id=await self._id(row.email), list=on)

    async def _subscribe(self, place: int, on: str) -> None:
        await self._status("subscribe", 1, place, on)

    async def _unsubscribe(self, place: int, on: str) -> None:
        row = self._nth(self._alive(), place)
        if row is not None and on in row.lists:
            await self._status("unsubscribe", UNSUBSCRIBED, place, on)

    async def _flip(self, place: int, on: str) -> None:
        """Somebody who is off the list comes back and leaves again."""
        row = self._nth(self._alive(), place)
        if row is not None and row.lists.get(on) == UNSUBSCRIBED:
            await self._subscribe(place, on)
            await self.desk.post("/clock", advance=120)
            await self._unsubscribe(place, on)

    async def _bounce(self, place: int, on: str) -> None:
        await self._status("bounce", BOUNCED, place, on)

    def _alive(self) -> dict[int, Any]:
        rows = self.world.contacts.items()
        return {number: row for number, row in rows if not row.is_erased}

    async def _id(self, address: str) -> str:
        return str((await self.desk.contacts())[address]["id"])

    async def _delete(self, place: int) -> None:
        row = self._nth(self._alive(), place)
        if row is not None:
            await self.desk.mutate("activecampaign", "delete", id=await self._id(row.email))
            del self.world.contacts[row.number]

    async def _erase(self, place: int) -> None:
        row = self._nth(self._alive(), place)
        if row is not None:
            await self.desk.mutate("activecampaign", "erase", id=await self._id(row.email))
            row.email = row.name = row.key = ""
            row.lists.clear()
            row.fields.clear()
            row.is_erased = True

    async def _rename(self, place: int, address: str) -> None:
        row = self._nth(self._alive(), place)
        if self.world.is_forgotten(address):
            return
        if row is not None and self.world.owner(address) is None:
            number = await self._id(row.email)
            await self.desk.mutate("activecampaign", "update", id=number, set={"email": address})
            row.email = address.lower()

    async def run_again(self) -> None:
        """Where nothing has changed, a changed run changes nothing: not one request writes.

        Everybody's contact is settled before the first write of a run, so an address that somebody
        gives up in it is another's in the next one: those runs come first, and come to an end.
        """
        for _ in self.world.profiles:
            if not self.world.will_write(self.goals):
                break
            await self.run(full=False, confirm=None)
        before = await self._everything()
        await self.desk.forget()
        await self.run(full=False, confirm=None)
        same("writes", await self.desk.writes(), [])
        same("services", await self._everything(), before)

    async def _everything(self) -> list[list[dict[str, Any]]]:
        return [await self.desk.lines("/contacts"), await self.desk.lines("/profiles")]

    async def run(self, full: bool, confirm: int | None) -> None:
        """Run both; what is told and what the contacts are must be the same."""
        await self.desk.post("/clock", advance=120)
        with self.desk.ledger() as ledger:
            options = {"full": full, "confirm_leavers": confirm}
            connection = self.desk.kept or self.connection
            async with self.desk.engine(connection, ledger, **options) as engine:
                self.watch.engine = engine
                try:
                    summary = await engine.execute()
                finally:
                    self.watch.engine = None
        told = self.world.run(self.goals, full=full, confirm=confirm)
        await self._compare(summary, told)

    async def retry(self) -> None:
        """Send those again whom the runs before could not deliver, and nobody else."""
        await self.desk.post("/clock", advance=120)
        wanted = {goal.id: self.world.failed(goal) for goal in self.goals}
        expected = {goal: {self.ids[n] for n in found} for goal, found in wanted.items() if found}
        with self.desk.ledger() as ledger:
            failed = ledger.outcomes.failed()
            same("failed", failed, expected)
            if not failed:
                return
            only = PeopleFilter({goal: frozenset(keys) for goal, keys in failed.items()})
            options = {"goals": tuple(failed), "only": only, "trigger": RETRY}
            connection = self.desk.kept or self.connection
            async with self.desk.engine(connection, ledger, **options) as engine:
                self.watch.engine = engine
                try:
                    summary = await engine.execute()
                finally:
                    self.watch.engine = None
        told = self.world.retry(self.goals)
        same("goals", [goal.goal_id for goal in summary.goals], list(told))
        await self._compare(summary, list(told.values()))

    async def _compare(self, summary: RunSummary, told: list[OutcomeListener]) -> None:
        assert summary.code in ("", "goals-failed"), summary.message
        for goal, expected in zip(summary.goals, told, strict=True):
            assert goal.adds_up
            same(f"code ({goal.message})", goal.code, expected.code)
            got = {name: getattr(goal, name) for name in expected.counts}
            same(f"counts ({goal.reasons})", got, dict(expected.counts))
            same("reasons", goal.reasons, dict(expected.reasons))
            lists = goal.lists.model_dump()
            omitted = {"firstName": goal.omitted.get("firstName", 0)}
            omitted |= {name: goal.omitted.get(f"%{name}%", 0) for name in FIELDS}
            same("omitted", omitted, {name: expected.omitted[name] for name in omitted})
            same("lists", lists, {name: expected.lists[name] for name in lists})
        same("contacts", await self._contacts_there(), self._contacts_expected())

    async def _contacts_there(self) -> list[tuple[object, ...]]:
        return in_order(
            (
                row["email"].lower(),
                row["firstName"],
                row["fields"].get("BCID") or "",
                {name: row["fields"].get(name) or "" for name in FIELDS},
                sorted(row["lists"].items()),
            )
            for row in await self.desk.lines("/contacts")
        )

    def _contacts_expected(self) -> list[tuple[object, ...]]:
        return in_order(
            (
                row.email,
                row.name,
                row.key,
                {name: row.fields.get(name, "") for name in FIELDS},
                sorted(row.lists.items()),
            )
            for row in self.world.contacts.values()
        )


def ids_of(viewed: Iterable[str]) -> list[str]:
    """The ids that BlueConic has for dialogues, and one for what is gone."""
    known = {one.name: one.id for one in CATALOGUE}
    return [known.get(name, "00000000-dead-4000-8000-000000000000") for name in viewed]


def same(what: str, got: object, expected: object) -> None:
    """The program and the model agree."""
    assert got == expected, f"{what}: {got} and not {expected}"


def in_order(rows: Iterable[tuple[object, ...]]) -> list[tuple[object, ...]]:
    return sorted(rows, key=repr)


async def play(drawn: dict[str, Any], place: Path) -> None:
    switches = dict(drawn["switches"])
    sweeps = drawn["sweeps"]
    if sweeps:
        # only the next complete reading sees a change without a stamp (sync/README.md §5)
        switches["list-writes-bump-udate"] = "yes"
    goals = [
        Goal(
            id=f"g-{n}",
            **facts
            | {name: tuple(facts[name]) for name in ("lists", "also")}
            # a stage's cap counts what is sent to lists
            | {"stage": facts["stage"] if facts["lists"] else ""},
        )
        for n, facts in enumerate(drawn["goals"], start=1)
    ]
    if any(goal.by == "key" for goal in goals):
        switches["list-writes-bump-udate"] = "yes"
    if switches["email-matching"] == "exact" and not sweeps:
        # who asks for one address finds its spelling and small letters, not any other capitals
        switches["contact-case"] = "lower"
    world = World(
        needs_consent=drawn["needs_consent"],
        bounced_fail_whole=switches["bulk-bounced-contact"] == "whole-row",
        sweeps=bool(sweeps),
        excluded=drawn["excluded"],
        forgotten=drawn["forgotten"],
        zone=drawn["zone"],
        shows_stages=switches["lifecycle-stages"] != "absent",
        lists_stages=switches["lifecycle-stages"] == "present",
        none_is_empty=switches["no-lifecycle-stage"] == "empty",
    )

    async def chosen(_self: ContactDirectory, _addresses: int) -> bool:
        return bool(sweeps)

    # a few people are a small segment: all of them are looked at before stages count as hidden
    with (
        patch.object(ContactDirectory, "_sweep_is_cheaper", chosen),
        patch.object(probing, "PROBES", 50),
    ):
        async with open_desk(place, switches=switches) as desk:
            twins = Twins(desk, world, goals, drawn)
            twins.rename_things()
            await twins.close_to()
            for what, *more in [*drawn["people"], *drawn["contacts"]]:
                await twins.change(what, *more)
            await twins.run(full=False, confirm=None)
            for changes, (kind, full, confirm) in drawn["then"]:
                for what, *more in changes:
                    await twins.change(what, *more)
                if kind == "retry":
                    await twins.retry()
                else:
                    await twins.run(full, confirm)
            if not any(goal.is_full for goal in goals):
                await twins.run_again()


@settings(
    max_examples=EXAMPLES,
    derandomize=not IS_LONG,
    deadline=None,
    phases=PHASES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(examples)
def test_every_history_ends_as_the_rules_say(drawn: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as place:
        asyncio.run(play(drawn, Path(place)))
