"""What people were refused with, as the ledger keeps it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from actui.model.journal import BatchCommit, Refusal
from actui.model.memberships import MembershipChanges, RefusedLeaving
from actui.model.run import GoalSummary, Outcome, Reason, Record
from store.ledger import SqliteLedger, open_ledger

SUMMARY = GoalSummary(goal="Newsletter", goal_id="g", kind="import")
SENT = Refusal(b"mark", "2:ab", "cd")
NO_MATCH = Record(Outcome.SKIPPED, Reason.NO_MATCH, "Webinar", 7, email="Zoe@x.org")


def begun(place: Path) -> SqliteLedger:
    ledger = open_ledger(place / "ledger.db")
    ledger.runs.begin("r", "manual", "2026-11-24T02:50:00Z", 1)
    return ledger


def test_a_refusal_is_kept_with_its_outcome_until_another_one(tmp_path: Path) -> None:
    with begun(tmp_path) as ledger:
        ledger.commits.write(
            "r", "g", BatchCommit([("7", NO_MATCH, None)], refused={"7": SENT}), SUMMARY
        )
        kept = ledger.refusals.find("g", ["7", "8"])
        outcome = (Outcome.SKIPPED, Reason.NO_MATCH, "Webinar", 7, "Zoe@x.org")
        assert kept == {"7": Refusal(b"mark", "2:ab", "cd", *outcome)}
        assert ledger.refusals.find("other", ["7"]) == {}
        ledger.commits.write(
            "r", "g", BatchCommit([("7", Record(Outcome.UPDATED), b"mark")]), SUMMARY
        )
        assert ledger.refusals.find("g", ["7"]) == {}


def test_a_forgotten_person_has_been_refused_nothing(tmp_path: Path) -> None:
    with begun(tmp_path) as ledger:
        ledger.commits.write(
            "r", "g", BatchCommit([("7", NO_MATCH, None)], refused={"7": SENT}), SUMMARY
        )
        contacts, profiles = ledger.erasure.known_as("zoe@x.org")
        assert contacts == {7}
        ledger.erasure.erase("zoe@x.org", contacts, profiles, lambda text: text)
        assert ledger.refusals.find("g", ["7"]) == {}


def stays(contact_id: int, detail: str = "Locked.", list_id: int = 3) -> RefusedLeaving:
    return RefusedLeaving(contact_id, list_id, "2 a", detail, "2:ab")


def exported(ledger: SqliteLedger, **values: Any) -> None:
    ledger.commits.write("r", "g", BatchCommit((), export=MembershipChanges(**values)), SUMMARY)


def test_a_refused_unsubscription_is_kept_until_the_contact_is_off_the_list(tmp_path: Path) -> None:
    with begun(tmp_path) as ledger:
        exported(ledger, refused=[stays(7), stays(7, list_id=5), stays(8), stays(9)])
        assert ledger.memberships.refused_leaving("other") == []
        exported(ledger, left={(7, 3): "mark"}, gone=[(8, 3)], refused=[stays(9, "Busy.")])
        assert ledger.memberships.refused_leaving("g") == [stays(9, "Busy."), stays(7, list_id=5)]


def test_a_forgotten_person_is_in_no_refused_unsubscription(tmp_path: Path) -> None:
    with begun(tmp_path) as ledger:
        exported(ledger, refused=[stays(7), stays(8, "zoe@x.org is locked.")])
        ledger.erasure.erase("zoe@x.org", {7}, set(), lambda text: text)
        (kept,) = ledger.memberships.refused_leaving("g")
        assert kept.contact_id == 8
        assert "zoe" not in kept.detail
