"""Every place that takes an address reads it the same way."""

from __future__ import annotations

import pytest

from actui.console.views.preview import asked
from actui.model.connection import Connection, Notify
from actui.model.document import dump, load
from actui.model.errors import ConfigError
from actui.model.findings import findings
from actui.model.mailbox import parse_address
from actui.model.preview import Ask

ANNA = "anna@example.com"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (ANNA, ANNA),
        (f"  {ANNA}\n", ANNA),
        (f"\u200b{ANNA}\ufeff", ANNA),
        (f"<{ANNA}>", ANNA),
        (f"Anna <{ANNA}>", ANNA),
        (f"Anna<{ANNA}>", ANNA),
        (f"Anna Berg < {ANNA} >", ANNA),
        (f'"Berg, Anna (Ms.)" <{ANNA}>', ANNA),
        (f'"Anna \\"A\\" <x>" <{ANNA}>', ANNA),
        (f"Zoë Žižek <{ANNA}>", ANNA),
        (f"{ANNA} <{ANNA}>", ANNA),
        ("Anna@Example.COM", "Anna@Example.COM"),
        ("o'neil+tag@sub.example.co.uk", "o'neil+tag@sub.example.co.uk"),
        ("root@localhost", "root@localhost"),
        ("jörg@münchen.example", "jörg@münchen.example"),
        ('"anna berg"@example.com', '"anna berg"@example.com'),
        ("anna@[192.0.2.1]", "anna@[192.0.2.1]"),
        ("anna@[IPv6:::1]", "anna@[IPv6:::1]"),
        ("eva\u00ad@example.com", "eva@example.com"),
    ],
)
def test_an_address(text: str, address: str) -> None:
    assert parse_address(text) == address
    assert parse_address(address) == address
    assert asked(text) == Ask(emails=(address,)) or " " in text.strip() or '"' in text


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "nonsense",
        "@",
        "@example.com",
        "anna@",
        "anna@@example.com",
        "anna@exa mple.com",
        "anna berg@example.com",
        "anna@.example.com",
        "anna@example..com",
        "anna@example.com.de..",
        f"mailto:{ANNA}",
        f"<mailto:{ANNA}>",
        f"{ANNA}, eva@example.com",
        f"{ANNA};eva@example.com",
        f"{ANNA} eva@example.com",
        f"Anna {ANNA}",
        f"Anna <{ANNA}",
        f"Anna {ANNA}>",
        f"Anna <{ANNA}> <eva@example.com>",
        f"eva@example.com, Anna <{ANNA}>",
        f"eva@example.com; <{ANNA}>",
        f"eva@example.com <{ANNA}>",
        f"<eva@example.com>, Anna <{ANNA}>",
        f"Anna <{ANNA}> of Acme",
        "Anna <nonsense>",
        "Anna <>",
        f"<<{ANNA}>>",
        f"{'a ' * 100_000}<",
        f"anna@{'x' * 5_000}.example",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="is not an e-mail address") as caught:
        parse_address(text)
    assert len(caught.value.message) < 1_200


def test_recipients_of_a_file_and_of_an_old_home() -> None:
    good = Notify(when="failure", recipients=[ANNA, f"Anna <{ANNA}>"])
    bad = Notify(when="failure", recipients=[ANNA, "nonsense"])
    connection = Connection(name="News", notify=good)
    assert load(dump(connection)) == connection
    assert "no-address" not in [one.code for one in findings(connection)]
    stored = Connection(name="News", notify=bad)  # as an earlier version kept it
    assert [one.severity for one in findings(stored) if one.code == "no-address"] == ["warning"]
    text = dump(stored)
    line = 1 + next(n for n, row in enumerate(text.splitlines()) if "nonsense" in row)
    with pytest.raises(ConfigError, match=f"news.yaml:{line}: 'nonsense' is not an e-mail address"):
        load(text, "news.yaml")


@pytest.mark.parametrize(
    ("text", "ask"),
    [
        ("12", Ask(first=12)),
        ("٣", None),
        (f"{ANNA} eva@example.com", Ask(emails=(ANNA, "eva@example.com"))),
        (f"Anna <{ANNA}>, Eva <eva@example.com>;", Ask(emails=(ANNA, "eva@example.com"))),
        (f"{ANNA}, nonsense", None),
        ("", None),
    ],
)
def test_what_is_typed_for_a_preview(text: str, ask: Ask | None) -> None:
    assert asked(text) == ask
