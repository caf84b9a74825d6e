"""Zones on a machine that has their data, and on one that has none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from actui.model.connection import Connection
from actui.model.errors import ConfigError
from actui.model.timezones import time_zone, zone_for_display, zone_names
from tests.process.commands.news import FILE

BARE = """
import sys
sys.modules["tzdata"] = None          # as on a machine where the package is not installed
from actui.cli import main
sys.exit(main(sys.argv[1:]))
"""
KEYS = ("ACTUI_SECRET_NEWS_ACTIVECAMPAIGN_API_KEY", "ACTUI_SECRET_NEWS_BLUECONIC_CLIENT_SECRET")
WEEKLY = "\n  schedule: {type: weekly, days: [mon], at: '01:30'}\n  goals:"
MISSING = "Install tzdata"


@pytest.mark.parametrize("name", ["UTC", "Etc/UTC", "Zulu", "Europe/Amsterdam", "US/Eastern"])
def test_a_zone_that_is_known(name: str) -> None:
    assert datetime(2026, 1, 1, 12, tzinfo=UTC).astimezone(time_zone(name)).tzname()
    assert zone_for_display(name) == time_zone(name)
    assert name in zone_names()


@pytest.mark.parametrize(
    "name", ["", "Utc ", "Europe", "Europe/Nowhere", "../UTC", "/etc/passwd", "a\0b", "\udcff", "é"]
)
def test_a_zone_that_is_not(name: str) -> None:
    with pytest.raises(ConfigError, match="is no time zone"):
        time_zone(name)
    assert zone_for_display(name) is UTC
    with pytest.raises(ValueError, match=r"is no time zone|surrogates not allowed"):
        Connection(name="News", timezone=name)


class Machine:
    """One home, used on a machine without time zone data."""

    def __init__(self, place: Path) -> None:
        self.place = place
        secrets = dict.fromkeys(KEYS, "key")
        self.full = {**os.environ, **secrets, "ACTUI_HOME": str(place / "home")}
        self.bare = {**self.full, "PYTHONTZPATH": ""}

    def takes(self, text: str) -> None:
        """Apply a file where the data is there."""
        words = [sys.executable, "-P", "-m", "actui", "apply", "-"]
        subprocess.run(words, env=self.full, input=text, text=True, check=True, capture_output=True)

    def does(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Carry out a command where it is not."""
        started = [sys.executable, "-c", BARE, *words]
        done = subprocess.run(started, env=self.bare, capture_output=True, text=True, check=False)
        assert "bug" not in done.stderr
        assert "Traceback" not in done.stderr
        return done


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def rows(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {line.get("about") or line.get("name"): line for line in lines}


def test_a_home_in_utc_needs_no_data(machine: Machine) -> None:
    machine.takes(FILE.replace("\n  goals:", WEEKLY))
    listed = machine.does("list", "--json")
    assert rows(listed)["News"]["next_run"].endswith("T01:30:00+00:00")
    assert machine.does("check", "News").returncode == 0
    assert machine.does("run", "News").returncode == 6  # nothing listens there
    assert machine.does("due").returncode == 0
    seen = rows(machine.does("doctor", "--offline", "--json"))["time zones"]
    assert (seen["severity"], MISSING.lower() in seen["message"]) == ("warning", True)


def test_another_zone_says_what_to_install_and_hides_nothing_else(machine: Machine) -> None:
    machine.takes(FILE.replace("News", "Utc"))
    elsewhere = "\n  timezone: Europe/Amsterdam" + WEEKLY
    machine.takes(FILE.replace("\n  goals:", elsewhere))
    listed = machine.does("list", "--json")
    assert listed.returncode == 0
    assert rows(listed)["News"]["next_run"] is None
    assert set(rows(listed)) == {"News", "Utc"}
    for words in (["check", "News"], ["run", "News"], ["preview", "News"]):
        done = machine.does(*words)
        assert done.returncode == 2
        assert MISSING in done.stdout + done.stderr
    due = machine.does("due")
    assert due.returncode == 1
    assert MISSING in due.stderr
    for words in (["runs", "News"], ["why", "News", "a@example.com"], ["export", "News"]):
        assert machine.does(*words).returncode == 0
    seen = rows(machine.does("doctor", "--offline", "--json"))["time zones"]
    assert (seen["severity"], seen["code"]) == ("error", "configuration")
    assert machine.does("delete", "News", "--yes").returncode == 0
