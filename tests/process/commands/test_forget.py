"""A forgotten person is nowhere in the home, and is skipped when met again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from actui import exitcodes
from actui.cli import main
from actui.model.errors import BusyError
from actui.operations.erasure import forget
from store.backup import make_backup, restore_backup
from store.forgotten import Forgotten, without_address
from store.home import Home
from store.ledger.salvage import ASIDE
from tests.process.e2e.lab import NAME, Lab, lab
from tests.process.e2e.test_main_job import demo_connection
from tests.process.e2e.test_sums import goal, people


def holding(place: Path, email: str) -> list[str]:
    """The files of a home in which an address stands."""
    files = [path for path in place.rglob("*") if path.is_file()]
    return [path.name for path in files if email.lower().encode() in path.read_bytes().lower()]


def outcomes(world: Lab, run: str) -> list[dict[str, Any]]:
    connection = world.context.connections.find(NAME).connection
    with world.context.ledger(connection) as ledger:
        return list(ledger.outcomes.find(run=run))


async def test_nothing_of_them_stays_and_they_are_skipped_from_then_on() -> None:
    async with lab(contacts=60, profiles=80) as world:
        connection = world.apply(*demo_connection()["goals"])
        first = outcomes(world, (await world.run()).run)
        known = " ".join({str(row["email"]).lower() for row in first})
        # an address within a longer one would be found though it is gone
        alone = [row for row in first if known.count(str(row["email"]).lower()) == 1]
        into, out = connection.imports()[0].id, connection.exports()[0].id
        written = [row for row in alone if row["outcome"] in ("created", "updated")]
        imported = next(row for row in written if row["goal"] == into)
        exported = next(
            row for row in written if row["goal"] == out and row["email"] != imported["email"]
        )
        for row in (imported, exported):
            assert holding(world.place, row["email"])
            (report,) = await forget(world.context, row["email"], offline=False)
            assert report.rows > 0
            assert any(place.startswith("ActiveCampaign: contact") for place in report.remains)
            assert holding(world.place, row["email"]) == []
        again = await world.run(full=True)
        assert again.ok, again.message
        told = [row for row in outcomes(world, again.run) if row["reason"] == "forgotten"]
        assert {row["goal"] for row in told} == {goal.id for goal in connection.goals}
        assert imported["contact_id"] in {row["contact_id"] for row in told}
        assert exported["profile_id"] in {row["profile_id"] for row in told}
        assert {(row["email"] or "", row["detail"] or "") for row in told} == {("", "")}
        for row in (imported, exported):
            assert holding(world.place, row["email"]) == []
        for goal in again.goals:
            counts = (goal.created, goal.updated, goal.unchanged, goal.skipped, goal.rejected)
            assert goal.read == sum(counts) + goal.unknown


async def test_nobody_is_forgotten_while_a_connection_runs() -> None:
    async with lab() as world:
        connection = world.apply(*demo_connection()["goals"])
        with world.context.lock(connection).held(), pytest.raises(BusyError):
            await forget(world.context, "ada@example.org", offline=True)
        words = ["address ada@example.org"]
        assert Forgotten(world.context.home).among(words, ("", "")) == set()


@pytest.mark.parametrize("is_gone", [False, True], ids=["same connection", "connection gone"])
async def test_files_that_a_restoration_replaced_hold_nothing_of_them(
    is_gone: bool, tmp_path: Path
) -> None:
    async with lab() as world:
        totals = await people(world)
        home = world.context.home
        make_backup(home, tmp_path / "empty", "1")
        world.apply(goal())
        await world.run()
        if not is_gone:
            make_backup(home, tmp_path / "same", "1")
        backup = tmp_path / ("empty" if is_gone else "same")
        replaced = restore_backup(home, backup, replace=True).replaced
        assert replaced is not None
        email, other = list(totals)[:2]
        assert {"ledger.db"} <= set(holding(replaced, email)) | set(holding(replaced, other))
        before = holding(world.place, other)
        await forget(world.context, email, offline=True)
        assert holding(world.place, email) == []
        assert holding(world.place, other) == before


async def test_a_damaged_ledger_that_was_set_aside_stays_and_is_named() -> None:
    async with lab() as world:
        email = next(iter(await people(world)))
        connection = world.apply(goal())
        await world.run()
        file = world.context.home.ledger_file(connection.id)
        aside = file.with_name(f"ledger-20260101-000000-000000{ASIDE}")
        aside.write_bytes(b"?" * 5_000 + email.encode())
        (report,) = await forget(world.context, email, offline=True)
        assert holding(world.place, email) == [aside.name]
        assert any(str(aside) in one for one in report.remains)


def test_the_hashes_tell_nobody_and_are_of_one_account(tmp_path: Path) -> None:
    forgotten = Forgotten(Home.open({"ACTUI_HOME": str(tmp_path)}))
    forgotten.add(["address ada@example.org", "contact 7"], ("https://a", "https://b"))
    assert holding(tmp_path, "ada@example.org") == []
    words = ["address ada@example.org", "contact 7", "contact 8"]
    assert forgotten.among(words, ("https://a", "https://b")) == set(words[:2])
    assert forgotten.among(words, ("https://other", "https://b")) == set(words[:1])
    files = [path for path in tmp_path.iterdir() if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


def test_only_the_whole_address_is_taken_out() -> None:
    text = "such as 'Ada@x.org', 'lada@x.org', 'ada@x.org-uk'"
    assert without_address(text, "ada@x.org") == text.replace("Ada@x.org", "(forgotten)")


@pytest.mark.parametrize("words", [["ada@example.org"], ["ada", "--yes"]])
def test_a_slip_forgets_nobody(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACTUI_HOME", str(tmp_path))
    assert main(["forget", *words]) == exitcodes.USAGE
    assert not (tmp_path / "forgotten.db").exists()
