"""The request gate: never six in a second, hardly fewer than five."""

from __future__ import annotations

import asyncio
import heapq
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actui.api.rate import BulkRateLimiter, RateLimiter


class VirtualTime:
    """A clock that only sleeping moves; every sleep wakes late by the next of `lateness`."""

    def __init__(self, lateness: Sequence[float] = (0.0,)) -> None:
        self.now = 1000.0
        self._late = list(lateness)
        self._slept = 0
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        late = self._late[self._slept % len(self._late)]
        self._slept += 1
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (self.now + seconds + late, self._slept, future))
        await future

    async def run(self, *work: Awaitable[object]) -> None:
        tasks = [asyncio.ensure_future(w) for w in work]
        while not all(task.done() for task in tasks):
            for _ in range(5):
                await asyncio.sleep(0)
            if self._waiting:
                moment, _, future = heapq.heappop(self._waiting)
                self.now = max(self.now, moment)
                if not future.done():
                    future.set_result(None)
        for task in tasks:
            task.result()


async def send_many(
    acquire: Callable[[], Awaitable[object]], times: int, log: list[float], time: VirtualTime
) -> None:
    for _ in range(times):
        await acquire()
        log.append(time.now)


def through(pace: RateLimiter) -> Callable[[], Awaitable[None]]:
    """Requests that are answered at once."""

    async def send() -> None:
        pace.answered(await pace.acquire())

    return send


def most_in(window: float, sends: list[float]) -> int:
    return max(sum(1 for s in sends if start <= s < start + window) for start in sends)


@settings(max_examples=40, deadline=None)
@given(
    lateness=st.lists(st.floats(0, 0.5), min_size=1, max_size=12),
    gates=st.integers(1, 4),
    callers=st.integers(1, 3),
)
def test_any_sliding_second_holds_at_most_five(
    lateness: list[float], gates: int, callers: int
) -> None:
    time = VirtualTime(lateness)
    log: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        paces = [
            RateLimiter(Path(folder) / "gate", clock=time, sleep=time.sleep) for _ in range(gates)
        ]
        work = [send_many(through(p), 12, log, time) for p in paces for _ in range(callers)]
        asyncio.run(time.run(*work))
    assert len(log) == 12 * gates * callers
    assert most_in(1.0, log) <= 5


async def test_two_gates_on_one_file_share_at_least_97_percent_of_the_budget(
    tmp_path: Path,
) -> None:
    time = VirtualTime([0.001, 0.002])
    log: list[float] = []
    paces = [RateLimiter(tmp_path / "gate", clock=time, sleep=time.sleep) for _ in range(2)]
    await time.run(*(send_many(through(p), 250, log, time) for p in paces))
    rate = (len(log) - 1) / (log[-1] - log[0])
    assert 0.97 * 5 <= rate <= 5


async def test_a_slow_down_pauses_every_sharer_and_the_speed_comes_back(tmp_path: Path) -> None:
    time = VirtualTime()
    one, two = (RateLimiter(tmp_path / "gate", clock=time, sleep=time.sleep) for _ in range(2))
    await one.acquire()
    one.slow_down(30)
    two.slow_down(20)  # told while the pause runs: neither shorter nor slower still
    log: list[float] = []
    await time.run(send_many(through(two), 11, log, time))
    assert log[0] == pytest.approx(1030)
    assert (log[-1] - log[0]) / 10 == pytest.approx(0.4, rel=0.05)
    for _ in range(30):
        two.succeeded()
    await time.run(send_many(through(two), 11, log, time))
    assert (log[-1] - log[-6]) / 5 == pytest.approx(0.204, rel=0.05)


@pytest.mark.parametrize("slow", [0, 6])
async def test_a_request_that_may_have_arrived_late_keeps_its_place_longer(slow: int) -> None:
    """Every seventh request is held up on the way; the service still never sees six a second.

    The first of all, which connects, is answered before any other shows that it was slow.
    """
    time = VirtualTime()
    pace = RateLimiter(None, clock=time, sleep=time.sleep)
    arrivals: list[float] = []

    async def one(number: int) -> None:
        grant = await pace.acquire()
        delay = 0.3 if number % 7 == slow else 0.05
        await time.sleep(delay)
        arrivals.append(time.now)
        await time.sleep(0.05)
        pace.answered(grant)

    await time.run(one(0))
    await time.run(*(one(number) for number in range(1, 70)))
    assert most_in(1.0, arrivals) <= 5
    assert 69 / (arrivals[-1] - arrivals[0]) >= 0.75 * 5


async def test_pauses_grow_when_the_service_names_none() -> None:
    time = VirtualTime()
    pace = RateLimiter(None, clock=time, sleep=time.sleep)
    waits = []
    for _ in range(7):
        pace.slow_down()
        before = time.now
        await time.run(through(pace)())
        waits.append(time.now - before)
    assert waits == sorted(waits)
    assert waits[0] == pytest.approx(1)
    assert waits[-1] == pytest.approx(30)


@pytest.mark.parametrize("text", [b"{", b"[]", b'{"sends": "x"}', b'{"else": 1}'])
async def test_a_torn_state_file_counts_as_a_spent_budget(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "gate").write_bytes(text)
    time = VirtualTime()
    pace = RateLimiter(tmp_path / "gate", clock=time, sleep=time.sleep)
    await time.run(pace.acquire())
    assert time.now == pytest.approx(1001.02)


async def test_a_state_from_before_a_restart_of_the_machine_is_forgotten(tmp_path: Path) -> None:
    (tmp_path / "gate").write_text('{"sends": [99999.0], "paused_until": 100100.0}')
    time = VirtualTime()
    await time.run(RateLimiter(tmp_path / "gate", clock=time, sleep=time.sleep).acquire())
    assert time.now == 1000


async def test_the_state_file_is_the_users_own(tmp_path: Path) -> None:
    await RateLimiter(tmp_path / "gate").acquire()
    assert (tmp_path / "gate").stat().st_mode & 0o777 == 0o600


async def test_a_cancelled_wait_uses_nothing_up(tmp_path: Path) -> None:
    time = VirtualTime()
    pace = RateLimiter(tmp_path / "gate", clock=time, sleep=time.sleep)
    await pace.acquire()
    waiting = asyncio.ensure_future(pace.acquire())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await time.run(pace.acquire())
    assert time.now == pytest.approx(1000.2)


async def test_a_fast_gate_needs_no_file(tmp_path: Path) -> None:
    time = VirtualTime()
    pace = RateLimiter(tmp_path / "gate", rate=1000, clock=time, sleep=time.sleep)
    log: list[float] = []
    await time.run(send_many(through(pace), 3000, log, time))
    assert most_in(1.0, log) <= 1000
    assert not (tmp_path / "gate").exists()


@pytest.mark.parametrize(("rows", "most"), [(250, 100), (1, 20)])
async def test_bulk_imports_stay_under_their_limit(tmp_path: Path, rows: int, most: int) -> None:
    time = VirtualTime([0.001])
    gates = [BulkRateLimiter(tmp_path / "bulk", clock=time, sleep=time.sleep) for _ in range(2)]
    log: list[float] = []
    await time.run(
        *(send_many(lambda g=g: g.acquire(rows), 100, log, time) for g in gates)  # type: ignore[misc]
    )
    assert 0.95 * most <= most_in(60.0, log) <= most
