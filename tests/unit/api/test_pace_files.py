"""A pace file that holds nonsense slows nobody down for long, and lets nobody past the limit."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from actui.api.rate import RateLimiter
from actui.model.errors import ConfigError

NUMBERS = ["0", "-1", "1e-300", "-1e300", "1e400", "-1e400", "NaN", "Infinity", "-Infinity"]
NUMBERS += ["null", "true", '"fast"', "[]", "{}", "9" * 5_000, "1" + "0" * 400]
TEXTS = [b"", b"\xff\xfe", b"[]", b"17", b"null", b"{", b"[" * 60_000, bytes(4096), b'{"x": 1}']
WHOLE = {"sends": [], "trips": {}, "paused_until": 0.0, "speed": 1.0, "strikes": 0}


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


async def ten_grants(path: Path) -> float:
    """How many seconds ten requests wait for, and one more that was told to slow down.

    Nobody who is told so without a number waits longer than 30 s.
    """
    time = Time()
    pace = RateLimiter(path, rate=5.0, clock=time, sleep=time.sleep)
    for _ in range(10):
        pace.answered(await pace.acquire())
    pace.slow_down()
    pace.succeeded()
    await pace.acquire()
    return time.now - 1_000.0


def damaged(text: str, name: str) -> bytes:
    inner = {"sends": f"[{text}]", "trips": f'{{"999.0": {text}}}'}.get(name, text)
    return json.dumps(WHOLE | {name: "@"}).replace('"@"', inner).encode()


@pytest.mark.parametrize("number", NUMBERS, ids=lambda one: one[:12])
@pytest.mark.parametrize("name", WHOLE)
async def test_a_number_that_cannot_be_is_waited_for_no_longer_than_a_torn_file(
    tmp_path: Path, name: str, number: str
) -> None:
    path = tmp_path / "pace"
    path.write_bytes(damaged(number, name))
    assert 1.0 <= await ten_grants(path) <= 45.0


@pytest.mark.parametrize("text", TEXTS, ids=lambda one: repr(one[:8]))
async def test_a_file_that_is_no_pace_file_is_waited_for_no_longer(
    tmp_path: Path, text: bytes
) -> None:
    path = tmp_path / "pace"
    path.write_bytes(text)
    assert 1.0 <= await ten_grants(path) <= 45.0


@pytest.mark.parametrize("put", [Path.mkdir, os.mkfifo], ids=["folder", "pipe"])
async def test_something_else_in_its_place_is_named(
    tmp_path: Path, put: Callable[[Path], object]
) -> None:
    path = tmp_path / "pace"
    put(path)
    with pytest.raises(ConfigError, match=str(path)):
        await RateLimiter(path).acquire()


async def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    path, target = tmp_path / "pace", tmp_path / "theirs"
    target.write_text("theirs")
    path.symlink_to(target)
    with pytest.raises(ConfigError, match=str(path)):
        await RateLimiter(path).acquire()
    assert target.read_text() == "theirs"
