"""The benches in a short form: what each of them does, once or a few times."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from actui.sandbox.faults import KINDS
from tests.bench import broken, crowd, faults, marked_secrets, mutate
from tests.bench.__main__ import MEASUREMENTS, PROOFS
from tests.bench.__main__ import main as bench
from tests.bench.arena import Arenas, prepared
from tests.bench.chaos import durable, is_in_flight, killed, undisturbed
from tests.bench.chaos_acts import SCENARIOS
from tests.bench.disk import filled
from tests.bench.disk import undisturbed as undisturbed_disk
from tests.bench.figures import Budget, Figures
from tests.bench.full_disks import Disk, disks
from tests.bench.mutations import MUTATIONS, Answer

pytestmark = pytest.mark.long


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


@pytest.fixture
async def arenas() -> AsyncIterator[Arenas]:
    figures = Figures("arena", 0)
    async with prepared(figures) as made:
        assert made is not None, figures.failures
        yield made


async def test_faults_end_as_the_table_says_and_a_clean_run_puts_things_right(
    arenas: Arenas,
) -> None:
    """The bench has the whole matrix."""
    figures = Figures("faults", 1)
    for facts in (
        ("blueconic", "PUT", "/rest/v2/profiles", "reset-after-commit", "first", 0),
        ("blueconic", "GET", "/rest/v2/segments/ID/profiles", "truncated", "always", 0),
        ("activecampaign", "POST", "/api/3/import/bulk_import", "503", "last", 1),
    ):
        await faults.held(arenas, faults.Cell(*facts), figures)
    assert figures.failures == []


def test_every_kind_of_fault_has_an_end_written_down() -> None:
    calls = [
        ("activecampaign", "GET", "/api/3/contacts"),
        ("blueconic", "PUT", "/rest/v2/profiles"),
    ]
    matrix = list(faults.cells([*calls, ("blueconic", "GET", "/rest/v2/segments/ID/profiles")]))
    assert all(cell.expected()[0] for cell in matrix)
    assert {cell.kind for cell in matrix} >= {*KINDS}


async def test_spoiled_answers_do_no_harm(arenas: Arenas) -> None:
    figures = Figures("mutate", 1)
    for number in range(2):
        await mutate.lived(arenas, random.Random(f"short {number}"), figures, number)
    assert figures.failures == []


def test_every_mutation_can_spoil_an_answer_of_a_service() -> None:
    page = {
        "profiles": [{"id": "1", "email": "ä"}, {"id": "2", "email": "b"}],
        "totalResults": 2,
        "nextCursor": "x",
        "contactLists": [{"contact": "1", "list": "3", "status": "2"}],
    }
    body = json.dumps(page).encode()
    answer = Answer(200, [("Content-Type", "application/json")], body, page)
    for name, spoil in MUTATIONS.items():
        spoiled = [spoil(answer, random.Random(n)) for n in range(20)]
        assert any(one not in (None, (200, answer.headers, body)) for one in spoiled), name
    assert answer.json == json.loads(body)


async def test_a_crowd_on_one_home_loses_and_doubles_nothing() -> None:
    figures = Figures("crowd", 2)
    await crowd.play(Budget(count=8, seed=2), figures)
    assert figures.failures == []


def test_marked_secrets_are_found_nowhere() -> None:
    figures = Figures("secrets", 1)
    marked_secrets.play(Budget(count=1, seed=1, only="environment, all well"), figures)
    assert figures.failures == []
    assert {"webhooks", "mails", "pictures of the console"} <= figures.lines.keys()


def test_secrets_are_searched_for_in_every_command() -> None:
    assert marked_secrets.commands() <= {*marked_secrets.COMMANDS, *marked_secrets.ELSEWHERE}


@pytest.mark.parametrize("kind", disks()[0], ids=lambda kind: kind.name)
async def test_a_program_on_a_full_disk_comes_to_the_same_end(kind: type[Disk]) -> None:
    name = "import with Sum"
    scenario = replace(SCENARIOS[name], acts=SCENARIOS[name].acts[:1])
    figures = Figures("disk", 18)
    calm, troubles = await undisturbed_disk(scenario, kind())
    assert troubles == []
    await filled(name, scenario, calm, random.Random(18), figures)
    assert figures.failures == []
    assert figures.tallies["exit codes"] == {"2": 1}


@pytest.mark.parametrize("name", broken.BREAKAGES)
def test_every_breakage_still_has_its_lines(name: str) -> None:
    breakage = broken.BREAKAGES[name]
    assert (broken.ROOT / breakage.file).read_text().count(breakage.old) == 1
    assert breakage.bench[0] in PROOFS


def test_a_broken_version_is_caught(capsys: pytest.CaptureFixture[str]) -> None:
    assert broken.main(["--only", "commits of the ledger", "--seed", "1"]) == 0
    shown = capsys.readouterr().out
    assert "| commits of the ledger are not on the disk | chaos | yes |" in shown


def test_what_is_on_the_disk_before_it_is_said() -> None:
    figures = Figures("chaos", 1)
    durable(figures)
    assert figures.failures == []


def test_only_an_unsubscription_in_flight_is_an_exception() -> None:
    lost = ["ledger membership: has Out 3 a@x.org 1", "ledger membership: misses Out 3 a@x.org 0"]
    off, on = '{"email": "a@x.org", "lists": {"3": 2}}', '{"email": "a@x.org", "lists": {"3": 1}}'
    assert is_in_flight(lost, 1)
    assert is_in_flight([*lost, f"contacts: has {off}", f"contacts: misses {on}"], 1)
    assert not is_in_flight([*lost, f"contacts: has {on}", f"contacts: misses {off}"], 1)
    assert not is_in_flight([*lost, "ledger membership: has Out 3 b@x.org 1"], 1)
    assert not is_in_flight([*lost, "profiles: has a@x.org"], 1)
