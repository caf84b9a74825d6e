"""The numbers of outcomes and reasons in the ledger are for ever."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

import actui.model.run
import store.ledger.people
from actui.model.errors import ConfigError
from actui.model.run import Outcome, Reason
from store.ledger import open_ledger

OUTCOMES = {
    "created": 0,
    "updated": 1,
    "unchanged": 2,
    "skipped": 3,
    "rejected": 4,
    "unknown": 5,
}
REASONS = {
    "no-identifier": 0,
    "no-match": 1,
    "no-email": 2,
    "no-consent": 3,
    "over-threshold": 4,
    "not-in-stage": 5,
    "ambiguous-match": 6,
    "duplicate-identifier": 7,
    "email-of-another-contact": 8,
    "deleted-in-activecampaign": 9,
    "erased": 10,
    "forgotten": 11,
    "invalid-email": 12,
    "invalid-identifier": 13,
    "excluded": 14,
    "rejected-by-activecampaign": 15,
    "rejected-by-blueconic": 16,
    "not-authorized": 17,
    "unresolved": 18,
    "too-large": 19,
    "stage-unknown": 20,
}
"""What ledgers on disk hold: add pairs, never change one."""


REASON_NAMES = {one.name for one in Reason}


def loaded(name, text):
    """A module made of a changed source, under the name of the original."""
    module = ModuleType(name)
    sys.modules[name] = module
    exec(compile(text, name, "exec"), module.__dict__)
    return module


def numbers_module():
    """The module that `people` takes its numbers from, loaded anew."""
    found = sys.modules[store.ledger.people.reason_number.__module__]
    spec = importlib.util.spec_from_file_location("numbers_again", found.__file__)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("before", ["NO_IDENTIFIER", "NO_CONSENT", "UNRESOLVED", "CREATED"])
def test_a_member_inserted_anywhere_leaves_stored_data_as_it_was(before, monkeypatch):
    monkeypatch.setitem(sys.modules, "actui.model.run", actui.model.run)
    source = Path(actui.model.run.__file__).read_text(encoding="utf-8")
    columns = '99, "a sentence"' if before in REASON_NAMES else "99"
    row = f'    INSERTED = "inserted", {columns}'
    changed = source.replace(f"    {before} =", f"{row}\n    {before} =", 1)
    assert changed != source
    model = loaded("actui.model.run", changed)
    numbers = numbers_module()
    assert {one: model.Outcome.of(one).number for one in OUTCOMES} == OUTCOMES
    assert {one: numbers.reason_number(model.Reason.of(one)) for one in REASONS} == REASONS
    assert {numbers.outcome_of(number).value: number for number in OUTCOMES.values()} == OUTCOMES
    assert {numbers.reason_of(number).value: number for number in REASONS.values()} == REASONS


def test_every_outcome_and_reason_has_its_number():
    assert {one.value: one.number for one in Outcome} == OUTCOMES
    assert {one.value: one.number for one in Reason} == REASONS
    assert len(set(OUTCOMES.values())) == len(OUTCOMES)
    assert len(set(REASONS.values())) == len(REASONS)


@pytest.mark.parametrize("kind", [Outcome, Reason])
def test_a_row_without_a_number_is_an_error_at_once(kind):
    source = Path(actui.model.run.__file__).read_text(encoding="utf-8")
    first = next(iter(kind)).name
    changed = source.replace(f"    {first} =", f'    INSERTED = "inserted"\n    {first} =', 1)
    with pytest.raises(TypeError, match="number"):
        loaded("changed_run", changed)


@pytest.mark.parametrize(("outcome", "reason"), [(3, 3), (4, 17), (5, 18)])
def test_a_stored_row_reads_as_what_was_stored(tmp_path, outcome, reason):
    with open_ledger(tmp_path / "l" / "ledger.db") as ledger:
        ledger.runs.begin("r1", "manual", "2026-01-01T00:00:00Z", 1)
        ledger.database.connection.execute("INSERT INTO goal (number, id) VALUES (1, 'g')")
        ledger.database.connection.execute(
            "INSERT INTO outcome (run, goal, key, outcome, reason, contact_id, email, at) "
            "VALUES (1, 1, 7, ?, ?, 7, 'a@b.c', 0)",
            (outcome, reason),
        )
        (row,) = ledger.outcomes.find()
    assert OUTCOMES[row["outcome"]] == outcome
    assert REASONS[row["reason"]] == reason


def test_a_number_of_a_newer_version_is_a_sentence():
    from store.ledger.numbers import outcome_of, reason_of

    for read in (outcome_of, reason_of):
        with pytest.raises(ConfigError, match="newer actui"):
            read(99)
