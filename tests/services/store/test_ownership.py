"""A home is its owner's alone: an open one is closed, somebody else's and links are refused."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from actui.cli import main
from actui.context.context import AppContext
from actui.model.errors import ConfigError
from store.json_file import documents
from store.locks import RunLock

FILES = (
    *("connections.json", "settings.json", "secrets.json", "turns.json", "notices.json"),
    *("connections.json.lock", "settings.json.bak", "keyring.cfg", "forgotten.db"),
    *("locks/c-1.lock", "locks/turns-looked", "logs/c-1-last.log", "logs/crash-1.txt"),
    *("pace/abc-requests", "audit/2026-01.jsonl", "runs/c-1.json", "ledgers/c-1/ledger.db"),
    "ledgers/c-1/ledger.db-wal",
)
FOLDERS = ("runs", "ledgers", "locks", "logs", "pace", "audit", "ledgers/c-1")
COMMANDS = (
    *(["list"], ["paths"], ["audit"], ["settings"], ["doctor", "--offline"], ["check"], ["due"]),
    *(["run", "A"], ["why", "A", "ann@example.org"], ["secret", "status", "A"], ["export", "A"]),
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ACTUI_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def modes(home: Path) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode) for path in (home, *home.rglob("*"))}


def set_command(home: Path, **more: str) -> None:
    with documents(AppContext.open().home.settings_file) as database:
        database.insert({"password_command": "touch pwned", **more})


def test_an_open_home_is_closed_and_the_message_says_so(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (home / "ledgers" / "c-1").mkdir(parents=True, mode=0o755)
    for name in ("connections.json.bak", "ledgers/c-1/ledger.db"):
        (home / name).touch(0o644)
    home.chmod(0o755)
    AppContext.open()
    assert modes(home) == {0o700, 0o600}
    (said,) = caplog.messages
    assert str(home) in said
    assert "could be opened by other users" in said
    assert "(0700)" in said
    assert "(0600)" in said
    caplog.clear()
    AppContext.open()
    assert caplog.messages == []


def test_the_message_is_one_line_of_stderr(home: Path) -> None:
    home.mkdir(mode=0o755)
    for expected in (1, 0):
        done = subprocess.run(
            [sys.executable, "-m", "actui", "list", "--json"],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "ACTUI_HOME": str(home)},
        )
        assert done.stdout == ""
        lines = [line for line in done.stderr.splitlines() if "(0700)" in line]
        assert len(lines) == expected
        assert all(line.startswith("actui: The home ") for line in lines)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_home_of_somebody_else_is_refused(
    words: list[str],
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    home.mkdir(mode=0o700)
    monkeypatch.setattr("store.ownership.os.geteuid", lambda: os.getuid() + 1)
    assert main(words) == 2
    assert f"{home} belongs to " in capsys.readouterr().err
    assert list(home.iterdir()) == []


def test_a_file_of_somebody_else_is_refused(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    AppContext.open()
    (home / "connections.json").touch(0o600)
    if os.geteuid() == 0:
        os.chown(home / "connections.json", 12_345, 12_345)
        assert main(["list"]) == 2
        assert "connections.json belongs to 12345" in capsys.readouterr().err
    else:
        assert (home / "connections.json").stat().st_uid == os.geteuid()


@pytest.mark.parametrize("name", [*FILES, *FOLDERS])
@pytest.mark.parametrize("dangles", [True, False])
def test_no_link_is_followed(
    name: str, dangles: bool, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "elsewhere"
    if not dangles:
        target.mkdir(mode=0o755) if name in FOLDERS else target.write_text("theirs")
    (home / name).parent.mkdir(parents=True, exist_ok=True)
    (home / name).symlink_to(target)
    for words in COMMANDS:
        assert main(words) == 2
        assert f"{home / name} is a symbolic link" in capsys.readouterr().err
    if dangles:
        assert not target.exists()
    elif name in FOLDERS:
        assert list(target.iterdir()) == []
    else:
        assert target.read_text() == "theirs"


def test_a_crash_report_follows_no_link(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    AppContext.open()

    def crash(*_: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr("actui.commands.connections.list_", crash)
    assert main(["list"]) == 70
    assert main(["list"]) == 70
    reports = list((home / "logs").iterdir())
    assert len(reports) == 2
    assert modes(home) == {0o700, 0o600}


def test_the_home_itself_may_be_reached_through_a_link_of_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "disk").mkdir(mode=0o755)
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    monkeypatch.setenv("ACTUI_HOME", str(tmp_path / "link"))
    assert main(["list"]) == 0
    assert modes(tmp_path / "disk") == {0o700, 0o600}


@pytest.mark.parametrize("place", ["", "settings.json"])
@pytest.mark.parametrize("bits", [0o020, 0o002])
def test_a_command_that_others_could_have_set_is_not_run(
    place: str, bits: int, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    set_command(home, keyring_backend="evil.Backend")
    set_command(home)  # makes a last good copy with it too
    (home / place).chmod((home / place).stat().st_mode | bits)
    settings = AppContext.open().settings
    assert (settings.password_command, settings.keyring_backend) == (None, None)
    assert "password_command and keyring_backend were removed" in caplog.text
    assert all(b"pwned" not in file.read_bytes() for file in home.glob("settings*"))
    assert modes(home) <= {0o700, 0o600}


def test_a_command_that_only_the_owner_could_set_stays(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    set_command(home)
    home.chmod(0o755)
    (home / "settings.json").chmod(0o644)
    assert AppContext.open().settings.password_command == "touch pwned"
    assert "removed" not in caplog.text


def test_the_encrypted_file_is_no_command(home: Path) -> None:
    with documents(AppContext.open().home.settings_file) as database:
        database.insert({"keyring_backend": "encrypted-file"})
    home.chmod(0o777)
    assert AppContext.open().settings.keyring_backend == "encrypted-file"


def test_a_home_that_cannot_be_closed_to_writers_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    set_command(home)
    home.chmod(0o777)
    monkeypatch.setattr(Path, "chmod", lambda *_: None)
    assert main(["list"]) == 2
    assert "does not let actui close it" in capsys.readouterr().err


def test_what_a_running_process_opens_follows_no_link_either(home: Path, tmp_path: Path) -> None:
    context = AppContext.open()
    (tmp_path / "theirs").write_text("theirs")
    month = f"{datetime.now(UTC):%Y-%m}.jsonl"
    for name in ("locks/c-1.lock", f"audit/{month}", "pace/p", "connections.json"):
        (home / name).symlink_to(tmp_path / "theirs")
    with pytest.raises(ConfigError), RunLock(context.home.lock_file("c-1")).held():
        pass
    with pytest.raises(ConfigError):
        context.audit.record("tried")
    with pytest.raises((ConfigError, OSError)):
        context.connections.all()
    assert (tmp_path / "theirs").read_text() == "theirs"
