"""Random odd addresses, imported and exported by one connection: the second run creates nobody.

Who the people are is not asked here but by the two other twins: whatever a first run made of them,
and whatever the services have for them, it stays so.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from actui.model.connection import Connection
from tests.process.e2e.import_examples import READINGS, odd_address_of
from tests.process.e2e.scale import PHASES
from tests.services.export.desk import NEWSLETTER, Desk, open_desk

pytestmark = pytest.mark.long

EXAMPLES = int(os.environ.get("ACTUI_TWIN_EXAMPLES", "10"))
IS_LONG = "ACTUI_TWIN_EXAMPLES" in os.environ
"""The long form draws at random; the short one says the same of the same code."""
IMPORT = {
    "kind": "import",
    "id": "g-2",
    "name": "Import",
    "contacts": "all",
    "create_profiles": True,
    "identifiers": [{"field": "email", "property": "email"}],
    "mappings": [{"field": "firstName", "property": "first_name", "rule": "set"}],
}


def connection(desk: Desk, *, import_first: bool) -> Connection:
    """One connection that carries people both ways."""
    goals = [IMPORT, desk.goal()] if import_first else [desk.goal(), IMPORT]
    return desk.connection(goals=goals)


async def one_history(data: st.DataObject, place: Path) -> None:
    readings = {name: data.draw(st.sampled_from(pool)) for name, pool in READINGS.items()}
    async with open_desk(place, switches=readings) as desk:
        for number in range(data.draw(st.integers(1, 4))):
            address = data.draw(odd_address_of(number))
            note(f"profile {address!r}")
            await desk.profile(address, first_name=f"Ada {number}")
        taken: set[str] = set()
        for number in range(data.draw(st.integers(0, 3))):
            address = data.draw(odd_address_of(number))
            if address.lower() not in taken:
                taken.add(address.lower())
                note(f"contact {address!r}")
                await desk.contact(address, {NEWSLETTER: data.draw(st.integers(1, 3))})
        connected = connection(desk, import_first=data.draw(st.booleans()))
        await desk.run(connected)
        before = await people(desk)
        await desk.post("/clock", advance=3600 * data.draw(st.sampled_from([2, 24 * 8])))
        summary = await desk.run(desk.kept or connected, full=data.draw(st.booleans()))
        after = await people(desk)
        assert after == before, f"{after} and not {before}"
        assert [goal.created for goal in summary.goals] == [0, 0]


async def people(desk: Desk) -> dict[str, list[str]]:
    """Everybody's id and address, as they stand in both services."""
    contacts, profiles = await desk.lines("/contacts"), await desk.lines("/profiles")
    return {
        "contacts": sorted(f"{row['id']} {row['email']}" for row in contacts),
        "profiles": sorted(f"{row['id']} {row['properties']['email']}" for row in profiles),
    }


@settings(
    max_examples=EXAMPLES,
    derandomize=not IS_LONG,
    deadline=None,
    phases=PHASES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_the_second_run_of_an_unchanged_connection_creates_nobody(data: Any) -> None:
    with tempfile.TemporaryDirectory() as place:
        asyncio.run(one_history(data, Path(place)))
