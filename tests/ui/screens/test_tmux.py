"""The console by real keys in tmux: from nothing to a finished run, and what sessions meet."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actui.model.settings import ENCRYPTED_FILE, UNLOCK
from tests.process.e2e.processes import Control, Home, sandbox_process
from tests.ui.screens.test_terminal import is_running
from tests.ui.screens.tmux import PROMPT, Tmux, needs_tmux

pytestmark = needs_tmux
_COLOURS = re.compile(r"\x1b\[[\d;]*(?:[34]8;[25];|\b(?:3[0-7]|4[0-7]|9[0-7]|10[0-7])[;m])")


@pytest.fixture(scope="module")
def ready() -> Iterator[dict[str, Any]]:
    words = ("--contacts", "120", "--profiles", "150", "--limits", "off")
    with sandbox_process(*words, "--switch", "batch-speed=fast") as line:
        yield line


def test_from_nothing_to_a_finished_run_by_real_keys(tmp_path: Path, ready: dict[str, Any]) -> None:
    environ = os.environ | {"ACTUI_HOME": str(tmp_path / "home"), UNLOCK: "not a secret"}
    with Tmux(tmp_path / "tmux", environ) as hands:
        hands.start()
        hands.shows("There is no connection yet")
        hands.press("F9")
        hands.shows("Settings of this home")
        hands.go("key store", "Enter")
        hands.shows("Key store", "enter takes it")
        hands.type(ENCRYPTED_FILE)
        hands.press("Enter")
        hands.shows(f"key store: {ENCRYPTED_FILE}")
        hands.press("Escape")
        hands.shows("Add the first connection")
        add_the_connection(hands, ready)
        add_the_goals(hands)
        hands.press("F5")
        hands.shows("Walk - Run", "finished")
        assert hands.screen.count("✓ done") == 2
        hands.press("C-q")
        hands.shows("it ended with 0")


def add_the_connection(hands: Tmux, ready: dict[str, Any]) -> None:
    hands.press("a")
    hands.shows("Add connection")
    hands.type("active")
    hands.press("Enter")
    hands.shows("A new connection", "Not stored yet.", "▌ActiveCampaign")
    hands.press("C-u")
    hands.type("Walk")
    account, tenant = ready["activecampaign"], ready["blueconic"]
    # from the name over the switch and the left panel; each Test stands between the two services
    # all at once: what is typed ahead of the console goes where it is meant
    for tabs, text in (
        (3, account["url"]),
        (1, account["api_key"]),
        (2, tenant["url"]),
        (1, tenant["client_id"]),
        (1, tenant["client_secret"]),
    ):
        hands.press(*["Tab"] * tabs)
        hands.type(text)
    hands.press("C-o", "C-s")
    hands.shows("Saved.")
    assert account["api_key"] not in hands.screen
    assert tenant["client_secret"] not in hands.screen
    hands.press("C-t")
    hands.shows("accepts the client. May read")
    hands.is_gone("Saved.")


def add_the_goals(hands: Tmux) -> None:
    # back from the client secret to the left panel
    hands.press(*["BTab"] * 6)
    hands.shows("Set up and run", "esc Back f1 Help")
    hands.press("+")
    hands.choose("Add goal", "Import")
    hands.shows("1 Contacts", "Import - import goal, on")
    hands.go("+ Map a field", "Enter")
    hands.choose("Which ActiveCampaign field?", "firstName")
    hands.choose(": which property?", "first_name")
    hands.shows("first_name  set")
    hands.press("Escape")
    hands.shows("space Goal on/off")
    hands.press("+")
    hands.choose("Add goal", "Export")
    hands.shows("Export - export goal, on")
    hands.go("Select a segment", "Enter")
    hands.choose("Which BlueConic segment?", "Newsletter readers")
    hands.shows("available for export")
    hands.press("C-s")
    hands.is_gone("(not saved)")
    hands.press("Escape")
    hands.shows("space Goal on/off")


async def test_a_run_goes_on_when_its_window_closes_and_the_next_one_shows_it(
    tmp_path: Path, home: Home, control: Control
) -> None:
    await control.hold_contacts()
    with Tmux(tmp_path / "first", home.environ) as first:
        first.start()
        first.shows("Demo")
        first.press("Enter")
        first.shows("Set up and run")
        first.press("F5")
        first.shows("Demo - Run", "running")
        first.close()
    assert is_running(home)
    with Tmux(tmp_path / "second", home.environ) as second:
        second.start()
        second.shows("running")
        second.press("Enter")
        second.shows("Set up and run")
        second.press("F5")
        second.shows("Demo - Run", "running")
        await control.post("/release")
        second.shows("finished")
    assert not is_running(home)


async def test_it_is_suspended_and_comes_back(tmp_path: Path, home: Home) -> None:
    with Tmux(tmp_path / "tmux", home.environ) as hands:
        hands.start()
        hands.shows("Demo", "palette")
        hands.press("C-z")
        hands.shows("Stopped")
        hands.type("echo in the shell")
        hands.press("Enter")
        hands.shows("\nin the shell")
        assert "palette" not in hands.screen
        hands.type("fg")
        hands.press("Enter")
        hands.shows("1 connection", "Demo", "palette")
        hands.press("Enter")
        hands.shows("Set up and run")
        hands.press("C-q")
        hands.shows(f"-m actui\n{PROMPT}")
        hands.type("echo it ended with $?")
        hands.press("Enter")
        hands.shows("\nit ended with 0")


async def test_it_fits_whatever_size_its_window_gets(tmp_path: Path, home: Home) -> None:
    # a shell that exports its size would have it believed for ever
    with Tmux(tmp_path / "tmux", home.environ | {"COLUMNS": "80", "LINES": "24"}) as hands:
        hands.start()
        hands.shows("Next run", "palette")
        hands.settles()
        hands.resize(60, 20)
        hands.is_gone("Next run")
        hands.shows("Last run", "Demo", "palette")
        hands.press("Enter")
        hands.shows("Set up and run")
        hands.resize(200, 60)
        # there is room for all of the panel, down to its end
        hands.shows("Privacy management", "palette")
        hands.press("Escape")
        hands.shows("Labels", "Next run")
        lines = hands.screen.splitlines()
        assert max(map(len, lines)) > 190
        assert "palette" in lines[-1]


@pytest.mark.parametrize("term", ["xterm", "screen", "linux"])
async def test_it_opens_on_older_terminals(tmp_path: Path, home: Home, term: str) -> None:
    with Tmux(tmp_path / "tmux", home.environ, term=term) as hands:
        hands.type("echo $TERM.")
        hands.press("Enter")
        hands.shows(f"\n{term}.")
        hands.start()
        hands.shows("Demo", "● ready")
        hands.press("Enter")
        hands.shows("Set up and run")
        assert "38;5;" not in hands.coloured
        hands.press("C-q")
        hands.shows("it ended with 0")


async def test_no_color_sends_none_and_still_shows_the_cursor(tmp_path: Path, home: Home) -> None:
    with Tmux(tmp_path / "tmux", home.environ | {"NO_COLOR": "1"}) as hands:
        hands.start()
        hands.shows("Demo", "palette")
        hands.points_at("Demo")
        assert not _COLOURS.search(hands.coloured)
        hands.press("Enter")
        hands.points_at("Set up and run")
        assert not _COLOURS.search(hands.coloured)


async def test_a_byte_that_is_not_utf_8_does_not_end_it(tmp_path: Path, home: Home) -> None:
    with Tmux(tmp_path / "tmux", home.environ) as hands:
        hands.start()
        hands.shows("Demo", "palette")
        hands.press("/")
        hands.shows("Search name or label")
        hands.type_bytes(b"\xe9\xff")
        hands.shows("0 of 1")
        hands.press("Escape")
        hands.shows("1 connection")
        hands.press("C-q")
        hands.shows("it ended with 0")
