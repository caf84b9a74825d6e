"""Where secrets come from, whether a scheduled run finds them, and what a headless host can do."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from actui.cli import main
from actui.model.settings import ENCRYPTED_FILE, UNLOCK, Settings
from store import key_store as keystore
from store.home import Home
from store.settings import SettingsFile
from tests.process.commands.news import KEY, OTHER, VARIABLE


def status(capsys: pytest.CaptureFixture[str], which: str = KEY) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = main(["secret", "status", "News", which, "--json"])
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, told


def stores(monkeypatch: pytest.MonkeyPatch, value: str = "hush-c0ffee5ec2e7") -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{value}\n"))
    return main(["secret", "set", "News", KEY])


def test_a_variable_of_this_shell_is_not_there_for_cron(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(VARIABLE, "hush-c0ffee5ec2e7")
    code, told = status(capsys)
    assert (code, told["source"]) == (0, f"the environment ({VARIABLE})")
    assert (told["scheduled"], told["scheduled_source"]) == (False, None)
    assert main(["secret", "status", "News", KEY]) == 0
    out = capsys.readouterr().out
    assert "a scheduled run would not find it" in out
    assert "password_command" in out
    assert "hush-c0ffee5ec2e7" not in out


def test_without_any_the_ways_are_shown(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["secret", "status", "News"]) == 4
    shown = capsys.readouterr()
    assert shown.out.count("missing") == 2
    assert "keyring_backend encrypted-file" in shown.out
    assert shown.err == (
        "actui: No ActiveCampaign API key and no BlueConic client secret can be had for 'News'.\n"
    )


def test_a_password_command_must_work_without_the_shell(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    SettingsFile(home).save(Settings(password_command="printf hush-c0ff%s ee5ec2e7"))
    assert status(capsys)[1]["scheduled_source"] == "the password command"
    monkeypatch.setenv("MINE", "hush-c0ffee5ec2e7")
    SettingsFile(home).save(Settings(password_command='test "$MINE" && echo "$MINE"'))
    code, told = status(capsys)
    assert (code, told["source"]) == (0, "the password command")
    assert told["scheduled_message"] == "The password command failed with code 1."


def test_the_encrypted_file(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    SettingsFile(home).save(Settings(keyring_backend=ENCRYPTED_FILE))
    assert stores(monkeypatch) == 4
    assert UNLOCK in capsys.readouterr().err
    monkeypatch.setenv(UNLOCK, "open sesame")
    assert stores(monkeypatch) == 0
    assert home.keyring_file.stat().st_mode & 0o777 == 0o600
    assert b"hush-c0ffee5ec2e7" not in home.keyring_file.read_bytes()
    code, told = status(capsys)
    assert (code, told["source"], told["scheduled"]) == (0, "the encrypted file", False)
    needed = f"The encrypted file needs its password in {UNLOCK}."
    assert told["scheduled_message"] == needed
    kept = home.keyring_file.read_bytes()
    monkeypatch.setenv(UNLOCK, "wrong")
    assert stores(monkeypatch, "other") == 4
    code, told = status(capsys)
    assert (code, told["source"]) == (4, None)
    assert told["message"].startswith(f"The password in {UNLOCK} does not open")
    assert home.keyring_file.read_bytes() == kept
    given = home.root / "credentials"
    given.mkdir()
    (given / UNLOCK).write_text("open sesame\n")
    monkeypatch.delenv(UNLOCK)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(given))
    assert status(capsys)[1]["source"] == "the encrypted file"
    assert main(["secret", "delete", "News", KEY, "--json"]) == 0
    assert status(capsys)[0] == 4


def test_a_locked_key_store_is_waited_for_once(
    asked: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert keystore.SECONDS <= 3
    assert main(["secret", "status", "News"]) == 4
    assert "it is locked" in capsys.readouterr().out
    assert asked.read_text() == "asked\n"
    assert main(["run", "News"]) == 4
    said = capsys.readouterr().err
    assert (said.count("\n"), "it is locked" in said) == (1, True)
    assert asked.read_text() == "asked\nasked\n"
    monkeypatch.setenv(VARIABLE, "hush-c0ffee5ec2e7")
    monkeypatch.setenv(OTHER, "hush-c0ffee5ec2e7")
    assert main(["secret", "status", "News", "--json"]) == 0
