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
    """

    theme: str = "textual-dark"
    requests_per_second: float = Field(default=PUBLISHED_RATE, gt=0, le=10_000)
    blueconic_requests_at_once: int = Field(default=2, ge=1, le=16)
    password_command: str | None = None
    secrets_in_file: bool = False
    keyring_backend: str | None = None
    colour: Literal["auto", "never"] = "auto"
