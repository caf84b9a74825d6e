"""What an export goal with an e-mail link means, said without anything of the program's own code.

Profiles are in the order in which the segment lists them; contacts are rows as the sandbox's
control port prints them.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

Row = dict[str, Any]

DOCUMENTED = re.compile(r'[^\s"(),:;<>@\[\\\]]+@[^\s"(),:;<>@\[\\\]]+\.[A-Za-z]{2,}')
ACTIVE = 1


class PlainExport:
    """One export goal that sends properties, the profile's id, segment names and texts."""

    def __init__(self, goal: Row, list_ids: dict[str, str], segment_names: dict[str, str]) -> None:
        self.goal = goal
        self.lists = [list_ids[name] for name in goal.get("lists", [])]
        self.segments = segment_names

    def run(self, profiles: list[Row], contacts: list[Row]) -> Counter[str]:
        """Change `contacts` as the goal asks; the counts by outcome, reason and list work."""
        counts: Counter[str] = Counter()
        by_email = {row["email"].lower(): row for row in contacts if row["email"]}
        claimed: set[str] = set()
        for profile in profiles:
            if not any(self.segments[s] == self.goal["segment"] for s in profile["segments"]):
                continue
            counts["read"] += 1
            ending = self.one(profile, by_email, claimed, contacts, counts)
            counts[ending.partition("/")[0]] += 1
            if "/" in ending:
                counts[ending] += 1
        return counts

    def one(
        self,
        profile: Row,
        by_email: dict[str, Row],
        claimed: set[str],
        contacts: list[Row],
        counts: Counter[str],
    ) -> str:
        """What becomes of one profile, as `outcome` or `outcome/reason`."""
        name = self.goal["identifiers"][0]["property"]
        addresses = [one for one in profile["properties"].get(name, []) if one.strip()]
        if not addresses:
            return "skipped/no-email"
        good = [one for one in addresses if DOCUMENTED.fullmatch(one)]
        if not good:
            return "rejected/invalid-email"
        if good[0].lower() in claimed:
            return "skipped/duplicate-identifier"
        claimed.add(good[0].lower())
        if ".." in good[0]:
            return "rejected/rejected-by-activecampaign"
        contact = by_email.get(good[0].lower())
        # a row marked as deleted is nobody, on no list, until an import brings the person back
        is_new = contact is None or contact.get("erased", False)
        if contact is None:
            contact = {"email": good[0], "firstName": "", "lastName": "", "phone": ""}
            contact |= {"fields": {}, "lists": {}}
            contacts.append(contact)
        self.write(profile, contact)
        for number in self.lists:
            status = None if is_new else contact["lists"].get(number)
            if status is None:
                contact["lists"][number] = ACTIVE
                counts["subscribed"] += 1
            elif status != ACTIVE:
                counts["left"] += 1
        return "created" if is_new else "updated"

    def write(self, profile: Row, contact: Row) -> None:
        """The mapped fields; an empty source leaves its field alone."""
        for mapping in self.goal["mappings"]:
            text = self.text(profile, mapping["from"])
            if not text:
                continue
            if mapping["field"].startswith("%"):
                contact["fields"][mapping["field"].strip("%")] = text
            else:
                contact[mapping["field"]] = text

    def text(self, profile: Row, source: Any) -> str:
        """A source's value as a text field takes it."""
        if source == "profile_id":
            return str(profile["id"])
        if "property" in source:
            return ", ".join(profile["properties"].get(source["property"], []))
        if source.get("segments") == "all":
            return ", ".join(sorted(self.segments[s] for s in profile["segments"]))
        return str(source["text"])
