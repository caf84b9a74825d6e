"""A Sum is applied once, whatever becomes of the answer."""

from __future__ import annotations

import pytest

from actui.model.run import RunState
from tests.process.e2e.lab import Lab, Row, lab

PUT = "/rest/v2/profiles"
PEOPLE = 6


def goal(**more: object) -> Row:
    """Everybody, with points that are summed."""
    return {
        "import": {
            "name": "Points",
            "contacts": "all",
            "create_profiles": True,
            "identifiers": [{"field": "email", "property": "email"}],
            "mappings": [
                {"field": "firstName", "property": "first_name"},
                {"field": "%POINTS%", "property": "points", "rule": "sum"},
            ],
            **more,
        }
    }


async def people(world: Lab) -> dict[str, list[str]]:
    """Some contacts, half of them known to BlueConic; the totals they should end with."""
    totals: dict[str, list[str]] = {}
    for number in range(PEOPLE):
        email = f"person{number}@example.org"
        await world.contact(email=email, firstName="P", fields={"POINTS": str(10 + number)})
        known = number % 2 == 0
        if known:
            await world.profile(properties={"email": [email], "points": ["100"]})
        totals[email] = [str(10 + number + 100 * known)]
    return totals


async def points(world: Lab) -> dict[str, list[str]]:
    return {name: held.get("points", []) for name, held in (await world.properties()).items()}


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("reset", {}),
        ("timeout", {}),
        ("truncated", {}),
        ("reset-after-commit", {}),
        ("timeout-after-commit", {}),
        ("partial-then-reset", {}),
        ("commit-late", {"seconds": 0.4}),
        ("200-html", {}),
        ("503", {}),
        ("408", {}),
    ],
)
async def test_a_lost_answer_neither_doubles_nor_loses_a_sum(kind: str, more: Row) -> None:
    async with lab() as world:
        totals = await people(world)
        world.apply(goal())
        await world.fault(kind, PUT, method="PUT", **more)

        summary = await world.run()

        assert await points(world) == totals
        (told,) = summary.goals
        assert (told.ok, told.read, told.unknown) == (True, PEOPLE, 0)
        assert told.created + told.updated == PEOPLE
        again = await world.run(full=True)
        assert await points(world) == totals
        assert again.goals[0].unchanged == PEOPLE


async def test_answers_lost_for_ever_fail_the_goal_and_the_next_run_goes_on() -> None:
    async with lab() as world:
        totals = await people(world)
        world.apply(goal())
        await world.fault("reset-after-commit", PUT, method="PUT", times=1)
        await world.fault("reset", PUT, method="PUT", times=-1)

        summary = await world.run()

        assert summary.state is RunState.FINISHED
        assert (summary.goals[0].ok, summary.goals[0].code) == (False, "goal-failed")
        await world.control.delete("/faults")
        await world.run()
        assert await points(world) == totals


async def test_a_receipt_of_somebody_else_leaves_the_sum_unresolved() -> None:
    async with lab() as world:
        await people(world)
        world.apply(goal())
        await world.fault("reset", PUT, method="PUT")
        stranger = {"properties": {"actui_sum_receipt": ["9999999999999-1-strange"]}}
        first = (await world.lines("/profiles"))[0]["id"]
        await world.post(
            "/mutate",
            service="blueconic",
            op="update",
            id=first,
            set=stranger,
            after={"method": "PUT", "path": PUT, "count": 1},
        )

        summary = await world.run()

        assert (summary.goals[0].unknown, summary.goals[0].reasons["unresolved"]) == (1, 1)
        assert (await points(world))["person0@example.org"] == ["100"]
        await world.run(full=True)
        assert (await points(world))["person0@example.org"] == ["100"]


@pytest.mark.parametrize(
    "foreign",
    ["0000000000001-1-strange", "0000000000001-1-0123456789abcdef", "0000000000001-1-01234567"],
    ids=["odd", "of another ledger", "from before receipts named their writer"],
)
@pytest.mark.parametrize("was_applied", [True, False])
async def test_a_receipt_of_a_clock_put_back_does_not_prove_that_a_sum_was_not_added(
    foreign: str, was_applied: bool
) -> None:
    """Another connection has written to the profile since; by its stamp it did so long before."""
    async with lab() as world:
        totals = await people(world)
        connection = world.apply(goal())
        await world.fault("reset-after-commit" if was_applied else "reset", PUT, method="PUT")
        first = (await world.lines("/profiles"))[0]["id"]
        await world.post(
            "/mutate",
            service="blueconic",
            op="update",
            id=first,
            set={"properties": {"actui_sum_receipt": [foreign]}},
            # the first look for receipts comes right after the write
            after={"method": "GET", "path": PUT, "count": 1},
        )

        summary = await world.run()

        assert (summary.goals[0].unknown, summary.goals[0].reasons) == (1, {"unresolved": 1})
        expected = totals | ({} if was_applied else {"person0@example.org": ["100"]})
        assert await points(world) == expected
        await world.run(full=True)
        assert await points(world) == expected
        with world.context.ledger(connection) as ledger:
            assert ledger.sums.pending() == []


async def test_a_receipt_of_its_own_earlier_send_shows_that_a_sum_was_not_added() -> None:
    async with lab() as world:
        totals = await people(world)
        world.apply(goal())
        await world.run()
        change = {"service": "activecampaign", "op": "update", "id": "1"}
        await world.post("/mutate", **change, set={"fields": {"POINTS": "20"}})
        await world.fault("reset", PUT, method="PUT")

        summary = await world.run()

        assert (summary.goals[0].updated, summary.goals[0].unknown) == (1, 0)
        assert await points(world) == totals | {"person0@example.org": ["130"]}


async def test_a_copied_ledger_does_not_take_receipts_of_before_for_its_own() -> None:
    async with lab() as world:
        totals = await people(world)
        connection = world.apply(goal())
        await world.run()
        file = world.context.home.ledger_file(connection.id)
        copy = file.with_name("copy")
        copy.write_bytes(file.read_bytes())
        file.unlink()
        copy.rename(file)
        change = {"service": "activecampaign", "op": "update", "id": "1"}
        await world.post("/mutate", **change, set={"fields": {"POINTS": "20"}})
        await world.fault("reset", PUT, method="PUT")

        summary = await world.run(confirm_restored=True)

        assert (summary.goals[0].unknown, summary.goals[0].reasons) == (1, {"unresolved": 1})
        assert await points(world) == totals


async def test_receipts_without_memory_ask_for_a_decision() -> None:
    async with lab() as world:
        totals = await people(world)
        connection = world.apply(goal())
        await world.run()
        # a ledger begun anew knows nothing of what was added
        world.context.delete(connection)
        world.apply(goal())

        refused = await world.run()

        assert (refused.goals[0].ok, refused.goals[0].code) == (False, "sum-start-needed")
        assert await points(world) == totals
        decided = goal()
        decided["import"]["mappings"][1]["sum_start"] = "baseline"
        world.apply(decided)
        assert (await world.run()).goals[0].ok
        assert await points(world) == totals


async def test_a_renamed_goal_a_full_run_and_a_fresh_run_add_nothing_again() -> None:
    async with lab() as world:
        totals = await people(world)
        world.apply(goal())
        await world.run()
        world.apply(goal(name="Renamed"))
        await world.run(full=True, fresh=True)
        assert await points(world) == totals
