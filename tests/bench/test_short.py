"""The benches in a short form: what each of them does, once or a few times."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from tests.bench.__main__ import MEASUREMENTS, PROOFS
from tests.bench.__main__ import main as bench
from tests.bench.chaos import killed, undisturbed
from tests.bench.chaos_acts import SCENARIOS
from tests.bench.figures import Figures


@pytest.mark.parametrize("name", ["import with Sum", "connections"])
async def test_a_killed_program_comes_to_the_same_end(name: str) -> None:
    scenario = replace(SCENARIOS[name], acts=SCENARIOS[name].acts[:1])
    figures = Figures("chaos", 17)
    calm, troubles = await undisturbed(scenario)
    assert troubles == []
    await killed(name, scenario, calm, random.Random(17), figures)
    assert figures.failures == []
    assert figures.tried == 1


def test_a_table_names_what_failed_and_each_exception_with_its_reason(
    capsys: pytest.CaptureFixture[str],
) -> None:
    figures = Figures("some bench", 5)
    figures.held("one")
    figures.excepted("one", "a name", "a reason")
    figures.failed("two", "so it went")
    assert figures.ended(as_json=True) == 1
    shown = capsys.readouterr().out
    assert "| one | 2 | 1 | 1 | 0 |" in shown
    assert "| two | 1 | 0 | 0 | 1 |" in shown
    assert "| **all** | 3 | 1 | 1 | 1 |" in shown
    assert "- exception: a name: a reason" in shown
    assert "- seed: 5" in shown


def test_every_bench_is_listed_and_a_wrong_name_is_no_bench(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert bench([]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {name} " in shown for name in (*PROOFS, *MEASUREMENTS))
    assert bench(["nothing"]) == 2
