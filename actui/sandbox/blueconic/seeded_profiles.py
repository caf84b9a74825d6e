"""Profile number n as a pure function of the seed, so that only changed rows take memory.

About half of the contacts of the other service are here as well: the even-numbered people; the
rest of the profiles belong to people ActiveCampaign does not know.
"""

from __future__ import annotations

from actui.sandbox.blueconic.rows import Profile
from actui.sandbox.blueconic.tenant_catalogue import (
    ALL_PROFILES,
    DIALOGUES,
    OTHER_SEGMENT_IDS,
    READERS,
    VISITORS,
    WELCOME,
)
from actui.sandbox.people import person, person_email, roll

FOUNDED = 1546300800
FIVE_YEARS = 5 * 365 * 86400
NUMBER_MASK = 0x5A5A_C3C3_9696


class Population:
    """Who has a profile."""

    def __init__(self, seed: int, contacts: int, profiles: int) -> None:
        self.seed = seed
        self.count = profiles
        self._shared = min(contacts // 2, (profiles + 1) // 2)
        self._beyond = contacts + 1 - self._shared

    def person_of(self, ordinal: int) -> int:
        """The number of the person behind a profile."""
        return 2 * (ordinal + 1) if ordinal < self._shared else ordinal + self._beyond

    def ordinals_of(self, number: int) -> list[int]:
        """The profiles that could carry this person's address: their own and its twin."""
        if number % 2 == 0 and number // 2 - 1 < self._shared:
            own = number // 2 - 1
        else:
            own = number - self._beyond
            if own < self._shared:
                return []
        return [one for one in (own, own + 1) if 0 <= one < self.count]

    def profile_id(self, ordinal: int) -> str:
        """A UUID that carries the profile's number."""
        drawn = f"{roll(self.seed, ordinal, 61):016x}"
        tail = f"{ordinal ^ NUMBER_MASK:012x}"
        return f"{drawn[:8]}-{drawn[8:12]}-4{drawn[12:15]}-a{drawn[13:16]}-{tail}"

    def ordinal(self, profile_id: str) -> int | None:
        """The number in a UUID, None when it is not one of ours."""
        try:
            number = int(profile_id[-12:], 16) ^ NUMBER_MASK
        except ValueError:
            return None
        known = 0 <= number < self.count and self.profile_id(number) == profile_id
        return number if known else None

    def emails(self, ordinal: int) -> list[str]:
        """Addresses: none, capitals, unusable ones, two people sharing one, two of one person."""
        if ordinal % 31 == 5:
            return []
        owner = ordinal - 1 if ordinal % 100 == 99 else ordinal
        number = self.person_of(owner)
        email = person_email(self.seed, number)
        local, _, domain = email.partition("@")
        if ordinal % 500 == 7:
            # Follows the documented rule; only ActiveCampaign itself refuses it.
            return [f"double..dot{number}@{domain}"]
        if ordinal % 53 == 20:
            return [(f"no-at-sign{number}", f"{local}@localhost")[ordinal % 2]]
        if ordinal % 23 == 6:
            return [email.upper()]
        if ordinal % 61 == 33:
            return [email, f"private{number}@example.net"]
        return [email]

    def segments(self, ordinal: int) -> set[str]:
        """Segment ids."""
        drawn = roll(self.seed, ordinal, 62)
        found = {ALL_PROFILES.id}
        if drawn % 2:
            found.add(READERS.id)
        if (drawn >> 8) % 10 == 0:
            found.add(VISITORS.id)
        for shift in range((drawn >> 16) % 3):
            found.add(OTHER_SEGMENT_IDS[(drawn >> (20 + 8 * shift)) % len(OTHER_SEGMENT_IDS)])
        return found

    def profile(self, ordinal: int) -> Profile:
        """The whole row."""
        drawn, more = roll(self.seed, ordinal, 63), roll(self.seed, ordinal, 64)
        created = FOUNDED + drawn % FIVE_YEARS
        modified = created + (drawn >> 40) % (200 * 86400)
        row = Profile(self.profile_id(ordinal), ordinal, created, modified)
        row.segments = self.segments(ordinal)
        row.stage = self._stage(more)
        if more % 50 == 0:
            row.permission_level = "ANONYMOUS"
        row.properties = {
            name: values
            for name, values in self._properties(ordinal, drawn, more).items()
            if values
        }
        return row

    @staticmethod
    def _stage(more: int) -> tuple[str, str] | None:
        place = (more >> 8) % 4
        return (WELCOME.id, WELCOME.stages[place].id) if 1 <= place <= 2 else None

    def _properties(self, ordinal: int, drawn: int, more: int) -> dict[str, list[str]]:
        someone = person(self.seed, self.person_of(ordinal))
        # Half of the people known on both sides were entered without the name here.
        named = ordinal % 4 != 2
        interests = ("travel", "music", "sport", "кино")
        zone = ("GDPR", "GDPR", "UK_GDPR", "CCPA", "")[(more >> 12) % 5]
        consent = (more >> 20) % 4
        return {
            "email": self.emails(ordinal),
            "first_name": [someone.first_name] if named and someone.first_name else [],
            "last_name": [someone.last_name] if named and someone.last_name else [],
            "phone": [someone.phone] if someone.phone and drawn % 2 else [],
            "tier": [("bronze", "silver", "gold")[(drawn >> 4) % 3]] if (drawn >> 8) % 2 else [],
            "interests": [one for n, one in enumerate(interests) if (drawn >> (12 + n)) & 1],
            "points": [str((drawn >> 20) % 3000)] if (drawn >> 24) % 3 else [],
            "balance": [f"{(drawn >> 28) % 100000 / 100:.2f}"] if (drawn >> 32) % 3 == 0 else [],
            "birthday": [str(((more >> 24) % 20000 - 8000) * 86_400_000)] if more % 3 else [],
            "last_order": [str((FOUNDED + more % FIVE_YEARS) * 1000)] if (more >> 4) % 2 else [],
            "city": [someone.city] if (more >> 6) % 5 else [],
            "customer_id": [someone.customer_id] if ordinal % 3 else [],
            "interactions_viewed": [
                one.id for n, one in enumerate(DIALOGUES) if (more >> (30 + n)) & 1
            ],
            "privacy_legislation": [zone] if zone else [],
            "consented_objectives": [["marketing", "analytics"], ["marketing"], [], []][consent],
            "refused_objectives": [[], [], ["marketing"], []][consent],
            "visits": [str(1 + (more >> 36) % 90)],
        }
