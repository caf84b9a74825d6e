"""What a newcomer types, right and wrong: one sentence, its exit code, JSON when asked for."""

from __future__ import annotations

import io
import json
import os
import shlex
import subprocess
from pathlib import Path

import pytest

from actui.cli import main
from actui.commands.examples import EXAMPLES
from store.connections import Connections
from store.home import Home
from tests.process.commands.news import FILE, OTHER, VARIABLE
from tests.process.commands.test_help import commands
from tests.process.e2e.processes import ACTUI
from tests.ui.screens.terminals import Terminal

KEY = "activecampaign-api-key"
# each is wrong for another reason; {file} is a folder without connection files
WRONG: list[tuple[list[str], int, str]] = [
    (["lisst"], 2, "There is no command 'lisst', perhaps list. See: actui --help"),
    (["--jsno"], 2, "Unknown: --jsno"),
    (["list", "--all"], 2, "Unknown: --all. See: actui list --help"),
    (["run"], 2, "The following arguments are required: NAME. See: actui run --help"),
    (["run", "Newz"], 2, "There is no connection 'Newz'. Did you mean News?"),
    (["run", "x"], 2, "There is no connection 'x'. actui list tells which are."),
    (["run", "News", "--limit", "0"], 2, "'0' is not a positive number"),
    (["run", "News", "--limit", "many"], 2, "'many' is not a positive number"),
    (["run", "News", "--goal", "Out"], 2, "has no active goal 'Out'"),
    (["run", "News"], 4, "No ActiveCampaign API key is stored for 'News'"),
    (["preview", "x"], 2, "no connection 'x'"),
    (["preview", "News"], 4, "No ActiveCampaign API key"),
    (["preview", "News", "--first", "-1"], 2, "--first"),
    (["retry", "x"], 2, "no connection 'x'"),
    (["retry", "News", "--outcome", "created"], 2, "only skipped, rejected, unknown"),
    (["retry", "News", "--reason", "fun"], 2, "'fun' is no reason"),
    (["retry", "News", "--run", "r"], 2, "no run 'r'"),
    (["watch", "x"], 2, "no connection 'x'"),
    (["watch", "News"], 2, "'News' has never run: actui run 'News'"),
    (["stop", "x"], 2, "no connection 'x'"),
    (["stop", "News"], 2, "'News' is not running"),
    (["runs", "x"], 2, "no connection 'x'"),
    (["outcomes", "x"], 2, "no connection 'x'"),
    (["outcomes", "News", "--outcome", "creatd"], 2, "Did you mean created?"),
    (["outcomes", "News", "--reason", "no-mach"], 2, "Did you mean no-match?"),
    (["outcomes", "News", "--run", "r"], 2, "no run 'r'"),
    (["why", "News"], 2, "EMAIL"),
    (["why", "x", "a@b.c"], 2, "no connection 'x'"),
    (["why", "News", "ada"], 2, "'ada' is not an e-mail address"),
    (["export"], 2, "Which connection?"),
    (["export", "x"], 2, "no connection 'x'"),
    (["export", "--to", "/proc/here"], 2, "/proc/here cannot be written"),
    (["apply"], 2, "FILE"),
    (["apply", "gone.yaml"], 2, "gone.yaml cannot be read: No such file or directory."),
    (["apply", "{folder}"], 2, "holds no connection file"),
    (["apply", "-"], 2, "stdin"),
    (["backup"], 2, "FILE"),
    (["backup", "/proc/here"], 2, "/proc/here cannot be written"),
    (["restore"], 2, "FILE"),
    (["restore", "gone.tar.gz"], 2, "is in use: it has connections"),
    (["restore", "gone.tar.gz", "--replace"], 2, "gone.tar.gz"),
    (["check", "x"], 2, "no connection 'x'"),
    (["check", "News", "--online"], 4, "No ActiveCampaign API key"),
    (["enable", "x"], 2, "no connection 'x'"),
    (["disable", "x"], 2, "no connection 'x'"),
    (["delete", "x", "--yes"], 2, "no connection 'x'"),
    (["delete", "News"], 2, "Say --yes to delete 'News'"),
    (["secret", "get", "News"], 2, "There is no action 'get', only set, status, delete"),
    (["secret", "set", "x", KEY], 2, "no connection 'x'"),
    (["secret", "set", "News"], 2, "Which secret?"),
    (["secret", "set", "News", "api-key"], 2, "only activecampaign-api-key, blueconic-client"),
    (["secret", "set", "News", KEY], 2, "The ActiveCampaign API key is empty."),
    (["secret", "set", "smtp-password"], 2, "Name the mail server first"),
    (["secret", "status", "x"], 2, "no connection 'x'"),
    (["secret", "delete", "x"], 2, "no connection 'x'"),
    (["settings", "set", "mail.hots", "h"], 2, "Did you mean mail.host?"),
    (["settings", "set", "mail.port", "many"], 2, "mail.port"),
    (["settings", "set", "mail.host"], 2, "actui settings set KEY VALUE"),
    (["settings", "drop"], 2, "only show, set, unset"),
    (["schedule", "--print-cron", "--print-systemd"], 2, "not allowed with"),
    (["due", "now"], 2, "Unknown: now. See: actui due --help"),
    (["forget"], 2, "EMAIL"),
    (["forget", "ada"], 2, "'ada' is not an e-mail address"),
    (["forget", "a@b.c"], 2, "Say --yes to forget a person"),
    (["doctor", "--online"], 2, "Unknown: --online"),
    (["audit", "--limit", "x"], 2, "'x' is not a positive number"),
    (["paths", "home"], 2, "Unknown: home"),
    (["sandbox", "--switch", "x"], 2, "--switch takes NAME=READING"),
    (["sandbox", "--switch", "x=y"], 2, "x"),
    (["sandbox", "--latency", "-5"], 2, "'-5' is no number of milliseconds"),
    (["sandbox", "--state", "/proc/here/x"], 2, "/proc/here/x"),
    (["demo", "--fast"], 2, "Unknown: --fast"),
    (["demo"], 2, "The console needs a terminal; without one: actui demo --headless"),
]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home with one connection, no secret and no terminal."""
    monkeypatch.setenv("ACTUI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    (tmp_path / "news.yaml").write_text(FILE)
    assert main(["apply", str(tmp_path / "news.yaml")]) == 0
    return Home.open(dict(os.environ))


@pytest.mark.parametrize("as_json", [False, True], ids=["words", "json"])
@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: " ".join(wrong[0]))
def test_each_mistake_is_one_sentence(
    wrong: tuple[list[str], int, str],
    as_json: bool,
    home: Home,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words, code, said = wrong
    (tmp_path / "empty").mkdir()
    words = [word.replace("{folder}", str(tmp_path / "empty")) for word in words]
    capsys.readouterr()
    assert main([*words, *(["--json"] if as_json else [])]) == code
    out, err = capsys.readouterr()
    assert err.startswith("actui: ")
    assert (err.count("\n"), said in err) == (1, True), err
    if not as_json:
        assert out == ""
        return
    last = json.loads(out.splitlines()[-1])
    assert (last["ok"], last["exit_code"]) == (False, code)
    assert f"actui: {last['message']}\n" == err


def test_every_command_is_tried() -> None:
    assert {words[0] for words, _, _ in WRONG} >= commands().keys() - {"list"}


RIGHT: list[list[str]] = [
    ["list"], ["export", "News"], ["check", "News"], ["disable", "News"], ["enable", "News"],
    ["runs", "News"], ["outcomes", "News"], ["why", "News", "a@b.c"], ["retry", "News"], ["due"],
    ["audit"], ["doctor", "--offline"], ["settings"], ["settings", "set", "mail.host", "h"],
    ["settings", "unset", "mail.host"], ["forget", "a@b.c", "--yes", "--offline"], ["paths"],
    ["secret", "delete", "News"], ["delete", "News", "--yes"],
]  # fmt: skip


@pytest.mark.parametrize("words", RIGHT, ids=" ".join)
def test_what_works_speaks_json_alone(
    words: list[str],
    home: Home,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in (VARIABLE, OTHER):
        monkeypatch.setenv(name, "hush-c0ffee5ec2e7")
    capsys.readouterr()
    assert main([*words, "--json"]) == 0
    for line in capsys.readouterr().out.splitlines():
        assert isinstance(json.loads(line), dict)


def test_an_empty_home_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ACTUI_HOME", str(tmp_path))
    assert main(["list"]) == 0
    assert "actui apply FILE" in capsys.readouterr().err
    assert main(["audit", "Gone"]) == 0
    assert "of 'Gone'" in capsys.readouterr().err
    assert main(["run", "Gone"]) == 2
    assert "There is none yet." in capsys.readouterr().err


def test_a_damaged_home_is_named(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    home.connections_file.write_text("{")
    for words in (["list"], ["run", "News"], ["due"], ["export", "News"], ["apply", "-"]):
        capsys.readouterr()
        assert main(words) == 2
    assert str(home.connections_file) in capsys.readouterr().err


def test_a_damaged_ledger_is_told(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    (connection,) = Connections(home).all()
    file = home.ledger_file(connection.connection.id)
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"no database" * 1_000)
    capsys.readouterr()
    assert main(["outcomes", "News", "--json"]) == 2
    out, err = capsys.readouterr()
    assert "ledger.db is damaged: file is not a database" in err
    assert "actui run NAME --fresh" in err
    assert json.loads(out)["code"] == "damaged"
    assert main(["doctor", "--offline"]) == 2
    assert "ledger.db is damaged: file is not a database" in capsys.readouterr().out


def test_help_fits_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = subprocess.run([*ACTUI, "--help"], capture_output=True, text=True, check=True).stdout
    helps = [shown, *(parser.format_help() for parser in commands().values())]
    assert [line for text in helps for line in text.splitlines() if len(line) > 80] == []
    assert all(f"\n  {name} " in shown for name in EXAMPLES)


def piped(home: Home, shell: str) -> subprocess.CompletedProcess[str]:
    """A line of shell in which `actui` is the program."""
    function = f'actui() {{ {shlex.join(ACTUI)} "$@"; }}'
    return subprocess.run(
        ["/bin/bash", "-o", "pipefail", "-c", f"{function}; {shell}"],
        env={**os.environ, "ACTUI_HOME": str(home.root)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("shell", "code", "said"),
    [
        ("actui settings | head -1", 0, ""),
        ("actui settings | true", 0, ""),
        ("actui settings >&-", 0, ""),
        ("actui outcomes News --csv >&-", 0, ""),
        ("actui secret set News activecampaign-api-key <&-", 2, "is empty"),
        ("actui settings > /dev/full", 2, "Output or home cannot be read or written"),
        ("printf '\\xff\\xfe' | actui apply -", 2, "stdin is not UTF-8 text"),
        ("printf '\\xff' | PYTHONIOENCODING=utf-8:strict actui apply -", 2, "stdin is not UTF-8"),
        ("printf '\\xff\\xfe' | actui secret set News activecampaign-api-key", 4, "not UTF-8"),
        ("PYTHONIOENCODING=ascii actui list", 0, ""),
    ],
)  # fmt: skip
def test_streams_that_are_closed_full_or_foreign(
    shell: str, code: int, said: str, home: Home
) -> None:
    done = piped(home, shell)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert done.stderr.count("\n") == (1 if said else 0), done.stderr


@pytest.mark.parametrize(
    ("words", "asks", "key", "code"),
    [
        (["delete", "News"], "[y/N]", "\x04", 2),
        (["delete", "News"], "[y/N]", "\x03", 5),
        (["delete", "News"], "[y/N]", "n\r", 0),
        (["forget", "a@b.c"], "[y/N]", "\x03", 5),
        (["secret", "set", "News", KEY], "API key", "\x04", 2),
        (["secret", "set", "News", KEY], "API key", "\x03", 5),
    ],
)
def test_a_question_can_be_left(
    words: list[str], asks: str, key: str, code: int, home: Home
) -> None:
    environ = {**os.environ, "ACTUI_HOME": str(home.root)}
    with Terminal(environ, *words) as terminal:
        terminal.shows(asks)
        # a signal that comes just before the waiting for a line begins is noticed with the next
        while terminal.process.poll() is None:
            terminal.press(key)
            terminal.within(0.5)
            assert "Traceback" not in terminal.text
        assert terminal.ended() == code
    assert main(["export", "News"]) == 0
