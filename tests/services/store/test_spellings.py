"""The ledger finds a person under every spelling of an address, in old files too."""

from __future__ import annotations

import sqlite3

import pytest

from actui.model.goals import ListStatus
from actui.model.journal import BatchCommit, Indexed
from actui.model.memberships import MembershipChanges, Newcomer
from actui.model.run import GoalSummary, Outcome, Record
from store.forgotten import Forgotten, without_address
from store.home import Home
from store.ledger import open_ledger
from store.ledger.schema import STEPS

SUMMARY = GoalSummary(goal="G", goal_id="g", kind="export")
PLAIN, INVISIBLE = "anna@example.com", "an\u00adna@example.com "
ENCODED, LETTERS = "anna@xn--mnchen-3ya.de", "Anna@m\u00fcnchen.de"


@pytest.fixture
def ledger(tmp_path):
    with open_ledger(tmp_path / "ledger.db") as opened:
        opened.runs.begin("r1", "manual", "2026-01-01T00:00:00Z", 1)
        yield opened


def test_contacts_are_indexed_by_the_canonical_form(ledger):
    lists = {3: ListStatus.UNSUBSCRIBED}
    contacts = [Indexed(1, PLAIN, lists), Indexed(2, INVISIBLE, {}), Indexed(3, LETTERS, {})]
    ledger.contact_index.save([*contacts, Indexed(4, "", {}, erased=True)])
    assert {one.contact_id: one.email for one in ledger.contact_index.by_email([PLAIN])[PLAIN]} == {
        1: PLAIN,
        2: INVISIBLE,
    }
    assert [one.email for one in ledger.contact_index.by_email([ENCODED])[ENCODED]] == [LETTERS]
    assert ledger.contact_index.by_id([3])[3].email == LETTERS


def test_an_index_of_an_older_form_is_found_too(tmp_path):
    file = tmp_path / "ledger.db"
    database = sqlite3.connect(file)
    step = next(number for number, text in enumerate(STEPS) if "contact_canonical" in text)
    for text in STEPS[:step]:
        database.executescript(text)
    rows = [(1, PLAIN), (2, INVISIBLE.lower()), (3, LETTERS.lower())]
    database.executemany("INSERT INTO contact (id, email, lists) VALUES (?, ?, '')", rows)
    database.execute(f"PRAGMA user_version = {step}")
    database.commit()
    database.close()
    with open_ledger(file) as ledger:
        assert {one.contact_id for one in ledger.contact_index.by_email([PLAIN])[PLAIN]} == {1, 2}
        assert [one.contact_id for one in ledger.contact_index.by_email([ENCODED])[ENCODED]] == [3]
        assert ledger.erasure.known_as(ENCODED) == ({3}, set())


@pytest.mark.parametrize("asked", [PLAIN, INVISIBLE, "\u200bANNA@example.com"])
def test_a_story_and_forgetting_reach_every_spelling(ledger, asked):
    records = [
        ("7", Record(Outcome.CREATED, None, f"about {spelled}", contact, None, spelled), None)
        for contact, spelled in ((7, PLAIN), (8, INVISIBLE))
    ]
    records = [(str(record.contact_id), record, mark) for _, record, mark in records]
    newcomer = Newcomer("p-1", INVISIBLE, (), 0.0)
    ledger.commits.write(
        "r1",
        "g",
        BatchCommit(records=records, export=MembershipChanges(newcomers=[newcomer])),
        SUMMARY,
    )
    ledger.contact_index.save([Indexed(9, INVISIBLE, {})])
    assert {row["contact_id"] for row in ledger.outcomes.of_person(asked)} == {7, 8}
    assert ledger.erasure.known_as(asked) == ({7, 8, 9}, {"p-1"})
    ledger.erasure.erase(asked, {7, 8, 9}, {"p-1"}, lambda text: text)
    assert list(ledger.outcomes.find()) == []
    assert ledger.memberships.newcomers("g") == []
    assert ledger.contact_index.by_email([PLAIN]) == {}
    assert ledger.contact_index.by_id([9])[9].email == ""


def test_an_address_is_taken_out_of_a_text_in_every_spelling():
    text = f"{PLAIN}, {INVISIBLE}; {LETTERS}, {ENCODED}, hanna@example.com"
    left = without_address(text, INVISIBLE, LETTERS)
    assert left == "(forgotten), (forgotten); (forgotten), (forgotten), hanna@example.com"
    assert without_address('{"who": "an\\u00adna@example.com "}', INVISIBLE) == (
        '{"who": "(forgotten)"}'
    )


def test_half_a_surrogate_pair_does_not_end_a_run(tmp_path):
    home = Home(tmp_path)
    forgotten = Forgotten(home)
    forgotten.add([f"address {PLAIN}"], ("", ""))
    assert forgotten.among([f"address {PLAIN}\ud800"], ("", "")) == set()
