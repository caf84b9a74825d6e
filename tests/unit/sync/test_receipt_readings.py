"""What does not show a receipt in its own place is no proof that an entry was not applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from actui.api.blueconic.rows import profile
from actui.model.journal import SumSend
from actui.model.records import Profile
from actui.sync.importing.sum_receipts import RECEIPT_PROPERTY, Receipts, Verdict
from actui.sync.run.goal_run import GoalRun

WRITER = "abcdef01"
RECEIPT = f"1700000000000-5-{WRITER}00000000"
OF_ANOTHER = "1700000000000-5-1234567800000000"
OWN_OLDER = f"1600000000000-5-{WRITER}00000000"


def shown(name: str, *values: str, **more: Any) -> dict[str, Any]:
    held = [{"id": name, "values": list(values)}]
    return {"id": "p", "segments": [], "properties": held, **more}


class Tenant:
    """Answers each request for a profile with the body under its id, None where there is none."""

    def __init__(self, bodies: Mapping[str, dict[str, Any]]) -> None:
        self._bodies = bodies

    async def profile(self, profile_id: str, *, properties: Sequence[str]) -> Profile | None:
        body = self._bodies.get(profile_id)
        return None if body is None else profile(body)

    async def find_profiles(self, pairs: Sequence[tuple[str, str]]) -> Sequence[str]:
        return ["p"]


async def verdict(bodies: Mapping[str, dict[str, Any]], profile_id: str | None) -> Verdict:
    async def pause(seconds: float) -> None:
        """No reading needs to wait here."""

    run = SimpleNamespace(
        blueconic=Tenant(bodies),
        ledger=SimpleNamespace(
            sums=SimpleNamespace(receipt_writer=lambda: WRITER, added=lambda keys: {})
        ),
        clock=SimpleNamespace(monotonic=lambda: 0.0),
        stop=SimpleNamespace(check=lambda: None, pause=pause),
        settle_seconds=0.0,
    )
    receipts = Receipts(cast("GoalRun", run))
    matching = () if profile_id else ((("email", "a@example.org"),),)
    receipts.lost([SumSend(5, RECEIPT, {}, matching, profile_id, 0.0)])
    return (await receipts.settle())[5].verdict


@pytest.mark.parametrize("profile_id", [None, "p"], ids=["matched", "by id"])
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (shown("null", RECEIPT), Verdict.APPLIED),
        (shown(f"\x1b[2J{RECEIPT_PROPERTY}", RECEIPT), Verdict.APPLIED),
        (shown("\u0663", OF_ANOTHER), Verdict.UNCLEAR),
        (shown("x", OWN_OLDER), Verdict.UNCLEAR),
        (shown(RECEIPT_PROPERTY, RECEIPT, replacedBy="elsewhere"), Verdict.UNCLEAR),
        # a tenant may answer with more properties than it was asked for
        (shown("visits", "4", "1700000000000", "a-b-c"), Verdict.ABSENT),
        (shown(RECEIPT_PROPERTY, OWN_OLDER), Verdict.ABSENT),
        (shown(RECEIPT_PROPERTY, RECEIPT), Verdict.APPLIED),
    ],
)
async def test_only_a_profile_without_any_receipt_out_of_place_shows_its_absence(
    body: dict[str, Any], expected: Verdict, profile_id: str | None
) -> None:
    assert await verdict({"p": body}, profile_id) is expected


async def test_a_profile_named_by_its_id_that_does_not_exist_has_no_receipt() -> None:
    assert await verdict({}, "p") is Verdict.ABSENT
