"""Stored fingerprints: those of version 0.1.0 still count, and no name in the code is in them."""

from dataclasses import replace

import pytest

from actui.model.records import ProfileWrite, PropertyWrite
from actui.sync.fingerprints import accepted_but_left, field_mark, marks_of, tail_of
from tests.unit.sync.fingerprint_cases import EXPORTS, IMPORTS

FIRST_IMPORTS = {
    "plain": "3a982dd16ff80b9dae9f3d6a",
    "nothing mapped": "8910a32f71f0cd06ba69943f",
    "creates": "460f331d3e26c601e07ea61d",
    "odd text": "f9638477bc2b2063aadb41d2",
    "every rule": "a983a86f934cff5ae89232ad",
    "sum without value": "867c4dd76d98e0bce257a8f2",
    "profile id": "aaf2d783f4908c88b4b8f0d7",
    "two links": "0edf182dfdd0ea30e9347347",
    "lists": "692d6dca03e4270e1d4c729c",
    "dates": "f780a03fe02d4054ac61fe14",
    "consent": "19a7b335b2cd5f15b42e2cf7",
    "trailing blank": "1eafd10860e73614fb47ea6d",
    "invisible character": "70d362c62df690cab580a052",
    "domain in another form": "5c71d2d9f55029c5e00c7194",
}
FIRST_EXPORTS = {
    "plain": "76d94a5cfcef131f8d55",
    "nothing mapped": "916e92b3eee5e2613c0c",
    "several addresses": "c803588f8719bce1c15d",
    "other links": "138de7bd1c0f8ebfc856",
    "every source": "f2b312582848b6453e012392a1566fa8720e78f4ef2091161a8896264351ed6b21d5",
    "became empty": "c291d8cd27e0807702df6fa8720e",
    "odd text": "60985409e71e0b0ba68b6fa8720e",
    "dates": "13634df4525428b9edd5",
    "invisible character": "10e55f83780db051e439",
    "trailing blank": "dce756fca8d41a9db9a9",
}
"""As version 0.1.0 computed them: they are on people's disks."""
TODAY_IMPORTS = {
    "plain": "023c76a991f18a269351428d51",
    "nothing mapped": "020819d992eba16a1bd542dd30",
    "creates": "021cbbd8ac15ceea2da8e308a2",
    "odd text": "02d627ded39aa7d207b797cc6e",
    "every rule": "022016a0d0462102d11f92a7ec",
    "sum without value": "02c70818a87241715539f5cb4d",
    "profile id": "0245271dc80990d3425fa5b653",
    "two links": "02a19e2914ddc4c30b52fa1c5b",
    "lists": "020e0f90ba0be9ed82bfa9d17a",
    "dates": "0255fbece81ff836e4fdc4e793",
    "consent": "02eafaaf7d8a44db393f8ffbf2",
    "trailing blank": "02e8b586b1682589e01c4bca1f",
    "invisible character": "0201a2c5cc632d86d5f744baa6",
    "domain in another form": "02dbb0db41142547c259994f78",
}
TODAY_EXPORTS = {
    "plain": "02baa8da3897c0a5e43cb0",
    "nothing mapped": "02098e8be3cfefdfef9585",
    "several addresses": "023c95f584aea67aa62186",
    "other links": "02a1149aeef345a27b8733",
    "every source": "02837012d28fdaf03bd1492392a1566fa8720e78f4ef2091161a8896264351ed6b21d5",
    "became empty": "026afb48f7bbb578472a576fa8720e",
    "odd text": "02d11da006e0e37b262eb16fa8720e",
    "dates": "02010903d8fec2f668e606",
    "invisible character": "0201367c5852f87c2ab049",
    "trailing blank": "02b74a3af352a53c18e526",
}
"""As this version stores them."""

BOTH = [*(("import", name) for name in IMPORTS), *(("export", name) for name in EXPORTS)]
FIRST = {"import": FIRST_IMPORTS, "export": FIRST_EXPORTS}
TODAY = {"import": TODAY_IMPORTS, "export": TODAY_EXPORTS}


def fingerprint(kind, name):
    return (
        IMPORTS[name].entry().fingerprint
        if kind == "import"
        else EXPORTS[name].payload().fingerprint
    )


@pytest.mark.parametrize(("kind", "name"), BOTH)
def test_what_the_first_version_stored_is_accepted(kind, name):
    made = fingerprint(kind, name)
    stored = {other: bytes.fromhex(text) for other, text in FIRST[kind].items()}
    assert made.first() == stored[name]
    assert [other for other in stored if made.fits(stored[other])] == [name]


@pytest.mark.parametrize(("kind", "name"), BOTH)
def test_what_is_stored_today_stays_as_it_is(kind, name):
    made = fingerprint(kind, name)
    assert made.today.hex() == TODAY[kind][name]
    assert [other for other in TODAY[kind] if made.fits(bytes.fromhex(TODAY[kind][other]))] == [
        name
    ]


@pytest.mark.parametrize(("kind", "name"), BOTH)
def test_the_first_form_is_computed_only_for_what_is_stored_in_it(kind, name):
    made = fingerprint(kind, name)
    again = replace(made, first=lambda: pytest.fail("computed for nothing"))
    assert not again.fits(None)
    assert again.fits(made.today)
    assert not again.fits(made.today[:-1] + bytes([made.today[-1] ^ 1]))


def test_who_left_is_sent_again_and_what_was_filled_is_remembered_from_both_forms():
    made = fingerprint("export", "every source")
    filled = marks_of(made.today)
    assert field_mark("%INTERESTS%") in filled
    for stored in (made.today, made.first()):
        left = accepted_but_left(stored)
        assert not made.fits(left)
        assert marks_of(stored) == marks_of(left) == marks_of(accepted_but_left(left)) == filled
    # as version 0.1.0 wrote it
    left = bytes(10) + tail_of(filled)
    assert marks_of(left) == filled
    assert not made.fits(left)


def test_marks_are_the_names_in_the_file():
    assert (field_mark("%INTERESTS%"), field_mark("%NOTE%")) == (0x96264351, 0x6FA8720E)


@pytest.mark.parametrize("name", ["every rule", "creates"])
def test_no_name_in_the_code_is_in_a_fingerprint(name, monkeypatch):
    for one in (PropertyWrite, ProfileWrite):
        monkeypatch.setattr(one, "__repr__", lambda self: "another")
    made = fingerprint("import", name)
    assert made.today.hex() == TODAY_IMPORTS[name]
    assert made.first().hex() == FIRST_IMPORTS[name]
