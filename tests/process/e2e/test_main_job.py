"""One connection file, run in both directions by `actui run` against `actui sandbox`.

What the services hold afterwards must be what the plain rules make of what they held before.
"""

from __future__ import annotations

from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml

from actui.sandbox.activecampaign.seeded_contacts import seeded_contact
from actui.sandbox.activecampaign.seeded_lists import seeded_lists
from actui.sandbox.blueconic.tenant_catalogue import seeded_properties, seeded_segments
from actui.sandbox.options import SEED
from tests.plain.exports import PlainExport
from tests.plain.imports import BlueConic, Memory, PlainImport, comparable
from tests.process.e2e.processes import Control, Home, control_of, sandbox_process

pytestmark = pytest.mark.long

CONTACTS, PROFILES = 5_000, 8_000
REQUESTS_A_BATCH = 250


def demo_connection() -> dict[str, Any]:
    """The connection file that the demonstration applies."""
    text = files("actui.commands").joinpath("demo.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)["connection"]
    return found


async def contact_rows(control: Control) -> list[dict[str, Any]]:
    """The contacts, with what the control port does not print: who was erased."""
    rows = await control.lines("/contacts")
    seed = SEED
    seeded = (seeded_contact(seed, index) for index in range(CONTACTS))
    erased = {row.id for row in seeded if row.deleted or row.anonymized}
    return [row | {"erased": int(row["id"]) in erased} for row in rows]


def expected_counts(counts: Counter[str], *, unknown: int = 0) -> dict[str, Any]:
    """The part of a goal's summary that the plain rules decide."""
    return {
        **{
            name: counts[name]
            for name in ("read", "created", "updated", "unchanged", "skipped", "rejected")
        },
        "unknown": unknown,
        "reasons": {key.partition("/")[2]: n for key, n in counts.items() if "/" in key},
    }


def plain_contact(row: dict[str, Any]) -> tuple[object, ...]:
    fields = {tag: text for tag, text in row["fields"].items() if text}
    names = (row["firstName"], row["lastName"], row["phone"])
    return (row["email"].lower(), names, sorted(fields.items()), sorted(row["lists"].items()))


@pytest.mark.timeout(300)
async def test_both_services_end_as_the_rules_say(tmp_path: Path) -> None:
    sizes = ("--contacts", str(CONTACTS), "--profiles", str(PROFILES), "--limits", "real")
    with sandbox_process(*sizes) as ready:
        async with control_of(ready) as control:
            connection = demo_connection()
            importing, exporting = (goal[kind] for goal in connection["goals"] for kind in goal)
            contacts = await contact_rows(control)
            profiles = await control.lines("/profiles")
            home = Home(tmp_path, ready, connection)
            await home.apply()

            summary = await home.run()
            requests = await control.requests()
            contacts_after = await control.lines("/contacts")
            profiles_after = await control.lines("/profiles")

    list_names = {number: row.name for number, row in seeded_lists().items()}
    types = {row.id: row.kind for row in seeded_properties().values()} | {"ac_lists": "SELECT"}
    blueconic = BlueConic({row["id"]: row["properties"] for row in profiles}, types)
    imported = PlainImport(importing, list_names, blueconic).run(contacts, memory := Memory())
    assert comparable(blueconic.profiles) == comparable(
        {row["id"]: row["properties"] for row in profiles_after}
    )

    # segments are fixed in the sandbox: who was created is in none that the export reads
    filled = [row | {"properties": blueconic.profiles[row["id"]]} for row in profiles]
    ids = {name: str(number) for number, name in list_names.items()}
    segments = {row.id: row.name for row in seeded_segments().values()}
    exported = PlainExport(exporting, ids, segments).run(filled, contacts)
    assert sorted(map(plain_contact, contacts)) == sorted(map(plain_contact, contacts_after))

    goals = {goal["goal"]: goal for goal in summary["goals"]}
    for name, counts in (("Contacts", imported), ("Readers", exported)):
        expected = expected_counts(counts)
        assert {key: goals[name][key] for key in expected} == expected
    assert goals["Contacts"]["warnings"] == imported["warnings"]
    assert goals["Readers"]["lists"] == {
        "subscribed": exported["subscribed"],
        "resubscribed": 0,
        "unsubscribed": 0,
        "left": exported["left"],
    }
    assert summary["unique"] == {
        "imported": len(memory.imported),
        "exported": exported["created"] + exported["updated"],
    }
    assert (summary["state"], summary["ok"], summary["exit"]) == ("FINISHED", True, 0)
    assert [row for row in requests if row["status"] == 429] == []
    assert sum(goal["requests"]["throttled"] for goal in summary["goals"]) == 0
    sent = sum(
        row["count"]
        for row in requests
        if row["path"].endswith("/import/bulk_import") and row["status"] == 200
    )
    assert sent == -(-(exported["created"] + exported["updated"]) // REQUESTS_A_BATCH)
