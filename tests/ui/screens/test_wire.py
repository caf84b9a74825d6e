"""How many bytes the console costs a line, counted on a real pseudo-terminal of 80x24."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from actui.context.context import AppContext
from actui.model.run import (
    GoalProgress,
    GoalSummary,
    Outcome,
    Problem,
    RequestCounts,
    RunSnapshot,
    RunState,
)
from screens.run_page import SHOW_SECONDS
from tests.long_cases import mostly_long
from tests.ui.screens.fakes import connection
from tests.ui.screens.gallery import PAGES
from tests.ui.screens.terminals import ENTER, F5, Terminal, on_fakes, typed

PICTURES = 12
MOST = 1_000
"""Bytes a second while numbers move (screens/README.md §5)."""
STAYS, OPENS = 3_000, 15_000
"""Bytes of a key that stays on the page, and of one that opens another."""
_IDLE_SECONDS = 1.5


def picture(n: int) -> RunSnapshot:
    """The n-th of a run whose second goal is at work, every count of it moving."""
    done = GoalSummary(goal="Contacts", kind="import", read=90_000, created=90_000, seconds=50.0)
    facts = {"goal": "Engaged readers", "kind": "export", "read": 1_237 * n, "created": 1_001 * n}
    facts |= {"updated": 100 * n, "skipped": 99 * n, "rejected": 37 * n}
    now = GoalSummary.model_validate(facts)
    now.reasons = {"no-match": 60 * n, "no-consent": 39 * n, "invalid-email": 37 * n}
    goals = [
        GoalProgress(summary=done, done=True),
        GoalProgress(summary=now, phase="sending", expected=90_000),
    ]
    problem = Problem(goal="Contacts", who=f"p{n // 3}@example.org", outcome=Outcome.REJECTED)
    return RunSnapshot(
        run="r1",
        connection_id="c-1",
        state=RunState.RUNNING,
        started="2026-11-24T02:50:00Z",
        updated=f"2026-11-24T02:51:{n:02}Z",
        elapsed=60 + n,
        requests=RequestCounts(activecampaign=5 * n + n % 2, blueconic=3 * n + n % 3),
        problems=[problem],
        goals=goals,
    )


def test_a_live_run_moves_every_number_for_a_kilobyte_a_second(tmp_path: Path) -> None:
    context = AppContext.open({"ACTUI_HOME": str(tmp_path)})
    stored = context.connections.save(connection())
    with context.lock(stored.connection).held(), context.ledger(stored.connection) as ledger:
        ledger.runs.write_progress(picture(1))
        with Terminal({**os.environ, "ACTUI_HOME": str(tmp_path)}) as terminal:
            terminal.shows("running")
            terminal.press(ENTER)
            terminal.shows("Set up and run")
            terminal.press(F5)
            terminal.shows("created 1,001")
            terminal.within(1.5)
            before = terminal.received
            for n in range(2, 2 + PICTURES):
                terminal.press()
                ledger.runs.write_progress(picture(n))
                terminal.shows(f"created {1_001 * n:,}")
            spent = terminal.received - before + terminal.within(1.0)
            assert terminal.within(2.0) == 0
    # the page shows a picture each so many seconds at most
    assert spent / PICTURES / SHOW_SECONDS <= MOST, spent


NOW = ("connections", "connection", "export-goal", "choose", "live-run", "outcomes")


@pytest.mark.parametrize("name", mostly_long(PAGES, NOW))
def test_a_page_costs_the_line_little_and_nothing_while_idle(name: str) -> None:
    page = PAGES[name]
    with on_fakes(name) as terminal:

        def cost(key: str, shows: str = "") -> int:
            before = terminal.received
            terminal.press(typed(key))
            terminal.shows(shows)
            terminal.settles()
            return terminal.received - before

        terminal.shows("palette")
        terminal.settles()
        assert terminal.received <= OPENS
        for keys, shows in page.steps:
            for key in keys[:-1]:
                assert cost(key) <= STAYS, key
            assert cost(keys[-1], shows) <= OPENS, keys[-1]
        terminal.shows(page.shows)
        # a page that moved by itself would never come to rest
        assert any(terminal.within(_IDLE_SECONDS) == 0 for _ in range(5))
        assert cost(page.stays) <= STAYS
        assert cost(page.stays) <= STAYS
        if page.kind != "CommandPalette":
            # nothing that the terminal shows is counted on after this key
            drawn = terminal.text
            assert cost("ctrl+l") <= OPENS
            assert terminal.text == drawn
