"""Values into BlueConic's types: what fits is kept as it is, what does not is named."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actui.sync.values import MOST_RANGE, convert, number, plain, split

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@pytest.mark.parametrize(
    ("value", "type_", "kept", "dropped"),
    [
        ("", "SELECT", (), ()),
        ("gold", "SELECT", ("gold",), ()),
        ("||a||b||a||", "SELECT", ("a", "b"), ()),
        ("||12||x||", "RANGE", ("12",), ("x",)),
        ("12.5", "RANGE", (), ("12.5",)),
        ("12.5", "DECIMAL", ("12.5",), ()),
        ("12.50001", "DECIMAL", (), ("12.50001",)),
        (str(MOST_RANGE + 1), "RANGE", (), (str(MOST_RANGE + 1),)),
        ("a@b.example", "EMAIL", ("a@b.example",), ()),
        ("a@b", "EMAIL", (), ("a@b",)),
        ("2026-01-02T03:04:05-06:00", "DATETIME", ("1767344645000",), ()),
        ("0000-00-00", "DATETIME", (), ("0000-00-00",)),
        ("x" * 65_001, "SELECT", (), ("x" * 65_001,)),
    ],
)
def test_conversions(value, type_, kept, dropped):
    converted = convert(value, type_)
    assert (converted.values, converted.dropped) == (kept, dropped)


def test_a_date_alone_is_midnight_where_the_connection_lives():
    (there,) = convert("2026-07-01", "DATETIME", AMSTERDAM).values
    assert int(there) == 1000 * datetime(2026, 6, 30, 22, tzinfo=UTC).timestamp()


@given(st.lists(st.text(st.characters(exclude_characters="|"), min_size=1), min_size=1))
def test_what_pipes_join_comes_apart_again(parts):
    assert split(f"||{'||'.join(parts)}||") == tuple(parts)


@given(st.text())
def test_every_value_is_kept_or_dropped_never_lost(text):
    for type_ in ("SELECT", "EMAIL", "RANGE", "DECIMAL", "CURRENCY", "DATETIME"):
        converted = convert(text, type_)
        assert bool(split(text)) == bool(converted.values or converted.dropped)


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9
    )
)
def test_numbers_come_back_from_their_plain_form(value):
    assert number(plain(value)) == value
    assert "E" not in plain(value)


def test_a_sum_needs_a_number():
    assert [number(text) for text in ("", "x", "NaN", "Infinity", "1e3")][:4] == [None] * 4
