"""Named switches for the services' quirks and for what the reference leaves open.

The first reading is the default. Sources are named per switch.
"""

from __future__ import annotations

from collections.abc import Mapping

from actui.sandbox.activecampaign.switches import ACTIVECAMPAIGN_SWITCHES
from actui.sandbox.switch import Switch

SWITCHES: Mapping[str, Switch] = {
    **ACTIVECAMPAIGN_SWITCHES,
    "lifecycle-stages": Switch(
        ("absent", "profile-only", "present"), "where lifecycleStages appears (bc §5, §11)"
    ),
    "no-legislation": Switch(
        ("consent-not-needed", "consent-needed"), "consent of a profile without zone (bc §6)"
    ),
    "consent-without-zone": Switch(
        ("stored", "ignored"), "consent written to a profile without zone (bc §5 imports)"
    ),
    "match-case": Switch(("exact", "ignore"), "letter case in matching (OpenAPI: silent)"),
    "several-matches": Switch(
        ("oldest", "newest"), "which profile wins when several match (bc §13)"
    ),
    "match-not-indexed": Switch(
        ("skipped", "bad-request"), "matching on a property that is not indexed (OpenAPI)"
    ),
    "increment-name": Switch(
        ("increment", "sum"), "the strategy's name: schema says INCREMENT, prose SUM (OpenAPI)"
    ),
    "pii-permission": Switch(
        ("granted", "missing"), "may the OAuth application write PII (OpenAPI UNAUTHORIZED)"
    ),
    "invalid-value": Switch(
        ("dropped", "skips-entry"), "what a validation error does to its entry (bc §3)"
    ),
    "segment-listing": Switch(
        ("whole", "short"), "does a lagging index leave three in ten out of a listing (bc §4)"
    ),
    "segment-count": Switch(
        ("exact", "absent"), "is profileCount always in a segment (OpenAPI example)"
    ),
}


class Switches:
    """The readings in force."""

    def __init__(self, chosen: Mapping[str, str]) -> None:
        self._chosen = {name: switch.readings[0] for name, switch in SWITCHES.items()}
        self.set(chosen)

    def __getitem__(self, name: str) -> str:
        return self._chosen[name]

    def set(self, chosen: Mapping[str, str]) -> None:
        """Put readings in force, all or none; an unknown name or reading is a ValueError."""
        for name, reading in chosen.items():
            switch = SWITCHES.get(name)
            if switch is None:
                raise ValueError(f"No switch is called {name!r}.")
            if reading not in switch.readings:
                known = ", ".join(switch.readings)
                raise ValueError(f"Switch {name} has no reading {reading!r}, only: {known}.")
        self._chosen.update(chosen)

    def listing(self) -> dict[str, object]:
        """Every switch with its readings and the one in force."""
        return {
            name: {
                "readings": list(switch.readings),
                "chosen": self._chosen[name],
                "about": switch.about,
                "source": switch.source,
            }
            for name, switch in SWITCHES.items()
        }
