"""Strategies for import goals, contacts and profiles that a small account could hold."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Row = dict[str, Any]

LISTS = {3: "Newsletter", 4: "3", 5: "VIP"}
"""By id; the second has the first one's id for a name."""
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
USUAL = ("", "5", "12", "-3", " 8 ", "7.5", "0.12345", "about 12", "2147483647", "0")
ODD = (
    "1e3",
    "1E5",
    "+5",
    "1,000",
    "1_000",
    "٥",
    "１２",
    "1２",
    "\u00a08",
    "5\u200b",
    "−3",
    "9" * 5_000,
)
FORMS = ("-0", "007", "5.0", "0.50", "5.", ".5", "Infinity", "nan", "||6||", "||6||7||")
NUMBERS = (*USUAL * 2, *ODD, *FORMS)
"""A field's text where a number is meant."""
LONG = (
    "w" * 60_000,
    "w" * 65_000,
    "w" * 65_001,
    "ж" * 60_000,
    "😀" * 16_384,
    "😀" * 16_385,
    f"||{'m' * 70_000}||n||",
)
TEXTS = {
    "POINTS": NUMBERS,
    "INTERESTS": ("", "||travel||music||", "||sport||", "travel", "||travel||travel||"),
    "BIRTHDAY": (
        "",
        "2001-03-25",
        "0000-00-00",
        "1999-10-31",
        "soon",
        "0001-01-01",
        "9999-12-31",
        "1800-06-01",
        "２００１-０３-２５",
        "٢٠٠١-03-25",
        "2001_03_25",
        "10000-01-01",
    ),
    "LAST_ORDER": (
        "",
        "2025-11-02T01:30:00-05:00",
        "2025-03-30T02:30:00+01:00",
        "2024-01-01",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "2025-11-02T01:30:00",
    ),
    "ANSWER_001": ("", "C-1", "C-2", "c-1", " C-1\u00a0", "Ｃ-１"),
    "CITY": ("", "Łódź", "Oslo", "L\u0301odz", "\u200b", *LONG),
}
SPELLINGS = (
    "p{}@example.org",
    "P{}@Example.org",
    "\u200bp{}@example.org",
    "p{}\u00ad@example.org",
    "p{}@example.org\u00a0",
    " p{}@example.org",
)
ACCENTED = ("zoé{}@example.org", "zoe\u0301{}@example.org", "ZOÉ{}@example.org")
DOMAINS = (
    "q{}@bücher.example",
    "q{}@bu\u0308cher.example",
    "q{}@xn--bcher-kva.example",
    "Q{}@BÜCHER.EXAMPLE",
)
FOLDED = ("straße{}@example.org", "strasse{}@example.org", "STRASSE{}@example.org")
PERSONS = (SPELLINGS, SPELLINGS, ACCENTED, DOMAINS, FOLDED)
"""The spellings of one address, each."""
NO_ADDRESS = ("", "p{}@intranet", "\u200b", "p {}@example.org", "p{}@exa\u00a0mple.org")
TARGETS = {
    "email": ("email",),
    "firstName": ("first_name",),
    "%INTERESTS%": ("interests",),
    "%BIRTHDAY%": ("birthday", "first_name"),
    "%LAST_ORDER%": ("birthday",),
    "%POINTS%": ("points", "balance", "order_value", "first_name"),
    "%CITY%": ("first_name", "interests", "email"),
    "%ANSWER_001%": ("customer_id",),
}
SUMMED = ("points", "balance", "order_value")
LINKED = ("email", "customer_id")
ZONES = ("UTC", "UTC", "Europe/Amsterdam", "America/New_York")
READINGS = {
    "updated-after-inclusive": ("exclusive", "inclusive"),
    "offset-less-dates": ("central", "utc"),
    "total-counts": ("all", "rest"),
    "include-truncates": ("no", "yes"),
    "contact-filters": (
        "honoured",
        "listid-ignored",
        "status-ignored",
        "updated-after-ignored",
        "ids-ignored",
    ),
    "list-writes-bump-udate": ("yes", "no"),
    "merged-profile": ("survivor", "not-found"),
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
    creates = st.sampled_from([False, False, True])
    by_id = {"field": "%BCID%", "profile_id": True}
    named = [[by_id], [by_id, links[0]], [links[1], by_id]]
    goal: Row = {
        "id": "g-1",
        "name": "Import",
        "contacts": draw(st.sampled_from(["all", "lists", "lists"])),
        "identifiers": draw(st.sampled_from([*[links[:1]] * 3, links[1:], links, *named])),
        "mappings": draw(mappings()),
        "mode": draw(st.sampled_from(["changed"] * 4 + ["full"])),
    }
    if goal["contacts"] == "all":
        goal["create_profiles"] = draw(creates)
    else:
        names = draw(st.lists(st.sampled_from(sorted(LISTS.values())), min_size=1, unique=True))
        goal["lists"] = [{"list": n, "create_profiles": draw(creates)} for n in names]
    if draw(st.booleans()):
        statuses = st.sampled_from(["active", "unconfirmed", "unsubscribed", "bounced"])
        goal["statuses"] = draw(st.lists(statuses, min_size=1, unique=True))
    if draw(st.booleans()):
        goal["save_lists_to"] = "ac_lists"
    return goal


@st.composite
def address_of(draw: st.DrawFn, number: int) -> str:
    """One spelling of a person's address; every other time a usual one."""
    if draw(st.booleans()):
        return draw(st.sampled_from(SPELLINGS[:2])).format(number)
    return draw(odd_address_of(number))


@st.composite
def odd_address_of(draw: st.DrawFn, number: int) -> str:
    """One of all the spellings of a person's address."""
    return draw(st.sampled_from(draw(st.sampled_from(PERSONS)))).format(number)


@st.composite
def contact_values(draw: st.DrawFn, number: int) -> Row:
    """A new contact; now and then under another spelling of an earlier one's address."""
    number = draw(st.sampled_from((number, number, 0)))
    status = st.sampled_from((1, 1, 1, 0, 2, 3))
    statuses = st.dictionaries(st.sampled_from(sorted(LISTS)), status, max_size=3)
    long = "l" * 300 + "@example.org"
    none = st.sampled_from([one.format(number) for one in NO_ADDRESS] + [long])
    return {
        "email": draw(st.one_of(*[address_of(number)] * 4, none)),
        "firstName": draw(st.sampled_from(["", "Ada", "Zoë", "Zoe\u0308"])),
        "fields": {
            tag: draw(st.sampled_from(pool)) for tag, pool in TEXTS.items() if draw(st.booleans())
        },
        "lists": {str(list_id): status for list_id, status in draw(statuses).items()},
    }


@st.composite
def profile_values(draw: st.DrawFn, number: int) -> Row:
    """A new profile's properties; some share a customer id."""
    address = draw(address_of(draw(st.sampled_from((number, number, 0)))))
    pools = {
        "email": [[address], [address], []],
        "customer_id": [[], ["C-1"], ["C-2"]],
        "first_name": [[], ["Bea"]],
        "interests": [[], ["music"], ["travel", "art"]],
        "points": [[], ["100"], ["2147483640"]],
        "balance": [[], ["1.25"]],
    }
    held = {name: draw(st.sampled_from(pool)) for name, pool in pools.items()}
    return {name: values for name, values in held.items() if values}
