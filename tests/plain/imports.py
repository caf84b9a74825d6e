"""What an import goal means, said a second time without anything of the program's own code.

Contacts are rows as the sandbox's control port prints them, with `erased` added; profiles are a
mapping of id to properties, the oldest first; a goal is the plain mapping of a connection file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.plain.addresses import LONGEST, canonical, cleaned, spellings

Row = dict[str, Any]
Properties = dict[str, list[str]]

STATUS_NUMBERS = {"unconfirmed": 0, "active": 1, "unsubscribed": 2, "bounced": 3}
SHAPES = {
    "RANGE": re.compile(r"-?[0-9]{1,10}"),
    "DECIMAL": re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,4})?"),
    "CURRENCY": re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,4})?"),
    "EMAIL": re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+"),
}
PROFILE_ID = "profile id"
"""Names the link to BlueConic's own identifier among the others."""
LARGEST = 2**31 - 1
MOST_LETTERS, MOST_BYTES = 65_000, 65_536
"""Of one text, as BlueConic documents them."""


@dataclass
class Memory:
    """What stays between runs: Sum values for ever, accepted payloads by goal and contact."""

    sums: dict[tuple[int, str, str], Decimal] = field(default_factory=dict)
    accepted: dict[tuple[str, int], object] = field(default_factory=dict)
    refused: dict[tuple[str, int], tuple[object, str]] = field(default_factory=dict)
    """What BlueConic last refused or found nobody for, by goal and contact, and how it ended."""
    imported: set[str] = field(default_factory=set)
    endings: dict[tuple[str, int], str] = field(default_factory=dict)
    """The last outcome of each contact, by goal."""
    forgotten: set[str] = field(default_factory=set)
    """Canonical addresses of people who are forgotten."""


@dataclass
class BlueConic:
    """Profiles, the types of their properties, and the readings of what the reference leaves open.

    `ignores_case`: matching; `newest_wins`: of several matches; `skips_invalid`: an entry with a
    value that does not fit; `follows_merged`: a write by the id of a merged profile.
    """

    profiles: dict[str, Properties]
    types: Mapping[str, str]
    zone: str = "UTC"
    ignores_case: bool = False
    newest_wins: bool = False
    skips_invalid: bool = False
    follows_merged: bool = True
    replaced: Mapping[str, str] = field(default_factory=dict)
    """The profile into which another was merged."""

    def find(self, links: list[tuple[str, list[str]]]) -> str | None:
        """The oldest profile that has, for every link, one of the accepted values.

        Values are tried in their order, so the exact form of an address goes before another.
        """
        named = next((values[0] for name, values in links if name == PROFILE_ID), None)
        if named is not None:
            return self.named(named, [link for link in links if link[0] != PROFILE_ID])
        fold = str.lower if self.ignores_case else str
        first, accepted = links[0]
        wanted = {fold(value) for value in accepted}
        # most profiles are somebody else, which one look tells
        near = [
            (key, properties)
            for key, properties in self.profiles.items()
            if not wanted.isdisjoint(map(fold, properties.get(first, ())))
        ]
        for attempt in _attempts(links):
            found = [
                key
                for key, properties in near
                if all(
                    fold(value) in map(fold, properties.get(name, [])) for name, value in attempt
                )
            ]
            if found:
                return found[-1] if self.newest_wins else found[0]
        return None

    def named(self, key: str, links: list[tuple[str, list[str]]]) -> str | None:
        """The profile with this id, or into which it was merged, if it has every link's value.

        Without other links nobody reads it before it is written.
        """
        if key in self.replaced and not links and not self.follows_merged:
            return None
        while key in self.replaced:
            key = self.replaced[key]
        if key not in self.profiles:
            return None
        for name, values in links:
            form = canonical if name == "email" else str
            held = self.profiles[key].get(name, [])
            if form(values[0]) not in map(form, held):
                return None
        return key


def _attempts(links: list[tuple[str, list[str]]]) -> list[list[tuple[str, str]]]:
    found: list[list[tuple[str, str]]] = [[]]
    for name, values in links:
        found = [[*begun, (name, value)] for begun in found for value in values]
    return found


def parts(text: str) -> list[str]:
    """`||a||b||` is several values."""
    if text.startswith("||") and text.endswith("||"):
        return [part for part in text.split("||") if part]
    return [text] if text else []


def fitted(text: str, kind: str, zone: str) -> tuple[list[str], int]:
    """The values a property of this type takes, and how many it does not."""
    good: list[str] = []
    bad = 0
    for part in parts(text):
        value = _as(part, kind, zone)
        if value is None:
            bad += 1
        elif value not in good:
            good.append(value)
    return good, bad


def _as(part: str, kind: str, zone: str) -> str | None:
    if kind == "DATETIME":
        return _milliseconds(part.strip(), ZoneInfo(zone))
    if kind == "SELECT":
        fits = len(part) <= MOST_LETTERS and len(part.encode()) <= MOST_BYTES
        return part if fits else None
    part = cleaned(part) if kind == "EMAIL" else part.strip()
    if not SHAPES[kind].fullmatch(part) or (kind == "EMAIL" and len(part) > LONGEST):
        return None
    return None if kind == "RANGE" and abs(int(part)) > LARGEST else part


def _milliseconds(text: str, zone: ZoneInfo) -> str | None:
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            moment = datetime.combine(date.fromisoformat(text), time(), zone)
        else:
            moment = datetime.fromisoformat(text)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    except ValueError:
        return None
    return str(int(round((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000)))


def _every_form(raw: str) -> list[str]:
    """The spellings of an address to look for: the same but for letter case before any other."""
    return [raw, raw.lower(), cleaned(raw).lower(), *spellings(raw)]


def value_of(contact: Row, name: str) -> str:
    """A field as ActiveCampaign holds it."""
    if name.startswith("%"):
        return contact["fields"].get(name.strip("%").upper()) or ""
    return str(contact.get(name) or "")


class PlainImport:
    """One import goal over a whole account."""

    def __init__(self, goal: Row, lists: Mapping[int, str], blueconic: BlueConic) -> None:
        self.goal = goal
        self.lists = lists
        self.ids = {name: number for number, name in lists.items()}
        self.blueconic = blueconic
        self.omitted: Counter[str] = Counter()
        """Contacts of whom a value of a field did not fit, by field."""

    def run(
        self,
        contacts: list[Row],
        memory: Memory,
        *,
        full: bool = True,
        everything: bool = True,
    ) -> Counter[str]:
        """Import everybody by rising id; the counts by outcome and by `outcome/reason`.

        A `full` run sends all of them, and one that reads `everything` also those whose refusal a
        change in BlueConic may have ended.
        """
        counts: Counter[str] = Counter()
        for contact in sorted(contacts, key=_id):
            if self.reads(contact):
                self.count(contact, memory, counts, full=full, everything=everything)
        return counts

    def count(
        self,
        contact: Row,
        memory: Memory,
        counts: Counter[str],
        *,
        full: bool = False,
        everything: bool = False,
    ) -> str:
        """Import one contact and count what became of it."""
        ending = self.one(contact, memory, counts, full=full, everything=everything)
        memory.endings[self.place(contact)] = ending
        for name in _counted(ending):
            counts[name] += 1
        return ending

    def recheck(
        self, contacts: list[Row], read: set[int], memory: Memory, counts: Counter[str]
    ) -> None:
        """Look again at people of whom a changed run had no reason to read anything.

        They are those without a match and, where lists are selected, whoever is on one and is new
        there or has other values. Whoever had no match is never created. Those this run has `read`
        are counted once, with their last outcome.
        """
        waiting, others = [], []
        for contact in sorted(filter(self.reads, contacts), key=self.stream):
            before = memory.endings.get(self.place(contact))
            waits = before == "skipped/no-match"
            if _id(contact) in read and not waits:
                continue
            links = self.sought(contact, memory)
            if isinstance(links, str):
                may_count = waits or (self.may_be_new(before) and links != "skipped/forgotten")
                if may_count and _id(contact) not in read:
                    self.count(contact, memory, counts)
            elif waits and not self.may_create(contact):
                waiting.append((contact, links))
            elif _id(contact) not in read and (
                waits or self.may_be_new(before) or self.differs(contact, memory)
            ):
                others.append(contact)
        for contact, links in waiting:
            counts["rechecked"] += 1
            if self.blueconic.find(links) is None:
                continue
            if _id(contact) in read:
                for name in _counted("skipped/no-match"):
                    counts[name] -= 1
                self.warn(contact, counts, -1)
            ending = self.count(contact, memory, counts, full=True)
            counts["matched"] += ending in ("created", "updated", "unchanged")
        for contact in others:
            self.count(contact, memory, counts)

    def may_be_new(self, before: str | None) -> bool:
        """Whether somebody without an outcome is looked for: only on selected lists."""
        return before is None and self.goal.get("contacts", "all") == "lists"

    def differs(self, contact: Row, memory: Memory) -> bool:
        """Whether a contact on a selected list has other values than were accepted or refused."""
        accepted = memory.accepted.get(self.place(contact))
        is_listed = self.goal.get("contacts", "all") == "lists"
        facts = self.facts(contact)
        refused, _ = memory.refused.get(self.place(contact), (None, ""))
        return is_listed and accepted is not None and facts not in (accepted, refused)

    def stream(self, contact: Row) -> tuple[int, int, int]:
        """Where the contact comes when list after list is read, status after status."""
        if self.goal.get("contacts", "all") == "all":
            return 0, 0, _id(contact)
        first = self.chosen(contact)[0]
        status = int(contact["lists"][str(self.ids[first["list"]])])
        return self.goal["lists"].index(first), status, _id(contact)

    def place(self, contact: Row) -> tuple[str, int]:
        """The contact in the goal's memory."""
        return self.goal.get("id") or self.goal["name"], _id(contact)

    def chosen(self, contact: Row) -> list[Row]:
        """The goal's lists that the contact is on with a status the goal reads."""
        wanted = {STATUS_NUMBERS[s] for s in self.goal.get("statuses") or ["active"]}
        held = {int(number): status for number, status in contact["lists"].items()}
        return [
            choice
            for choice in self.goal.get("lists", [])
            if held.get(self.ids[choice["list"]]) in wanted
        ]

    def reads(self, contact: Row) -> bool:
        """Whether the contact is one of the goal's."""
        if self.goal.get("contacts", "all") == "lists":
            return bool(self.chosen(contact))
        if not self.goal.get("statuses"):
            return True
        wanted = {STATUS_NUMBERS[s] for s in self.goal["statuses"]}
        return bool(wanted & set(contact["lists"].values()))

    def may_create(self, contact: Row) -> bool:
        """Whether somebody unknown becomes a profile; never where an id names who it is."""
        if self.names_profiles():
            return False
        if self.goal.get("contacts", "all") == "all":
            return bool(self.goal.get("create_profiles"))
        return any(choice.get("create_profiles") for choice in self.chosen(contact))

    def names_profiles(self) -> bool:
        """Whether a link is BlueConic's own identifier."""
        return any(link.get("profile_id") for link in self.goal["identifiers"])

    def names(self, contact: Row) -> list[str]:
        """The list names to keep."""
        if self.goal.get("contacts", "all") == "lists":
            return sorted(choice["list"] for choice in self.chosen(contact))
        return sorted(self.lists[int(i)] for i, s in contact["lists"].items() if s == 1)

    def links(self, contact: Row) -> list[tuple[str, list[str]]] | str:
        """The linked properties with the values that match, or what the contact ends as."""
        links: list[tuple[str, list[str]]] = []
        for link in self.goal["identifiers"]:
            raw = value_of(contact, link["field"])
            if link.get("profile_id"):
                if not raw.strip():
                    return "skipped/no-identifier"
                links.append((PROFILE_ID, [raw.strip()]))
                continue
            kind = self.blueconic.types[link["property"]]
            text = cleaned(raw) if kind == "EMAIL" else raw.strip()
            if not text:
                return "skipped/no-identifier"
            values, bad = fitted(text, kind, self.blueconic.zone)
            if bad or len(values) != 1:
                return "rejected/invalid-identifier"
            if kind == "EMAIL":
                values += _every_form(raw)
            links.append((link["property"], values))
        return links

    def one(
        self,
        contact: Row,
        memory: Memory,
        counts: Counter[str],
        *,
        full: bool,
        everything: bool,
    ) -> str:
        """What becomes of one contact, as `outcome` or `outcome/reason`."""
        place = self.place(contact)
        refused, before = memory.refused.pop(place, (None, ""))
        links = self.sought(contact, memory)
        if isinstance(links, str):
            return links
        facts = self.facts(contact)
        self.warn(contact, counts)
        if not full and memory.accepted.get(place) == facts:
            return "unchanged"
        is_again = not full and refused == facts
        if is_again and (not everything or before.startswith("rejected")):
            memory.refused[place] = facts, before
            return before if "/" in before else "unchanged"
        key = self.blueconic.find(links)
        if key is None and (is_again or not self.may_create(contact)):
            if not self.compares_profiles():
                memory.refused[place] = facts, "skipped/no-match"
            return "skipped/no-match"
        ending, is_accepted = self.write(contact, key, links, memory)
        if is_accepted:
            memory.accepted[place] = facts
            return ending
        memory.refused[place] = facts, ending
        if ending in ("created", "updated"):
            counts["warnings"] += 1
        return ending

    def compares_profiles(self) -> bool:
        """Whether the named profile is read and compared, so that nothing need be sent."""
        return self.names_profiles() and len(self.goal["identifiers"]) > 1

    def sought(self, contact: Row, memory: Memory) -> list[tuple[str, list[str]]] | str:
        """What is looked for in BlueConic, or what the contact ends as before."""
        if canonical(value_of(contact, "email")) in memory.forgotten:
            return "skipped/forgotten"
        if contact["erased"]:
            return "skipped/erased"
        return self.links(contact)

    def write(
        self, contact: Row, key: str | None, links: list[tuple[str, list[str]]], memory: Memory
    ) -> tuple[str, bool]:
        """What becomes of a contact that is sent, and whether all of it was taken."""
        created = key is None
        if key is None:
            key = f"new:{contact['id']}:{len(self.blueconic.profiles)}"
        before = self.blueconic.profiles.get(key, {})
        after, sums, wrong = self.merged(contact, before, memory)
        if created:
            mapped = {
                m["property"] for m in self.goal.get("mappings", []) if m["property"] in after
            }
            after |= {name: [values[0]] for name, values in links if name not in mapped}
        if wrong and self.blueconic.skips_invalid:
            return "rejected/rejected-by-blueconic", False
        self.blueconic.profiles[key] = after
        memory.sums |= sums
        memory.imported.add(key)
        changed = "created" if created else "updated"
        # where a Sum is refused, its receipt changes the profile all the same
        return (changed if wrong or after != before else "unchanged"), not wrong

    def facts(self, contact: Row) -> object:
        """What the goal tells BlueConic about the contact.

        Where a profile is named by its id, the values of other links are not part of it.
        """
        telling = [
            link
            for link in self.goal["identifiers"]
            if link.get("profile_id") or not self.names_profiles()
        ]
        return (
            [value_of(contact, link["field"]) for link in telling],
            [self.told(contact, mapping) for mapping in self.goal.get("mappings", [])],
            self.names(contact) if self.goal.get("save_lists_to") else None,
            self.may_create(contact),
            {**self.goal, "name": ""},
        )

    def told(self, contact: Row, mapping: Row) -> object:
        """What one mapping tells, None when nothing."""
        raw = value_of(contact, mapping["field"])
        if mapping.get("rule") == "sum":
            return raw
        values, _ = fitted(raw, self.blueconic.types[mapping["property"]], self.blueconic.zone)
        clears = not raw.strip() and mapping.get("when_empty") == "clear"
        return values if values or clears else None

    def warn(self, contact: Row, counts: Counter[str], times: int = 1) -> None:
        """Count the values that no property takes, and the fields they are in; -1 takes it back."""
        fields = set()
        for mapping in self.goal.get("mappings", []):
            raw = value_of(contact, mapping["field"])
            kind = self.blueconic.types[mapping["property"]]
            if mapping.get("rule") == "sum":
                bad = int(bool(raw.strip()) and _summand(raw, kind) is None)
            else:
                bad = fitted(raw, kind, self.blueconic.zone)[1]
            counts["warnings"] += times * bad
            fields |= {mapping["field"]} if bad else set()
        for name in fields:
            self.omitted[name] += times

    def merged(
        self, contact: Row, before: Properties, memory: Memory
    ) -> tuple[Properties, dict[tuple[int, str, str], Decimal], bool]:
        """The profile afterwards, the Sum values to remember, and whether something was refused."""
        after = {name: list(values) for name, values in before.items()}
        sums: dict[tuple[int, str, str], Decimal] = {}
        wrong = False
        for mapping in self.goal.get("mappings", []):
            name, rule = mapping["property"], mapping.get("rule", "set")
            raw = value_of(contact, mapping["field"])
            if rule == "sum":
                wrong |= self.add(contact, mapping, after, memory, sums)
                continue
            values, _ = fitted(raw, self.blueconic.types[name], self.blueconic.zone)
            held = after.get(name, [])
            if not values:
                if not raw.strip() and mapping.get("when_empty") == "clear":
                    after.pop(name, None)
            elif rule == "set":
                after[name] = values
            elif rule == "set_if_empty":
                after[name] = held or values
            elif rule == "add":
                after[name] = held + [value for value in values if value not in held]
        place = self.goal.get("save_lists_to")
        if place and self.names(contact):
            held = after.get(place, [])
            after[place] = held + [name for name in self.names(contact) if name not in held]
        return after, sums, wrong

    def add(
        self,
        contact: Row,
        mapping: Row,
        after: Properties,
        memory: Memory,
        sums: dict[tuple[int, str, str], Decimal],
    ) -> bool:
        """Add a field's number once; True when the property cannot hold the total."""
        name = mapping["property"]
        kind = self.blueconic.types[name]
        value = _summand(value_of(contact, mapping["field"]), kind)
        if value is None:
            return False
        place = (int(contact["id"]), mapping["field"], name)
        last = memory.sums.get(place)
        if last == value:
            return False
        step = value
        if last is None and mapping.get("sum_start") == "baseline":
            step = Decimal(0)
        elif last is not None and mapping.get("of") == "change":
            step = value - last
        total = Decimal((after.get(name) or ["0"])[0]) + step
        if kind == "RANGE" and abs(total) > LARGEST:
            return True
        if step:
            after[name] = [_plain(total)]
        sums[place] = value
        return False


def _id(contact: Row) -> int:
    return int(contact["id"])


def _counted(ending: str) -> list[str]:
    """What an outcome counts as."""
    return ["read", ending.partition("/")[0], *([ending] if "/" in ending else [])]


def _summand(raw: str, kind: str) -> Decimal | None:
    """What Sum adds is the one value that Set takes."""
    values, bad = fitted(raw, kind, "UTC")
    return Decimal(values[0]) if len(values) == 1 and not bad else None


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


NUMBERS = ("points", "balance", "order_value")
RECEIPT = "actui_sum_receipt"
"""Documented: every entry with a Sum leaves one here."""


def comparable(profiles: Mapping[str, Properties]) -> list[tuple[object, ...]]:
    """Profiles without their ids, without empty properties and without receipts."""
    found = []
    for properties in profiles.values():
        held = {
            name: tuple(_plain(Decimal(v)) if name in NUMBERS else v for v in values)
            for name, values in properties.items()
            if values and name != RECEIPT
        }
        found.append(tuple(sorted(held.items())))
    return sorted(found)
