"""Strategies for import goals, contacts and profiles that a small account could hold."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Row = dict[str, Any]

LISTS = {3: "Newsletter", 4: "Webinar 2026", 5: "VIP"}
TYPES = {
    "email": "EMAIL",
    "customer_id": "SELECT",
    "first_name": "SELECT",
    "interests": "SELECT",
    "points": "RANGE",
    "balance": "DECIMAL",
    "order_value": "CURRENCY",
    "birthday": "DATETIME",
    "ac_lists": "SELECT",
}
NUMBERS = ("", "5", "12", "-3", " 8 ", "7.5", "0.12345", "about 12", "2147483647", "1e3", "0")
ODD_NUMBERS = (
    "١٢",
    "1２",
    "1_000",
    "+5",
    ".5",
    "5.",
    "NaN",
    "Infinity",
    "007",
    "-0",
    "||6||",
    "9" * 5_000,
)
LONG = ("l" * 65_000, "l" * 65_001, "😀" * 16_384, "😀" * 16_385, f"||{'m' * 70_000}||n||")
TEXTS = {
    "POINTS": (*NUMBERS, *ODD_NUMBERS),
    "INTERESTS": ("", "||travel||music||", "||sport||", "travel", "||travel||travel||"),
    "BIRTHDAY": ("", "2001-03-25", "0000-00-00", "1999-10-31", "soon", "٢٠٠١-03-25", "1850-01-01"),
    "LAST_ORDER": ("", "2025-11-02T01:30:00-05:00", "2025-03-30T02:30:00+01:00", "2024-01-01"),
    "ANSWER_001": ("", "C-1", "C-2", "c-1"),
    "CITY": ("", "Łódź", "Oslo", *LONG),
}
TARGETS = {
    "email": ("email",),
    "firstName": ("first_name",),
    "%INTERESTS%": ("interests",),
    "%BIRTHDAY%": ("birthday", "first_name"),
    "%LAST_ORDER%": ("birthday",),
    "%POINTS%": ("points", "balance", "order_value", "first_name"),
    "%CITY%": ("first_name", "interests"),
    "%ANSWER_001%": ("customer_id",),
}
SUMMED = ("points", "balance", "order_value")
LINKED = ("email", "customer_id")
READINGS = {
    "updated-after-inclusive": ("exclusive", "inclusive"),
    "offset-less-dates": ("central", "utc"),
    "total-counts": ("all", "rest"),
    "include-truncates": ("no", "yes"),
    "contact-filters": ("honoured", "listid-ignored", "status-ignored", "updated-after-ignored"),
    "match-case": ("exact", "ignore"),
    "several-matches": ("oldest", "newest"),
    "invalid-value": ("dropped", "skips-entry"),
}


def _rules(target: str) -> list[str]:
    if target in SUMMED:
        return ["set", "set_if_empty", "sum", "sum", "sum"]
    return ["set_if_empty", "add"] if target in LINKED else ["set", "set_if_empty", "add"]


@st.composite
def mappings(draw: st.DrawFn) -> list[Row]:
    """Up to five mappings with every rule that their property takes."""
    found = []
    for name in draw(st.lists(st.sampled_from(sorted(TARGETS)), max_size=5, unique=True)):
        target = draw(st.sampled_from(TARGETS[name]))
        rule = draw(st.sampled_from(_rules(target)))
        mapping: Row = {"field": name, "property": target, "rule": rule}
        if rule == "sum":
            mapping["of"] = draw(st.sampled_from(["value", "change"]))
            mapping["sum_start"] = draw(st.sampled_from(["add", "baseline"]))
        elif target not in LINKED:
            mapping["when_empty"] = draw(st.sampled_from(["keep", "clear"]))
        found.append(mapping)
    return found


@st.composite
def goals(draw: st.DrawFn) -> Row:
    """An import goal as a connection file has it."""
    links = [
        {"field": "email", "property": "email"},
        {"field": "%ANSWER_001%", "property": "customer_id"},
    ]
    goal: Row = {
        "id": "g-1",
        "name": "Import",
        "contacts": draw(st.sampled_from(["all", "lists"])),
        "identifiers": draw(st.sampled_from([links[:1], links[:1], links[1:], links])),
        "mappings": draw(mappings()),
        "mode": draw(st.sampled_from(["changed", "changed", "full"])),
    }
    if goal["contacts"] == "all":
        goal["create_profiles"] = draw(st.booleans())
    else:
        names = draw(st.lists(st.sampled_from(sorted(LISTS.values())), min_size=1, unique=True))
        goal["lists"] = [{"list": n, "create_profiles": draw(st.booleans())} for n in names]
    if draw(st.booleans()):
        statuses = st.sampled_from(["active", "unconfirmed", "unsubscribed", "bounced"])
        goal["statuses"] = draw(st.lists(statuses, min_size=1, unique=True))
    if draw(st.booleans()):
        goal["save_lists_to"] = "ac_lists"
    return goal


@st.composite
def contact_values(draw: st.DrawFn, number: int) -> Row:
    """A new contact."""
    addresses = [f"p{number}@example.org", f"P{number}@Example.org", "", f"p{number}@intranet"]
    statuses = st.dictionaries(st.sampled_from(sorted(LISTS)), st.integers(0, 3), max_size=3)
    return {
        "email": draw(st.sampled_from(addresses[:2] * 3 + addresses)),
        "firstName": draw(st.sampled_from(["", "Ada", "Zoë"])),
        "fields": {
            tag: draw(st.sampled_from(pool)) for tag, pool in TEXTS.items() if draw(st.booleans())
        },
        "lists": {str(list_id): status for list_id, status in draw(statuses).items()},
    }


@st.composite
def profile_values(draw: st.DrawFn, number: int) -> Row:
    """A new profile's properties; some share a customer id."""
    pools = {
        "email": [[f"p{number}@example.org"], [f"P{number}@Example.org"], []],
        "customer_id": [[], ["C-1"], ["C-2"]],
        "first_name": [[], ["Bea"]],
        "interests": [[], ["music"], ["travel", "art"]],
        "points": [[], ["100"], ["2147483640"]],
        "balance": [[], ["1.25"]],
    }
    held = {name: draw(st.sampled_from(pool)) for name, pool in pools.items()}
    return {name: values for name, values in held.items() if values}
