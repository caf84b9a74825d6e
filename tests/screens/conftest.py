"""The sizes that every page must fit."""

from __future__ import annotations

import pytest


@pytest.fixture(params=[(80, 24), (40, 12)], ids=["80x24", "40x12"])
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    """The two sizes every page must fit."""
    return request.param  # type: ignore[no-any-return]
