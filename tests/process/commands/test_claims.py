"""A command that did nothing never claims that it did, and reads addresses as every other does."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest

from actui import exitcodes
from actui.cli import main
from store.home import Home
from store.locks import RunLock
from tests.process.commands.news import KEY, VARIABLE

ODD = ("nonsense", "anna@", "mailto:anna@example.com", "a@example.com, b@example.com", "a b@x.org")


def lines_of_audit(home: Home) -> list[str]:
    return [line for file in home.audit_dir.glob("*") for line in file.read_text().splitlines()]


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize(
    "words",
    [
        ["why", "News", "{}"],
        ["forget", "{}", "--yes", "--offline"],
        ["preview", "News", "--email", "{}"],
        ["settings", "set", "mail.sender", "{}"],
    ],
    ids=lambda words: words[0],
)
def test_what_is_no_address(
    words: list[str], text: str, home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    before = lines_of_audit(home)
    capsys.readouterr()
    assert main([word.replace("{}", text) for word in words]) == exitcodes.USAGE
    out, err = capsys.readouterr()
    assert f"'{text}' is not an e-mail address" in err
    assert out == ""
    assert lines_of_audit(home) == before


def test_an_address_with_a_name(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    anna = "Anna <anna@example.com>"
    assert main(["why", "News", anna]) == exitcodes.OK
    assert main(["settings", "set", "mail.sender", anna]) == exitcodes.OK
    capsys.readouterr()
    assert main(["forget", anna, "--yes", "--offline"]) == exitcodes.OK
    assert "News: nothing was kept; from now on" in capsys.readouterr().out


@pytest.mark.parametrize(("command", "state"), [("enable", "on"), ("disable", "off")])
def test_a_switch_that_stands_so_already(
    command: str, state: str, home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    main([command, "News"])
    before, kept = lines_of_audit(home), home.connections_file.read_text()
    capsys.readouterr()
    assert main([command, "News"]) == exitcodes.OK
    assert capsys.readouterr().out == f"News: is {state} already\n"
    assert main([command, "News", "--json"]) == exitcodes.OK
    assert json.loads(capsys.readouterr().out)["done"] == "unchanged"
    assert (lines_of_audit(home), home.connections_file.read_text()) == (before, kept)


@pytest.mark.parametrize("words", [["unset", "theme"], ["set", "theme", "textual-dark"]])
def test_a_setting_that_stands_so_already(
    words: list[str], home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    before = lines_of_audit(home)
    assert main(["settings", *words]) == exitcodes.OK
    assert "Nothing was changed" in capsys.readouterr().err
    assert lines_of_audit(home) == before


def test_a_secret_that_is_stored_nowhere(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = lines_of_audit(home)
    assert main(["secret", "delete", "News", KEY]) == exitcodes.OK
    assert f"{KEY}: nothing was stored, so nothing was deleted\n" in capsys.readouterr().out
    monkeypatch.setenv(VARIABLE, "key")
    assert main(["secret", "delete", "News", KEY]) == exitcodes.OK
    assert f"it still comes from the environment ({VARIABLE})" in capsys.readouterr().out
    assert main(["secret", "delete", "News", "--json"]) == exitcodes.OK
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["done"] for line in told} == {"unchanged"}
    assert lines_of_audit(home) == before


def test_a_secret_that_is_stored(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["settings", "set", "secrets_in_file", "true"])
    monkeypatch.setattr("sys.stdin", StringIO("key\n"))
    assert main(["secret", "set", "News", KEY]) == exitcodes.OK
    capsys.readouterr()
    assert main(["secret", "delete", "News", KEY]) == exitcodes.OK
    assert capsys.readouterr().out == f"{KEY}: deleted\n"


def test_a_run_that_is_only_beginning(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    main(["list", "--json"])
    id_ = json.loads(capsys.readouterr().out)["id"]
    with RunLock(home.lock_file(id_)).held():
        assert main(["stop", "News"]) == exitcodes.USAGE
    out, err = capsys.readouterr()
    assert out == ""
    assert "only just beginning" in err
    assert main(["stop", "News"]) == exitcodes.USAGE
    assert "is not running" in capsys.readouterr().err


def test_nothing_to_write_and_nobody_to_forget_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ACTUI_HOME", str(tmp_path / "home"))
    assert main(["export", "--to", str(tmp_path / "files")]) == exitcodes.OK
    assert "nothing was written" in capsys.readouterr().err
    assert not (tmp_path / "files").exists()
    assert main(["forget", "anna@example.com", "--yes"]) == exitcodes.OK
    assert "There is no connection yet" in capsys.readouterr().err
