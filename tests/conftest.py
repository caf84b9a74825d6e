"""At the end, every exchange of the suite with the services is held to their documents, and all
that the suite wrote and printed is searched for secrets and people (`tests.canary`)."""

from __future__ import annotations

import gc
import os
import pickle
import shutil
import signal
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from actui.api import http as transport
from actui.model import redaction
from tests import canary
from tests.services.contract.contract import ABSENT, IS_HERE, Contract
from tests.services.contract.listening import exchanges, marking
from tests.services.contract.report import Report

exchanges.listen(transport)
marking.install()
canary.watch_processes()
REPORT = pytest.StashKey[Report]()
LEAKS = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Let this process, and every one that a test starts, write to a folder of this worker."""
    config.stash[REPORT] = Report()
    config.stash[LEAKS] = []
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        # what runs in the background of a script ignores it, and so would all that tests start
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
        # the same behind nohup
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    if _only_hands_out(config):
        return
    os.environ[exchanges.PLACE] = tempfile.mkdtemp(prefix="actui-exchanges-")
    # what one process has compiled, the next ones need not
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    # processes run this checkout, whatever is installed and whatever PYTHONPATH says
    first = [str(Path(exchanges.__file__).parent), str(Path(__file__).resolve().parents[1])]
    others = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    kept = [one for one in others if one and one not in first]
    os.environ["PYTHONPATH"] = os.pathsep.join([*first, *kept])


def _only_hands_out(config: pytest.Config) -> bool:
    """Whether this process only gives work to others."""
    return bool(config.getoption("numprocesses", None)) and not hasattr(config, "workerinput")


def pytest_collection_finish() -> None:
    """Let the collector leave alone what stays to the end: a fifth of the time of every page."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """More workers than cores with `-n auto`: most tests wait for processes, pages and servers."""
    cores = os.cpu_count() or 1
    return max(cores, min(2 * cores, 8))


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Each worker looks at what it and its processes exchanged; the last one adds it up."""
    report = session.config.stash[REPORT]
    if place := os.environ.pop(exchanges.PLACE, None):
        if IS_HERE:
            report.join(Report.of(exchanges.noted_in(Path(place)), Contract()))
        shutil.rmtree(place, ignore_errors=True)
    leaks = session.config.stash[LEAKS]
    if not _only_hands_out(session.config):
        leaks += canary.FOUND
        leaks += canary.leaks_in(session.config._tmp_path_factory.getbasetemp())  # type: ignore[attr-defined]
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["report"] = pickle.dumps(report).hex()
        output["leaks"] = leaks
    elif (report.unknown or leaks) and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a worker has found."""
    output = getattr(node, "workeroutput", {})
    node.config.stash[LEAKS].extend(output.get("leaks", ()))
    if handed := output.get("report"):
        report: Report = pickle.loads(bytes.fromhex(handed))  # noqa: S301  from our own worker
        node.config.stash[REPORT].join(report)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport]:
    """A test that prints a secret fails, whatever it looks at itself."""
    report: pytest.TestReport = yield
    try:
        for _, name, printed in item._report_sections:
            canary.check(printed, f"the captured {name}")
    except canary.Leak as leak:
        if report.passed:
            report.outcome, report.longrepr = "failed", str(leak)
    return report


@pytest.fixture(autouse=True)
def _own_secrets() -> Iterator[None]:
    """What one test calls a secret is not taken out of the messages of the next."""
    before = set(redaction._secrets)
    yield
    redaction._secrets.clear()
    redaction._secrets.update(before)


@pytest.fixture(autouse=True)
def _searched_output(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test reads of its own output is searched as well."""
    read = pytest.CaptureFixture.readouterr

    def searched(self: Any) -> Any:
        shown = read(self)
        canary.check("".join(map(str, shown)), "the output")
        return shown

    monkeypatch.setattr(pytest.CaptureFixture, "readouterr", searched)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """The contract report, where there were exchanges, and the secrets that were found."""
    if leaks := config.stash[LEAKS]:
        terminalreporter.section("secrets and people where none may be")
        for line in leaks:
            terminalreporter.write_line(line)
    if not IS_HERE:
        terminalreporter.write_line(f"contract report: skipped. {ABSENT}")
        return
    report = config.stash[REPORT]
    if report.requests:
        terminalreporter.section("contract: requests and answers validated per operation")
        for line in report.lines():
            terminalreporter.write_line(line)
