"""What a sandbox is started with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from actui.sandbox.switches import Switches

CONTACTS, PROFILES, SEED = 250, 400, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxOptions:
    """How many people there are, how slow the services answer and which readings hold.

    Numbers left out are those of the state's file, or else the usual ones.
    """

    contacts: int | None = None
    profiles: int | None = None
    seed: int | None = None
    latency_ms: float = 0.0
    jitter_ms: float = 0.0
    limits: Literal["real", "off"] = "real"
    switches: Mapping[str, str] = field(default_factory=dict)
    state: Path | None = None

    def __post_init__(self) -> None:
        if (self.contacts or 0) < 0 or (self.profiles or 0) < 0:
            raise ValueError("The numbers of contacts and profiles cannot be negative.")
        if self.latency_ms < 0 or self.jitter_ms < 0:
            raise ValueError("Latency and jitter cannot be negative.")
        if self.limits not in ("real", "off"):
            raise ValueError("limits is either real or off.")
        # Unknown switches and readings are refused at once, before any server runs.
        Switches(self.switches)
