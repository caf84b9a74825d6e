"""No command lets a terminal's control character out raw, whoever wrote the text that holds it."""

from __future__ import annotations

import argparse
import io
import json
import re
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from actui.cli import grammar, main
from actui.context.context import AppContext
from actui.model.connection import Connection
from actui.model.document import dump, load
from actui.model.journal import BatchCommit
from actui.model.omitted import Omitted, OmittedValues
from actui.model.run import GoalSummary, Outcome, Reason, Record, RunState, RunSummary
from actui.output import safe_output, send_control

H = "\x1b[31m\x1b]0;t\x07\x08\r\x9b31m\x9d\x85\x7f\u061c\u202e\u2066\u200f\u2028\u2029X"
NAME = f"N{H}"
GOAL = f"G{H}"
RUN = f"r{H}"
ACTS = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f]")
CONNECTION = Connection.model_validate(
    {
        "id": "c-1",
        "name": NAME,
        "description": H,
        "labels": [f"l{H}"],
        "activecampaign": {"url": "https://acme.example"},
        "blueconic": {"url": "https://blue.example", "client_id": f"c{H}"},
        "objectives": [f"o{H}"],
        "notify": {
            "when": "failure",
            "recipients": [f"a{H}@example.org"],
            "webhook": f"https://{H}",
        },
        "goals": [
            {
                "kind": "import",
                "id": "g-1",
                "name": GOAL,
                "contacts": "lists",
                "lists": [{"list": f"L{H}"}],
                "identifiers": [{"field": f"%F{H}%", "property": f"p{H}"}],
                "mappings": [{"field": f"%M{H}%", "property": f"q{H}", "rule": "sum"}],
            },
            {
                "kind": "export",
                "id": "g-2",
                "name": f"E{H}",
                "segment": f"S{H}",
                "identifiers": [{"field": "email", "property": f"p{H}"}],
                "lists": [f"L{H}"],
                "mappings": [{"from": {"property": f"p{H}"}, "field": f"%F{H}%"}],
            },
        ],
    }
)
EMAIL = f"a{H}@example.org"
CASES: dict[str, list[list[str]]] = {
    "apply": [["f.yaml"], ["--dry-run", "f.yaml"], [f"bad{H}.yaml"], [f"no{H}"], ["keys.yaml"]],
    "audit": [[], [NAME], [H]],
    "check": [[], ["f.yaml"], [NAME], [f"bad{H}.yaml"], [f"no{H}"], ["--online"]],
    "delete": [[H], [NAME], [NAME, "--yes"]],
    "demo": [[]],
    "disable": [[NAME], [H]],
    "doctor": [["--offline"]],
    "due": [[], [H]],
    "enable": [[NAME], [H]],
    "export": [[NAME], ["--to", f"out{H}"], [NAME, "--to", f"bad{H}.yaml"], [H]],
    "forget": [[EMAIL, "--yes", "--offline"], [H], ["ann@example.org", "--yes", "--offline"]],
    "list": [[]],
    "outcomes": [
        [NAME],
        [NAME, "--csv"],
        [NAME, "--csv", "--raw"],
        [NAME, "--to", f"people{H}.csv"],
        [NAME, "--to", f"no{H}/people.csv"],
        [NAME, "--omitted"],
        [NAME, "--run", RUN],
        *([NAME, f"--{key}", H] for key in ("run", "goal", "outcome", "reason", "omitted")),
    ],
    "paths": [[]],
    "preview": [[NAME], [NAME, "--goal", H], [NAME, "--email", EMAIL], [NAME, "--first", H]],
    "retry": [[NAME, "--goal", H], [NAME, "--run", RUN], [NAME, "--reason", H], [NAME]],
    "run": [[NAME], [NAME, "--goal", H], [NAME, "--dry-run"], [H], [NAME, "--limit", H]],
    "runs": [[NAME], [NAME, "--limit", H], [H]],
    "sandbox": [["--switch", H], ["--switch", f"{H}=x"], ["--state", f"no{H}/s"], ["--limits", H]],
    "schedule": [["--print-systemd"], ["--print-cron"]],
    "secret": [
        ["status", NAME],
        ["set", NAME, "activecampaign-api-key"],
        ["delete", NAME],
        ["set", NAME, H],
        [H, NAME],
        ["status", H],
    ],
    "settings": [[], ["set", "theme", H], ["set", "mail.host", H], ["set", H, "x"], [H]],
    "stop": [[NAME], [H]],
    "watch": [[NAME], [H]],
    "why": [[NAME, EMAIL], [NAME, H], [H, EMAIL], [NAME, "ann@example.org"]],
}
COMMANDS = sorted(
    {
        name
        for action in grammar()._actions
        if isinstance(action, argparse._SubParsersAction)
        for name in action.choices
    }
)


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home, files, a machine and an environment in which everything acts on a terminal."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(socket, "gethostname", lambda: f"host{H}")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"secret{H}"))
    for name in ("DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.setenv("ACTUI_HOME", str(tmp_path / f"home{H}"))
    for name in ("https_proxy", "NO_PROXY", "SSL_CERT_FILE", "TERM", "SUDO_USER", "LANG", "EDITOR"):
        monkeypatch.setenv(name, f"v{H}")
    for name in ("ACTIVECAMPAIGN_API_KEY", "BLUECONIC_CLIENT_SECRET"):
        prefix = re.sub(r"[^A-Z0-9]", "_", NAME.upper())
        monkeypatch.setenv(f"ACTUI_SECRET_{prefix}_{name}", f"secret{H}")
    Path("f.yaml").write_text(dump(CONNECTION))
    Path(f"bad{H}.yaml").write_text(f"version: 1\nconnection: {{name: A, {json.dumps(H)}: 1}}\n")
    Path("keys.yaml").write_text(
        'version: 1\nconnection: {name: "\\e[31m", timezone: "\\e\\x9b"}\n'
    )
    context = AppContext.open()
    connection = context.connections.save(CONNECTION).connection
    omitted = Omitted((OmittedValues(f"%F{H}%", f"why{H}", 2),))
    record = Record(
        *(Outcome.REJECTED, Reason.REJECTED_BY_ACTIVECAMPAIGN, f"detail{H}"),
        email=EMAIL,
        profile_id=f"p{H}",
        omitted=omitted,
    )
    goal = GoalSummary(
        goal=GOAL,
        goal_id="g-1",
        kind="import",
        ok=False,
        code=f"code{H}",
        message=f"message{H}",
        read=1,
        rejected=1,
        reasons={f"reason{H}": 1},
        warned={f"%F{H}%": {f"why{H}": 1}},
        omitted={f"%F{H}%": 1},
    )
    with context.ledger(connection) as ledger:
        ledger.runs.begin(RUN, "manual", "2026-01-01T00:00:00Z", 1)
        ledger.commits.write(RUN, "g-1", BatchCommit([("7", record, None)]), goal)
    context.history(connection).save(
        RunSummary(
            run=RUN,
            connection=NAME,
            connection_id="c-1",
            state=RunState.FAILED,
            code=f"code{H}",
            message=f"message{H}",
            notice=f"notice{H}",
            trigger=f"trigger{H}",
            started="2026-01-01T00:00:00Z",
            ended="2026-01-01T00:00:01Z",
            goals=[goal],
        )
    )


def cases() -> Iterator[tuple[str, ...]]:
    for name in COMMANDS:
        for words in CASES.get(name, [[], [NAME], [H]]):
            yield (name, *words)
            yield (name, *words, "--json")
    yield from ((H,), (f"--{H}",), ("list", H), ("list", f"--{H}"), ("list", f"--json={H}"))
    yield from ((name, "--help") for name in ("run", "outcomes"))


@pytest.mark.usefixtures("hostile")
@pytest.mark.parametrize("words", list(cases()), ids=lambda words: " ".join(words).replace(H, "~"))
def test_nothing_acts_on_the_terminal(
    words: tuple[str, ...], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    try:
        code = main(list(words))
    except SystemExit as ended:
        code = int(ended.code or 0)
    out, err = (raw.decode() for raw in capfdbinary.readouterr())
    assert code != 70
    if "--csv" in words:
        out = out.replace("\r\n", "\n")
    assert not ACTS.findall(out)
    assert not ACTS.findall(err)
    if "--json" in words and "--csv" not in words and code == 0:
        for line in out.splitlines():
            json.loads(line)


@pytest.mark.usefixtures("hostile")
def test_json_loses_nothing_of_a_hostile_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert not ACTS.findall(line)
    assert json.loads(line)["name"] == NAME


@pytest.mark.usefixtures("hostile")
def test_an_exported_file_loses_nothing_either(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", NAME]) == 0
    text = capsys.readouterr().out
    assert not ACTS.findall(text)
    exported = CONNECTION.model_copy(update={"notify": load(PLAIN).notify})
    assert load(dump(exported)) == exported
    assert r"\e[31m" in text
    assert r"\u202e" in text


PLAIN = "version: 1\nconnection: {name: A}\n"


@pytest.mark.parametrize(
    ("as_json", "shown"), [(False, "a\n\tb"), (True, "a\n\t\\u001b\\u009b\\u202e\\u000db")]
)
def test_the_writer_takes_out_or_escapes(
    as_json: bool, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with safe_output(as_json=as_json):
        for sign in "a\n\t\x1b\x9b\u202e\rb":
            sys.stdout.write(sign)
        sys.stderr.writelines(["\x1b", "e"])
        send_control(sys.stderr, "\r\x1b[K")
    assert capsys.readouterr() == (shown, "e\r\x1b[K")
