"""Random accounts, goals and histories: the engine over HTTP ends where the plain rules end."""

from __future__ import annotations

import asyncio
import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from actui.operations.erasure import forget
from tests.plain.addresses import canonical
from tests.plain.imports import BlueConic, Memory, PlainImport, comparable
from tests.process.e2e.import_examples import (
    LISTS,
    READINGS,
    TEXTS,
    TYPES,
    ZONES,
    address_of,
    contact_values,
    goals,
    mappings,
    profile_values,
)
from tests.process.e2e.lab import Lab, Row, lab
from tests.process.e2e.scale import EXAMPLES, IS_LONG, PHASES

pytestmark = pytest.mark.long

HOUR = 3600.0
RECONCILE = 7 * 24 * HOUR
SILENT = {"subscribe": 1, "unsubscribe": 2, "bounce": 3}
"""What may not move the stamp of a contact, and the status that it leads to."""
COUNTS = ("read", "created", "updated", "unchanged", "skipped", "rejected", "unknown")


class History:
    """One example: a sandbox and a home, and the plain model beside them."""

    def __init__(self, world: Lab, readings: dict[str, str], zone: str) -> None:
        self.lab = world
        self.readings = readings
        self.zone = zone
        self.memory = Memory()
        self.touched: set[int] = set()
        self.erased: set[int] = set()
        self.succeeded: dict[str, Row] = {}
        self.complete_for: dict[str, float] = {}

    async def run(self, goal: Row) -> None:
        """A run of the program and one of the model; both must end alike."""
        known = self.succeeded.get(goal["id"])
        full = goal["mode"] == "full"
        is_changed = known != {**goal, "name": ""}
        everything = full or is_changed or self.complete_for[goal["id"]] >= RECONCILE
        contacts = [
            row | {"erased": int(row["id"]) in self.erased}
            for row in await self.lab.lines("/contacts")
        ]
        plain = BlueConic(
            await self.profiles(),
            TYPES,
            zone=self.zone,
            ignores_case=self.readings["match-case"] == "ignore",
            newest_wins=self.readings["several-matches"] == "newest",
            skips_invalid=self.readings["invalid-value"] == "skips-entry",
            follows_merged=self.readings["merged-profile"] == "survivor",
            replaced=await self.replaced(),
        )
        read = [row for row in contacts if everything or int(row["id"]) in self.touched]
        model = PlainImport(goal, LISTS, plain)
        counts = model.run(read, self.memory, full=full, everything=everything)
        failed = counts["rejected"] and not sum(counts[n] for n in COUNTS[1:4])
        if not everything and not failed:
            mine = {int(row["id"]) for row in read if model.reads(row)}
            model.recheck(contacts, mine, self.memory, counts)
        self.lab.apply({"import": in_file(goal)}, timezone=self.zone)

        summary = (await self.lab.run()).goals[0]

        note(f"plain {dict(counts)}")
        note(f"actui {summary.model_dump_json()}")
        assert comparable(await self.profiles()) == comparable(plain.profiles)
        assert summary.adds_up
        assert {name: getattr(summary, name) for name in COUNTS} == {n: counts[n] for n in COUNTS}
        assert summary.reasons == {
            k.partition("/")[2]: n for k, n in counts.items() if "/" in k and n
        }
        assert summary.warnings >= counts["warnings"]
        mapped = {mapping["field"] for mapping in goal["mappings"]} - {"email"}
        omitted = {name: summary.omitted.get(name, 0) for name in mapped}
        assert omitted == {name: model.omitted[name] for name in mapped}, model.omitted
        assert (summary.rechecked, summary.matched) == (counts["rechecked"], counts["matched"])
        assert summary.ok is not bool(failed)
        if not failed:
            self.touched.clear()
            self.succeeded[goal["id"]] = {**copy.deepcopy(goal), "name": ""}
            if everything:
                self.complete_for[goal["id"]] = 0.0

    async def profiles(self) -> dict[str, dict[str, list[str]]]:
        """Living profiles, the oldest first."""
        rows = await self.lab.lines("/profiles")
        return {row["id"]: row["properties"] for row in rows if not row["replacedBy"]}

    async def replaced(self) -> dict[str, str]:
        """The profiles that were merged into others."""
        rows = await self.lab.lines("/profiles")
        return {row["id"]: row["replacedBy"] for row in rows if row["replacedBy"]}

    async def ids(self) -> list[str]:
        """What a contact may hold as the id of a profile: any, merged ones too, or of nobody."""
        return [*(await self.profiles()), *(await self.replaced()), "nobody", ""]

    async def merge(self, data: st.DataObject) -> None:
        """Two profiles turn out to be one person."""
        living = list(await self.profiles())
        if len(living) > 1:
            gone, kept = data.draw(st.permutations(living))[:2]
            note(f"merge {gone} into {kept}")
            ask = {"service": "blueconic", "op": "merge", "id": gone, "set": {"into": kept}}
            await self.lab.post("/mutate", **ask)

    async def appear(self, data: st.DataObject) -> None:
        """A profile appears, mostly of somebody who is a contact."""
        properties = data.draw(profile_values(data.draw(st.integers(0, 2))))
        rows = await self.lab.lines("/contacts")
        if rows and data.draw(st.sampled_from([True, True, False])):
            row = data.draw(st.sampled_from(rows))
            links = {"email": row["email"], "customer_id": row["fields"].get("ANSWER_001") or ""}
            properties |= {name: [text.strip()] for name, text in links.items() if text.strip()}
        note(f"a profile appears: {properties}")
        await self.lab.profile(properties=properties)

    async def wait(self, hours: float) -> None:
        """Time passes, more than the overlap of two readings."""
        await self.lab.post("/clock", advance=hours * HOUR)
        for goal in self.complete_for:
            self.complete_for[goal] += hours * HOUR

    async def change(self, data: st.DataObject) -> None:
        """Somebody works in one of the two services."""
        there = data.draw(st.sampled_from([*[""] * 5, *["appears"] * 4, "merge"]))
        if there == "merge":
            await self.merge(data)
            return
        if there:
            await self.appear(data)
            return
        rows = [
            row
            for row in await self.lab.lines("/contacts")
            if canonical(row["email"]) not in self.memory.forgotten
        ]
        what = data.draw(
            st.sampled_from(
                ["fields", "fields", "id", "status", "delete", "erase", "forget", "none", *SILENT]
            )
        )
        if not rows or what == "none":
            return
        if what == "forget":
            address = data.draw(address_of(data.draw(st.integers(0, 2))))
            note(f"forget {address!r}")
            await forget(self.lab.context, address, offline=data.draw(st.booleans()))
            self.memory.forgotten.add(canonical(address))
            gone = {int(r["id"]) for r in rows if canonical(r["email"]) == canonical(address)}
            places = [place for place in self.memory.endings if place[1] in gone]
            for place in places:
                del self.memory.endings[place]
            return
        row = data.draw(st.sampled_from(rows))
        ask: Row = {"service": "activecampaign", "id": row["id"]}
        if what in SILENT:
            list_id = str(data.draw(st.sampled_from(sorted(LISTS))))
            await self.lab.post("/mutate", **ask, op=what, list=list_id)
            # whoever stands on the list as asked is left alone
            is_changed = row["lists"].get(list_id) != SILENT[what]
            if is_changed and self.readings["list-writes-bump-udate"] == "yes":
                self.touched.add(int(row["id"]))
            return
        self.touched.add(int(row["id"]))
        if what == "fields":
            tag = data.draw(st.sampled_from(sorted(TEXTS)))
            value = data.draw(st.sampled_from(TEXTS[tag]))
            await self.lab.post("/mutate", **ask, op="update", set={"fields": {tag: value}})
        elif what == "id":
            value = data.draw(st.sampled_from(await self.ids()))
            await self.lab.post("/mutate", **ask, op="update", set={"fields": {"BCID": value}})
        elif what == "status":
            lists = {str(data.draw(st.sampled_from(sorted(LISTS)))): data.draw(st.integers(0, 3))}
            await self.lab.post("/mutate", **ask, op="update", set={"lists": lists})
        else:
            await self.lab.post("/mutate", **ask, op=what)
            if what == "erase":
                self.erased.add(int(row["id"]))


def in_file(goal: Row) -> Row:
    """The goal as it is applied: its lists by id, for a name may be another list's id."""
    ids = {name: str(number) for number, name in LISTS.items()}
    chosen = [
        {**one, "list": {"id": ids[one["list"]], "name": one["list"]}}
        for one in goal.get("lists", [])
    ]
    return {**goal, "lists": chosen} if chosen else goal


def next_goal(data: st.DataObject, goal: Row, turn: int) -> Row:
    """The same goal mostly; else renamed, copied or with other mappings."""
    what = data.draw(st.sampled_from([*["same"] * 5, "renamed", "copied", "mappings"]))
    if what == "renamed":
        return {**goal, "name": f"Import {turn}"}
    if what == "copied":
        return {**goal, "id": f"g-{turn + 1}", "name": f"Copy {turn}"}
    return {**goal, "mappings": data.draw(mappings())} if what == "mappings" else goal


async def one_history(data: st.DataObject) -> None:
    readings = {name: data.draw(st.sampled_from(pool)) for name, pool in READINGS.items()}
    async with lab(switches=readings) as world:
        history = History(world, readings, data.draw(st.sampled_from(ZONES)))
        for list_id, name in sorted(LISTS.items()):
            world.sandbox.account.lists[list_id].name = name
        for number in range(data.draw(st.integers(0, 3))):
            await world.profile(properties=data.draw(profile_values(number)))
        known = await history.ids()
        taken: set[str] = set()
        for number in range(data.draw(st.integers(2, 6))):
            values = data.draw(contact_values(number))
            values["fields"]["BCID"] = data.draw(st.sampled_from(known))
            # ActiveCampaign has one contact for an address, whatever its letter case
            if not values["email"] or values["email"].lower() not in taken:
                taken.add(values["email"].lower())
                history.touched.add(await world.contact(**values))
        goal = data.draw(goals())
        for turn in range(data.draw(st.integers(2, 4))):
            if turn:
                for _ in range(data.draw(st.integers(1, 4))):
                    await history.change(data)
                goal = next_goal(data, goal, turn)
            await history.wait(data.draw(st.sampled_from([2.0, 2.0, 30.0, 30.0, 24.0 * 8])))
            note(f"goal {goal}")
            await history.run(goal)


@pytest.mark.timeout(60 + 6 * EXAMPLES)
@settings(
    max_examples=EXAMPLES,
    derandomize=not IS_LONG,
    deadline=None,
    phases=PHASES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_random_histories_end_as_the_rules_say(data: Any) -> None:
    asyncio.run(one_history(data))
