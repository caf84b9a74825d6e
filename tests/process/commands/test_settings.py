"""Settings are shown with what they mean, and changed one at a time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from actui.cli import main
from actui.commands.settings import ABOUT
from actui.context.context import AppContext


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTUI_HOME", str(tmp_path))


def test_each_is_shown_with_its_meaning(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings", "--json"]) == 0
    assert json.loads(capsys.readouterr().out).keys() == ABOUT.keys()
    assert main(["settings"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(ABOUT)
    assert all(line.startswith("  ") for line in lines)


def test_one_is_set_and_unset(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings", "set", "secrets_in_file", "true"]) == 0
    assert capsys.readouterr().out.startswith("* secrets_in_file = true")
    assert main(["settings", "set", "mail.host", "mail.example.org"]) == 0
    assert AppContext.open().settings.secrets_in_file is True
    assert AppContext.open().settings.mail.host == "mail.example.org"
    assert main(["settings", "unset", "mail.host"]) == 0
    assert AppContext.open().settings.mail.host == ""
    capsys.readouterr()
    assert main(["settings", "show", "request_seconds", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"request_seconds": 60.0}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("set requests_per_second 0", "requests per second: Input should be greater than 0."),
        ("set request_second 5", "Did you mean request_seconds?"),
        ("set theme", "actui settings set KEY VALUE"),
        ("unset theme nord", "actui settings unset KEY"),
    ],
)
def test_what_makes_no_sense_changes_nothing(
    words: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = AppContext.open().settings
    assert main(["settings", *words.split()]) == 2
    assert said in capsys.readouterr().err
    assert AppContext.open().settings == before


def test_a_password_command_is_not_told_to_the_audit() -> None:
    command = "curl -u me:s3same https://vault.example -H 'X: y' # a comment"
    assert main(["settings", "set", "password_command", command]) == 0
    assert AppContext.open().settings.password_command == command
    (line,) = AppContext.open().audit.lines()
    assert line["action"] == "set"
    assert [change["where"] for change in line["changes"]] == ["password_command"]
    assert "s3same" not in json.dumps(line)
