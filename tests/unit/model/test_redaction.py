"""What is left of other libraries' and services' text before it becomes a message."""

from __future__ import annotations

import json
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actui.model import redaction
from actui.model.redaction import LONGEST, MASK, redact, register_secret

SECRET = "p4ss w/ö+rd&'x\\y"  # every encoding spells it differently


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_secrets", set())
    register_secret(SECRET)


@pytest.mark.parametrize(
    "text",
    [
        f"Illegal header value {SECRET.encode()!r}",
        f"refused: {SECRET}!",
        f"host {SECRET.lower()}.example",
        f"HOST {SECRET.upper()}",
        f"refused: {SECRET!r}",
        f"body client_secret={quote_plus(SECRET)}&x=1",
        json.dumps({"error": f"no such key {SECRET}"}, ensure_ascii=False),
        "x" * 480 + SECRET,
        "x" * 19_990 + SECRET,
    ],
)
def test_a_secret_is_taken_out_however_it_is_spelled(text: str) -> None:
    shown = redact(text)
    assert "p4ss" not in shown.lower()
    assert "rd" not in shown.replace("word", "")
    assert len(shown) <= LONGEST


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Illegal header value b' deadbeefdead'", f"Illegal header value {MASK}"),
        ("illegal status line: bytearray(b'Api-Token: x')", f"illegal status line: {MASK}"),
        ('got b"it\'s"', f"got {MASK}"),
        ("Api-Token: deadbeef, next", f"Api-Token: {MASK}, next"),
        ("{'api-token': 'deadbeef'}", f"{{'api-token': '{MASK}'}}"),
        ("Authorization: Bearer abc.def", f"Authorization: {MASK}"),
        ("no Bearer abcdefgh123 here", f"no Bearer {MASK} here"),
        ("client_secret=abc&grant=x", f"client_secret={MASK}&grant=x"),
        ("proxy http://me:pw@proxy:80 failed", f"proxy http://{MASK}@proxy:80 failed"),
        ("anna@example.com is not valid", f"{MASK} is not valid"),
        ("Anna <anna@example.com>, eva@x.org", f"Anna <{MASK}>, {MASK}"),
        ("/contacts?email=anna%40example.com", f"/contacts?email={MASK}"),
        ('"odd one"@x.org bounced', f"{MASK} bounced"),
        ("No Result found for Subscriber with id 1", "No Result found for Subscriber with id 1"),
        ("[Errno -2] Name or service not known", "[Errno -2] Name or service not known"),
        ("two\n lines\t\x00and\udcff", "two lines \x00and?"),
    ],
)
def test_what_looks_like_a_secret_or_a_person(text: str, left: str) -> None:
    assert redact(text) == left


def test_an_exception_is_read_as_its_text() -> None:
    assert redact(ValueError(f"no {SECRET}")) == f"no {MASK}"


def test_a_short_secret_is_taken_out_as_a_word() -> None:
    register_secret("mail")
    assert redact("The mail server, email mailing") == f"The {MASK} server, email mailing"


@given(st.text(max_size=300), st.text(max_size=300))
def test_nothing_around_a_secret_saves_it(before: str, after: str) -> None:
    assert SECRET not in redact(before + SECRET + after)
