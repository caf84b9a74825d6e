"""Settings of a home: what is not about one connection."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from actui.model.mapping import Strict

PUBLISHED_RATE = 5.0
"""Requests per second and account that ActiveCampaign allows (activecampaign.md §1.3)."""


class Settings(Strict):
    """Preferences and limits of one home, kept in settings.json.

    `requests_per_second` is ActiveCampaign's per-account budget (activecampaign.md §1.3); a higher
    figure is honoured for accounts on this machine alone, which is to say the sandbox.
    `request_seconds` is how long a service may take to answer one request; `settle_seconds` is how
    long a Sum whose answer was lost is waited for before it may be sent again (design §6).
    """

    theme: str = "textual-dark"
    requests_per_second: float = Field(default=PUBLISHED_RATE, gt=0, le=10_000)
    request_seconds: float = Field(default=60.0, ge=1, le=600)
    settle_seconds: float = Field(default=60.0, ge=1, le=3_600)
    blueconic_requests_at_once: int = Field(default=2, ge=1, le=16)
    password_command: str | None = None
    secrets_in_file: bool = False
    keyring_backend: str | None = None
    colour: Literal["auto", "never"] = "auto"
