"""Named switches for what the reference leaves open, each with its readings.

The first reading is the default. Sources are named per switch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Switch:
    """One open question: its readings, the default first, and what it is about."""

    readings: tuple[str, ...]
    about: str


SWITCHES: Mapping[str, Switch] = {
    "updated-after-inclusive": Switch(
        ("exclusive", "inclusive"), "does filters[updated_after] include its bound (ac §3.3)"
    ),
    "offset-less-dates": Switch(
        ("central", "utc"), "the zone of a filter date without offset (ac §3.3)"
    ),
    "total-counts": Switch(
        ("all", "rest"), "does meta.total ignore or respect id_greater and id_less (ac §3.2)"
    ),
    "rate-limit-headers": Switch(
        ("present", "absent"), "does a 429 carry Retry-After and RateLimit-* (ac §1.3)"
    ),
    "rate-limit-status": Switch(("429", "503"), "what an over-used account answers (ac §1.2)"),
    "bulk-counts-against-limit": Switch(
        ("no", "yes"), "do bulk imports count against the 5 requests a second (ac §1.3)"
    ),
    "bulk-success-key": Switch(("success", "Success"), "spelling of the first key (ac §7.1)"),
    "bulk-success-ids": Switch(
        ("created-and-updated", "created"), "whose ids a finished batch lists (ac §7.2)"
    ),
    "bulk-refused-subscribe": Switch(
        ("whole-row", "only-list"), "what a refused subscribe does to its row (ac §7.3)"
    ),
    "bulk-bounced-contact": Switch(
        ("only-subscribe", "whole-row"), "does a bounced contact fail without subscribe (ac §7.3)"
    ),
    "bulk-odd-address": Switch(
        ("refused-request", "failed-row"),
        "an address only ActiveCampaign refuses: 400 at once or a failure later (ac §7.1)",
    ),
    "bulk-empty-text": Switch(
        ("overwrites", "ignored"), "does an empty name or field value clear the old (ac §7.3)"
    ),
    "batch-speed": Switch(
        ("normal", "fast", "stuck"), "how soon a batch completes: 2 s, 0.3 s, never (ac §7.2)"
    ),
    "batch-end": Switch(
        ("completed", "failed", "interrupted"),
        "how batches end; the last two apply the first half (ac §7.2)",
    ),
    "contact-case": Switch(("kept", "lower"), "is an e-mail stored in lower case (ac §6)"),
    "list-writes-bump-udate": Switch(
        ("yes", "no"), "do unsubscribes and bounces move the contact's udate (ac §3.3)"
    ),
    "contact-filters": Switch(
        ("honoured", "listid-ignored", "status-ignored", "updated-after-ignored"),
        "which documented filter of the contacts listing has no effect (ac §14, client rule 6)",
    ),
    "include-truncates": Switch(("no", "yes"), "are sideloaded rows cut at 100 a page (ac §3.4)"),
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
            }
            for name, switch in SWITCHES.items()
        }
