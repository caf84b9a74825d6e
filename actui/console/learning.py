"""Asks both accounts what there is to choose from."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

from actui.console.choices import Choices
from actui.console.formatting import plain
from actui.console.forms.connection_fields import SECRET_LABELS
from actui.console.ports import Catalog, Which
from actui.model.connection import Connection
from actui.model.errors import ActuiError


async def learn_choices(
    catalog: Catalog, connection: Connection, known: Choices
) -> AsyncIterator[Choices]:
    """Yield `known` with the answer of each account added as soon as it is there.

    An account that fails adds the sentence that says why.
    """

    async def activecampaign() -> dict[str, object]:
        try:
            return {"activecampaign": await catalog.activecampaign(connection)}
        except ActuiError as failure:
            return {"no_activecampaign": _unanswered(failure, "activecampaign")}

    async def blueconic() -> dict[str, object]:
        try:
            return {"blueconic": await catalog.blueconic(connection)}
        except ActuiError as failure:
            return {"no_blueconic": _unanswered(failure, "blueconic")}

    for answered in asyncio.as_completed((activecampaign(), blueconic())):
        known = replace(known, **await answered)  # type: ignore[arg-type]
        yield known


def _unanswered(failure: ActuiError, which: Which) -> str:
    """Why an account does not answer, with the way to mend it that the console has."""
    if failure.code == "no-secret":
        label = SECRET_LABELS[which]
        return f"The {label} is not stored: type it under Set up and run, then save."
    return plain(failure.message)
