"""What 0.1.0 wrote is read as 0.1.0 read it: every command, and what the ledgers hold."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from actui.cli import main
from actui.context.context import AppContext
from actui.model.addresses import canonical
from tests.process.oldhome.expected import CONNECTIONS, ledger_rows
from tests.process.oldhome.opened import ARCHIVE, unpacked

Row = dict[str, Any]
WORDED = ("message", "next_run", "saved_at", "source", "scheduled_source", "scheduled_message")
"""Sentences that are made when they are printed, and times that depend on the day."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive's files."""
    folder = tmp_path_factory.mktemp("oldhome")
    unpacked(folder)
    return folder


@pytest.fixture(scope="module")
def expected(place: Path) -> Row:
    """What 0.1.0 said."""
    found: Row = json.loads((place / "expected.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture
def home(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the home, which the commands of this process use."""
    folder = tmp_path / "home"
    shutil.copytree(place / "home", folder)
    monkeypatch.setenv("ACTUI_HOME", str(folder))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    for name in CONNECTIONS[:-1]:
        for secret in ("ACTIVECAMPAIGN_API_KEY", "BLUECONIC_CLIENT_SECRET"):
            monkeypatch.setenv(f"ACTUI_SECRET_{name.upper()}_{secret}", "from-the-environment")
    return folder


def differences(before: Any, now: Any, where: str = "") -> list[str]:
    """What was there and is not any more, or reads otherwise; more may have been added."""
    if isinstance(before, dict) and isinstance(now, dict):
        found: list[str] = []
        for key, value in before.items():
            if key not in now:
                found.append(f"{where}.{key} is gone")
            elif key not in WORDED:
                found += differences(value, now[key], f"{where}.{key}")
        return found
    if isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        pairs = enumerate(zip(before, now, strict=True))
        return [one for n, (a, b) in pairs for one in differences(a, b, f"{where}[{n}]")]
    return [] if before == now else [f"{where}: {before!r} is now {now!r}"]


def respelled(rows: list[Row]) -> list[Row]:
    """Connections as 0.1.0 printed them, in the spelling of today: it means the same."""
    for row in rows:
        for goal in row["connection"]["goals"]:
            if "export" in goal:
                goal["export"]["unsubscribe"] = "own" if goal["export"]["unsubscribe"] else "never"
    return rows


def said(capsys: pytest.CaptureFixture[str], *words: str) -> list[Row]:
    """The JSON lines that a command prints."""
    capsys.readouterr()
    code = main([*words, "--json"])
    out = capsys.readouterr()
    assert code == 0 or words[0] == "check", out.err
    return [json.loads(line) for line in out.out.splitlines()]


def _comparable(rows: list[Row]) -> list[Row]:
    """A run that was cut off ended, as far as anybody knows, when that was noticed."""
    for row in rows:
        run = row.get("last_run") or row
        if run.get("code") == "cut-off":
            run["ended"] = None
    return rows


@pytest.mark.parametrize("command", ["list", "settings", "audit --limit 1000"])
def test_the_home_as_a_whole(
    command: str, home: Path, expected: Row, capsys: pytest.CaptureFixture[str]
) -> None:
    now = _comparable(said(capsys, *command.split()))
    assert differences(_comparable(expected["commands"][command]), now) == []


@pytest.mark.parametrize("name", CONNECTIONS)
@pytest.mark.parametrize("command", ["runs {} --limit 500", "outcomes {}", "export {}"])
def test_history_outcomes_and_configuration(
    command: str, name: str, home: Path, expected: Row, capsys: pytest.CaptureFixture[str]
) -> None:
    words = command.format(name)
    now = _comparable(said(capsys, *words.split()))
    before = _comparable(expected["commands"][words])
    before = respelled(before) if command.startswith("export") else before
    assert differences(before, now) == []


def test_every_outcome_and_reason_of_that_version_is_in_it(expected: Row) -> None:
    rows = expected["commands"]["outcomes Steady"]
    assert {row["outcome"] for row in rows} == {
        *("created", "updated", "skipped", "rejected", "unknown")
    }
    assert {row["reason"] for row in rows} - {None} == {
        *("no-identifier", "no-match", "no-email", "no-consent", "over-threshold"),
        *("not-in-stage", "ambiguous-match", "duplicate-identifier", "email-of-another-contact"),
        *("deleted-in-activecampaign", "erased", "forgotten", "invalid-email"),
        *("invalid-identifier", "excluded", "rejected-by-activecampaign"),
        *("rejected-by-blueconic", "not-authorized", "unresolved"),
    }


@pytest.mark.parametrize("name", CONNECTIONS)
def test_nothing_new_keeps_a_connection_from_running(
    name: str, home: Path, expected: Row, capsys: pytest.CaptureFixture[str]
) -> None:
    def errors(rows: list[Row]) -> set[str]:
        return {row["code"] for row in rows if row["severity"] == "error"}

    now = said(capsys, "check", name)
    assert errors(now) == errors(expected["commands"][f"check {name}"])


@pytest.mark.parametrize("name", CONNECTIONS)
def test_secrets_are_found_where_they_were(
    name: str, home: Path, expected: Row, capsys: pytest.CaptureFixture[str]
) -> None:
    before = expected["commands"][f"secret status {name}"]
    now = said(capsys, "secret", "status", name)
    assert differences(before, now) == []
    for key in ("source", "scheduled_source"):
        assert [row[key] is None for row in now] == [row[key] is None for row in before]


def test_what_happened_to_each_person(
    home: Path, expected: Row, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [words for words in expected["commands"] if words.startswith("why ")]
    assert asked
    for words in asked:
        now, before = said(capsys, *words.split(" ", 2)), expected["commands"][words]
        for row in [*now, *before]:
            if row["outcome"] == "unchanged":  # nothing is stored of it but whom it was about
                row["email"] = canonical(row["email"])
        # 0.1.0 told two spellings of one address apart
        new = [row for row in now if all(differences([old], [row]) for old in before)]
        assert differences(before, [row for row in now if row not in new]) == []
        form = canonical(words.split(" ", 2)[2])
        assert {canonical(row["email"]) for row in new} <= {form}


@pytest.mark.parametrize("name", CONNECTIONS[:-1])
def test_a_ledger_still_holds_what_it_held(name: str, home: Path, expected: Row) -> None:
    context = AppContext.open()
    connection = context.connections.find(name).connection
    with context.ledger(connection):
        pass  # whatever an upgrade does to it has been done
    file = context.home.ledger_file(connection.id)
    assert ledger_rows(file) == expected["ledgers"][name]


def test_the_archive_is_small_and_names_no_machine(place: Path) -> None:
    assert ARCHIVE.stat().st_size < 512 * 1024
    for file in place.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert not [
                word for word in (b"/tmp/", b"/root", b"/home/", b"/work") if word in content
            ]
