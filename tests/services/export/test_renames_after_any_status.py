"""A changed address is the contact's, whatever status stands over the answer."""

from __future__ import annotations

import pytest

from actui.api.retry import RetryPolicy
from tests.services.export.desk import Desk

THREE_DENIALS = RetryPolicy(attempts=4, seconds=30.0)
"""Enough for denials to be believed although the key is good."""


@pytest.mark.parametrize("status", [400, 404, 409, 422, 503])
async def test_a_rename_that_was_applied_is_no_refusal(desk: Desk, status: int) -> None:
    await desk.contact("old@x.org")
    profile = await desk.profile("old@x.org", first_name="Ada")
    await desk.export()
    await desk.change(profile, email=["new@x.org"], first_name=["Bea"])
    await desk.fault(f"{status}-after-commit", ".*/contacts/.*", method="PUT")
    summary = await desk.export()
    assert (summary.ok, summary.updated, summary.rejected, summary.skipped) == (True, 1, 0, 0)
    found = await desk.contacts()
    assert {email: row["firstName"] for email, row in found.items()} == {"new@x.org": "Bea"}


@pytest.mark.parametrize("kind", ["401", "403-bare"])
async def test_a_rename_that_is_denied_whoever_it_is_about_is_made_later(
    desk: Desk, kind: str
) -> None:
    await desk.contact("old@x.org")
    profile = await desk.profile("old@x.org", first_name="Ada")
    await desk.export()
    await desk.change(profile, email=["new@x.org"])
    desk.policy = THREE_DENIALS
    await desk.fault(kind, ".*/contacts/.*", method="PUT", times=-1)
    summary = await desk.export()
    assert (summary.ok, summary.code, summary.rejected) == (False, "refused", 0)
    assert set(await desk.contacts()) == {"old@x.org"}
    await desk.control.delete("/faults")
    summary = await desk.export()
    assert (summary.ok, summary.updated, set(await desk.contacts())) == (True, 1, {"new@x.org"})
