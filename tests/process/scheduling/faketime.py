"""`actui schedule` as it is, in a process of its own, by a clock that is moved by hand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import httpx

from actui.context.context import AppContext
from actui.model.connection import secret_prefix
from actui.model.document import load
from actui.model.settings import Settings
from store.settings import SettingsFile
from tests.process.e2e.processes import sandbox_process
from tests.process.scheduling.test_twenty import expected

MINUTES_10 = timedelta(minutes=10)
_ENDED = ": its run ended with exit code "
RELEASE = timedelta(minutes=7)
GOAL = """
    - import:
        name: In
        contacts: all
        create_profiles: true
        identifiers: [{field: email, property: email}]
"""
_PROGRAM = """
import functools, pathlib, sys
from datetime import datetime
from actui.cli import main
from actui.commands import schedule as command
clock, looks = (pathlib.Path(word) for word in sys.argv[1:])
number = 0
def now():
    global number
    number += 1
    looks.write_text(str(number))
    return datetime.fromisoformat(clock.read_text())
command.Scheduler = functools.partial(command.Scheduler, now=now)
command.LOOK_SECONDS = 0.02
sys.exit(main(["schedule", "--json"]))
"""


class Scheduled:
    """A scheduler on a home; the runs it starts are real, on a real sandbox."""

    def __init__(self, context: AppContext, place: Path, now: datetime) -> None:
        self.context, self.now = context, now
        self._clock, self._looks = place / "clock", place / "looks"
        self._looks.write_text("0")
        self.starts: dict[str, list[datetime]] = {}
        self.ended: Counter[str] = Counter()
        self.codes: Counter[str] = Counter()
        self.looks: list[datetime] = []
        self.memory: list[int] = []
        self._clock.write_text(now.isoformat())
        words = [sys.executable, "-P", "-c", _PROGRAM, str(self._clock), str(self._looks)]
        self.process = subprocess.Popen(
            words, env=dict(context.environ), stdout=subprocess.PIPE, text=True
        )
        self._reader = Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            name, said, code = json.loads(line)["message"].partition(
                ": its run ended with exit code "
            )
            if said:
                self.codes[code] += 1
                self.ended[name] += 1

    def look(self, now: datetime) -> None:
        """Move the clock, and wait until the scheduler has looked what is due then."""
        self.now = now
        temporary = self._clock.with_suffix(".new")
        temporary.write_text(now.isoformat())
        temporary.replace(self._clock)
        began = self._number()
        # the first look may have read the clock before, the third begins when the second is over
        self.until(lambda: self._number() >= began + 3)
        if now not in self.looks[-1:]:
            self.looks.append(now)
        started = self.context.schedule_claims.started()
        for stored in self.context.connections.all():
            starts = self.starts.setdefault(stored.connection.name, [])
            if started.get(stored.connection.id) == now and now not in starts:
                starts.append(now)
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        self.memory.append(int(status.partition("VmRSS:")[2].split()[0]))

    def _number(self) -> int:
        return int(self._looks.read_text() or 0)

    def until(self, holds: Callable[[], bool]) -> None:
        """Other processes change it."""
        while not holds():
            with suppress(subprocess.TimeoutExpired):
                raise AssertionError(f"the scheduler ended with {self.process.wait(0.01)}")

    def going(self) -> set[str]:
        """Connections whose runs were started and have not ended."""
        return {name for name, starts in self.starts.items() if len(starts) > self.ended[name]}

    def close(self) -> int:
        """SIGTERM; the exit code."""
        self.process.terminate()
        code = self.process.wait(30)
        self._reader.join()
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code


@contextmanager
def scheduled(place: Path, times: dict[str, int]) -> Iterator[tuple[Scheduled, httpx.Client]]:
    """Connections that are so many times a day due; the scheduler has not looked yet."""
    people = ("--contacts", "5", "--profiles", "5", "--limits", "off")
    with sandbox_process(*people) as ready, httpx.Client(verify=False) as http:
        environ = {**os.environ, "ACTUI_HOME": str(place / "home")}
        # its runs stay beside the scheduler, whatever systemd there is
        environ["CREDENTIALS_DIRECTORY"] = str(place)
        for name in times:
            prefix = f"ACTUI_SECRET_{secret_prefix(name)}"
            environ[f"{prefix}_ACTIVECAMPAIGN_API_KEY"] = ready["activecampaign"]["api_key"]
            environ[f"{prefix}_BLUECONIC_CLIENT_SECRET"] = ready["blueconic"]["client_secret"]
        context = AppContext.open(environ)
        # the run that is held may be so for long
        settings = Settings(requests_per_second=2_000, request_seconds=600)
        SettingsFile(context.home).save(settings)
        for name, number in times.items():
            context.connections.save(load(_file(name, number, ready), name))
        since = max(stored.since for stored in context.connections.all())
        http.base_url = ready["control"]["url"]
        made = Scheduled(context, place, since - timedelta(days=1))
        try:
            yield made, http
        finally:
            if made.process.poll() is None:
                made.close()


def _file(name: str, times: int, ready: dict[str, Any]) -> str:
    return f"""
version: 1
connection:
  name: {name}
  enabled: true
  schedule: {{type: times-per-day, times: {times}}}
  activecampaign: {{url: "{ready["activecampaign"]["url"]}"}}
  blueconic:
    url: "{ready["blueconic"]["url"]}"
    client_id: {ready["blueconic"]["client_id"]}
  goals:{GOAL}"""


def ten_minutes(place: Path, times: dict[str, int], step: timedelta) -> Scheduled:
    """Ten minutes of its clock: one run is held for seven of them, the others end by themselves.

    Everything that must hold is asserted; what was seen is given back.
    """
    with scheduled(place, times) as (seen, http):
        since = {s.connection.name: s.since for s in seen.context.connections.all()}
        began = max(since.values())
        hold = {"service": "activecampaign", "path": "/api/3/users/me", "kind": "hold", "times": 1}
        assert http.post("/faults", json={**hold, "method": "GET"}).is_success
        seen.look(began)
        seen.until(lambda: len(seen.going()) == 1)
        (slow,) = seen.going()
        now, released = began, None
        while (now := now + step) <= began + MINUTES_10:
            seen.look(now)
            if released is None and now - began >= RELEASE:
                released = now
                http.post("/release").raise_for_status()
                seen.until(lambda: seen.ended[slow] == 1)
                # what queued behind it starts in this very minute
                seen.look(now)
            at_most = {slow} if released is None else set()
            seen.until(lambda at_most=at_most: seen.going() <= at_most)
        assert seen.close() == 0
    assert released is not None
    for name, number in times.items():
        free = seen.looks
        if name == slow:  # only its first run was held
            free = [look for look in seen.looks if look == began or look >= released]
        assert seen.starts[name] == expected(since[name], number, timedelta(0), free), name
    assert seen.codes == {"0": sum(map(len, seen.starts.values()))}
    for stored in seen.context.connections.all():
        connection, starts = stored.connection, seen.starts[stored.connection.name]
        ran = [line for line in seen.context.audit.lines(connection.id) if line["action"] == "ran"]
        assert [line["trigger"] for line in ran] == ["schedule"] * len(starts)
        runs = seen.context.history(connection).all(limit=100)[::-1]
        assert [run.state for run in runs] == ["FINISHED"] * len(starts)
        for before, after in zip(runs, runs[1:], strict=False):
            assert before.ended is not None
            assert before.ended <= after.started
    return seen
