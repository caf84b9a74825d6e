"""One person's address in all the ways it can be spelled.

Two addresses that look the same are often stored with different characters: an invisible one from
a web form, an accent in one piece or in two, a domain in its own letters or as `xn--…`. The
canonical form is the same for all of them; it is used to compare, and is never sent.
"""

from __future__ import annotations

import re
from unicodedata import category, normalize

import idna

_DOTS = re.compile("[.\u3002\uff0e\uff61]")
"""What separates the labels of a domain (UTS 46, section 4)."""
_ACE = "xn--"
_LONGEST_LABEL = 63
"""Octets of a label as DNS has it (RFC 1035, section 2.3.4); a longer one has no encoded form."""
_LONGEST = 1_000
"""Characters beyond which a text is surely no address (RFC 5321 allows 254 octets). It is compared
without composing it, because the time that takes grows with the square of the length.
"""
_INVISIBLE = re.compile(
    "["
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0"  # fillers, blanks
    "\ufe00-\ufe0f\U000e0100-\U000e01ef"  # variation selectors
    "\u2065\ufff0-\ufff8\U000e0000-\U000e0fff"  # unassigned, and invisible wherever they appear
    "]"
)
"""Invisible characters beside the categories below (Unicode, Default_Ignorable_Code_Point)."""
_INVISIBLE_CATEGORIES = frozenset({"Cf", "Cc", "Cs"})
"""Format characters, controls, and halves of a surrogate pair, which no service can store."""


def clean(text: str) -> str:
    """The address without invisible characters and without blanks around it: what may be sent.

    Blanks inside stay, and so does everything that can be seen; the result may still be no address.
    """
    if text.isascii() and text.isprintable():
        return text.strip()
    return _visible(text).strip()


def canonical(text: str) -> str:
    """The form that all spellings of an address share; use it to compare, never to send.

    The address is cleaned, its case folded (Unicode full case folding) and composed (NFC). The
    domain is in the form that DNS uses (UTS 46); a label too long for that stays in lower case.
    Dots, tags and everything else in the local part count. Never raises; a text that is no address
    has a form, too, and one beyond a thousand characters is only cleaned and folded. Applied twice
    it gives the same.
    """
    text = clean(text)
    if text.isascii() and _ACE not in text.lower():
        return text.lower()
    if len(text) > _LONGEST:
        return text.casefold()
    local, at, domain = text.rpartition("@")
    if not at:
        return _folded(text)
    return f"{_folded(local)}@{_encoded(domain)}"


def spellings(text: str) -> tuple[str, ...]:
    """Every spelling of an address to ask a service for that compares values exactly.

    As it is, without blanks around it, cleaned, composed and decomposed (NFC and NFD), the domain
    in both forms; each also in lower case, and the canonical form. The given text comes first,
    nothing comes twice. A plain address in lower case has one spelling. All of them have the same
    canonical form.
    """
    cleaned = clean(text)
    forms = [text, text.strip(), cleaned]
    if len(cleaned) <= _LONGEST and (not cleaned.isascii() or _ACE in cleaned.lower()):
        local, at, domain = cleaned.rpartition("@")
        encoded = _encoded(domain) if at else domain
        for form in ("NFC", "NFD"):
            forms += [
                normalize(form, f"{local}{at}{some}")
                for some in (domain, _decoded(encoded) if at else domain, encoded)
            ]
    forms = [*forms, *(form.lower() for form in forms), canonical(text)]
    return tuple(dict.fromkeys(form for form in forms if form)) or (text,)


def lower_spellings(text: str) -> tuple[str, ...]:
    """The spellings in lower case, each once: the forms that digests of an address are made of."""
    return tuple(dict.fromkeys(form.lower() for form in spellings(text)))


def _visible(text: str) -> str:
    return "".join(
        one
        for one in _INVISIBLE.sub("", text)
        if one.isspace() or category(one) not in _INVISIBLE_CATEGORIES
    )


def _folded(text: str) -> str:
    # decomposed first: one mark folds to a letter, and letters do not change places (Unicode, D145)
    return normalize("NFC", normalize("NFD", text).casefold())


def _encoded(domain: str) -> str:
    return ".".join(_encoded_label(label) for label in _mapped(domain).split("."))


def _decoded(domain: str) -> str:
    return ".".join(_decoded_label(label) or label for label in domain.split("."))


def _mapped(domain: str) -> str:
    """The domain's labels as UTS 46 maps them; one with characters it disallows, in lower case."""
    mapped: list[str] = []
    for label in _DOTS.split(domain):
        lower = normalize("NFC", (_decoded_label(label.lower()) or label).lower())
        # which of the two a capital sigma becomes depends on what stands around it
        lower = lower.replace("\u03c2", "\u03c3")
        try:
            mapped.append(idna.uts46_remap(lower))
        except idna.IDNAError:
            mapped.append(lower)
    return ".".join(mapped)


def _encoded_label(label: str) -> str:
    # without the rules of IDNA 2008: domains of symbols are registered and get mail
    if label.isascii() or len(label) > _LONGEST_LABEL:
        return label
    encoded = _ACE + label.encode("punycode", "surrogatepass").decode("ascii")
    return encoded if len(encoded) <= _LONGEST_LABEL else label


def _decoded_label(label: str) -> str | None:
    """What an encoded label stands for; None where it is none."""
    if not label.startswith(_ACE) or not label.isascii() or len(label) > _LONGEST_LABEL:
        return None
    try:
        decoded = _visible(label.removeprefix(_ACE).encode("ascii").decode("punycode"))
    except ValueError:
        return None
    return None if decoded.isascii() else decoded
