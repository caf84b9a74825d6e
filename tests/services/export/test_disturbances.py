"""The word of honour while everything goes wrong: faults, changes in mid-run, cut-off processes.

What the contacts end as is not asked here; who became active or was unsubscribed, and by whom, is.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import stamina
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actui.model.connection import Connection
from tests.plain.exporting import Goal
from tests.services.export.desk import READERS, Desk, open_desk
from tests.services.export.odd import USUAL
from tests.services.export.test_twin import (
    LISTS,
    addresses,
    configured,
    contact_facts,
    goal_facts,
    names,
    profile_facts,
)
from tests.services.export.watch import Watch

pytestmark = pytest.mark.long

EXAMPLES = int(os.environ.get("ACTUI_TWIN_EXAMPLES", "25"))
IS_LONG = "ACTUI_TWIN_EXAMPLES" in os.environ
"""The long form draws at random; the short one says the same of the same code."""
PATHS = (
    ("POST", "/import/bulk_import"),
    ("GET", "/import/info"),
    ("GET", "/contacts"),
    ("GET", "/profiles"),
    ("POST", "/contactLists"),
)
KINDS = (
    "429",
    "503",
    "500-html",
    "truncated",
    "empty",
    "403-bare",
    "reset",
    "reset-after-commit",
    "partial-then-reset",
    "commit-late",
)
one_of_them = st.integers(0, 5)
on = st.sampled_from(sorted(LISTS))
trouble = st.one_of(
    st.tuples(st.just("fault"), st.sampled_from(KINDS), st.sampled_from(PATHS), st.integers(0, 2)),
    # somebody leaves while the run is at work; nobody can look and write at one instant, so not
    # between the two
    st.tuples(
        st.just("meanwhile"),
        st.sampled_from(("unsubscribe", "bounce")),
        st.sampled_from(USUAL),
        on,
        st.sampled_from(PATHS[:3]),
        st.integers(1, 2),
    ),
    st.tuples(st.just("cut"), st.sampled_from(PATHS), st.integers(0, 2)),
)
change = st.one_of(
    st.tuples(st.sampled_from(("enter", "leave", "leave")), one_of_them, st.just(READERS)),
    st.tuples(st.sampled_from(("subscribe", "unsubscribe")), st.sampled_from(USUAL), on),
    st.tuples(st.just("emails"), one_of_them, addresses),
    st.tuples(st.just("names"), one_of_them, names),
    st.tuples(st.just("delete"), st.sampled_from(USUAL)),
)
examples = st.fixed_dictionaries(
    {
        "goals": st.lists(goal_facts, min_size=1, max_size=2),
        "people": st.lists(profile_facts, min_size=3, max_size=6),
        "contacts": st.lists(contact_facts, max_size=4),
        "reading": st.sampled_from(("whole-row", "only-list")),
        "ending": st.sampled_from(("completed", "completed", "failed", "interrupted")),
        "then": st.lists(
            st.tuples(st.lists(trouble, max_size=3), st.lists(change, max_size=3)),
            min_size=2,
            max_size=4,
        ),
    }
)


class Storm:
    """One desk, and everything that may happen to it."""

    def __init__(self, desk: Desk, drawn: dict[str, Any]) -> None:
        self.desk, self.drawn = desk, drawn
        goals = [
            # opens and clicks are counted for lists, so a goal without one has no stage
            Goal(
                id=f"g-{n}",
                **{
                    **facts,
                    "lists": tuple(facts["lists"]),
                    "stage": facts["stage"] if facts["lists"] else "",
                },
            )
            for n, facts in enumerate(drawn["goals"], start=1)
        ]
        self.watch = Watch({goal.id: goal for goal in goals})
        self.watch.over(desk.sandbox.account)
        self.connection = desk.connection(*(configured(goal) for goal in goals))
        self.profiles: list[str] = []

    async def populate(self) -> None:
        for facts in self.drawn["people"]:
            more = {"customer_id": facts["keys"][0]} if facts["keys"] else {}
            segments = sorted(facts["segments"])
            profile = await self.desk.profile(*facts["emails"], segments=segments, **more)
            self.profiles.append(profile)
        for facts in self.drawn["contacts"]:
            if facts["email"].lower() not in await self.desk.contacts():
                await self.desk.contact(facts["email"], facts["lists"])

    async def change(self, what: str, *more: Any) -> None:
        await self.desk.post("/clock", advance=120)
        if what in ("subscribe", "unsubscribe", "delete"):
            row = (await self.desk.contacts()).get(more[0].lower())
            if row is not None:
                place = {"list": more[1]} if len(more) > 1 else {}
                await self.desk.mutate("activecampaign", what, id=row["id"], **place)
            return
        profile = self.profiles[more[0] % len(self.profiles)]
        if what in ("enter", "leave"):
            await self.desk.mutate("blueconic", what, id=profile, segment=more[1])
        else:
            name = {"emails": "email", "names": "first_name"}[what]
            await self.desk.change(profile, **{name: more[1]})

    async def trouble(self, what: str, *more: Any) -> tuple[str, str, int] | None:
        if what == "cut":
            (method, path), after = more
            return method, path, after
        if what == "fault":
            kind, (method, path), after = more
            await self.desk.fault(kind, f".*{path}.*", method=method, after=after)
        else:
            op, email, list_id, (method, path), count = more
            after = {"method": method, "path": f".*{path}.*", "count": count}
            change = {"id": email.lower(), "list": list_id, "after": after}
            await self.desk.mutate("activecampaign", op, **change)
        return None

    async def run(self, cut: tuple[str, str, int] | None) -> None:
        connection: Connection = self.desk.kept or self.connection
        await self.desk.forget()
        await self.desk.post("/clock", advance=120)
        with self.desk.ledger() as ledger:
            async with self.desk.engine(connection, ledger, confirm_leavers=99) as engine:
                self.watch.engine = engine
                task = asyncio.create_task(engine.execute())
                try:
                    while cut is not None and not task.done():
                        await asyncio.sleep(0.005)
                        if await self.desk.requests(*cut[:2]) > cut[2]:
                            task.cancel()
                            break
                    with suppress(asyncio.CancelledError):
                        summary = await task
                        assert all(goal.adds_up for goal in summary.goals)
                finally:
                    # what is still on its way was this run's
                    await self.desk.post("/clock", advance=10)
                    await self.desk.contacts()
                    self.watch.engine = None


async def play(drawn: dict[str, Any], place: Path) -> None:
    switches = {"bulk-refused-subscribe": drawn["reading"], "batch-speed": "fast"}
    async with open_desk(place, switches=switches) as desk:
        storm = Storm(desk, drawn)
        await storm.populate()
        await storm.run(None)
        for troubles, changes in drawn["then"]:
            for one in changes:
                await storm.change(*one)
            await desk.switch(batch_end=drawn["ending"])
            cuts = [await storm.trouble(*one) for one in troubles]
            await storm.run(next((cut for cut in cuts if cut), None))
            await desk.control.delete("/faults")
            await desk.switch(batch_end="completed")
        await storm.run(None)
        failed = (await desk.control.get("/health")).json()["failed"]
        assert not [one for one in failed if "There is no contact" not in one]


@settings(
    max_examples=EXAMPLES,
    derandomize=not IS_LONG,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(examples)
def test_nobody_is_mailed_or_dropped_without_a_word(drawn: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as place, stamina.set_testing(True, attempts=4):
        asyncio.run(play(drawn, Path(place)))
