"""Values into BlueConic's types: what fits is kept as it is, what does not is named."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actui.model.mapping import SUMMABLE
from actui.sync.importing.values import (
    MOST_RANGE,
    convert,
    instant,
    iso,
    number,
    plain,
    split,
    stored_instant,
)

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
EARLY, LATE = datetime.fromisoformat("1000-01-02"), datetime.fromisoformat("9999-12-30")


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
        ("😀" * 16_385, "SELECT", (), ("😀" * 16_385,)),
        (f"{'a' * 300}@b.example", "EMAIL", (), (f"{'a' * 300}@b.example",)),
        (f"a@{'.x' * 400_000}@", "EMAIL", (), (f"a@{'.x' * 400_000}@",)),
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


NO_NUMBERS = ["", "x", "NaN", "Infinity", "-Infinity", "1e3", "1E3", "1_000", "+5", ".5", "5."]
NO_NUMBERS += ["١٢", "1２", "५", "Ⅻ", "²", "1,5", "1 000", "0x10", "--1", "1\n2", "9" * 5_000]


@pytest.mark.parametrize("text", NO_NUMBERS)
@pytest.mark.parametrize("type_", sorted(SUMMABLE))
def test_what_is_no_number_is_none_for_every_rule(text, type_):
    assert number(text, type_) is None
    assert convert(text, type_).values == ()


@given(st.text(alphabet="0123456789.-+_eE٣２ ", max_size=12), st.sampled_from(sorted(SUMMABLE)))
def test_sum_takes_what_set_takes_and_nothing_else(text, type_):
    values = convert(text, type_).values
    assert (number(text, type_) is not None) is bool(values)
    if values:
        assert number(values[0], type_) == number(text, type_)


@pytest.mark.parametrize("text", ["２０２６-01-02", "2026-01-0２", "٢٠٢٦-٠١-٠٢", "2026–01–02"])
def test_dates_have_ascii_digits(text):
    assert convert(text, "DATETIME").values == ()
    assert stored_instant(text, UTC) is None


@pytest.mark.parametrize(
    "text", ["１７３５７３２８０００００", "1_735_732", " 1735732", "1e9", "9" * 16, ""]
)
def test_an_instant_is_stored_as_plain_milliseconds(text):
    assert stored_instant(text, UTC) is None


@given(
    st.datetimes(EARLY, LATE).map(lambda moment: moment.replace(microsecond=0)),
    st.sampled_from(["Europe/Amsterdam", "America/New_York", "Asia/Kolkata", "Africa/Monrovia"]),
)
def test_no_offset_has_seconds_and_every_instant_stays_itself(moment, zone):
    here = moment.replace(tzinfo=ZoneInfo(zone))
    written = iso(here)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", written)
    assert datetime.fromisoformat(written) == here


def test_the_first_day_of_all_has_an_offset_too():
    assert iso(datetime(1, 1, 1, tzinfo=AMSTERDAM)) == "0001-01-01T00:00:00+00:19"


@given(st.integers(-(10**15) + 1, 10**15 - 1))
def test_what_was_stored_is_read_again_or_has_no_date(milliseconds):
    moment = stored_instant(str(milliseconds), AMSTERDAM)
    if moment is not None:
        assert round(moment.timestamp() * 1000) == milliseconds
        assert instant(iso(moment), UTC) == moment.replace(microsecond=0)


@pytest.mark.parametrize("text", ["999999999999999", "-999999999999999", "253402300800000"])
def test_an_instant_after_the_last_year_has_no_date(text):
    assert stored_instant(text, AMSTERDAM) is None
