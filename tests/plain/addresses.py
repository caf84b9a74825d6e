"""What makes two spellings one address, stated from the rules and from Unicode's own tables.

The rules (canonical addresses): invisible characters and the blanks around are removed, case is
folded, Unicode form is NFC, the domain is in A-labels. The local part is never changed otherwise.
"""

from __future__ import annotations

import re
import unicodedata

import idna

USABLE = re.compile(r'[^\s"(),:;<>@\[\\\]]+@[^\s"(),:;<>@\[\\\]]+\.[A-Za-z]{2,}')
"""What a bulk import takes, as ActiveCampaign documents it."""
LONGEST = 254
"""Characters of an address that mail can reach (RFC 5321: a path of 256, with two brackets)."""


def cleaned(address: str) -> str:
    """What may be sent: without what cannot be seen, and without blanks around."""
    seen = [one for one in address if one.isspace() or unicodedata.category(one)[0] != "C"]
    return "".join(seen).strip()


def is_importable(address: str) -> bool:
    """Whether a bulk import takes the address as it is, and a mail server could."""
    return len(address) <= LONGEST and USABLE.fullmatch(address) is not None


def _halves(address: str) -> tuple[str, str, str]:
    local, at, domain = cleaned(address).rpartition("@")
    return (local, at, domain) if at else (domain, "", "")


def canonical(address: str) -> str:
    """Equal for two spellings of one address."""
    local, at, domain = _halves(address)
    # NFD first, as the marks of a letter that folds may have to be put in order
    folded = unicodedata.normalize("NFD", local).casefold()
    return unicodedata.normalize("NFC", folded) + at + a_labels(domain)


def a_labels(domain: str) -> str:
    """A domain as DNS has it; one that is no domain in lower case."""
    if not domain:
        return ""
    try:
        return idna.encode(u_labels(domain), uts46=True).decode()
    except idna.IDNAError:
        return unicodedata.normalize("NFC", domain).lower()


def u_labels(domain: str) -> str:
    """A domain in its own letters."""
    try:
        return idna.decode(unicodedata.normalize("NFC", domain).lower(), uts46=True)
    except idna.IDNAError:
        return domain


def spellings(address: str) -> list[str]:
    """What a service that compares exact values has to be asked, in lower case, each once.

    Raw, cleaned, NFC and NFD, each with the domain as it is and in both of its forms, and the
    canonical form.
    """
    local, at, domain = _halves(address)
    found = [address, cleaned(address)]
    for form in ("NFC", "NFD"):
        for one in (domain, u_labels(domain), a_labels(domain)):
            found.append(unicodedata.normalize(form, local + at + one))
    found.append(canonical(address))
    return list(dict.fromkeys(one.lower() for one in found))
