"""The rate limiters of one ActiveCampaign account (activecampaign.md §1.3, §7.1).

All processes of a home share one limiter: its state is a small file that is read and written under
a lock of the operating system. A grant is taken under that lock at the instant it is given, never
ahead of it, so that two grants cannot come close together because a process woke up late. Instants
are `time.monotonic`, which all processes of a machine share.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import json
import os
import stat
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from actui.model.errors import ConfigError, StorageError

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]

_MARGIN = 1.02  # the service's clock and the way there are not ours
_INSTANT = 1e-6  # less than this is a rounding error
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW
_SLOWEST = 1 / 16
_MOST_STRIKES = 10
_RECOVERY = 0.02  # of the full speed, per success
_LONGEST_PAUSE = 3600.0
_ANSWERS = 50  # how many round trips tell the quickest way there
_SLACK = 0.01  # seconds: no two ways are ever equally quick
_MOST_DELAY = 1.0  # seconds: a request that takes longer has arrived long before its answer
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
_UNWRITABLE = (errno.EROFS, errno.EACCES, errno.EPERM)
_UNSHARED_RATE = 100.0  # faster than this is the sandbox, where a file per request would cost most


@dataclass(slots=True)
class _State:
    sends: list[float] = field(default_factory=list)
    trips: dict[float, float] = field(default_factory=dict)  # seconds from grant to answer
    paused_until: float = 0.0
    speed: float = 1.0
    strikes: int = 0


def _written(state: _State) -> dict[str, object]:
    """The file's content. All versions of actui in a home read it: keys keep their meaning."""
    return {
        "sends": state.sends,
        "trips": {json.dumps(sent): took for sent, took in state.trips.items()},
        "paused_until": state.paused_until,
        "speed": state.speed,
        "strikes": state.strikes,
    }


def _read(facts: Any) -> _State:
    """The state in a file's content. Raises one of _UNREADABLE if it is not valid."""
    if not facts.keys() <= _written(_State()).keys():
        raise ValueError("no pace file")
    strikes = facts.get("strikes", 0)
    if type(strikes) is not int:
        raise TypeError(strikes)
    state = _State(
        sends=[_number(sent) for sent in facts.get("sends", [])],
        trips={
            _number(json.loads(sent)): _number(took)
            for sent, took in facts.get("trips", {}).items()
        },
        paused_until=_number(facts.get("paused_until", 0.0)),
        speed=_number(facts.get("speed", 1.0), _SLOWEST, 1.0),
        strikes=min(max(0, strikes), _MOST_STRIKES),
    )
    if state.sends != sorted(state.sends):
        raise ValueError("instants out of order")
    return state


def _number(value: Any, least: float = 0.0, most: float = sys.float_info.max) -> float:
    """A finite number within bounds. Raises TypeError or ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(value)
    if not least <= value <= most:  # NaN is neither
        raise ValueError(value)
    return float(value)


def check_pace_file(path: Path) -> None:
    """Check a rate limiter's file. Raises ConfigError if it is not valid, OSError if no file."""
    handle = _opened(path)
    try:
        text = os.read(handle, 65536)
        if text:
            _read(json.loads(text))
    except _UNREADABLE:
        raise ConfigError(
            f"{path} holds no pace of requests.",
            advice="Delete it: it holds nothing but the time of the last requests.",
        ) from None
    finally:
        os.close(handle)


def _opened(path: Path) -> int:
    """Open a regular file for reading and writing; it is created if it is missing.

    Raises OSError for anything else: a pipe is not waited for, and a link is not followed.
    """
    handle = os.open(path, _FLAGS, 0o600)
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return handle
    os.close(handle)
    raise OSError(errno.EINVAL, "It is not a file")


_UNREADABLE = (ValueError, TypeError, AttributeError, RecursionError, OverflowError)


class RateLimiter:
    """At most `rate` requests in any sliding second, evenly spaced.

    Below one per second, one request per 1/rate seconds. All limiters with the same `path` share
    one budget (its directory must exist). Without a path, or above 100 per second, a limiter is
    alone.

    The service counts when requests arrive, which may be later than when they were sent. So the
    slot of a request is free again after window + delay, where delay = its round trip − the fastest
    recent round trip (0 to 1 s); an unanswered request counts as delayed until now.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        rate: float = 5.0,
        clock: Clock = time.monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._rate = rate
        self._path = path if rate <= _UNSHARED_RATE else None
        self._clock = clock
        self._sleep = sleep
        self._lock = asyncio.Lock()
        self._own = _State()
        self._granted = 0.0
        self._successes = 0
        self._burst = max(1, int(rate))
        self._round_trips: deque[float] = deque(maxlen=_ANSWERS)

    async def acquire(self) -> float:
        """Wait until a request may be sent, and return the instant of the grant.

        Cancelling the wait uses no slot. Pass the instant to `answered` once the request has ended.
        """
        async with self._lock:
            while (wait := self._claim()) > 0:
                await self._sleep(wait)
            return self._granted

    def answered(self, grant: float) -> None:
        """Record that the request of this grant has ended, successfully or not."""
        took = self._clock() - grant
        self._round_trips.append(took)
        if self._rate <= _UNSHARED_RATE:
            with self._state() as state:
                if grant in state.sends:
                    state.trips[grant] = took

    def slow_down(self, after: float | None = None) -> None:
        """Stop everybody who shares the limiter for `after` seconds and halve the speed.

        Without `after` the pause grows from 1 s to 30 s with each consecutive call. A running pause
        is only extended, so that refusals of concurrent requests count once.
        """
        with self._state() as state:
            now = self._clock()
            fresh = state.paused_until <= now
            pause = min(30.0, 2.0**state.strikes) if after is None else after
            if fresh:
                state.speed = max(_SLOWEST, state.speed / 2)
                state.strikes = min(state.strikes + 1, _MOST_STRIKES)
            if fresh or after is not None:
                state.paused_until = max(state.paused_until, now + min(pause, _LONGEST_PAUSE))
        self._successes = 0

    def succeeded(self) -> None:
        """Record that a request was served: the speed recovers a little at the next grant."""
        self._successes += 1

    def _claim(self) -> float:
        """Take the grant and return 0, or the seconds to wait before asking again."""
        with self._state() as state:
            now = self._clock()
            if self._successes:
                state.speed = min(1.0, state.speed + _RECOVERY * self._successes)
                state.strikes = 0
                self._successes = 0
            wait = self._earliest(state) - now
            if wait > _INSTANT:
                return wait
            state.sends = [*state.sends, now][-self._burst :]
            state.trips = {sent: took for sent, took in state.trips.items() if sent in state.sends}
            self._granted = now
        return 0.0

    def _arrived_late(self, state: _State, sent: float) -> float:
        """Seconds by which a request may have arrived later than one with the fastest trip."""
        # the first request of all, which connects, shows only later that it was slow
        quickest = min([*self._round_trips, *state.trips.values()], default=_MOST_DELAY)
        took = state.trips.get(sent, self._clock() - sent)
        return min(max(0.0, took - quickest), _MOST_DELAY)

    def _earliest(self, state: _State) -> float:
        if not state.sends:
            return state.paused_until
        rate = self._rate * state.speed
        # Sleeping is not exact to a hundredth: above that only the number in a window counts.
        gap = 1 / rate if rate <= _UNSHARED_RATE else 0.0
        earliest = max(state.paused_until, state.sends[-1] + gap)
        if len(state.sends) >= self._burst:
            first = state.sends[-self._burst]
            late = self._arrived_late(state, first) if self._burst > 1 else 0.0
            window = self._burst / rate
            earliest = max(earliest, first + max(_MARGIN * window, window + late + _SLACK))
        return earliest

    @contextmanager
    def _state(self) -> Iterator[_State]:
        if self._path is None:
            yield self._own
            return
        try:
            handle = _opened(self._path)
        except OSError as wrong:
            if wrong.errno in _UNWRITABLE:
                # no run can be made in such a home: its few requests share no budget
                yield self._own
                return
            if wrong.errno in _NO_SPACE:
                raise StorageError.of(self._path, wrong) from wrong
            raise ConfigError(
                f"{self._path} cannot be opened: {wrong.strerror}.",
                advice="Move it away: it holds nothing but the time of the last requests.",
            ) from wrong
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)  # held for the microseconds of a small file
            text = os.read(handle, 65536)
            state = self._parsed(text)
            yield state
            data = json.dumps(_written(state)).encode()
            if data != text:
                self._write(handle, data)
        finally:
            os.close(handle)

    def _write(self, handle: int, data: bytes) -> None:
        try:
            os.lseek(handle, 0, os.SEEK_SET)
            if os.write(handle, data) < len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.ftruncate(handle, len(data))
        except OSError as wrong:
            raise StorageError.of(self._path, wrong) from wrong

    def _parsed(self, text: bytes) -> _State:
        if not text:
            return _State()
        now = self._clock()
        try:
            state = _read(json.loads(text))
            latest = max([*state.sends, 0.0])
            if latest > now or state.paused_until > now + _LONGEST_PAUSE:
                return _State()  # written before the machine started anew
        except _UNREADABLE:
            # A writer died half-way: suppose that it had used everything up.
            return _State(sends=[now] * self._burst, trips={now: 0.0})
        return state


class BulkRateLimiter:
    """The rate limiter of `POST /import/bulk_import`.

    100 requests a minute, and 20 a minute for those with one contact (activecampaign.md §7.1). A
    request with one contact waits for both limits, since it is not known whether it counts in both.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        per_minute: float = 100.0,
        single_per_minute: float = 20.0,
        clock: Clock = time.monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        single = path.with_name(path.name + "-single") if path else None
        self._any = RateLimiter(path, rate=per_minute / 60, clock=clock, sleep=sleep)
        self._single = RateLimiter(single, rate=single_per_minute / 60, clock=clock, sleep=sleep)

    async def acquire(self, rows: int) -> None:
        """Wait until a bulk request with `rows` contacts may be sent."""
        if rows == 1:
            await self._single.acquire()
        await self._any.acquire()

    def slow_down(self, after: float | None = None) -> None:
        """Stop all bulk requests of the account for `after` seconds."""
        self._single.slow_down(after)
        self._any.slow_down(after)

    def succeeded(self) -> None:
        """Record that a bulk request was served."""
        self._single.succeeded()
        self._any.succeeded()
