"""Which addresses are accepted: the documented form, and what only the service refuses."""

from __future__ import annotations

import re

LONGEST, LONGEST_LOCAL = 254, 64  # RFC 5321, 4.5.3.1

DOCUMENTED = re.compile(
    r"""[^\s"(),:;<>@\[\\\]]+      # a local part without the listed characters
        @[^\s"(),:;<>@\[\\\]]+     # a domain without them
        \.[A-Za-z]{2,}             # a dot and at least two letters after it
    """,
    re.VERBOSE,
)


def follows_documented_rule(email: object) -> bool:
    """The form named in activecampaign.md §7.1."""
    return isinstance(email, str) and DOCUMENTED.fullmatch(email) is not None


def only_service_refuses(email: str) -> bool:
    """Addresses that follow the rule and are refused all the same (§11, number 10)."""
    local, _, domain = email.partition("@")
    return (
        ".." in email
        or local.startswith(".")
        or local.endswith(".")
        or domain.startswith((".", "-"))
        or len(local) > LONGEST_LOCAL
        or len(email) > LONGEST
    )


def is_accepted(email: object) -> bool:
    """Would a single call take this address?"""
    return (
        isinstance(email, str)
        and follows_documented_rule(email)
        and not only_service_refuses(email)
    )
