"""Spellings of one address: which are the same person's, and what may be sent."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from actui.model.addresses import canonical, clean, spellings
from actui.model.memberships import Exclusion

SAME = {
    "zero width space": ("\u200banna@example.com", "anna@example.com"),
    "soft hyphen": ("eva\u00ad@example.com", "eva@example.com"),
    "byte order mark": ("\ufeffanna@example.com", "anna@example.com"),
    "inside the domain": ("anna@exam\u200cple.com", "anna@example.com"),
    "word joiner": ("an\u2060na@example.com", "anna@example.com"),
    "variation selector": ("anna\ufe0f@example.com", "anna@example.com"),
    "tag character": ("anna\U000e0041@example.com", "anna@example.com"),
    "Hangul filler": ("\u3164anna@example.com", "anna@example.com"),
    "Braille blank": ("anna@example.com\u2800", "anna@example.com"),
    "control character": ("anna\x00@example.com", "anna@example.com"),
    "written from right to left": ("\u202eanna@example.com\u202c", "anna@example.com"),
    "half a surrogate pair": ("anna\ud800@example.com", "anna@example.com"),
    "blanks around it": ("\u00a0 anna@example.com \t\r\n", "anna@example.com"),
    "blank behind an invisible one": ("anna@example.com \u200b", "anna@example.com"),
    "case": ("Anna@EXAMPLE.com", "anna@example.com"),
    "composed and decomposed": ("jose\u0301@example.com", "jos\u00e9@example.com"),
    "full case folding": ("GROSS@example.com", "gro\u00df@example.com"),
    "capital sharp s": ("GRO\u1e9e@example.com", "gro\u00df@example.com"),
    "final sigma": ("\u03a3\u0391\u03a3@example.com", "\u03c3\u03b1\u03c2@example.com"),
    "dotted capital i": ("\u0130@example.com", "i\u0307@example.com"),
    "domain as A-label": ("anna@xn--mnchen-3ya.de", "anna@m\u00fcnchen.de"),
    "A-label in capitals": ("anna@XN--MNCHEN-3YA.de", "anna@M\u00dcNCHEN.de"),
    "decomposed domain": ("anna@mu\u0308nchen.de", "anna@xn--mnchen-3ya.de"),
    "full-width domain": ("anna@\uff45\uff58ample.com", "anna@example.com"),
    "ideographic full stop": ("anna@example\u3002com", "anna@example.com"),
    "one label of many": ("anna@a_b.m\u00fcnchen.de", "anna@a_b.xn--mnchen-3ya.de"),
    "domain of a symbol": ("anna@i\u2764\ufe0f.ws", "anna@xn--i-7iq.ws"),
    "sharp s in a domain": ("anna@stra\u00dfe.de", "anna@xn--strae-oqa.de"),
    "joiner in an A-label": (
        "anna@xn--mgba3gch31f060k.com",
        "anna@\u0646\u0627\u0645\u0647\u0627\u06cc.com",
    ),
}

DIFFERENT = [
    ("anna@example.com", "an.na@example.com"),
    ("anna@example.com", "anna+news@example.com"),
    ("anna@example.com", "anna@example.org"),
    ("an na@example.com", "anna@example.com"),
    ("jose@example.com", "jos\u00e9@example.com"),
    ("I@example.com", "\u0131@example.com"),
    ("\uff41nna@example.com", "anna@example.com"),
    ("anna\uff20example.com", "anna@example.com"),
    ("anna@strasse.de", "anna@stra\u00dfe.de"),
    ("\u0430nna@example.com", "anna@example.com"),
]


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=list(SAME))
def test_spellings_of_one_address_have_one_canonical_form(one, other):
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_other_addresses_have_another_form(one, other):
    assert canonical(one) != canonical(other)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("\u200bAnna@Example.com ", "Anna@Example.com"),
        ("an na@example.com", "an na@example.com"),
        ("jose\u0301@mu\u0308nchen.de", "jose\u0301@mu\u0308nchen.de"),
        ("anna\x0b@example.com", "anna\x0b@example.com"),
        ("\u200b\u00ad ", ""),
    ],
)
def test_cleaning_takes_off_what_nobody_sees_and_nothing_else(text, cleaned):
    assert clean(text) == cleaned


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("anna@example.com", ["anna@example.com"]),
        ("Anna@example.com", ["Anna@example.com", "anna@example.com"]),
        ("\u200banna@example.com", ["\u200banna@example.com", "anna@example.com"]),
        ("anna@m\u00fcnchen.de", ["anna@mu\u0308nchen.de", "anna@xn--mnchen-3ya.de"]),
        ("anna@xn--mnchen-3ya.de", ["anna@m\u00fcnchen.de", "anna@mu\u0308nchen.de"]),
        (
            "jose\u0301@m\u00fcnchen.de",
            [
                "jos\u00e9@m\u00fcnchen.de",
                "jos\u00e9@xn--mnchen-3ya.de",
                "jose\u0301@mu\u0308nchen.de",
            ],
        ),
    ],
)
def test_all_spellings_are_named(text, wanted):
    assert spellings(text)[0] == text
    assert set(wanted) <= set(spellings(text))


@pytest.mark.parametrize(
    ("kind", "phrase", "email", "caught"),
    [
        ("exact", "Anna@Example.com", "an\u00adna@example.com", True),
        ("exact", "anna@m\u00fcnchen.de", "anna@xn--mnchen-3ya.de", True),
        ("end", "@m\u00fcnchen.de", "anna@xn--mnchen-3ya.de", True),
        ("end", "@xn--mnchen-3ya.de", "anna@m\u00fcnchen.de", True),
        ("begin", "anna", "\u200banna@example.com", True),
        ("part", "nna@", "an\u200bna@example.com", True),
        ("exact", "anna@example.com", "hanna@example.com", False),
        ("end", "@example.com", "anna@example.org", False),
    ],
)
def test_an_exclusion_catches_every_spelling(kind, phrase, email, caught):
    assert Exclusion(phrase, kind).catches(email) is caught


def test_a_plain_address_has_one_spelling():
    assert spellings("anna@example.com") == ("anna@example.com",)


@pytest.mark.parametrize("text", ["", " ", "@", "@.", "xn--", "a@xn--", "a@xn--\u00fc", "\u200b"])
def test_a_text_that_is_no_address_has_a_form(text):
    assert canonical(canonical(text)) == canonical(text)
    assert {canonical(one) for one in spellings(text)} == {canonical(text)}


def test_a_domain_that_has_no_encoded_form_stays_in_lower_case():
    assert canonical("Anna@" + "\u00dc" * 70 + ".de") == "anna@" + "\u00fc" * 70 + ".de"
    assert canonical("Anna@" + "B" * 70 + ".\u00dc.de") == "anna@" + "b" * 70 + ".xn--tda.de"


letters = st.one_of(
    st.characters(),
    st.sampled_from(
        "aAzZ09.-_+@ \t\u00ad\u200b\u200d\ufeff\ufe0f\u0301\u0308\u0345\u00e9\u00df\u1e9e"
        "\u0130\u0131"
        "\u03a3\u03c2\uff20\uff0e\u3002\u2026\u00a8\u212a\u1fb3\uac00\u1100\u1161\u11a8"
    ),
    st.sampled_from(["xn--", "mnchen-3ya", "m\u00fcnchen", "zca", ".com", "XN--"]),
)
texts = st.one_of(
    st.text(letters.filter(lambda one: len(one) == 1), max_size=12),
    st.builds(
        "{}@{}.{}".format,
        st.lists(letters, max_size=6).map("".join),
        st.lists(letters, max_size=6).map("".join),
        st.lists(letters, min_size=1, max_size=3).map("".join),
    ),
)


@settings(max_examples=300, deadline=None)
@given(texts)
@example("a@b\uff20c.de")
@example("a@b.\u00a8")
@example("a@xn--a.xn--b\u3002c")
def test_every_spelling_has_the_same_form_and_the_form_is_its_own(text):
    form = canonical(text)
    assert canonical(form) == form
    assert canonical(clean(text)) == form
    assert clean(clean(text)) == clean(text)
    assert len(set(spellings(text))) == len(spellings(text))
    for one in (
        *spellings(text),
        text.lower(),
        *(unicodedata.normalize(f, text) for f in ("NFC", "NFD")),
    ):
        assert canonical(one) == form
    assert form in spellings(text) or not form
