"""Whatever is damaged in a home, each command and the console open with a sentence about it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from actui import exitcodes
from actui.cli import main
from actui.console.workbench import Workbench
from actui.context.context import AppContext
from actui.context.services import ConsoleServices
from store.connections import Connections
from store.forgotten import Forgotten
from store.home import Home

COMMANDS = (
    *(["list"], ["list", "--json"], ["runs", "News"], ["outcomes", "News"], ["audit"], ["paths"]),
    *(
        ["why", "News", "anna@example.com"],
        ["retry", "News"],
        ["run", "News"],
        ["run", "News", "--fresh"],
    ),
    *(["run", "News", "--dry-run"], ["preview", "News"], ["watch", "News"], ["stop", "News"]),
    *(
        ["check"],
        ["export", "News"],
        ["due"],
        ["settings"],
        ["disable", "News"],
        ["enable", "News"],
    ),
    *(["forget", "anna@example.com", "--yes", "--offline"], ["secret", "status", "News"]),
    *(["doctor", "--offline"], ["delete", "News", "--yes"]),
)


def files(home: Home) -> dict[str, Path]:
    id_ = Connections(home).find("News").connection.id
    return {
        "connections": home.connections_file,
        "settings": home.settings_file,
        "history": home.history_file(id_),
        "turns": home.schedule_claims_file,
        "notices": home.notices_file,
        "ledger": home.ledger_file(id_),
        "forgotten": home.root / "forgotten.db",
        "pace": home.pace_dir / "x-requests",
        "audit": home.audit_dir / "2026-01.jsonl",
    }


def folder(file: Path) -> None:
    file.unlink(missing_ok=True)
    file.mkdir()


WRONG: dict[str, Callable[[Path], object]] = {
    "not UTF-8": lambda file: file.write_bytes(b"\xff\xfe" * 5_000),
    "zero bytes": lambda file: file.write_bytes(b""),
    "another shape": lambda file: file.write_text('{"_default": {"1": {"x": 1}}}'),
    "a folder": folder,
}
NAMES = ("connections", "settings", "history", "turns", "notices", "ledger", "forgotten")
NAMES += ("pace", "audit")


def spoil(home: Home, name: str, wrong: str) -> Path:
    file = files(home)[name]
    file.parent.mkdir(exist_ok=True)
    Forgotten(home).add(["address bob@example.com"], ("", ""))
    WRONG[wrong](file)
    return file


@pytest.mark.usefixtures("no_key_store")
@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("name", NAMES)
def test_no_command_meets_a_bug(
    home: Home, name: str, wrong: str, capfd: pytest.CaptureFixture[str]
) -> None:
    file = spoil(home, name, wrong)
    for words in COMMANDS:
        code = main(words)
        out, err = capfd.readouterr()
        assert code != exitcodes.BUG, (words, err)
        assert "Traceback" not in out + err
        if code == exitcodes.USAGE and "damaged" in err:
            assert str(file) in err, words


@pytest.mark.usefixtures("no_key_store")
@pytest.mark.parametrize("wrong", ["not UTF-8", "a folder"])
@pytest.mark.parametrize("name", NAMES)
def test_the_doctor_finds_it(
    home: Home, name: str, wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if name == "audit" and wrong == "not UTF-8":
        return  # lines that are none are left out: the others are worth more than a refusal
    file = spoil(home, name, wrong)
    capsys.readouterr()
    assert main(["doctor", "--offline", "--json"]) == exitcodes.USAGE
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert any(str(file) in row["message"] and row["severity"] == "error" for row in rows)


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("name", ["history", "ledger", "notices", "turns"])
def test_the_console_opens(home: Home, name: str, wrong: str) -> None:
    spoil(home, name, wrong)
    with ConsoleServices(AppContext(home, dict(os.environ))) as services:
        workbench = Workbench(services)
        (seen,) = workbench.overviews.all()
        connection = seen.stored.connection
        workbench.overviews.unique(connection)
        workbench.overviews.history(connection)
        reader = services.reader(connection)
        reader.snapshot()
        reader.version()
