"""A changed address is the contact's, whatever status stands over the answer."""

from __future__ import annotations

import pytest

from tests.services.export.desk import Desk


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
