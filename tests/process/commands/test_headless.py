"""A host as a container is: no session bus, no key store, hardly an environment. Real processes."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.process import forked
from tests.process.e2e.processes import sandbox_process
from tests.ui.screens.terminals import Terminal

KEY, SECRET = "activecampaign-api-key", "blueconic-client-secret"
HANGING = """
import time
from keyring.backend import KeyringBackend

class Hanging(KeyringBackend):
    priority = 1
    def get_password(self, *_):
        time.sleep(600)
    set_password = delete_password = get_password
"""


class Container:
    """A home, a sandbox and nothing else; the environment is what is said here."""

    def __init__(self, place: Path, ready: dict[str, Any]) -> None:
        self.place, self.ready = place, ready
        (place / "nobody").mkdir()
        self.environ = {
            "ACTUI_HOME": str(place / "home"),
            "HOME": str(place / "nobody"),
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
        }
        if "PYTHONPATH" in os.environ:
            self.environ["PYTHONPATH"] = os.environ["PYTHONPATH"]
        schedule = {"type": "times-per-day", "times": 1}
        goal = {"name": "In", "contacts": "all", "create_profiles": True}
        goal |= {"identifiers": [{"field": "email", "property": "email"}]}
        (place / "news.json").write_text(
            json.dumps(
                {
                    "version": 1,
                    "connection": {
                        "name": "News",
                        "enabled": True,
                        "schedule": schedule,
                        "activecampaign": {"url": ready["activecampaign"]["url"]},
                        "blueconic": {
                            "url": ready["blueconic"]["url"],
                            "client_id": ready["blueconic"]["client_id"],
                        },
                        "goals": [{"import": goal}],
                    },
                }
            )
        )
        assert self.actui("apply", str(place / "news.json")).returncode == 0

    def actui(self, *words: str, told: str = "") -> subprocess.CompletedProcess[str]:
        """A command of the program, to its end."""
        return forked.run(*words, environ=self.environ, cwd=self.place / "nobody", stdin=told)

    def lines(self, *words: str) -> list[dict[str, Any]]:
        """What a command says to programs."""
        return [json.loads(line) for line in self.actui(*words, "--json").stdout.splitlines()]

    def type_secret(self, which: str, value: str, *answers: tuple[str, str]) -> None:
        """`actui secret set` on a terminal, with what is asked and answered after the secret."""
        with Terminal(self.environ, "secret", "set", "News", which) as terminal:
            for asks, answer in ((":", value), *answers):
                terminal.shows(asks)
                terminal.press(answer, "\r")
            assert terminal.ended() == 0, terminal.text
            shown = terminal.text
        assert value not in shown
        assert f"{which}: " in shown

    def scheduled_run(self) -> dict[str, Any]:
        """What is due is started, by cron's own command, and has ended."""
        (turn,) = self.lines("due")
        assert turn["done"] == "started", turn
        while not (runs := self.lines("runs", "News")) or runs[0]["ended"] is None:
            time.sleep(0.05)  # for the processor's sake: asking is work
        return runs[0]


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Container]:
    with sandbox_process("--contacts", "20", "--profiles", "20", "--limits", "off") as ready:
        yield Container(tmp_path, ready)


def refused(done: subprocess.CompletedProcess[str], words: str) -> None:
    """One sentence and the exit code of credentials."""
    assert done.returncode == 4, done.stderr
    assert done.stderr.count("\n") == 1
    assert words in done.stderr


def test_an_encrypted_file_that_was_chosen(container: Container) -> None:
    key = container.ready["activecampaign"]["api_key"]
    secret = container.ready["blueconic"]["client_secret"]
    first = ("none of them:", "1"), ("for it:", "open sesame"), ("Once more:", "open sesame")
    container.type_secret(KEY, key, *first)
    # from now on only its password is asked for
    container.type_secret(SECRET, secret, ("encrypted file:", "open sesame"))
    kept = (container.place / "home" / "keyring.cfg").read_text()
    assert not any(word in kept for word in (key, secret, "sesame"))

    status = container.actui("secret", "status", "News")
    assert status.returncode == 4
    assert status.stdout.count("needs its password in ACTUI_KEYRING_PASSWORD") >= 2
    refused(container.actui("run", "News"), "needs its password in ACTUI_KEYRING_PASSWORD")
    container.environ["ACTUI_KEYRING_PASSWORD"] = "open barley"
    refused(container.actui("run", "News"), "does not open")
    container.environ["ACTUI_KEYRING_PASSWORD"] = "open sesame"
    assert {one["source"] for one in container.lines("secret", "status", "News")} == {
        "the encrypted file"
    }
    assert container.scheduled_run()["ok"]


def test_a_password_command_that_was_chosen(container: Container) -> None:
    store = container.place / "store"
    store.mkdir()
    for name, value in (
        ("ACTUI_SECRET_NEWS_ACTIVECAMPAIGN_API_KEY", container.ready["activecampaign"]["api_key"]),
        (
            "ACTUI_SECRET_NEWS_BLUECONIC_CLIENT_SECRET",
            container.ready["blueconic"]["client_secret"],
        ),
    ):
        (store / name).write_text(f"{value}\n")
    command = f'cat "{store}/$ACTUI_SECRET"'
    container.type_secret(KEY, "anything", ("none of them:", "2"), ("API_KEY", command))
    found = container.lines("secret", "status", "News")
    assert [one["source"] for one in found] == ["the password command"] * 2
    assert [one["scheduled_source"] for one in found] == ["the password command"] * 2
    assert container.scheduled_run()["ok"]
    (store / "ACTUI_SECRET_NEWS_BLUECONIC_CLIENT_SECRET").write_text("wrong\n")
    refused(container.actui("run", "News", "--fresh"), "BlueConic")


def test_a_private_file_that_was_chosen(container: Container) -> None:
    key = container.ready["activecampaign"]["api_key"]
    container.type_secret(KEY, key, ("none of them:", "3"))
    secret = container.ready["blueconic"]["client_secret"]
    assert container.actui("secret", "set", "News", SECRET, told=f"{secret}\n").returncode == 0
    assert (container.place / "home" / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert all(one["scheduled"] for one in container.lines("secret", "status", "News"))
    assert container.scheduled_run()["ok"]


def test_what_did_not_work_is_taken_back(container: Container) -> None:
    for asks, answers, said in (
        (("1", "one", "two"), ("none of them:", "for it:", "Once more:"), "not the same"),
        (("2", "exit 3"), ("none of them:", "API_KEY"), "failed with code 3"),
        (("2", "true"), ("none of them:", "API_KEY"), "printed nothing"),
        (("",), ("none of them:",), "no key store"),
    ):
        with Terminal(container.environ, "secret", "set", "News", KEY) as terminal:
            terminal.shows(":")
            terminal.press("hush-c0ffee5ec2e7", "\r")
            for question, answer in zip(answers, asks, strict=True):
                terminal.shows(question)
                terminal.press(answer, "\r")
            assert terminal.ended() in (2, 4)
            assert said in terminal.text
        settings = container.lines("settings")[0]
        assert settings["keyring_backend"] is None
        assert settings["password_command"] is None


def test_a_password_command_that_hangs_is_asked_once_and_ended(container: Container) -> None:
    asked = container.place / "asked"
    command = f'echo $$ >> "{asked}"; sleep 600; true'
    assert container.actui("settings", "set", "password_command", command).returncode == 0
    refused(container.actui("run", "News"), "did not end within 3 s")
    status = container.actui("secret", "status", "News")
    assert status.returncode == 4
    # once by the run, then once here and once as a scheduled run would
    shells = asked.read_text().split()
    assert len(shells) == 3
    assert not set(shells) & living_groups()


def living_groups() -> set[str]:
    """The process groups in which something still runs."""
    found = set()
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, group = file.read_text().rpartition(")")[2].split()[:3]
            if state != "Z":
                found.add(group)
    return found


def test_a_store_that_never_answers_keeps_nobody(container: Container) -> None:
    (container.place / "hangingstore.py").write_text(HANGING)
    path = [str(container.place), container.environ.get("PYTHONPATH", "")]
    container.environ["PYTHONPATH"] = os.pathsep.join(path)
    assert container.actui("settings", "set", "keyring_backend", "hangingstore.Hanging")
    refused(container.actui("run", "News"), "it is locked")
    refused(container.actui("check", "News", "--online"), "it is locked")
    done = container.actui("secret", "set", "News", KEY, told="hush-c0ffee5ec2e7\n")
    refused(done, "it is locked")
    status = container.actui("secret", "status", "News")
    assert (status.returncode, status.stderr.count("\n")) == (4, 1)
    # what is due tells the same, in the history
    run = container.scheduled_run()
    assert (run["state"], run["code"]) == ("FAILED", "key-store-locked")
