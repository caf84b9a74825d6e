"""A connection whose hosts were changed: what it knew is of other accounts (store/README.md §4)."""

from __future__ import annotations

from pathlib import Path

import pytest

from actui.context.context import AppContext
from actui.context.services import ConsoleServices
from actui.model.connection import Connection
from actui.model.errors import ConfigError
from actui.model.run import RunSnapshot, RunState
from store.ledger import set_aside
from tests.ui.screens.fakes import connection


@pytest.fixture
def context(tmp_path: Path) -> AppContext:
    return AppContext.open({"ACTUI_HOME": str(tmp_path)})


def moved(plain: Connection) -> Connection:
    url = plain.activecampaign.model_copy(update={"url": "https://other.api-us1.com"})
    return plain.model_copy(update={"activecampaign": url})


def picture(run: str) -> RunSnapshot:
    return RunSnapshot(run=run, connection_id="c-1", state=RunState.RUNNING, updated=run)


def test_a_mistyped_host_binds_nobody(context: AppContext) -> None:
    context.bound_ledger(moved(connection()), fresh=False).close()
    with context.bound_ledger(connection(), fresh=False) as ledger:
        assert ledger.accounts.origins() == (
            "https://acme.api-us1.com",
            "https://acme.blueconic.net",
        )


def test_people_of_another_account_are_never_taken_for_those_of_this_one(
    context: AppContext,
) -> None:
    with context.bound_ledger(connection(), fresh=False) as ledger:
        ledger.runs.begin("r1", "manual", "2026-11-24T02:00:00Z", 1)
        ledger.batches.journal("r1", "g1", ["p-1"], "[]", 0.0)
    with pytest.raises(ConfigError, match="has worked with .* until now") as refused:
        context.bound_ledger(moved(connection()), fresh=False)
    assert refused.value.code == "other-account"
    with pytest.raises(ConfigError, match="has worked with"):
        ConsoleServices(context).starter.start(moved(connection()))
    with context.bound_ledger(moved(connection()), fresh=True) as ledger:
        assert not ledger.accounts.has_met_anybody()


def test_a_console_that_stays_open_sees_the_runs_of_a_fresh_ledger(context: AppContext) -> None:
    with ConsoleServices(context) as services:
        reader = services.reader(connection())
        with context.ledger(connection()) as ledger:
            ledger.runs.write_progress(picture("r1"))
        before = reader.version()
        assert reader.snapshot() == picture("r1")
        set_aside(context.home, "c-1")
        with context.ledger(connection()) as ledger:
            ledger.runs.write_progress(picture("r2"))
        assert reader.version() != before
        assert reader.snapshot() == picture("r2")


def test_the_last_message_of_a_run_are_read_from_its_log(context: AppContext) -> None:
    reader = ConsoleServices(context).reader(connection())
    assert reader.last_message() == ""
    context.home.log_file("c-1").write_text("Newsletter: reading\nactui: The disk is full.\n\n")
    assert reader.last_message() == "The disk is full."
