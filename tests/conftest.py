"""Every exchange of the suite with a sandbox is held to the services' documents at the end."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.contract import ABSENT, IS_HERE, Contract
from tests.contract.exchanges import Exchanges, listen
from tests.contract.report import Report

EXCHANGES = Exchanges()
listen(EXCHANGES)


@pytest.fixture(autouse=True)
def _replayed_answers_are_no_sandboxs(request: pytest.FixtureRequest) -> Iterator[None]:
    """A replay answers with recordings, and single calls with whatever the test says."""
    EXCHANGES.is_paused = request.path.parent.name in ("recorded", "api")
    yield
    EXCHANGES.is_paused = False


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A worker hands its exchanges over; whoever has them all looks at them."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["exchanges"] = pickle.dumps((EXCHANGES.kept, EXCHANGES.counts)).hex()
        return
    if IS_HERE and EXCHANGES.kept:
        report = Report(EXCHANGES.kept, Contract())
        session.config.stash[REPORT] = report
        if report.unknown and exitstatus == 0:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


REPORT = pytest.StashKey[Report]()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a worker has seen."""
    handed = getattr(node, "workeroutput", {}).get("exchanges")
    if handed:
        kept, counts = pickle.loads(bytes.fromhex(handed))  # noqa: S301  from our own worker
        EXCHANGES.kept += kept
        EXCHANGES.counts += counts


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """The contract report, where there were exchanges."""
    if not IS_HERE:
        terminalreporter.write_line(f"contract report: skipped. {ABSENT}")
        return
    report = config.stash.get(REPORT, None)
    if report is not None:
        terminalreporter.section("contract: exchanges looked at per operation and status")
        total = EXCHANGES.counts.total()
        terminalreporter.write_line(f"{total} exchanges, the first of each kind looked at")
        for line in report.lines():
            terminalreporter.write_line(line)
