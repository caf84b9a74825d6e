"""Short texts and status arrows."""

from __future__ import annotations

import pytest

from actui.console.formatting import ASCII, UNICODE, duration, moment, percent, plain
from actui.console.views.status_arrows import ArrowState, arrows
from actui.model.connection import Connection
from actui.model.findings import Finding
from actui.model.run import GoalSummary, RunState, RunSummary


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb", "a[31mb"),
        ("a\u202eb", "ab"),
        ("a\nb", "a b"),
        ("\ud800", "\ufffd"),
        ("é", "é"),
    ],
)
def test_nothing_from_outside_acts(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_lengths_and_moments() -> None:
    assert [duration(s) for s in (0, 59.9, 65, 3725)] == ["0 s", "59 s", "1 min 05 s", "1 h 02 min"]
    assert moment("2026-11-24T01:05:00+00:00", "Europe/Amsterdam") == "24 Nov 02:05"
    assert moment(None) == moment("nonsense") == ""


def test_a_share_is_whole_and_never_beyond_all() -> None:
    assert [percent(n, 200) for n in (0, 199, 200, 900)] == ["0%", "99%", "100%", "100%"]
    assert percent(1, 0) == ""
    assert ASCII.bar(5, 10, 4) == "##.."
    assert UNICODE.bar(50, 10, 4) == "████"


def made(**changes: object) -> Connection:
    goal = {"name": "A.b", "kind": "import"}
    other = {"name": "A", "kind": "export", "segment": "S"}
    return Connection.model_validate(
        {"name": "N", "enabled": True, "goals": [goal, other]} | changes
    )


def states(
    connection: Connection, *found: Finding, last: RunSummary | None = None, running: bool = False
) -> list[str]:
    return [arrow.state.value for arrow in arrows(connection, found, last, running)]


def test_each_direction_has_its_own_state() -> None:
    assert states(made()) == ["ready", "ready"]
    assert states(made(enabled=False)) == ["off", "off"]
    assert states(made(), running=True) == ["running", "running"]
    assert states(made(), Finding("x", "goals.A.b.identifiers", "!")) == ["incomplete", "ready"]
    assert states(made(), Finding("x", "goals.A.lists", "!")) == ["ready", "incomplete"]
    assert states(made(), Finding("x", "", "!", "warning")) == ["ready", "ready"]
    failed = GoalSummary(goal="A.b", kind="import", ok=False)
    last = RunSummary(run="r", connection="N", state=RunState.FINISHED, started="", goals=[failed])
    assert states(made(), last=last) == ["failed", "ready"]
    failed.code = "stopped"
    assert states(made(), last=last) == ["ready", "ready"]
    gone = RunSummary(run="r", connection="N", state=RunState.FAILED, started="")
    assert states(made(), last=gone) == ["failed", "failed"]


def test_every_state_has_glyphs_of_its_own() -> None:
    for glyphs in (UNICODE, ASCII):
        signs = [getattr(glyphs, state.value) for state in ArrowState]
        assert len(set(signs)) == len(signs)
    assert ASCII.rightwards.isascii()
