"""`actui schedule` itself, its runs in processes of their own, on a sandbox; by a moved clock."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.process.scheduling.faketime import ten_minutes

pytestmark = pytest.mark.long


def test_ten_minutes_of_three_connections(tmp_path: Path) -> None:
    # tests/bench/twenty_scheduled.py has twenty of them
    seen = ten_minutes(tmp_path, {"A": 480, "B": 400, "C": 288}, timedelta(seconds=20))
    # every three minutes, every 3.6 and every five
    assert sorted(map(len, seen.starts.values()))[-1] >= 3
    quarter = len(seen.memory) // 4
    assert max(seen.memory[quarter * 3 :]) - max(seen.memory[quarter : quarter * 2]) < 4_000
