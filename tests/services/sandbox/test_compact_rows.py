"""Rows keep their values however many others are changed in between."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actui.sandbox import compact_rows
from actui.sandbox.activecampaign.contact_store import ContactStore
from actui.sandbox.activecampaign.rows import Contact, FieldValue, Membership
from actui.sandbox.activecampaign.seeded_contacts import seeded_contact
from actui.sandbox.blueconic.profile_events import History
from actui.sandbox.blueconic.profile_store import ProfileStore
from actui.sandbox.blueconic.seeded_profiles import Population
from actui.sandbox.compact_rows import CompactRows, Packing
from actui.sandbox.switches import Switches


@pytest.fixture
def three_live(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compact_rows, "LIVE", 3)


@given(st.integers(0, 5000))
def test_a_row_survives_packing(index: int) -> None:
    contact = seeded_contact(7, index)
    packing = Packing(Contact)
    assert packing.unpack(packing.pack(contact)) == contact
    profile = Population(7, 5001, 5001).profile(index)
    other = Packing(type(profile))
    assert other.unpack(other.pack(profile)) == profile


def test_a_row_of_one_field_survives_packing() -> None:
    history = History([(1.5, "ConsentChanged", {"ToConsented": ["marketing"]})])
    packing = Packing(History)
    assert packing.unpack(packing.pack(history)) == history


@pytest.mark.usefixtures("three_live")
def test_changes_are_kept_whether_packed_or_not() -> None:
    rows = CompactRows(Contact)
    for number in range(10):
        row = Contact(number, f"p{number}@example.net", 1, 1)
        rows.keep(number, row)
        row.values[4] = FieldValue(None, 1, 2)
        row.memberships[2] = Membership(1, 1, None, 1, 1)
    changed = rows.edit(0)
    assert changed is not None
    changed.phone = "+31"
    for number in range(1, 10):
        rows.edit(number)
    back = pickle.loads(pickle.dumps(rows))  # noqa: S301  made here
    for held in (rows, back):
        first = held.get(0)
        assert first.phone == "+31"
        assert first.values == {4: FieldValue(None, 1, 2)}
        assert held.get(9).memberships[2].status == 1
    rows.drop(0)
    rows.drop(9)
    assert rows.get(0) is None
    assert 9 not in rows


@pytest.mark.usefixtures("three_live")
def test_addresses_find_changed_renamed_and_deleted_contacts() -> None:
    store = ContactStore(3, 200, Switches({}))
    numbers = [n for n in store.ids.between(None, None) if "@" in store.email_of(n)][:40]
    first = {number: store.email_of(number) for number in numbers}
    for number in numbers:
        row = store.edit(number)
        assert row is not None
        if number % 2:
            store.rename(row, f"other{number}@example.net")
    for number, email in first.items():
        found = store.find_email(email)
        assert (found is None) if number % 2 else (store.email_of(found or 0) == email)
        if number % 2:
            assert store.find_email(f"OTHER{number}@example.net") == number
    gone = store.edit(numbers[0])
    assert gone is not None
    store.delete(gone)
    assert store.find_email(gone.email) is None


@pytest.mark.usefixtures("three_live")
def test_values_find_seeded_changed_and_created_profiles() -> None:
    store = ProfileStore(Population(3, 100, 100), ["email", "customer_id"])
    seeded = store.at(10).values("email")[0]
    assert [row.ordinal for row in store.with_value("email", seeded, exact=True)] == [10]
    made = []
    for n in range(8):
        row = store.create(1.0)
        row.properties = {"email": [f"n{n}@example.net"], "key": [f"K{n % 2}"]}
        store.reindex(row)
        made.append(row.ordinal)
    changed = store.edit(store.at(10))
    changed.properties["email"] = ["moved@example.net"]
    store.reindex(changed)
    for n in range(20, 30):
        store.edit(store.at(n))
    assert store.with_value("email", seeded, exact=True) == []
    found = store.with_value("email", "MOVED@example.net", exact=False)
    assert [row.ordinal for row in found] == [10]
    assert store.with_value("email", "MOVED@example.net", exact=True) == []
    # By scanning, then by index: the same answer.
    before = [row.ordinal for row in store.with_value("key", "k1", exact=False)]
    store.index_by("key")
    after = [row.ordinal for row in store.with_value("key", "k1", exact=False)]
    assert before == after == made[1::2]
