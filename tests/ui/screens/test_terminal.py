"""The console on a real pseudo-terminal: a run is started, watched, left by a hang-up, found."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from actui import exitcodes
from actui.app.terminal import clipboard_codes
from actui.context.context import AppContext
from tests.process.e2e.processes import ACTUI, Control, Home, sandbox_process
from tests.ui.screens.terminals import (
    CTRL_Q,
    DOWN,
    ENTER,
    ESCAPE,
    F5,
    Terminal,
    on_fakes,
    typed,
)


@pytest.fixture(scope="module")
def ready() -> Iterator[dict[str, Any]]:
    with sandbox_process(
        "--contacts", "200", "--profiles", "200", "--limits", "off", "--switch", "batch-speed=fast"
    ) as line:
        yield line


def test_what_a_process_wrote_before_it_ended_is_read() -> None:
    with Terminal(dict(os.environ), "--version") as terminal:
        terminal.process.wait()
        assert terminal.ended() == exitcodes.OK
        assert "actui" in terminal.text


def is_running(home: Home) -> bool:
    told = subprocess.run(
        [*ACTUI, "list", "--json"], env=home.environ, capture_output=True, text=True, check=True
    )
    return bool(json.loads(told.stdout)["running"])


async def test_a_run_outlives_its_terminal_and_the_next_console_shows_its_end(
    home: Home, control: Control
) -> None:
    await control.hold_contacts()
    with Terminal(home.environ) as first:
        first.shows("Demo")
        first.press(ENTER)
        first.shows("Set up and run")
        first.press(F5)
        first.shows("running")
        first.hang_up()
        assert first.ended() == 0
    assert is_running(home)
    with Terminal(home.environ) as second:
        second.shows("running")
        second.press(ENTER)
        second.shows("Set up and run")
        second.press(F5)
        second.shows("running")
        await control.post("/release")
        second.shows("finished")
        second.press(ESCAPE)
        second.shows("Set up and run")
        second.press(CTRL_Q)
        assert second.ended() == 0
    assert not is_running(home)


def test_escape_is_a_key_of_its_own_whatever_comes_close_behind_it() -> None:
    with on_fakes("connection") as terminal:
        terminal.shows("palette")
        terminal.press(ENTER)
        terminal.shows("Set up and run")
        terminal.press(f"{ESCAPE}a")
        terminal.shows("Add connection")
        # within the time in which Textual waits for more
        terminal.press(ESCAPE, f"{typed('f9')}{ESCAPE}", ENTER)
        terminal.shows("Set up and run")


async def test_credentials_are_tested_and_a_stray_byte_does_no_harm(home: Home) -> None:
    with Terminal(home.environ, columns=60, rows=20) as terminal:
        terminal.shows("Demo")
        terminal.type_bytes(b"\xe9")
        terminal.press(DOWN, ENTER)
        terminal.shows("Set up and run")
        terminal.press("\x14")
        terminal.shows("lists can be read")
        terminal.press(CTRL_Q)
        assert terminal.ended() == 0


async def test_sigterm_gives_the_terminal_back(home: Home) -> None:
    with Terminal(home.environ) as terminal:
        terminal.shows("Demo")
        terminal.press()
        terminal.process.terminate()
        assert terminal.ended() == 0
        assert terminal.left_the_alternate_screen


@pytest.mark.parametrize("extra", [{"NO_COLOR": "1"}, {"TERM": "linux"}, {"TERM": "screen"}])
async def test_it_opens_on_plain_terminals(home: Home, extra: dict[str, str]) -> None:
    with Terminal(home.environ | extra) as terminal:
        terminal.shows("Demo")
        if "NO_COLOR" in extra:
            assert not terminal.colours
        terminal.press(CTRL_Q)
        assert terminal.ended() == 0


async def test_text_goes_to_the_clipboard_of_the_terminal(home: Home) -> None:
    with Terminal(home.environ | {"TMUX": "/tmp/none,1,0"}) as terminal:
        terminal.shows("Demo")
        terminal.press(ENTER)
        terminal.shows("Set up and run")
        terminal.press("y")
        terminal.shows("Sent to your terminal's clipboard")
        plain, through = terminal.clipboard
        assert plain == through
        assert "ActiveCampaign" in plain
        terminal.press(CTRL_Q)
        assert terminal.ended() == 0


def test_what_no_terminal_takes_is_not_sent() -> None:
    assert clipboard_codes("x" * 56_000, in_tmux=False).endswith("\x07")
    assert clipboard_codes("x" * 57_000, in_tmux=False) == ""


def test_the_tour_says_that_it_is_one_and_leaves_nothing(tmp_path: Path) -> None:
    place, home = tmp_path / "place", tmp_path / "home"
    place.mkdir()
    environ = elsewhere(place) | {"ACTUI_HOME": str(home)}
    with Terminal(environ) as console:
        console.shows("Take the tour")
        console.press("t")
        console.shows("tour: both services are simulated")
        console.shows("Demo")
        assert list(place.glob("actui-demo-*"))
        console.press("q")
        assert console.ended() == 0
    assert not list(place.glob("actui-demo-*"))
    assert not list((home / "runs").iterdir())


@pytest.mark.parametrize(
    ("sent", "codes"),
    [
        (signal.SIGTERM, {exitcodes.STOPPED}),
        # a run that has begun outlives its terminal
        (signal.SIGHUP, {exitcodes.STOPPED, exitcodes.OK}),
    ],
)
def test_a_tour_that_is_cut_off_leaves_nothing(
    sent: signal.Signals, codes: set[int], tmp_path: Path
) -> None:
    early = subprocess.Popen([*ACTUI, "demo", "--headless"], env=elsewhere(tmp_path))
    while not list(tmp_path.iterdir()):
        pass
    early.send_signal(sent)
    assert early.wait() in codes
    assert not list(tmp_path.iterdir())


def test_the_tours_services_end_with_it_whatever_ends_it(tmp_path: Path) -> None:
    with Terminal(elsewhere(tmp_path), "demo") as console:
        console.shows("Demo")
        home = next(tmp_path.glob("actui-demo-*"))
        demo = AppContext.open({"ACTUI_HOME": str(home)}).connections.all()[0].connection
        with httpx.Client(base_url=demo.blueconic.url) as http:
            assert http.get("/").status_code
            console.process.kill()
            while answers(http):
                pass


def elsewhere(place: Path) -> dict[str, str]:
    """An environment in which a tour's home is made in this place."""
    return {**os.environ, "TMPDIR": str(place)}


def answers(http: httpx.Client) -> bool:
    try:
        http.get("/")
    except httpx.TransportError:
        return False
    return True


def test_a_sentence_in_passing_leaves_no_trace_on_a_page_that_was_scrolled_meanwhile() -> None:
    with on_fakes("connection") as terminal:
        terminal.shows("palette")
        terminal.press(ENTER)
        terminal.shows("Set up and run")
        terminal.press(typed("ctrl+o"), typed("ctrl+s"))
        terminal.shows("Saved.")
        # the answers are scrolled to
        terminal.press(typed("ctrl+t"))
        terminal.is_gone("Saved.")
