"""A Sum is applied once, whatever status stands over the answer: a status proves nothing."""

from __future__ import annotations

import pytest

from actui.model.run import RunState
from tests.process.e2e.lab import Row, lab
from tests.process.e2e.test_sums import PEOPLE, PUT, goal, people, points

STATUSES = (302, 400, 401, 403, 404, 408, 409, 413, 422, 429, 499, 500, 502, 503, 504)
BODIES = {
    "empty": "",
    "page": "<html><h1>Bad gateway</h1></html>",
    "json": '{"message": "too many requests"}',
}
CASES = [
    pytest.param(
        status,
        body,
        id=f"{status}-{name}",
        # each status with one body at once, and each body with several
        marks=[] if place % len(BODIES) == which else [pytest.mark.long],
    )
    for place, status in enumerate(STATUSES)
    for which, (name, body) in enumerate(BODIES.items())
]


@pytest.mark.parametrize(("status", "body"), CASES)
async def test_a_status_after_the_commit_doubles_nothing(status: int, body: str) -> None:
    async with lab() as world:
        totals = await people(world)
        world.apply(goal())
        await world.fault(f"{status}-after-commit", PUT, method="PUT", body=body)

        summary = await world.run()

        assert await points(world) == totals
        (told,) = summary.goals
        assert (told.ok, told.read, told.unknown) == (True, PEOPLE, 0), told.message
        assert told.created + told.updated == PEOPLE
        assert (await world.run(full=True)).goals[0].unchanged == PEOPLE
        assert await points(world) == totals


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("429", {}),
        ("429-no-header", {}),
        ("401", {}),
        ("403-bare", {}),
        ("500-html", {}),
        ("empty", {}),
    ],
)
async def test_what_was_not_applied_is_sent_again(kind: str, more: Row) -> None:
    async with lab() as world:
        totals = await people(world)
        world.apply(goal())
        await world.fault(kind, PUT, method="PUT", **more)

        (told,) = (await world.run()).goals

        assert (told.ok, told.created + told.updated) == (True, PEOPLE), told.message
        assert await points(world) == totals


async def test_the_others_of_a_batch_are_not_kept_waiting() -> None:
    """Who has nothing to add is sent again at once; a Sum waits for its receipt."""
    async with lab() as world:
        totals = await people(world)
        await world.contact(email="nothing@example.org", firstName="N")
        world.apply(goal())
        await world.fault("503-after-commit", PUT, method="PUT")

        (told,) = (await world.run()).goals

        assert (told.ok, told.created + told.updated + told.unchanged) == (True, PEOPLE + 1)
        assert await points(world) == {**totals, "nothing@example.org": []}


async def test_a_right_that_is_missing_ends_the_run_and_adds_nothing() -> None:
    async with lab() as world:
        totals = await people(world)
        world.apply(goal())
        await world.fault("403-bare", PUT, method="PUT", times=-1)

        summary = await world.run()

        assert (summary.state, summary.code) == (RunState.FAILED, "right-missing")
        assert "write:profiles" in summary.message
        await world.control.delete("/faults")
        await world.run()
        assert await points(world) == totals


@pytest.mark.parametrize("status", [400, 403, 404])
async def test_one_status_for_ever_fails_and_the_next_run_goes_on(status: int) -> None:
    async with lab() as world:
        totals = await people(world)
        world.apply(goal())
        await world.fault(f"{status}-after-commit", PUT, method="PUT", times=-1)

        await world.run()

        assert await points(world) == totals
        await world.control.delete("/faults")
        assert (await world.run()).goals[0].ok
        assert await points(world) == totals


@pytest.mark.parametrize("status", [400, 413, 422])
async def test_one_entry_that_is_refused_alone_is_rejected_and_the_others_arrive(
    status: int,
) -> None:
    """BlueConic refuses whole requests over one entry: they are cut, and never doubled."""
    async with lab() as world:
        totals = await people(world)
        world.apply(goal())
        kind = {400: "400-after-commit", 413: "413-after-commit", 422: "422-after-commit"}[status]
        await world.fault(kind, PUT, method="PUT", times=2)

        (told,) = (await world.run()).goals

        assert (told.ok, told.unknown, told.rejected) == (True, 0, 0), told.message
        assert await points(world) == totals


@pytest.mark.parametrize(
    "body",
    ["[]", "{}", "null", '[{"state": "FOO"}]', '[{"state": null}]', "[3, 4, 5, 6, 7, 8]"],
)
async def test_an_answer_that_is_not_for_each_entry_doubles_nothing(body: str) -> None:
    async with lab() as world:
        totals = await people(world)
        world.apply(goal())
        await world.fault("200-after-commit", PUT, method="PUT", body=body)

        (told,) = (await world.run()).goals

        assert (told.ok, told.unknown) == (True, 0), told.message
        assert await points(world) == totals
