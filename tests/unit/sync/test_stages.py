"""Who is exported where a goal is bound to a lifecycle stage, however a tenant shows stages."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC
from itertools import permutations
from types import SimpleNamespace
from typing import Any

import pytest

from actui.api.activecampaign.rows import bulk_row_size
from actui.model.connection import Connection
from actui.model.errors import CredentialsError
from actui.model.goals import ExportGoal
from actui.model.records import (
    Lifecycle,
    Profile,
    ProfilePage,
    Property,
    Segment,
    Stage,
    StageOfProfile,
)
from actui.model.run import Record
from actui.sync.exporting.payload import PayloadBuilder
from actui.sync.exporting.stages import PROBES, Stages
from actui.sync.resolve import Accounts, resolve

FIRST = StageOfProfile("l", "Welcome", "s1", "First")
SECOND = StageOfProfile("l", "Welcome", "s2", "Second")
PEOPLE = {"bound": FIRST, "other1": SECOND, "other2": SECOND, "other3": SECOND, "none": None}
ACCOUNTS = Accounts(
    fields={},
    lists={},
    properties={"email": Property("email", "E-mail", "EMAIL", indexed=True)},
    segments={"s": Segment("s", "S")},
    objectives={},
    lifecycles={"l": Lifecycle("l", "Welcome", True, (Stage("s1", "First"),))},
)
BOUND = {
    "name": "G",
    "segment": {"name": "S", "id": "s"},
    "identifiers": [{"field": "email", "property": "email"}],
    "lifecycle": {
        "lifecycle": {"name": "Welcome", "id": "l"},
        "stage": {"name": "First", "id": "s1"},
    },
}
SHOWN = {
    "in listings, empty for none": (True, True, True),
    "in listings, left out for none": (True, True, False),
    "in single profiles, empty for none": (False, True, True),
    "in single profiles, left out for none": (False, True, False),
    "not at all": (False, False, False),
}
"""Whether a listing and a single profile have the key, and whether it is there for no stage."""


class Tenant:
    """The reads of one segment, in an order and with pages of a size."""

    def __init__(
        self,
        shown: str,
        order: Sequence[str] = tuple(PEOPLE),
        people: dict[str, StageOfProfile | None] = PEOPLE,
        page: int = 2,
        may_read: bool = True,
    ) -> None:
        self.listed, self.alone, self.empty = SHOWN[shown]
        self.order, self.people, self.page, self.may_read = order, people, page, may_read
        self.pages = 0
        self.read: list[str] = []

    def _profile(self, name: str, is_shown: bool) -> Profile:
        stage = self.people[name]
        stages = () if stage is None else (stage,)
        has_key = is_shown and (stage is not None or self.empty)
        return Profile(
            name,
            properties={"email": (f"{name}@x.org",)},
            lifecycle_stages=stages if has_key else None,
        )

    async def segment_page(self, segment_id: str, *, cursor: str | None, **_: Any) -> ProfilePage:
        self.pages += 1
        start = int(cursor or 0)
        end = start + self.page
        rows = [self._profile(name, self.listed) for name in self.order[start:end]]
        is_last = end >= len(self.order)
        return ProfilePage(rows, len(self.order), None if is_last else str(end), is_last)

    async def profile(self, profile_id: str, *, properties: Sequence[str]) -> Profile | None:
        assert properties == ["email"]  # none named would be all of them
        self.read.append(profile_id)
        if not self.may_read:
            raise CredentialsError("no right", code="right-missing")
        return self._profile(profile_id, self.alone) if profile_id in self.people else None

    def listing(self) -> list[Profile]:
        return [self._profile(name, self.listed) for name in self.order]


async def decided(
    tenant: Tenant, warned: list[str] | None = None, **more: object
) -> dict[str, str]:
    """What becomes of each person: `sent`, or the reason why not."""
    goal = ExportGoal.model_validate({**BOUND, **more})
    connection = resolve(Connection(name="C", goals=[goal]), ACCOUNTS).usable()
    (resolved,) = connection.exports
    run: Any = SimpleNamespace(
        blueconic=tenant,
        stop=SimpleNamespace(check=lambda: None),
        phase=lambda words: None,
        warn_once=(warned if warned is not None else []).append,
    )
    builder = PayloadBuilder(connection, resolved, ACCOUNTS, UTC, row_size=bulk_row_size)
    stages = Stages(run, resolved, builder.properties())
    await stages.learn()
    found = await stages.of(tenant.listing(), set(tenant.order))
    built = {profile.id: builder.build(profile, None) for profile in found}
    return {
        name: str(one.reason) if isinstance(one, Record) else "sent" for name, one in built.items()
    }


KNOWN = {
    "bound": "sent",
    **dict.fromkeys(("other1", "other2", "other3", "none"), "not-in-stage"),
}
EXPORTED = {
    **{(shown, policy): KNOWN for shown in list(SHOWN)[:4] for policy in ("skip", "export")},
    ("not at all", "skip"): dict.fromkeys(PEOPLE, "stage-unknown"),
    ("not at all", "export"): dict.fromkeys(PEOPLE, "sent"),
}


@pytest.mark.parametrize("page", [1, 2, 5])
@pytest.mark.parametrize(("shown", "policy"), EXPORTED)
def test_the_stage_decides_in_every_order_of_the_listing(
    shown: str, policy: str, page: int
) -> None:
    orders = list(permutations(PEOPLE))
    assert len(orders) == 120

    async def every_order() -> list[dict[str, str]]:
        return [
            await decided(Tenant(shown, order, page=page), unknown_stage=policy) for order in orders
        ]

    for order, found in zip(orders, asyncio.run(every_order()), strict=True):
        assert found == EXPORTED[shown, policy], order


@pytest.mark.parametrize("shown", list(SHOWN)[:4])
async def test_who_is_in_no_stage_is_nowhere_exported_though_all_the_others_are(shown: str) -> None:
    people = {"first": None, **dict.fromkeys(map(str, range(9)), FIRST)}
    for order in (list(people), list(reversed(people))):
        found = await decided(Tenant(shown, order, people), unknown_stage="export")
        assert found.pop("first") == "not-in-stage"
        assert set(found.values()) == {"sent"}


MANY: dict[str, StageOfProfile | None] = dict.fromkeys(map(str, range(60)), None)


async def test_one_row_late_in_the_listing_decides_about_everybody_before_it() -> None:
    people = {**MANY, "late": FIRST}
    tenant = Tenant("in listings, left out for none", list(people), people)
    found = await decided(tenant, unknown_stage="export")
    assert found == {**dict.fromkeys(MANY, "not-in-stage"), "late": "sent"}
    assert tenant.read == []


async def test_so_many_profiles_are_read_alone_and_the_same_in_every_order() -> None:
    asked = []
    for order in (list(MANY), list(reversed(MANY))):
        tenant = Tenant("not at all", order, MANY)
        warned: list[str] = []
        assert set((await decided(tenant, warned)).values()) == {"stage-unknown"}
        assert len(warned) == 1
        asked.append(tenant.read)
    assert asked[0] == asked[1]
    assert len(asked[0]) == PROBES


async def test_where_listings_show_stages_one_page_is_enough_to_know() -> None:
    people = dict.fromkeys(MANY, FIRST)
    tenant = Tenant("in listings, left out for none", list(people), people)
    assert set((await decided(tenant)).values()) == {"sent"}
    assert (tenant.pages, tenant.read) == (1, [])


async def test_without_the_right_to_read_profiles_stages_are_not_known() -> None:
    tenant = Tenant("in single profiles, empty for none", may_read=False)
    warned: list[str] = []
    assert await decided(tenant, warned) == EXPORTED["not at all", "skip"]
    assert len(tenant.read) == 1
    assert "right read:profiles" in warned[0]


async def test_who_is_gone_meanwhile_is_in_no_known_stage() -> None:
    people = dict(PEOPLE)
    tenant = Tenant("in single profiles, empty for none", list(people), people)

    async def gone(profile_id: str, **_: Any) -> Profile | None:
        if profile_id == "other1":
            return None
        if profile_id == "other2":
            return Profile(profile_id, replaced_by="bound")
        return tenant._profile(profile_id, True)

    tenant.profile = gone  # type: ignore[assignment, method-assign]
    unknown = {"other1": "stage-unknown", "other2": "stage-unknown"}
    assert await decided(tenant) == {**KNOWN, **unknown}


async def test_nobody_is_warned_of_in_an_empty_segment() -> None:
    warned: list[str] = []
    assert await decided(Tenant("not at all", (), {}), warned) == {}
    assert warned == []
