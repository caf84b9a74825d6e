"""Find out by reading what a BlueConic application may read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from actui.api.blueconic.client import BlueConicClient
from actui.model.connection import Connection
from actui.model.errors import CredentialsError
from actui.model.goals import ExportGoal, ImportGoal
from actui.model.mapping import Rule
from actui.model.records import Property

NOBODY = "nobody@actui.invalid"
"""Searched for to learn whether profiles may be searched; nobody can own this domain."""


@dataclass(frozen=True, slots=True)
class Read:
    """One kind of thing, the right it requires and how many there are; None if not allowed."""

    what: str
    right: str
    found: int | None = None

    @property
    def allowed(self) -> bool:
        return self.found is not None

    @property
    def label(self) -> str:
        """What may be read, with its number if there is one."""
        return f"{self.found:,} {self.what}" if self.found else self.what


async def what_may_be_read(service: BlueConicClient) -> list[Read]:
    """Each kind of thing that actui reads, and whether the application may.

    Raises the client's errors, except those about a missing right. Profiles are omitted if no
    property can be searched, since the right cannot be tested then.
    """
    properties: list[Property] = []

    async def all_properties() -> int:
        properties.extend(await service.properties())
        return len(properties)

    # the first one alone, so that a wrong secret is refused once and not four times
    reads = [await _tried("properties", "read:profile-properties", all_properties)]
    reads += await asyncio.gather(
        _tried("segments", "read:segments", _count(service.segments)),
        _tried("objectives", "read:objectives", _count(service.objectives)),
        _tried("lifecycles", "read:lifecycles", _count(service.lifecycles)),
    )
    searched = next((one.id for one in properties if one.indexed), None)
    if searched is not None:
        reads.append(
            await _tried(
                "profiles",
                "read:profiles",
                _count(lambda: service.find_profiles([(searched, NOBODY)])),
            )
        )
    return reads


def proof(connection: Connection, reads: Sequence[Read]) -> str:
    """What the reads prove about a connection's application, in a sentence each.

    Raises CredentialsError `right-missing` if a right is missing that the connection needs.
    """
    host = urlsplit(connection.blueconic.url).netloc
    allowed = ", ".join(read.label for read in reads if read.allowed) or "nothing"
    lines = [f"{host} accepts the client. May read: {allowed}."]
    needed, refused = _needed(connection), [read for read in reads if not read.allowed]
    lacking = [f"{read.what} (right {read.right})" for read in refused if read.right in needed]
    spare = [f"{read.what} (right {read.right})" for read in refused if read.right not in needed]
    if lacking:
        lines.append(f"Needed and NOT allowed: {', '.join(lacking)}.")
    if spare:
        lines.append(f"Not allowed, and not needed by this connection: {', '.join(spare)}.")
    if lacking:
        raise CredentialsError(" ".join(lines), code="right-missing")
    return " ".join(lines)


def _needed(connection: Connection) -> set[str]:
    """The rights that the goals require, including goals that are switched off."""
    goals = connection.goals
    exports = [goal for goal in goals if isinstance(goal, ExportGoal)]
    imports = [goal for goal in goals if isinstance(goal, ImportGoal)]
    sums = (m.rule is Rule.SUM for goal in imports for m in goal.mappings)
    # beside other links, the profile that is named by its id is read and compared
    compared = (len(goal.identifiers) > 1 and goal.links_profile_id for goal in imports)
    asked = {
        "read:profile-properties": True,
        "read:segments": bool(exports),
        "read:objectives": bool(connection.objectives),
        "read:lifecycles": any(goal.lifecycle is not None for goal in exports),
        "read:profiles": any(sums) or any(compared),
    }
    return {right for right, needed in asked.items() if needed}


def _count(asked: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[int]]:
    async def counted() -> int:
        answer = await asked()
        return len(answer) if isinstance(answer, list | tuple) else 0

    return counted


async def _tried(what: str, right: str, asked: Callable[[], Awaitable[int]]) -> Read:
    try:
        return Read(what, right, await asked())
    except CredentialsError as refused:
        if refused.code != "right-missing":
            raise
        return Read(what, right)
