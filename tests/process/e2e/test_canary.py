"""Scenarios with all that can go wrong around secrets; nothing of them shows one, or a person.

The services here repeat what they were sent, as gateways and libraries do in their complaints.
"""

from __future__ import annotations

import json
import re
import socketserver
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

import pytest
import stamina
import yaml
from textual.pilot import Pilot
from textual.widgets import Button, Input

from actui.app.console_app import ConsoleApp
from actui.cli import main
from actui.context.context import AppContext
from actui.context.services import ConsoleServices
from actui.model.settings import MailServer, Settings
from screens.base import TextLine
from screens.connection_page import ConnectionScreen
from store.settings import SettingsFile
from tests import canary
from tests.process.e2e.processes import sandbox_process
from tests.process.notifying.servers import HERE, PASSWORD, USER, certificate, mail_server, webhook
from tests.services.contract.listening.marking import MARK
from tests.ui.screens.goalpages import seen, until

PERSON = "canary.person@somewhere.example"
NAME = "Canary"
SERVICES = ("activecampaign", "blueconic")
KEY, SECRET = f"deadbeef{MARK}deadbeef", f"s3cr3t/{MARK}+x"


def answer(status: int, body: str) -> str:
    length = len(body.encode())
    return f"HTTP/1.1 {status} No\r\nServer: echo\r\nContent-Length: {length}\r\n\r\n{body}"


ECHOES: dict[str, Callable[[str], str]] = {
    "status-line": lambda sent: f"{sent}\r\n\r\n",
    "header": lambda sent: f"HTTP/1.1 200 OK\r\n{sent} broken\r\n\r\n",
    "json-400": lambda sent: answer(400, json.dumps({"message": f"bad {sent} of {PERSON}"})),
    "json-422": lambda sent: answer(422, json.dumps({"errors": [{"title": "x", "detail": sent}]})),
    "oauth": lambda sent: answer(401, json.dumps({"error": "x", "error_description": sent})),
    "text-403": lambda sent: answer(403, f"denied: {sent}"),
    "text-500": lambda sent: answer(500, f"failed for {PERSON}: {sent}"),
    "redirect": lambda sent: (
        f"HTTP/1.1 302 No\r\nServer: echo\r\nLocation: https://{sent}/\r\n\r\n"
    ),
}
"""What a server makes of the words with a secret that it was sent."""


@contextmanager
def echo(form: Callable[[str], str]) -> Iterator[str]:
    """A server that answers every request with the words of it that hold a secret."""

    class Echo(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            head = b""
            while (line := self.rfile.readline()) not in (b"\r\n", b""):
                head += line
            length = re.search(rb"(?i)content-length: (\d+)", head)
            body = self.rfile.read(int(length[1])) if length else b""
            sent = re.split(r"[\s&=]+", (head + body).decode())
            told = " ".join(word for word in sent if MARK in word)
            self.wfile.write(form(told).encode())

    with socketserver.ThreadingTCPServer((HERE, 0), Echo) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://{HERE}:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def ready() -> Iterator[dict[str, Any]]:
    with sandbox_process("--contacts", "5", "--profiles", "5") as line:
        yield line


class Scene:
    """A home in this process that notifies by mail and webhook."""

    def __init__(self, place: Path, environ: pytest.MonkeyPatch, ready: dict[str, Any]) -> None:
        self.place, self.ready = place, ready
        for name, value in {
            "ACTUI_HOME": str(place / "home"),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            "ACTUI_SECRET_CANARY_ACTIVECAMPAIGN_API_KEY": ready["activecampaign"]["api_key"],
            "ACTUI_SECRET_CANARY_BLUECONIC_CLIENT_SECRET": ready["blueconic"]["client_secret"],
            "ACTUI_SECRET_SMTP_PASSWORD": PASSWORD,
        }.items():
            environ.setenv(name, value)

    def settles(self, **mail: Any) -> None:
        home = AppContext.open().home
        SettingsFile(home).save(Settings(mail=MailServer(host=HERE, **mail), request_seconds=2))

    def points_at(self, hook: str, **urls: str) -> None:
        """Store the connection with services at other addresses."""
        goal = {"name": "In", "contacts": "all", "create_profiles": True}
        goal |= {"identifiers": [{"field": "email", "property": "email"}]}
        where = {
            one: urls.get(one, self.ready[one]["url"]) for one in ("activecampaign", "blueconic")
        }
        account = {"url": where["blueconic"], "client_id": self.ready["blueconic"]["client_id"]}
        connection = {
            "name": NAME,
            "enabled": True,
            "notify": {"when": "every-run", "recipients": ["ops@example.com"], "webhook": hook},
            "activecampaign": {"url": where["activecampaign"]},
            "blueconic": account,
            "goals": [{"import": goal}],
        }
        file = self.place / "canary.yaml"
        file.write_text(yaml.safe_dump({"version": 1, "connection": connection}))
        assert main(["apply", str(file)]) == 0

    def everything(self) -> list[int]:
        """Each command that talks to a service or reads what was written about it."""
        return [
            main([*words, "--json"])
            for words in (
                ["check", NAME, "--online"],
                ["run", NAME, "--fresh"],
                ["runs", NAME],
                ["audit", NAME],
            )
        ] + [main(["doctor"]), main(["run", NAME]), main(["runs", NAME])]


def searched(place: Path, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    """Search all that was printed, written and sent; what was printed."""
    printed = "".join(capsys.readouterr())  # searched for secrets by the suite's own watch
    for shown in (printed, *more):
        assert PERSON not in shown
        assert "canary.person" not in shown
    assert list(canary.leaks_in(place)) == []
    return printed


@pytest.mark.parametrize("form", ECHOES.values(), ids=ECHOES)
def test_services_that_repeat_what_they_are_sent(
    form: Callable[[str], str],
    ready: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    scene = Scene(tmp_path, monkeypatch, ready)
    pem = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with (
        stamina.set_testing(True, attempts=2),
        webhook() as (hook, posted),
        mail_server("starttls", pem) as box,
        echo(form) as url,
    ):
        scene.settles(port=box.port, username=USER)
        for service in SERVICES:
            scene.points_at(hook, **{service: url})
            codes = scene.everything()
            assert 70 not in codes
            assert codes[1] != 0
    assert posted
    assert box.received
    sent = [json.dumps(posted), *(str(message) for _, message in box.received)]
    printed = searched(tmp_path, capsys, *sent)
    assert "ActiveCampaign" in printed


def test_a_run_that_goes_well(
    ready: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """People are in the ledger alone, secrets nowhere."""
    scene = Scene(tmp_path, monkeypatch, ready)
    with webhook() as (hook, posted):
        scene.points_at(hook)
        assert scene.everything()[:4] == [0, 0, 0, 0]
    assert main(["outcomes", NAME]) == 0
    shown = capsys.readouterr().out
    people = set(re.findall(r"[\w.+-]+@[\w.-]+", shown)) - {"ops@example.com", USER}
    assert len(people) >= 3
    home = AppContext.open().home
    files = {file: file.read_bytes() for file in home.root.rglob("*") if file.is_file()}
    holding = {file.relative_to(home.root).parts[0] for file, held in files.items()
               if any(one.encode() in held for one in people)}  # fmt: skip
    assert holding == {"ledgers"}
    assert not any(one in json.dumps(posted) for one in people)
    searched(tmp_path, capsys)


def test_a_bug_whose_text_holds_a_secret_and_a_person(
    ready: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    scene = Scene(tmp_path, monkeypatch, ready)

    def fail(*_: Any, **__: Any) -> None:
        raise KeyError(f"{ready['activecampaign']['api_key']} {PERSON}")

    with webhook() as (hook, posted):
        scene.points_at(hook)
        monkeypatch.setattr("actui.sync.run.engine.resolve", fail)
        assert main(["run", NAME, "--json"]) == 70
    crashes = list(AppContext.open().home.logs_dir.glob("crash-*"))
    assert len(crashes) == 1
    searched(tmp_path, capsys, crashes[0].read_text(), json.dumps(posted))


def answered(app: ConsoleApp, words: str) -> bool:
    """Whether the tests of both services have ended with these words."""
    panels = [app.screen.query_one(f"#{one}-answer", TextLine) for one in SERVICES]
    return all(words in panel.text for panel in panels)


@asynccontextmanager
async def console() -> AsyncIterator[tuple[ConsoleApp, Pilot[str]]]:
    """The console on the home of this test, which closes what it has opened."""
    with ConsoleServices(AppContext.open()) as services:
        app = ConsoleApp(services)
        async with app.run_test(size=(100, 60), notifications=True) as pilot:
            yield app, pilot


@pytest.mark.parametrize("form", ["json-400", "oauth"])
async def test_the_console_with_typed_secrets(
    form: str, ready: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test of each service; the fields hide what is typed, the picture of the page too."""
    scene = Scene(tmp_path, monkeypatch, ready)
    with stamina.set_testing(True, attempts=2), echo(ECHOES[form]) as url:
        scene.settles()
        # a command of its own would not run within this test's event loop
        connection = {
            "id": "c-1",
            "name": NAME,
            "activecampaign": {"url": url},
            "blueconic": {"url": url, "client_id": "c"},
        }
        text = yaml.safe_dump({"version": 1, "connection": connection})
        (tmp_path / "canary.yaml").write_text(text)
        assert main(["apply", str(tmp_path / "canary.yaml")]) == 0
        async with console() as (app, pilot):
            await until(pilot, lambda: NAME in seen(pilot))
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, ConnectionScreen))
            for field, typed in (("#activecampaign-key", KEY), ("#blueconic-secret", SECRET)):
                app.screen.query_one(field, Input).value = f" \ufeffApi-Token: {typed}\u200b"
            for service in SERVICES:
                app.screen.query_one(f"#test-{service}", Button).press()
            await until(pilot, lambda: answered(app, "✗"))
            canary.check(app.export_screenshot(), "the picture")
            canary.check(seen(pilot), "the page")
            for field, bad in (("#activecampaign-key", "a\nb"), ("#blueconic-secret", "ä")):
                app.screen.query_one(field, Input).value = f"{MARK}{bad}"
            for service in SERVICES:
                app.screen.query_one(f"#test-{service}", Button).press()
            await until(pilot, lambda: answered(app, "cannot be sent"))
            canary.check(app.export_screenshot(), "the picture")
    assert list(canary.leaks_in(tmp_path)) == []


def test_the_search_finds_what_it_is_for() -> None:
    # not in the suite's own folder, which is searched at the end
    with TemporaryDirectory() as place:
        home = Path(place)
        for folder in ("runs", "logs", "ledgers"):
            (home / folder).mkdir(parents=True)
        (home / "connections.json").write_text('{"recipients": ["ops@example.com"]}')
        (home / "secrets.json").write_text(MARK)
        (home / "ledgers" / "c-1.db").write_bytes(b"anna@x.org")
        (home / "runs" / "c-1.json").write_text("told ops@example.com")
        assert list(canary.leaks_in(home)) == []
        (home / "runs" / "c-1.json").write_text("failed for anna@x.org")
        (home / "ledgers" / "c-1.db-wal").write_bytes(b"\0" + MARK.encode())
        found = sorted(canary.leaks_in(home))
    assert [line.rpartition("/")[2] for line in found] == [
        "c-1.db-wal holds a secret",
        "c-1.json holds the address anna@x.org",
    ]
    with pytest.raises(canary.Leak):
        canary.check(f"x {MARK}", "a text")
    canary.FOUND.pop()
