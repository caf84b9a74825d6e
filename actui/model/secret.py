"""The secrets there are, and how one is read from what somebody pasted, typed or stored."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

from pydantic import SecretStr

from actui.model.errors import CredentialsError
from actui.model.redaction import register_secret

MOST_CHARACTERS = 4_096
"""Usual servers take header lines of 8,192 bytes; no key of either service is near either."""


class SecretName(StrEnum):
    """The secrets there are; the names are those of the environment variables."""

    ACTIVECAMPAIGN_API_KEY = "ACTIVECAMPAIGN_API_KEY"
    BLUECONIC_CLIENT_SECRET = "BLUECONIC_CLIENT_SECRET"  # noqa: S105
    SMTP_PASSWORD = "SMTP_PASSWORD"  # noqa: S105


_LABELS = {
    SecretName.ACTIVECAMPAIGN_API_KEY: "ActiveCampaign API key",
    SecretName.BLUECONIC_CLIENT_SECRET: "BlueConic client secret",
    SecretName.SMTP_PASSWORD: "mail server password",
}
_ADVICE = {
    SecretName.ACTIVECAMPAIGN_API_KEY: "Copy it again from Settings > Developer in ActiveCampaign.",
    SecretName.BLUECONIC_CLIENT_SECRET: (
        "Copy it again from Settings > Access management > Applications in BlueConic."
    ),
    SecretName.SMTP_PASSWORD: "Enter it again: actui secret set smtp-password",
}
_HEADER_NAME = re.compile(r"(?i)api[-_ ]?token\s*[:=]")
"""The header that carries the key (activecampaign.md §1.1), copied along from an example.

It is taken off: what follows it can only be meant as the key."""
_LINE_BREAKS = frozenset("\n\r\v\f\x85\u2028\u2029")
_NEVER = {"Cc": "holds a control character", "Cs": "is not UTF-8 text"}
"""What no secret may hold, by the general category of the character."""
_DRAWN_AS_NOTHING = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0") | {
    chr(code) for code in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
}
"""Characters that Unicode calls letters, marks or symbols, and that nobody sees at an edge."""


def secret_label(name: SecretName) -> str:
    """A secret's name for a person."""
    return _LABELS[name]


def cleaned_secret(name: SecretName, text: str, source: str = "") -> SecretStr | None:
    """The secret in a text that was pasted, typed or stored; None where the text is blank.

    Blanks, line ends, byte order marks and invisible characters around it are taken off, and from
    the API key the name of its header. What is inside stays as it is. Raises CredentialsError
    `unusable-secret`, which does not show it, where a request cannot carry it: a header takes
    printable ASCII alone (RFC 9110, section 5.5), SMTP's AUTH no control characters (RFC 4616,
    section 2). `source` completes "The … from" in that message.
    """
    value = _trimmed(text)
    if name is SecretName.ACTIVECAMPAIGN_API_KEY and (header := _HEADER_NAME.match(value)):
        value = _trimmed(value[header.end() :])
    if not value:
        return None
    if why := _unusable(value, in_header=name is not SecretName.SMTP_PASSWORD):
        place = f" from {source}" if source else ""
        raise CredentialsError(
            f"The {_LABELS[name]}{place} {why}, so it cannot be sent.",
            code="unusable-secret",
            advice=_ADVICE[name],
        )
    register_secret(value)
    return SecretStr(value)


def needed_secret(name: SecretName, typed: SecretStr) -> SecretStr:
    """`cleaned_secret` of what somebody gave, where a blank is a CredentialsError `no-secret`."""
    secret = cleaned_secret(name, typed.get_secret_value())
    if secret is None:
        raise CredentialsError(f"The {_LABELS[name]} is empty.", code="no-secret")
    return secret


def _trimmed(text: str) -> str:
    start, end = 0, len(text)
    while start < end and _is_nothing(text[start]):
        start += 1
    while end > start and _is_nothing(text[end - 1]):
        end -= 1
    return text[start:end]


def _is_nothing(character: str) -> bool:
    """Whether nobody sees it: a blank, a control character or an invisible one."""
    if character.isspace() or character in _DRAWN_AS_NOTHING:
        return True
    return unicodedata.category(character) in ("Cc", "Cf", "Zs", "Zl", "Zp")


def _unusable(value: str, *, in_header: bool) -> str:
    """What is wrong with a secret, completing "The key …"; empty where nothing is."""
    if len(value) > MOST_CHARACTERS:
        return f"has more than {MOST_CHARACTERS:,} characters"
    return next((wrong for one in value if (wrong := _wrong_with(one, in_header))), "")


def _wrong_with(character: str, in_header: bool) -> str:
    if character in _LINE_BREAKS:
        return "holds a line break"
    if wrong := _NEVER.get(unicodedata.category(character)):
        return wrong
    if not in_header or character.isascii():
        return ""
    if _is_nothing(character) and not character.isspace():
        return f"holds an invisible character (U+{ord(character):04X})"
    return "is not plain ASCII"
