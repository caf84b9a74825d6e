"""By keyboard alone at 80x24: from nothing to a finished run in both directions, page by page."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actui.app.console_app import ConsoleApp
from actui.context.context import AppContext
from actui.context.services import ConsoleServices
from actui.model.settings import ENCRYPTED_FILE, UNLOCK
from tests.process.e2e.processes import Control, control_of, sandbox_process
from tests.ui.screens.keyboard import Keyboard

MARK = "by keyboard"
"""What the export goal writes, and nothing else does."""
Row = dict[str, Any]


@pytest.fixture
def ready() -> Iterator[dict[str, Any]]:
    words = ("--contacts", "120", "--profiles", "150", "--limits", "off")
    with sandbox_process(*words, "--switch", "batch-speed=fast") as line:
        yield line


@pytest.mark.long  # `test_tmux` goes the same way in short
async def test_from_nothing_to_a_finished_run(tmp_path: Path, ready: dict[str, Any]) -> None:
    environ = os.environ | {"ACTUI_HOME": str(tmp_path / "home"), UNLOCK: "not a secret"}
    with ConsoleServices(AppContext.open(environ)) as services:
        await walk(ConsoleApp(services), ready)


async def walk(app: ConsoleApp, ready: dict[str, Any]) -> None:
    async with (
        control_of(ready) as control,
        app.run_test(size=(80, 24), notifications=True) as pilot,
    ):
        hands = Keyboard(pilot)
        profiles, contacts = await people(control)
        assert not {who for who, row in contacts.items() if MARK in row["fields"].values()}
        await prepare_the_home(hands)
        await add_the_connection(hands, ready)
        await add_an_import_goal(hands)
        await add_an_export_goal(hands)
        imported, exported = await run_it(hands)
        profiles_after, contacts_after = await people(control)
        await read_about_it(hands)
        await open_the_other_pages(hands)

    created = {who: row for who, row in profiles_after.items() if who not in profiles}
    assert len(created) == imported["created"] > 0
    assert all(row["properties"]["ac_lists"] == ["Newsletter"] for row in created.values())
    listed = [row for row in profiles_after.values() if "ac_lists" in row["properties"]]
    assert len(listed) == imported["created"] + imported["updated"]
    assert imported["updated"] > 0
    marked = [row for row in contacts_after.values() if row["fields"].get("SOURCE") == MARK]
    assert len(marked) == exported["created"] + exported["updated"]
    assert all(row["fields"]["BCID"] in profiles_after for row in marked)
    assert len(contacts_after) == len(contacts) + exported["created"] > len(contacts)


async def people(control: Control) -> tuple[dict[str, Row], dict[str, Row]]:
    """Everybody in both services by id: profiles and contacts."""
    profiles = {row["id"]: row for row in await control.lines("/profiles")}
    return profiles, {row["id"]: row for row in await control.lines("/contacts")}


async def prepare_the_home(hands: Keyboard) -> None:
    """The first page; a key store for a machine without a desktop, and a sandbox's speed."""
    await hands.reads("There is no connection yet", "Add the first connection", "Take the tour")
    await hands.press("f9")
    await hands.reads("Settings of this home")
    await hands.go("key store", "enter")
    await hands.answer("Key store", ENCRYPTED_FILE)
    await hands.reads(f"key store: {ENCRYPTED_FILE}")
    await hands.go("ActiveCampaign requests per second", "enter")
    await hands.answer("ActiveCampaign requests per second", "500")
    await hands.press("escape")


async def add_the_connection(hands: Keyboard, ready: dict[str, Any]) -> None:
    """The pop-up, the credentials, a test of each, saved and on."""
    await hands.reads("Add the first connection")
    await hands.press("a")
    await hands.reads("Add connection")
    await hands.type("active")
    await hands.reads("ActiveCampaign connection")
    await hands.press("enter")
    await hands.until(lambda: hands.place == "name", "the connection page")
    await hands.press("end", "ctrl+u")
    await hands.type("Walk")
    account, tenant = ready["activecampaign"], ready["blueconic"]
    await hands.fill("activecampaign-url", account["url"])
    await hands.fill("activecampaign-key", account["api_key"])
    await hands.tab_to("test-activecampaign")
    await hands.press("enter")
    await hands.reads("lists can be read")
    await hands.fill("blueconic-url", tenant["url"])
    await hands.fill("client-id", tenant["client_id"])
    await hands.fill("blueconic-secret", tenant["client_secret"])
    assert account["api_key"] not in hands.screen
    assert tenant["client_secret"] not in hands.screen
    await hands.tab_to("test-blueconic")
    await hands.press("enter")
    await hands.reads("130 segments", "2 objectives")
    await hands.press("ctrl+o", "ctrl+s")
    await hands.reads("Saved.")


async def add_an_import_goal(hands: Keyboard) -> None:
    """Every step of an import goal's page."""
    await hands.tab_to("left")
    await hands.press("plus")
    await hands.choose("Add goal", "Import")
    await hands.reads("1 Contacts", "Import - import goal, on")
    await hands.go("selected lists", "enter")
    await hands.choose("Which lists?", "Newsletter")
    await hands.reads("Chosen: Newsletter")
    await hands.press("ctrl+s")
    await hands.reads("[ ] Allow to create new profiles")
    await hands.go("Newsletter", "enter")
    await hands.reads("[x] Allow to create new profiles")
    await hands.go("status on the list", "enter")
    await hands.choose("Contacts with which status", "active")
    await hands.press("ctrl+s")
    await hands.go("Save the lists", "enter")
    await hands.choose("Save the names of the lists", "ac_lists")
    await hands.reads("saving creates it")
    await hands.go("E-mail = email", "enter")
    await hands.choose("Which ActiveCampaign field identifies", "email")
    await hands.choose("Which BlueConic property must equal", "email")
    for field, wanted, rule in (("firstName", "first_name", "set"), ("%TIER%", "tier", "empty")):
        await hands.go("+ Map a field", "enter")
        await hands.choose("Which ActiveCampaign field?", field)
        await hands.choose(": which property?", wanted)
        await hands.go("rule: set", "enter")
        await hands.choose("How is the value set?", rule)
        await hands.reads(f"{wanted}  set")
    await hands.go("full:", "enter")
    await hands.reads("(*) full:")
    await hands.go("permission level", "enter")
    await hands.choose("Which permission level", "personal")
    await hands.reads("permission level: PERSONAL")
    await hands.press("ctrl+s")
    await hands.reads("Saved.")
    await hands.press("escape")


async def add_an_export_goal(hands: Keyboard) -> None:
    """Every step of an export goal's page, and what it would do."""
    await hands.until(lambda: hands.place == "left", "the connection page")
    await hands.press("plus")
    await hands.choose("Add goal", "Export")
    await hands.reads("Select a segment")
    await hands.go("Select a segment", "enter")
    await hands.choose("Which BlueConic segment?", "Newsletter readers")
    await hands.reads("available for export")
    await hands.go("+ Map data", "enter")
    await hands.choose("What is exported?", "Text")
    await hands.answer("Which text?", MARK)
    await hands.choose(": which ActiveCampaign field?", "%SOURCE%")
    await hands.go("+ Map data", "enter")
    await hands.choose("What is exported?", "identifier")
    await hands.choose(": which ActiveCampaign field?", "%BCID%")
    await hands.go("+ Select lists", "enter")
    await hands.choose("Which lists do exported contacts join?", "Newsletter")
    await hands.reads("Chosen: Newsletter")
    await hands.press("ctrl+s")
    await hands.go("never", "enter")
    await hands.go("Start ActiveCampaign's automations", "space")
    await hands.reads("Off: nothing is started by the export.")
    await hands.go("none", "enter")
    await hands.choose("Which lifecycle limits this goal?", "No threshold")
    await hands.go("full:", "enter")
    await hands.reads("(*) full:")
    await hands.press("f6")
    await hands.reads("Preview of the first", f"SOURCE%: (empty) ⟶ {MARK}")
    await hands.press("escape")
    await hands.reads("7 Mode")
    await hands.press("ctrl+s")
    await hands.is_gone("(not saved)")
    await hands.press("escape")


async def run_it(hands: Keyboard) -> tuple[dict[str, int], dict[str, int]]:
    """Run it from its page; what the screen tells of both goals at the end."""
    await hands.until(lambda: hands.place == "left", "the connection page")
    await hands.press("f5")
    await hands.reads("Walk - Run")
    await hands.until(lambda: hands.screen.count("✓ done") == 2, "the end of the run")
    await hands.reads("finished", "started")
    found = [
        {word: int(count.replace(",", "")) for word, count in re.findall(r"(\w+) ([\d,]+)", part)}
        for part in re.split(r"\n.*✓ done", hands.screen)[1:]
    ]
    imported, exported = found
    return imported, exported


async def read_about_it(hands: Keyboard) -> None:
    """The run's people, one reason, one person's story; the same run from the run history."""
    await hands.press("o")
    await hands.reads("all outcomes")
    await hands.press("f")
    await hands.choose("Show which people?", "Import: created")
    await hands.reads("Import: created, ")
    await hands.press("enter")
    await hands.reads("Walk - Why", "Import: created", "contact ")
    await hands.press("escape")
    await hands.reads("Import: created, ")
    await hands.press("escape")
    await hands.reads("Walk - Run")
    await hands.press("escape")
    await hands.until(lambda: hands.place == "left", "the connection page")
    await hands.press("g")
    await hands.tab_to("history")
    await hands.reads("✓ finished", "Unique profiles imported")
    await hands.press("enter")
    await hands.reads("Walk - Run", "✓ done")
    await hands.press("w")
    await hands.reads("Type an e-mail address")
    await hands.press("escape", "escape")
    await hands.until(lambda: hands.place == "history", "the connection page")


async def open_the_other_pages(hands: Keyboard) -> None:
    """Schedule, details, help and palette from the connection; the question before deleting."""
    await hands.press("f8")
    await hands.reads("Schedule of Walk")
    await hands.go("days of the week", "enter")
    await hands.reads("Next due")
    await hands.press("ctrl+s", "escape")
    await hands.reads("Runs Mon at 01:30 (UTC); next Mon")
    await hands.press("ctrl+e")
    await hands.reads("+ Add a label")
    await hands.go("favorite", "enter")
    await hands.reads("[x] favorite")
    await hands.press("ctrl+s", "ctrl+e", "question_mark")
    await hands.reads("Keys of this page", "Preview: Show what a run would do")
    await hands.press("escape", "ctrl+p")
    await hands.reads("Search for commands")
    await hands.type("why")
    await hands.reads("One person's story across runs")
    await hands.press("enter")
    await hands.reads("Walk - Why")
    await hands.press("escape", "escape")
    await hands.reads("★ Walk", "1 connection")
    await hands.press("d")
    await hands.reads("Delete the connection 'Walk'?", "2 goals, its secrets")
    await hands.press("right", "enter")
    await hands.reads("There is no connection yet")
