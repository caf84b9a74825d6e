"""Random spellings: the program compares addresses as the rules, stated a second time, do."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from actui.model.addresses import canonical, clean, spellings
from tests.plain import addresses as plain

INVISIBLE = "\u200b\u200d\u2060\u00ad\ufeff\u202a\u202c\u2066\u180e\t\n\u0085"
BLANKS = " \u00a0\u2003\u3000"
LETTERS = "aAzZéÉüÜßẞİıſσςΣйЙжåÅŁ0.-_+\u0301\u0307\u0308"
locals_ = st.text(alphabet=LETTERS + INVISIBLE + BLANKS, max_size=6)
# IDNA 2008 has no label that begins with a mark, nor one with two hyphens in its third place
middle = st.text(alphabet="abzéüßåйж\u0301\u03080" + INVISIBLE[:5], max_size=4)
label = st.builds("{}{}{}".format, st.sampled_from("abzéЖ"), middle, st.sampled_from("xyжÜ"))
encoded = st.sampled_from(["xn--bcher-kva", "XN--BCHER-KVA", "xn--strae-oqa", "xn--80ak6aa92e"])
domains = st.lists(label | encoded, min_size=1, max_size=3).map(".".join)
addresses = st.one_of(
    st.builds("{}@{}".format, locals_, domains),
    st.builds(" {}@{}\u00a0".format, locals_, domains),
    locals_,
)


@settings(max_examples=400, deadline=None)
@given(addresses)
@example("\u200banna@example.com")
@example("Straße@STRASSE.example")
def test_two_readings_of_the_rules_compare_addresses_alike(address: str) -> None:
    assert clean(address) == plain.cleaned(address)
    assert canonical(address) == plain.canonical(address)
    asked = {one.lower() for one in spellings(address)}
    if plain.cleaned(address):
        assert asked >= set(plain.spellings(address))
        assert {canonical(one) for one in asked} == {plain.canonical(address)}
