"""The doctor finds what is wrong, says what to do, and tells the kind of trouble by its code."""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from actui.cli import main
from actui.commands.doctor import of_clock
from actui.model.connection import Connection, TimesPerDay
from actui.model.journal import BatchCommit
from actui.model.run import GoalSummary, Outcome, Record
from actui.model.settings import MailServer, Settings
from actui.operations import health
from actui.sandbox.options import SandboxOptions
from actui.sandbox.server import Sandbox
from store.connections import Connections
from store.home import Home as Place
from store.ledger import open_ledger
from store.locks import RunLock
from store.schedule_claims import ScheduleClaims
from store.settings import SettingsFile
from tests.process.commands.test_bad_input import KEY, closed_port
from tests.process.e2e.processes import Home
from tests.process.e2e.test_main_job import demo_connection
from tests.process.notifying.servers import HERE, PASSWORD, USER, certificate, mail_server

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place.open({"ACTUI_HOME": str(tmp_path / "home")})


def checks(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines, done.stderr
    return {line["about"]: line for line in lines}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({}, None),
        (
            {"read": 4, "created": 4},
            "The open run counts 4 people for 'In', and 2 have an outcome.",
        ),
        ({"created": 1, "updated": 1}, "The open run counts other outcomes for 'In' than its"),
    ],
    ids=["right", "twice", "mixed up"],
)
def test_counts_of_an_open_run_that_are_not_its_peoples_are_a_warning(
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    wrong: dict[str, int],
    said: str | None,
) -> None:
    monkeypatch.setenv("ACTUI_HOME", str(place.root))
    stored = Connections(place).save(Connection(name="Demo"))
    counted = GoalSummary(goal="In", goal_id="g", kind="import", read=2, created=2)
    people = [(key, Record(Outcome.CREATED, contact_id=int(key)), None) for key in ("1", "2")]
    with open_ledger(place.ledger_file(stored.connection.id)) as ledger:
        ledger.runs.begin("r1", "manual", "2026-01-01T00:00:00Z", 1)
        ledger.commits.write(
            "r1", "g", BatchCommit(records=people), counted.model_copy(update=wrong)
        )

    main(["doctor", "--offline", "--json"])

    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    mine = [row for row in rows if row["about"] == "ledger of Demo"]
    assert mine[0]["severity"] == "ok"
    assert [row["severity"] for row in mine[1:]] == ["warning"] * (said is not None)
    assert said is None or mine[1]["message"].startswith(said)


async def test_a_sound_home_and_then_what_is_wrong_with_it(tmp_path: Path) -> None:
    async with Sandbox(SandboxOptions(contacts=5, profiles=5, limits="off")) as sandbox:
        home = Home(tmp_path, sandbox.ready, demo_connection())
        home.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
        await home.apply()
        done = await home.command("doctor", "--json")
        found = checks(done)
        assert done.returncode == 0, done.stdout
        assert {one["about"] for one in found.values() if one["severity"] == "warning"} <= {
            "keyring",
            "disk",
            "log-out",
        }
        for about in ("ActiveCampaign of Demo", "BlueConic of Demo", "clock", "permissions"):
            assert found[about]["severity"] == "ok"
        (tmp_path / "home" / "runs").chmod(0o755)
        home.environ[KEY] = "wrong"
        done = await home.command("doctor", "--json")
        assert done.returncode == 4
        # opening it has closed it, and said so
        assert "It is closed now" in done.stderr
        assert checks(done)["permissions"]["severity"] == "ok"
        assert checks(done)["ActiveCampaign of Demo"]["code"] == "credentials"
        assert checks(done)["BlueConic of Demo"]["severity"] == "ok"
        assert (await home.command("doctor")).returncode == 4
        offline = await home.command("doctor", "--offline")
        assert offline.returncode == 0
        assert "of Demo: No" not in offline.stdout
        url = home.ready["activecampaign"]["url"]
        home.file.write_text(
            home.file.read_text().replace(url, f"http://127.0.0.1:{closed_port()}")
        )
        await home.apply()
        assert (await home.command("doctor")).returncode == 6


async def test_a_spoilt_file_is_told_without_a_traceback(tmp_path: Path) -> None:
    async with Sandbox(SandboxOptions(contacts=5, profiles=5)) as sandbox:
        home = Home(tmp_path, sandbox.ready, demo_connection())
        await home.apply()
        (tmp_path / "home" / "connections.json").write_text("{")
        done = await home.command("doctor")
    assert done.returncode == 2
    assert "ERROR   configuration:" in done.stdout
    assert "Traceback" not in done.stderr


def test_the_clock() -> None:
    assert of_clock(NOW, NOW + timedelta(seconds=30)).severity == "ok"
    slow = of_clock(NOW, NOW - timedelta(seconds=90))
    assert (slow.severity, "90 s" in slow.message) == ("warning", True)
    assert of_clock(None, NOW).severity == "ok"


@pytest.mark.parametrize(("free", "severity"), [(5e7, "error"), (5e8, "warning"), (5e9, "ok")])
def test_the_disk(
    place: Place, monkeypatch: pytest.MonkeyPatch, free: float, severity: str
) -> None:
    class Usage:
        def __init__(self) -> None:
            self.free = int(free)

    monkeypatch.setattr("shutil.disk_usage", lambda path: Usage())
    assert health.of_disk(place).severity == severity


@pytest.mark.parametrize(
    ("term", "size", "encoding", "severity"),
    [
        ("xterm", (80, 24), "utf-8", "ok"),
        ("", None, "ascii", "ok"),
        ("dumb", (80, 24), "utf-8", "warning"),
        ("xterm", (80, 24), "ISO-8859-1", "warning"),
        ("xterm", (40, 10), "UTF-8", "warning"),
    ],
)
def test_the_terminal(
    term: str, size: tuple[int, int] | None, encoding: str, severity: str
) -> None:
    assert health.of_terminal({"TERM": term}, size, encoding).severity == severity


@pytest.mark.parametrize(
    ("kills", "lingers", "severity"),
    [("b true", "no", "warning"), ("b true", "yes", "ok"), ("b false", "no", "ok"), ("", "", "ok")],
)
def test_logging_out(
    monkeypatch: pytest.MonkeyPatch, kills: str, lingers: str, severity: str
) -> None:
    monkeypatch.setattr(health, "_ask", lambda *words: kills if words[0] == "busctl" else lingers)
    assert health.of_logging_out({"USER": "me"}).severity == severity


def test_what_opening_could_not_close_is_wrong(place: Place) -> None:
    place.runs_dir.chmod(0o755)
    found = health.of_permissions(place)
    assert found.severity == "error"
    assert "chmod -R go=" in found.message


def test_locks_of_a_home_are_its_owners_alone(place: Place) -> None:
    with RunLock(place.lock_file("c-1")).held():
        assert health.of_permissions(place).severity == "ok"


class Written:
    """A file as a distribution's RECORD has it."""

    parts = ("actui", "x.py")

    def __init__(self, place: Path, digest: bytes) -> None:
        self._place = place
        value = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        self.hash = importlib.metadata.FileHash(f"sha256={value}")

    def locate(self) -> Path:
        return self._place


def test_what_was_changed_since_it_was_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "x.py"
    file.write_text("x = 1\n")

    class Distribution:
        files = (Written(file, hashlib.sha256(b"x = 1\n").digest()),)

    monkeypatch.setattr(importlib.metadata, "distribution", lambda name: Distribution())

    def said() -> Iterator[tuple[str, str]]:
        return ((one.severity, one.message) for one in health.of_package())

    assert list(said()) == [("ok", "1 file is as installed.")]
    file.write_text("x = 2\n")
    ((severity, message),) = said()
    assert (severity, str(file) in message) == ("error", True)
    file.unlink()
    assert next(said())[0] == "error"
    Distribution.files = ()
    assert next(said())[0] == "ok"


@pytest.mark.parametrize("password", [PASSWORD, "battery staple", None])
def test_the_mail_server_is_tried_and_sent_nothing(
    password: str | None,
    place: Place,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pem = certificate(tmp_path)
    for name, value in (("ACTUI_HOME", place.root), ("SSL_CERT_FILE", pem)):
        monkeypatch.setenv(name, str(value))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    if password is not None:
        monkeypatch.setenv("ACTUI_SECRET_SMTP_PASSWORD", password)

    def mail() -> tuple[int, dict[str, Any]]:
        capsys.readouterr()
        code = main(["doctor", "--json"])
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return code, next(line for line in lines if line["about"] == "mail server")

    with mail_server("starttls", pem) as box:
        settings = Settings(mail=MailServer(host=HERE, port=box.port, username=USER))
        SettingsFile(place).save(settings)
        code, told = mail()
        assert box.received == []
    if password == PASSWORD:
        assert (code, told["severity"]) == (0, "ok")
        assert told["message"] == f"{HERE}:{box.port} takes {USER} as its user; nothing was sent."
        code, told = mail()
        assert (code, "could not be reached" in told["message"]) == (6, True)
    else:
        assert (code, told["severity"]) == (4, "error")
        assert ("refused user name" if password else "secret set smtp-password") in told["message"]


def test_a_schedule_that_nobody_looks_at(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ACTUI_HOME", str(place.root))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    schedule = TimesPerDay(type="times-per-day", times=4)
    connections = Connections(place)

    def told() -> list[str]:
        capsys.readouterr()
        assert main(["doctor", "--offline", "--json"]) == 0
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return [line["severity"] for line in lines if line["about"] == "schedule"]

    connections.save(Connection(name="News", schedule=schedule))
    assert told() == []
    connections.save(Connection(name="News", schedule=schedule, enabled=True))
    assert told() == ["warning"]
    ScheduleClaims(place).record_heartbeat(datetime.now(UTC))
    assert told() == ["ok"]
