"""What `actui schedule` prints for systemd and cron is taken by them as it is."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from actui.commands.units import cron_line, systemd_unit
from actui.model.settings import ENCRYPTED_FILE, Settings
from store.home import Home

SETTINGS = Settings()
ODD = "a home 100%$HOME"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.open({"ACTUI_HOME": str(tmp_path / ODD)})


def test_the_unit_names_this_home_and_this_python(home: Home) -> None:
    unit = systemd_unit(home, SETTINGS, ["News & more"])
    lines = unit.splitlines()
    assert f"ExecStart={sys.executable} -P -m actui schedule" in unit.replace('"', "").splitlines()
    (environment,) = [line for line in lines if line.startswith("Environment=")]
    assert environment == f'Environment="ACTUI_HOME={str(home.root).replace("%", "%%")}"'
    assert "KillMode=process" in lines
    assert "#LoadCredential=ACTUI_SECRET_NEWS___MORE_ACTIVECAMPAIGN_API_KEY:" in unit
    assert "enable-linger" in unit


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze to ask")
def test_systemd_finds_nothing_wrong_with_the_unit(home: Home, tmp_path: Path) -> None:
    file = tmp_path / "actui-schedule.service"
    # with its credentials switched on: those lines must be right too
    file.write_text(systemd_unit(home, SETTINGS, ["News & more"]).replace("#Load", "Load") + "\n")
    asked = ["systemd-analyze", "verify", "--man=no", str(file)]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    mine = [line for line in done.stderr.splitlines() if file.name in line]
    assert mine == []


def test_what_the_unit_starts_looks_and_ends_at_a_signal(home: Home) -> None:
    unit = systemd_unit(home, SETTINGS, [])
    said = dict(line.split("=", 1) for line in unit.splitlines() if line[:1].isalpha())
    (variable,) = shlex.split(said["Environment"].replace("%%", "%"))
    words = shlex.split(said["ExecStart"].replace("%%", "%").replace("$$", "$"))
    place = os.environ.get("PYTHONPATH", str(Path.cwd()))
    environ = {"PATH": "/usr/bin:/bin", "PYTHONPATH": place}
    name, _, value = variable.partition("=")
    process = subprocess.Popen(
        words,
        env=environ | {name: value},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    while not home.heartbeat_file.exists():
        assert process.poll() is None
    process.terminate()
    out, _ = process.communicate()
    assert process.returncode == 0
    assert [line.partition("Z ")[2] for line in out.splitlines()] == [
        "the scheduler looks what is due",
        "the scheduler ends; runs that were started go on",
    ]


def test_the_password_of_the_encrypted_file_has_its_line(home: Home) -> None:
    line = "#LoadCredential=ACTUI_KEYRING_PASSWORD:%h/.config/actui/ACTUI_KEYRING_PASSWORD"
    assert line not in systemd_unit(home, SETTINGS, ["News"])
    chosen = Settings(keyring_backend=ENCRYPTED_FILE)
    assert line in systemd_unit(home, chosen, []).splitlines()


def test_the_crontab_line_runs_with_nothing_but_what_cron_gives(home: Home) -> None:
    *notes, line = cron_line(home).splitlines()
    assert all(note.startswith("#") for note in notes)
    when, command = re.fullmatch(r"(\* \* \* \* \*) (.*)", line).groups()
    assert not re.search(r"(?<!\\)%", command)
    seen = home.heartbeat_file
    assert not seen.exists()
    done = subprocess.run(
        ["/bin/sh", "-c", command.replace("\\%", "%")],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": os.environ.get("PYTHONPATH", str(Path.cwd()))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert seen.exists()
