"""Marked secrets in every place they can be in, and the search for them in all that comes out.

`python -m tests.bench secrets`. For each place of a secret and each way in which the services
misbehave, every command of the program is carried out, plainly and with --json; the console is
opened and photographed. Then everything is searched: what was printed, every file and database of
the home, what the webhook and the mail server received, and the pictures. A secret may be found in
the file that the user agreed to, and nowhere else; a person only where people are kept.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest.mock import patch

import stamina

from tests.bench.figures import Budget, Figures, budget
from tests.services.contract.listening import exchanges, marking

marking.install()

from actui.app.console_app import ConsoleApp  # noqa: E402  secrets are marked from here on
from actui.cli import grammar  # noqa: E402
from actui.cli import main as actui  # noqa: E402
from actui.context.context import AppContext  # noqa: E402
from actui.context.services import ConsoleServices  # noqa: E402
from actui.model.settings import UNLOCK, MailServer, Settings  # noqa: E402
from store.settings import SettingsFile  # noqa: E402
from tests import canary  # noqa: E402
from tests.process.e2e.processes import sandbox_process  # noqa: E402
from tests.process.e2e.test_canary import ECHOES, NAME, PERSON, SERVICES, echo  # noqa: E402
from tests.process.notifying.servers import (  # noqa: E402
    HERE,
    PASSWORD,
    USER,
    certificate,
    mail_server,
    webhook,
)
from tests.services.contract.listening.marking import MARK  # noqa: E402

PREFIX = f"ACTUI_SECRET_{NAME.upper()}"
KEYS = {"activecampaign": "ACTIVECAMPAIGN_API_KEY", "blueconic": "BLUECONIC_CLIENT_SECRET"}
FIELDS = {"activecampaign": "api_key", "blueconic": "client_secret"}
COMMANDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "apply": (("{file}", "--dry-run"), ("{file}",)),
    "list": ((),),
    "export": ((NAME,),),
    "check": ((NAME,), (NAME, "--online"), ("{file}",)),
    "secret": (("status", NAME), ("status", "smtp-password")),
    "settings": ((), ("set", "mail.sender", "ops@example.com")),
    "doctor": ((), ("--offline",)),
    "preview": ((NAME,),),
    "run": ((NAME, "--dry-run"), (NAME,), (NAME, "--full", "--fresh")),
    "retry": ((NAME,),),
    "stop": ((NAME,),),
    "watch": ((NAME,),),
    "runs": ((NAME,),),
    "outcomes": ((NAME,), (NAME, "--csv")),
    "why": ((NAME, PERSON),),
    "forget": ((PERSON, "--yes", "--offline"),),
    "audit": ((), (NAME,)),
    "paths": ((),),
    "schedule": (("--print-systemd",), ("--print-cron",)),
    "disable": ((NAME,),),
    "enable": ((NAME,),),
    "backup": (("{place}/copy.actui-backup",),),
    "delete": ((NAME, "--yes"),),
}
"""Every command with its words; those that the program does not have yet are passed over."""
ELSEWHERE = {
    "console": "photographed below",
    "demo": "makes a home and secrets of its own",
    "sandbox": "prints its own key in its ready line, which is what it is for",
    "due": "starts processes of its own, which `run` is here",
    "restore": "reads what `backup` has written",
}
PEOPLE_ARE_SHOWN = {"outcomes", "why", "preview", "forget", "backup"}


class Case:
    """One home whose secrets are in one place, with services that behave in one way."""

    def __init__(self, place: Path, ready: dict[str, Any]) -> None:
        self.place, self.ready = place, ready
        self.environ = {
            "ACTUI_HOME": str(place / "home"),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            "HTTPS_PROXY": f"http://someone:{MARK}@proxy.invalid:3128",
            "COLUMNS": "120",
        }
        self.settings: dict[str, Any] = {"request_seconds": 2}
        self.stdin: dict[str, str] = {}

    def secret_of(self, service: str) -> str:
        """What the sandbox takes."""
        return str(self.ready[service][FIELDS[service]])

    def in_environment(self) -> None:
        """As variables."""
        for service, name in KEYS.items():
            self.environ[f"{PREFIX}_{name}"] = self.secret_of(service)
        self.environ["ACTUI_SECRET_SMTP_PASSWORD"] = PASSWORD

    def in_credentials(self) -> None:
        """As systemd hands them over."""
        self._files("credentials")
        self.environ["CREDENTIALS_DIRECTORY"] = str(self.place / "credentials")

    def in_command(self) -> None:
        """As a password manager prints them."""
        self._files("store")
        self.settings["password_command"] = f'cat {self.place}/store/"$ACTUI_SECRET"'

    def _files(self, folder: str) -> None:
        (self.place / folder).mkdir()
        found = {f"{PREFIX}_{name}": self.secret_of(service) for service, name in KEYS.items()}
        for name, value in {**found, "ACTUI_SECRET_SMTP_PASSWORD": PASSWORD}.items():
            (self.place / folder / name).write_text(value)

    def in_file(self) -> None:
        """In a private file of the home."""
        self.settings["secrets_in_file"] = True
        self._typed()

    def in_encrypted_file(self) -> None:
        """In an encrypted file of the home, whose password is one more secret."""
        self.settings["keyring_backend"] = "encrypted-file"
        self.environ[UNLOCK] = f"open {MARK} sesame"
        self._typed()

    def _typed(self) -> None:
        for service, name in KEYS.items():
            self.stdin[name.lower().replace("_", "-")] = self.secret_of(service)


PLACES: dict[str, Callable[[Case], None]] = {
    "environment": Case.in_environment,
    "credentials": Case.in_credentials,
    "password command": Case.in_command,
    "private file": Case.in_file,
    "encrypted file": Case.in_encrypted_file,
}


@contextmanager
def well(_: Case) -> Iterator[dict[str, str]]:
    """Services that do what they should."""
    yield {}


def echoing(form: str, service: str) -> Any:
    """One service repeats what it was sent, as gateways do in their complaints."""

    @contextmanager
    def spoiled(_: Case) -> Iterator[dict[str, str]]:
        with echo(ECHOES[form]) as url:
            yield {service: url}

    return spoiled


@contextmanager
def with_a_bug(case: Case) -> Iterator[dict[str, str]]:
    """An error of actui's own whose text holds a secret and a person."""

    def fail(*_: Any, **__: Any) -> None:
        raise KeyError(f"{case.secret_of('activecampaign')} {PERSON}")

    with patch("actui.sync.run.engine.resolve", fail):
        yield {}


WAYS: dict[str, Any] = {
    "all well": well,
    "a bug": with_a_bug,
    **{
        f"{service} echoes {form}": echoing(form, service)
        for form in ECHOES
        for service in SERVICES
    },
}


class Search:
    """One case lived through, everything that came out of it, and what was found."""

    def __init__(self, case: Case, figures: Figures, name: str) -> None:
        self.case, self.figures, self.name = case, figures, name
        self.posted: list[dict[str, Any]] = []
        self.mails: list[str] = []

    def look(self, what: str, shown: str, *, people: bool = False) -> None:
        """One text that came out."""
        if MARK in shown:
            at = shown.index(MARK)
            self.figures.failed(
                what, f"{self.name}: a secret after {shown[max(at - 90, 0) : at]!r}"
            )
        elif not people and PERSON in shown:
            self.figures.failed(what, f"{self.name}: a person in {shown[-200:]!r}")
        else:
            self.figures.held(what)

    def command(self, *words: str, stdin: str = "") -> int:
        """Carry out a command; what it prints is searched."""
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
        with redirect_stdout(out), redirect_stderr(err), patch("sys.stdin", io.StringIO(stdin)):
            try:
                code = actui(list(words))
            except SystemExit as ended:
                code = int(ended.code or 0)
        self.figures.tally("exit codes", f"{words[0]} {code}")
        told = "".join(_printed(one) for one in (out, err))
        self.look(f"actui {words[0]}", told, people=words[0] in PEOPLE_ARE_SHOWN)
        if "Traceback" in told or (code == 70 and not self.name.endswith("a bug")):
            self.figures.failed(f"actui {words[0]}", f"{self.name}: a bug: {code} {told[-400:]}")
        return code

    def live(self, urls: dict[str, str], hook: str, port: int) -> None:
        """Every command, and the console."""
        case = self.case
        mail = MailServer(host=HERE, port=port, security="starttls", username=USER)
        SettingsFile(AppContext.open().home).save(Settings(mail=mail, **case.settings))
        file = self._file(urls, hook)
        if self.command("apply", str(file)) != 0:
            self.figures.failed("actui apply", f"{self.name}: nothing was applied")
        for name, value in case.stdin.items():
            self.command("secret", "set", NAME, name, stdin=f"{value}\n")
        if case.stdin:
            self.command("secret", "set", "smtp-password", stdin=f"{PASSWORD}\n")
        known = commands()
        for command, ways in COMMANDS.items():
            if command not in known:
                continue
            if command == "delete":
                asyncio.run(self.pictures())
                self.files()
            for words in ways:
                told = [one.format(file=file, place=case.place) for one in words]
                self.command(command, *told)
                if command not in ("backup", "delete"):
                    self.command(command, *told, "--json")

    def _file(self, urls: dict[str, str], hook: str) -> Path:
        ready = self.case.ready
        where = {one: urls.get(one, ready[one]["url"]) for one in SERVICES}
        link = [{"field": "email", "property": "email"}]
        into = {"name": "In", "contacts": "all", "create_profiles": True, "identifiers": link}
        out = {"name": "Out", "segment": "Newsletter readers", "identifiers": link}
        out["mappings"] = [{"from": {"property": "first_name"}, "field": "firstName"}]
        connection = {
            "name": NAME,
            "enabled": True,
            "notify": {"when": "every-run", "recipients": ["ops@example.com"], "webhook": hook},
            "activecampaign": {"url": where["activecampaign"]},
            "blueconic": {"url": where["blueconic"], "client_id": ready["blueconic"]["client_id"]},
            "goals": [{"import": into}, {"export": out}],
        }
        file = self.case.place / "canary.yaml"
        file.write_text(json.dumps({"version": 1, "connection": connection}))
        file.chmod(0o600)
        return file

    async def pictures(self) -> None:
        """The console's pages, photographed as they are gone through."""
        with ConsoleServices(AppContext.open()) as services:
            app = ConsoleApp(services)
            async with app.run_test(size=(100, 60), notifications=True) as pilot:
                for key in ("", "enter", "f1", "escape", "f3", "escape", "f7", "escape", "escape"):
                    if key:
                        await pilot.press(key)
                    await pilot.pause()
                    self.look("pictures of the console", app.export_screenshot())

    def end(self) -> None:
        """What was written and sent."""
        for one in self.posted:
            self.look("webhooks", json.dumps(one))
        for mail in self.mails:
            self.look("mails", mail)
        self.files()

    def files(self) -> None:
        """Everything that is written by now."""
        leaks = list(canary.leaks_in(self.case.place))
        for leak in leaks:
            self.figures.failed("files and databases", f"{self.name}: {leak}")
        if not leaks:
            files = sum(1 for file in self.case.place.rglob("*") if file.is_file())
            self.figures.line("files and databases").tried += files
            self.figures.line("files and databases").held += files


def _printed(stream: io.TextIOWrapper) -> str:
    stream.flush()
    held: Any = stream.buffer
    return str(held.getvalue().decode("utf-8", "replace"))


def commands() -> set[str]:
    """Every command of the program's grammar."""
    (chosen,) = (one for one in grammar()._actions if one.dest == "command")
    return set(chosen.choices or ())


def lived(place_of_secret: str, way: str, ready: dict[str, Any], figures: Figures) -> None:
    """One cell: secrets in one place, services that behave in one way."""
    with tempfile.TemporaryDirectory(prefix="actui-secrets-") as folder, ExitStack() as kept:
        place = Path(folder)
        case = Case(place, ready)
        PLACES[place_of_secret](case)
        pem = certificate(place)
        search = Search(case, figures, f"{place_of_secret}, {way}")
        kept.enter_context(patch.dict(os.environ, {**case.environ, "SSL_CERT_FILE": str(pem)}))
        kept.enter_context(stamina.set_testing(True, attempts=2))
        hook, search.posted = kept.enter_context(webhook())
        box = kept.enter_context(mail_server("starttls", pem))
        urls = kept.enter_context(WAYS[way](case))
        search.live(urls, hook, box.port)
        search.mails = [str(message) for _, message in box.received]
        search.end()


def play(given: Budget, figures: Figures) -> None:
    """All cells, in an order drawn by the seed."""
    cells = [(place, way) for place in PLACES for way in WAYS]
    cells = [one for one in cells if given.only in f"{one[0]}, {one[1]}"]
    given.draw.shuffle(cells)
    with marked(), sandbox_process("--contacts", "5", "--profiles", "5") as ready:
        assert MARK in ready["activecampaign"]["api_key"]
        for done, (place, way) in enumerate(cells):
            if given.is_spent(done):
                return
            lived(place, way, ready, figures)
            figures.tally("places", place)


@contextmanager
def marked() -> Iterator[None]:
    """Processes that are started meanwhile mark the secrets they make."""
    with tempfile.TemporaryDirectory() as place:
        hook = str(Path(exchanges.__file__).parent)
        path = os.pathsep.join([hook, os.environ.get("PYTHONPATH", "")])
        with patch.dict(os.environ, {exchanges.PLACE: place, "PYTHONPATH": path}):
            yield


def main(argv: Sequence[str]) -> int:
    """Print the table; 1 where a secret or a person was found."""
    about = "Marked secrets, searched for in all that is written, sent and printed."
    cells = len(PLACES) * len(WAYS)
    given = budget(argv, "secrets", about, count=cells, counts="cells", only="cell")
    figures = Figures("secrets", given.seed)
    play(given, figures)
    return figures.ended(as_json=given.as_json)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
