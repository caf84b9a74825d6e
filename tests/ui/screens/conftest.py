"""The sizes that every page must fit, and a home on a test module's own sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.process.e2e.processes import Control, Home, control_of
from tests.process.e2e.test_main_job import demo_connection
from tests.ui.screens.fakes import connection, services
from tests.ui.screens.goalpages import Opened, on_connection
from tests.ui.screens.keyboard import press


@pytest.fixture(autouse=True)
def _no_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys are pressed as fast as the console takes them."""
    monkeypatch.setattr(Pilot, "press", press)


@pytest.fixture(params=[(80, 24), (40, 12)], ids=["80x24", "40x12"])
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    """The two sizes every page must fit."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
async def opened() -> AsyncIterator[Opened]:
    """The console on the page of its only connection, 80x24."""
    made = services(connection())
    async with on_connection(made) as pilot:
        yield made, pilot


@pytest.fixture
async def home(tmp_path: Path, ready: dict[str, Any]) -> Home:
    """A home with a connection to the sandbox that the module's `ready` tells of."""
    made = Home(tmp_path, ready, demo_connection())
    await made.apply()
    return made


@pytest.fixture
async def control(ready: dict[str, Any]) -> AsyncIterator[Control]:
    """That sandbox's control port."""
    async with control_of(ready) as made:
        yield made
