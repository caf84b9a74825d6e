"""What export goals mean, said once more without anything of the program's own code.

Both services are kept as plain rows; a run changes them as the written rules say, one person
after the other. Addresses of contacts are in lower case. Numbers of contacts are the model's own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from tests.plain.addresses import canonical, cleaned, is_importable, spellings
from tests.plain.fields import MAPPED, fitting

ACTIVE, UNSUBSCRIBED, BOUNCED = 1, 2, 3
REFUSED = "rejected/rejected-by-activecampaign"
LONGEST_LOCAL = 64
"""Letters before the at sign that ActiveCampaign takes."""
DIALOGUES = ("Exit intent", "Newsletter lightbox", "Webinar invitation")
"""The names of what people may have viewed; anything else has no name."""
LIFECYCLES = {"First stage": "Welcome", "Second stage": "Welcome", "Quiet": "Win back"}
"""The lifecycle of each stage; Welcome alone is enabled."""


@dataclass
class Contact:
    number: int
    email: str
    name: str = ""
    key: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    lists: dict[str, int] = field(default_factory=dict)
    versions: Counter[str] = field(default_factory=Counter)
    has_bounced: bool = False
    is_erased: bool = False

    def put(self, on: str, status: int) -> None:
        """Set a status; writing what is there already changes nothing."""
        if self.lists.get(on) == status:
            return
        self.lists[on] = status
        self.versions[on] += 1
        self.has_bounced = self.has_bounced or status == BOUNCED


@dataclass
class Profile:
    number: int
    emails: list[str]
    names: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    segments: set[str] = field(default_factory=set)
    consents: bool = False
    replaces: list[int] = field(default_factory=list)
    values: dict[str, list[str]] = field(default_factory=dict)
    """The other properties: the values of each."""
    viewed: list[str] = field(default_factory=list)
    """Names of dialogues, and things that have no name."""
    stage: str | None = None

    @property
    def numbers(self) -> list[int]:
        return [self.number, *self.replaces]

    @property
    def addresses(self) -> list[str]:
        """In the profile's own spellings; of two spellings of one address, the first."""
        once: dict[str, str] = {}
        for email in self.emails:
            if cleaned(email):
                once.setdefault(canonical(email), email)
        return list(once.values())

    @property
    def usable(self) -> list[str]:
        return [email for email in self.addresses if is_importable(cleaned(email))]


@dataclass(frozen=True)
class Goal:
    id: str
    segment: str
    lists: tuple[str, ...]
    by: str = "email"
    resubscribe: str = "never"
    unsubscribe: str = "never"
    recreate: bool = False
    is_full: bool = False
    also: tuple[str, ...] = ()
    """Mapped fields beside the name."""
    maps_viewed: bool = False
    maps_lifecycles: bool = False
    stage: str = ""
    """The stage whose people alone are exported, in an enabled lifecycle; empty for everybody."""
    unknown_stage: str = "skip"


@dataclass
class GoalMemory:
    accepted: dict[int, object] = field(default_factory=dict)
    members: dict[tuple[int, str], int | None] = field(default_factory=dict)
    """By contact and list: None while on it through the goal, else the row as the goal left it."""
    refused: dict[int, tuple[object, int | None]] = field(default_factory=dict)
    """By profile: what ActiveCampaign refused last, and the contact it was for."""
    filled: dict[int, frozenset[str]] = field(default_factory=dict)
    """By profile: the fields filled at the last acceptance whose emptiness would be a fact."""
    claimed: set[int] = field(default_factory=set)
    """Contacts that people of the segment are known to be."""
    seen: set[int] = field(default_factory=set)
    """Contacts that a listing has shown and whose leaving was not dealt with since."""
    is_all_confirmed: bool = False
    last: dict[int, str] = field(default_factory=dict)
    """By profile: the outcome of the last run that was about it."""

    @property
    def failed(self) -> set[int]:
        """Profiles that were sent, and refused, when a run was last about them."""
        return {number for number, outcome in self.last.items() if outcome == "rejected"}


@dataclass
class OutcomeListener:
    """What a run reports of one goal."""

    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    lists: Counter[str] = field(default_factory=Counter)
    omitted: Counter[str] = field(default_factory=Counter)
    """People for whom a value of a field was left out."""
    code: str = ""
    writes: int = 0
    """People written, or taken off a list."""


@dataclass
class Match:
    contact: Contact | None = None
    email: str = ""
    renames: bool = False
    carries: bool = False
    kept_out: frozenset[str] = frozenset()
    has_bounced: bool = False


class Refusal(Exception):
    """An outcome that sends nothing: `skipped/reason` or `rejected/reason`."""


class World:
    """Both services, and what a connection's ledger would remember."""

    def __init__(
        self,
        *,
        needs_consent: bool,
        bounced_fail_whole: bool,
        sweeps: bool = False,
        excluded: Iterable[str] = (),
        forgotten: Iterable[str] = (),
        zone: str = "UTC",
        shows_stages: bool = False,
        lists_stages: bool = False,
        none_is_empty: bool = True,
    ) -> None:
        self.contacts: dict[int, Contact] = {}
        self.profiles: dict[int, Profile] = {}
        self.links: dict[int, int] = {}
        self.resubscribed: set[tuple[int, str]] = set()
        self.memory: dict[str, GoalMemory] = {}
        self.needs_consent = needs_consent
        self.bounced_fail_whole = bounced_fail_whole
        self.sweeps = sweeps
        """Whether contacts are read in one go and not asked for one by one."""
        self.excluded = {canonical(address) for address in excluded}
        self.forgotten = {canonical(address) for address in forgotten}
        self.zone = ZoneInfo(zone)
        self.shows_stages = shows_stages
        """Whether BlueConic shows stages anywhere."""
        self.lists_stages = lists_stages
        """Whether a segment's listing shows them, and not only profiles that are read alone."""
        self.none_is_empty = none_is_empty
        """Whether people in no stage have an empty key, or none at all."""
        self._numbers = 0

    def add_contact(self, email: str, **facts: str) -> Contact:
        self._numbers += 1
        row = Contact(self._numbers, email.lower(), **facts)
        self.contacts[row.number] = row
        return row

    def owner(self, email: str) -> Contact | None:
        """The contact that ActiveCampaign has under exactly this address, in any letter case."""
        wanted = email.lower()
        return next((c for c in self.contacts.values() if email and c.email == wanted), None)

    def is_forgotten(self, *emails: str) -> bool:
        return any(canonical(email) in self.forgotten for email in emails)

    def listing(self, goal: Goal) -> list[Profile]:
        return [p for p in self.profiles.values() if goal.segment in p.segments]

    def will_write(self, goals: list[Goal]) -> bool:
        """Whether a changed run would write now.

        After a run with nothing changed since, that is somebody whose place another person had at
        the reading and left in that run: an address, a list, a link.
        """
        return any(told.writes for told in deepcopy(self).run(goals))

    def run(
        self, goals: list[Goal], *, full: bool = False, confirm: int | None = None
    ) -> list[OutcomeListener]:
        return [GoalRun(self, goal, goals, full=full, confirm=confirm).told for goal in goals]

    def retry(self, goals: list[Goal]) -> dict[str, OutcomeListener]:
        """Send those whom an earlier run could not deliver once more; by goal with such people.

        A merged profile stands for those it has replaced.
        """
        return {
            goal.id: GoalRun(self, goal, goals, only=failed).told
            for goal in goals
            if (failed := self.failed(goal))
        }

    def failed(self, goal: Goal) -> set[int]:
        """The profiles that a retry of the goal is about."""
        return self.memory[goal.id].failed if goal.id in self.memory else set()


class GoalRun:
    """One goal of one run.

    With `only` it is about those profiles alone, and nothing follows from anybody's absence. Who
    else is listed still has what is theirs: the first place of two with one address.
    """

    def __init__(
        self,
        world: World,
        goal: Goal,
        goals: list[Goal],
        *,
        full: bool = False,
        confirm: int | None = None,
        only: set[int] | None = None,
    ) -> None:
        self.world, self.goal, self.goals = world, goal, goals
        self.memory = world.memory.setdefault(goal.id, GoalMemory())
        self.told = OutcomeListener()
        self.first: dict[str, int] = {}
        self.taken: dict[str, int] = {}
        self.shown: set[int] = set()
        listing = world.listing(goal)
        self.knows_stages = world.shows_stages and any(
            profile.stage or world.none_is_empty for profile in listing
        )
        full = full or goal.is_full
        waiting = []
        for profile in listing:
            linked = {world.links[n] for n in profile.numbers if n in world.links}
            self.shown |= linked
            self.memory.claimed |= linked
            if only is not None and not only & set(profile.numbers):
                self.stand_by(profile)
                continue
            ending = self.before_asking(profile, full, again=only is not None)
            if ending is None:
                waiting.append(profile)
            else:
                self.tell(profile, ending)
        # everybody's contact is settled before the first of them is written
        settled = [self.settled(profile) for profile in waiting]
        for profile, match in zip(waiting, settled, strict=True):
            if isinstance(match, str):
                self.tell(profile, match)
            else:
                try:
                    self.tell(profile, self.send(profile, match))
                except Refusal as refusal:
                    self.tell(profile, str(refusal))
                    if str(refusal) == REFUSED:
                        number = match.contact.number if match.contact else None
                        self.memory.refused[profile.number] = (self.asks_for(profile), number)
        if only is None:
            self.memory.claimed &= self.shown
            self.memory.seen |= self.memory.claimed
        counts = self.told.counts
        accepted = counts["created"] + counts["updated"] + counts["unchanged"]
        if counts["rejected"] and not accepted:
            self.told.code = "nothing-accepted"
        elif only is None and goal.unsubscribe != "never" and goal.lists:
            self.unsubscribe_leavers(confirm)

    def tell(self, profile: Profile, ending: str) -> None:
        outcome, _, reason = ending.partition("/")
        self.memory.last[profile.number] = outcome
        self.told.counts["read"] += 1
        self.told.counts[outcome] += 1
        if reason:
            self.told.reasons[reason] += 1

    def asks_for(self, profile: Profile) -> object:
        keys = profile.keys if self.goal.by == "key" else []
        # as they are stored: a digest of 0.1.0 knows no other, and an upgrade sends nobody again
        stored = [one.strip().lower() for one in profile.emails if is_importable(one.strip())]
        addresses = sorted(set(stored or [cleaned(one).lower() for one in profile.usable]))
        return (addresses, list(keys), self.texts(profile), self.filled(profile))

    def facts(self, profile: Profile) -> dict[str, str | None]:
        """The fields whose emptiness is a fact, None where the value is not known."""
        found: dict[str, str | None] = {}
        if self.goal.maps_viewed:
            named = [one for one in profile.viewed if one in DIALOGUES]
            found["SEEN"] = ", ".join(named) if named or not profile.viewed else None
        if self.goal.maps_lifecycles:
            stage = LIFECYCLES[profile.stage] if profile.stage else ""
            found["STAGE"] = stage if self.knows_stages else None
        return found

    def filled(self, profile: Profile) -> frozenset[str]:
        """The fields that count as filled: what is unknown stays as it was."""
        before = self.memory.filled.get(profile.number, frozenset())
        return frozenset(
            name
            for name, text in self.facts(profile).items()
            if text or (text is None and name in before)
        )

    def emptied(self, profile: Profile) -> set[str]:
        """The fields that were filled and are known to be empty now."""
        before = self.memory.filled.get(profile.number, frozenset())
        return {name for name, text in self.facts(profile).items() if text == "" and name in before}

    def texts(self, profile: Profile) -> dict[str, str]:
        """What the profile's mapped fields become; an empty value leaves its field alone.

        Of a person who is larger than one request, the longest values are omitted.
        """
        texts = {"firstName": ", ".join(name for name in profile.names if name)}
        for name in self.goal.also:
            texts[name] = MAPPED[name].text(
                profile.values.get(MAPPED[name].source, []), self.world.zone
            )
        texts |= {name: text or "" for name, text in self.facts(profile).items()}
        return fitting({name: text for name, text in texts.items() if text})

    def count_omission(self, profile: Profile) -> None:
        found = {"firstName": False}
        texts = {"firstName": ", ".join(profile.names)}
        for name in self.goal.also:
            values = [one for one in profile.values.get(MAPPED[name].source, []) if one]
            found[name] = MAPPED[name].omits(values, self.world.zone)
            texts[name] = MAPPED[name].text(values, self.world.zone)
        if self.goal.maps_viewed:
            found["SEEN"] = not set(profile.viewed) <= set(DIALOGUES)
            texts["SEEN"] = ""
        kept = self.texts(profile)
        for name, is_omitted in found.items():
            self.told.omitted[name] += is_omitted or bool(texts[name] and name not in kept)

    def stand_by(self, profile: Profile) -> None:
        """Keep what is theirs for somebody whom this run is not about.

        Nobody asks in which stage they are: where the listing does not show it, it may be the
        goal's.
        """
        barred = self.barred(profile, is_asked=False) or self.missing(profile)
        if not barred and self.wins_first(profile):
            self.stands(profile)

    def wins_first(self, profile: Profile) -> bool:
        first = canonical(profile.usable[0]) if profile.usable else ""
        word = first if self.goal.by == "email" else f"key {profile.keys[0]}"
        return self.first.setdefault(word, profile.number) == profile.number

    def stands(self, profile: Profile) -> bool:
        """Whether what the profile asks for was accepted; then its contact is nobody else's."""
        if self.memory.accepted.get(profile.number) != self.asks_for(profile):
            return False
        known = self.world.links.get(profile.number)
        if known is not None:
            self.taken.setdefault(f"contact {known}", profile.number)
        return True

    def before_asking(self, profile: Profile, full: bool, again: bool) -> str | None:
        """How it ends before anybody looks for the contact; `again` sends what was refused."""
        before = self.memory.refused.pop(profile.number, None)
        barred = self.barred(profile) or self.missing(profile)
        if barred:
            return barred
        self.count_omission(profile)
        if not self.wins_first(profile):
            return "skipped/duplicate-identifier"
        asked = self.asks_for(profile)
        if not full and self.stands(profile):
            return "unchanged"
        if not (full or again) and before is not None and before[0] == asked:
            # what ActiveCampaign refused is not sent again by itself
            self.memory.refused[profile.number] = before
            if before[1] is not None:
                self.shown.add(before[1])
            return REFUSED
        return None

    def barred(self, profile: Profile, is_asked: bool = True) -> str:
        if self.world.is_forgotten(*profile.addresses):
            return "skipped/forgotten"
        if self.world.needs_consent and not profile.consents:
            return "skipped/no-consent"
        if not self.goal.stage:
            return ""
        if not is_asked and not (self.knows_stages and self.world.lists_stages):
            return ""
        if not self.knows_stages:
            return "" if self.goal.unknown_stage == "export" else "skipped/stage-unknown"
        return "" if profile.stage == self.goal.stage else "skipped/not-in-stage"

    def missing(self, profile: Profile) -> str:
        if self.goal.by == "key":
            return "" if profile.keys else "skipped/no-identifier"
        if not profile.addresses:
            return "skipped/no-email"
        return "" if profile.usable else "rejected/invalid-email"

    # who is who

    def settled(self, profile: Profile) -> Match | str:
        remembered = [self.world.links[n] for n in profile.numbers if n in self.world.links]
        existing = [self.world.contacts[n] for n in remembered if n in self.world.contacts]
        before = list({c.number: c for c in existing if not c.is_erased}.values())
        try:
            if self.goal.by == "email":
                match = self.by_email(profile, before)
            else:
                match = self.by_key(profile, before)
            if match is None:
                if remembered and not before:
                    if existing:
                        raise Refusal("skipped/erased")
                    if not self.goal.recreate:
                        raise Refusal("skipped/deleted-in-activecampaign")
                match = self.unmatched(profile)
        except Refusal as refusal:
            return str(refusal)
        # who left under any spelling has left
        address = match.email or (match.contact.email if match.contact else "")
        others = [c for c in [*before, *self.known_as(address)] if c is not match.contact]
        left = {on for c in others for on, status in c.lists.items() if status != ACTIVE}
        match.kept_out = frozenset(left)
        people = [*others, *([match.contact] if match.contact else [])]
        match.has_bounced = any(c.has_bounced for c in people)
        return match

    def known_as(self, address: str) -> list[Contact]:
        """Contacts of one address that can be found.

        Who reads everybody finds every spelling. Who asks for one after the other finds those that
        can be asked for; a stranger spelling stays unseen.
        """
        alive = [c for c in self.world.contacts.values() if c.email and not c.is_erased]
        alive = [c for c in alive if not self.world.is_forgotten(c.email)]
        if self.world.sweeps or self.goal.by == "key":
            return [c for c in alive if canonical(c.email) == canonical(address)]
        return [c for c in alive if c.email in spellings(address)]

    def exact(self, profile: Profile) -> Contact | None:
        """Whose the first address is but for letter case: as it is sent, then as it is stored."""
        address = profile.usable[0]
        found = self.known_as(address)
        stored = [one for one in profile.emails if canonical(one) == canonical(address)]
        for spelling in (cleaned(address), *stored):
            for contact in found:
                if contact.email == spelling.lower():
                    return contact
        return None

    def owner(self, profile: Profile) -> Contact | None:
        """Whose the first address is: exactly, else the one contact with another spelling of it."""
        found = self.known_as(profile.usable[0])
        exact = self.exact(profile)
        if exact is None and len(found) > 1:
            raise Refusal("skipped/ambiguous-match")
        return exact or (found[0] if found else None)

    @staticmethod
    def row_of(contact: Contact) -> str:
        """The own spelling of a contact's address, where an import takes it."""
        return contact.email if is_importable(contact.email) else ""

    def by_email(self, profile: Profile, before: list[Contact]) -> Match | None:
        words = {cleaned(address).lower() for address in profile.usable}
        forms = {canonical(address) for address in profile.usable}
        # the exact address goes first, whoever was known before
        own = next((c for c in before if c.email in words), None)
        own = own or self.exact(profile)
        own = own or next((c for c in before if canonical(c.email) in forms), None)
        own = own or self.owner(profile)
        if own is not None:
            return Match(own, self.row_of(own))
        new = cleaned(profile.usable[0]).lower()
        return Match(before[0], new, renames=True) if before else None

    def by_key(self, profile: Profile, before: list[Contact]) -> Match | None:
        alive = [c for c in self.world.contacts.values() if not c.is_erased]
        alive = [c for c in alive if not self.world.is_forgotten(c.email)]
        fitting = [c for c in alive if c.key in profile.keys]
        if len(fitting) > 1:
            raise Refusal("skipped/ambiguous-match")
        carries = not fitting
        fitting = fitting or [c for c in before if c.key in ("", *profile.keys)]
        if not fitting:
            return None
        contact, usable = fitting[0], profile.usable
        if not usable or canonical(contact.email) in map(canonical, usable):
            return Match(contact, self.row_of(contact), carries=carries)
        if self.owner(profile) is not None:
            raise Refusal("skipped/email-of-another-contact")
        return Match(contact, cleaned(usable[0]).lower(), renames=True, carries=carries)

    def unmatched(self, profile: Profile) -> Match:
        if not profile.usable:
            raise Refusal("rejected/invalid-email" if profile.addresses else "skipped/no-email")
        owner = self.owner(profile)
        if owner is None:
            return Match(None, cleaned(profile.usable[0]).lower(), carries=True)
        if self.goal.by == "email" or owner.key:
            raise Refusal("skipped/email-of-another-contact")
        return Match(owner, self.row_of(owner), carries=True)

    # writing

    def send(self, profile: Profile, match: Match) -> str:
        contact = match.contact
        words = [f"address {canonical(match.email)}"] if match.email else []
        if contact is not None:
            self.shown.add(contact.number)
            words.append(f"contact {contact.number}")
        holders = [self.taken.setdefault(word, profile.number) for word in words]
        if any(holder != profile.number for holder in holders):
            raise Refusal("skipped/duplicate-identifier")
        # nothing is written to an excluded address, by no way
        address = match.email or (contact.email if contact is not None else "")
        if canonical(address) in self.world.excluded:
            raise Refusal("rejected/excluded")
        self.told.writes += 1
        if contact is not None:
            self.memory.claimed.add(contact.number)
        unusual = ".." in match.email or len(match.email.rpartition("@")[0]) > LONGEST_LOCAL
        if contact is not None and match.renames:
            if unusual:
                raise Refusal(REFUSED)
            contact.email = match.email
        if contact is not None and not match.has_bounced:
            self.resubscribe(contact, match.kept_out)
        standing = {on: UNSUBSCRIBED for on in match.kept_out} if match.kept_out else {}
        standing = {**(contact.lists if contact is not None else {}), **standing}
        otherwise = BOUNCED if match.has_bounced else ACTIVE
        left = sum(standing.get(on, otherwise) != ACTIVE for on in self.goal.lists)
        if contact is not None and not match.email:
            self.told.lists["left"] += left
            self.accept(profile, contact, match, joins=())
            return "updated"
        bounced = contact is not None and contact.has_bounced and self.world.bounced_fail_whole
        if unusual or bounced:
            raise Refusal(REFUSED)
        is_new = contact is None
        contact = contact or self.world.add_contact(match.email)
        joins = [on for on in self.goal.lists if on not in standing and not match.has_bounced]
        self.told.lists["left"] += left
        self.accept(profile, contact, match, joins)
        return "created" if is_new else "updated"

    def resubscribe(self, contact: Contact, kept_out: frozenset[str]) -> None:
        for on in self.goal.lists:
            if contact.lists.get(on) != UNSUBSCRIBED or on in kept_out:
                continue
            left = self.memory.members.get((contact.number, on))
            own = left is not None and left == contact.versions[on]
            again = (contact.number, on) in self.world.resubscribed
            if self.goal.resubscribe == "never" or not (
                own or (self.goal.resubscribe == "all" and not again)
            ):
                continue
            contact.put(on, ACTIVE)
            self.world.resubscribed.add((contact.number, on))
            self.memory.members[contact.number, on] = None
            self.told.lists["resubscribed"] += 1

    def accept(
        self, profile: Profile, contact: Contact, match: Match, joins: tuple[str, ...] | list[str]
    ) -> None:
        texts = self.texts(profile)
        contact.name = texts.pop("firstName", contact.name)
        contact.fields |= texts | dict.fromkeys(self.emptied(profile), "")
        if match.carries and self.goal.by == "key":
            contact.key = profile.keys[0]
        for on in joins:
            contact.put(on, ACTIVE)
            self.memory.members[contact.number, on] = None
            self.told.lists["subscribed"] += 1
        self.world.links[profile.number] = contact.number
        self.shown.add(contact.number)
        self.memory.claimed.add(contact.number)
        asked = self.asks_for(profile)
        self.memory.filled[profile.number] = self.filled(profile)
        self.memory.accepted[profile.number] = asked

    # leaving

    def recognises(self, goal: Goal, contact: Contact) -> bool:
        for profile in self.world.listing(goal):
            if any(self.world.links.get(n) == contact.number for n in profile.numbers):
                return True
            if contact.email and canonical(contact.email) in map(canonical, profile.addresses):
                return True
            if goal.by == "key" and contact.key and contact.key in profile.keys:
                return True
        return False

    def unsubscribe_leavers(self, confirm: int | None) -> None:
        covers_all = self.goal.unsubscribe == "all"
        outside = self.memory.seen - self.shown if covers_all else set()
        mine = [pair for pair, left in self.memory.members.items() if left is None]
        # with "all" whoever a listing has shown, and whoever put them on the list
        anybody = [(number, on) for number in sorted(outside) for on in self.goal.lists]
        leavers, kept = [], set()
        for number, on in dict.fromkeys([*mine, *anybody]):
            if on not in self.goal.lists or number in self.shown:
                continue
            contact = self.world.contacts.get(number)
            if contact is None or on not in contact.lists:
                self.memory.members.pop((number, on), None)
                continue
            others = [g for g in self.goals if g is not self.goal and on in g.lists]
            if contact.lists[on] != ACTIVE:
                continue
            if any(self.recognises(goal, contact) for goal in [self.goal, *others]):
                kept.add(number)
            else:
                leavers.append((contact, on))
        people = {contact.number for contact, _ in leavers}
        is_confirmed = confirm is not None and len(people) <= confirm
        is_first = covers_all and not self.memory.is_all_confirmed
        if people and not is_confirmed and (is_first or not self.world.listing(self.goal)):
            self.told.code = "leavers-need-confirmation"
            return
        self.told.writes += len(leavers)
        for contact, on in leavers:
            contact.put(on, UNSUBSCRIBED)
            self.memory.members[contact.number, on] = contact.versions[on]
            self.told.lists["unsubscribed"] += 1
            for number, linked in self.world.links.items():
                if linked == contact.number:
                    self.memory.accepted.pop(number, None)
        if covers_all:
            self.memory.is_all_confirmed |= is_confirmed
            self.memory.seen -= outside - kept
