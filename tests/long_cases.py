"""Cases of one proof that are too many for every run of the tests."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import pytest


def mostly_long(cases: Iterable[Any], now: Collection[Any]) -> list[Any]:
    """The cases for `parametrize`; all but those in `now` belong to the long proofs."""
    return [one if one in now else pytest.param(one, marks=pytest.mark.long) for one in cases]
