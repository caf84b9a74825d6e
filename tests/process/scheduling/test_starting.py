"""How a run is started: as a unit of the user's systemd where there is one to ask."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from actui.model.connection import Connection
from actui.operations.launching import SCHEDULE, Starter
from store.home import Home

CONNECTION = Connection(id="c-1", name="News")
SECRET = "ACTUI_SECRET_NEWS_ACTIVECAMPAIGN_API_KEY"


class Machine:
    """A machine whose systemd is two scripts that write down what they are asked."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.asked = place / "asked"
        self.environ = {
            "PATH": f"{place}:{os.environ['PATH']}",
            "ACTUI_HOME": str(place / "home"),
            SECRET: "hush-c0ffee5ec2e7",
            "SOMETHING_ELSE": "x",
            **{name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ},
        }
        self.home = Home.open(self.environ)

    def script(self, name: str, *lines: str) -> None:
        file = self.place / name
        file.write_text("\n".join(("#!/bin/sh", *lines, "")))
        file.chmod(0o700)

    def start(self, **more: str) -> str:
        starter = Starter(self.home, self.environ | more, SCHEDULE)
        said = starter.start(CONNECTION)
        for process in starter._going:
            os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
        self.ended = starter.ended()
        return said


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path)
    made.script("systemctl", "echo running")
    made.script("systemd-run", f'printf "%s\\n" "$@" > "{made.asked}"')
    return made


def test_a_user_manager_gets_a_unit_and_no_secret_on_its_command_line(machine: Machine) -> None:
    assert "unit of your systemd" in machine.start()
    words = machine.asked.read_text().splitlines()
    assert words[0] == "--user"
    assert f"--setenv={SECRET}" in words
    assert "--setenv=ACTUI_HOME" in words
    assert not any("hush-c0ffee5ec2e7" in word or "SOMETHING" in word for word in words)
    tail = words[words.index("--") + 2 :]
    assert tail == ["-P", "-m", "actui", "run", "c-1", "--trigger", "schedule"]
    assert machine.ended == []


@pytest.mark.parametrize("why", ["offline", "refused", "credentials"])
def test_elsewhere_a_run_gets_a_session_of_its_own(machine: Machine, why: str) -> None:
    more = {}
    if why == "offline":
        machine.script("systemctl", "echo offline", "exit 1")
    elif why == "refused":
        machine.script("systemd-run", "exit 1")
    else:
        # what systemd gave to this unit, no other unit can read
        more = {"CREDENTIALS_DIRECTORY": str(machine.place)}
    log = machine.home.log_file("c-1")
    another = machine.home.log_file("c-1-last")
    another.touch()
    log.write_text("what an earlier run said\n" * 100)
    assert "session of its own" in machine.start(**more)
    # there is no such connection in this home: the run ends at once and says so in its log
    assert machine.ended == [("News", 2)]
    assert "There is no connection 'c-1'" in log.read_text()
    assert "earlier" not in log.read_text()
    # it may name people: it goes with its connection
    machine.home.forget("c-1")
    assert not log.exists()
    assert another.exists()
