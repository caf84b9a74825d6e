"""What became of entries with a Sum whose answer was lost (sync/README.md §4).

Each such entry sets a receipt property to a value that no other send has. The receipt on the
profile says: applied. Without it at two readings, the second long enough after the request ended,
the entry was not applied. Anything else proves nothing and is never sent again by itself.

A profile keeps one receipt. Another writer's may have replaced the one that is looked for, and no
stamp of a foreign clock tells when. Only an earlier receipt of this very ledger proves that none
came after it. Receipts from before they named their writer are its own where they are of the same
contact and the ledger remembers that it has added to it.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from actui.model.errors import ActuiError
from actui.model.journal import SumSend
from actui.model.records import Profile, PropertyWrite
from actui.sync.importing.entries import Entry
from actui.sync.merged_profiles import surviving_profile
from actui.sync.run.goal_run import GoalRun

RECEIPT_PROPERTY = "actui_sum_receipt"
RECEIPT_NAME = "actui: receipt of the last sum"
_STAMP, _RANDOM = 13, 8
"""Digits of a receipt's stamp, and of what is random in it."""
_FORM = re.compile(rf"[0-9]{{{_STAMP}}}-[0-9]+-[0-9a-f]{{{_RANDOM},}}")
_WAIT_STEP = 0.5
_MOST_READINGS = 4
"""How often an entry is looked for after its request has ended, where answers cannot be read."""


class Verdict(Enum):
    """What the readings of the receipt prove about an entry."""

    APPLIED = "applied"
    ABSENT = "absent"
    UNCLEAR = "unclear"
    UNREADABLE = "unreadable"
    """Of one reading: the answer has something else in the receipt's place. It is read again."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The fate of an entry; `error` is why its answer did not count, None where none came.

    `together` is how many entries the request had.
    """

    send: SumSend
    verdict: Verdict
    error: ActuiError | None = None
    together: int = 0


@dataclass(slots=True)
class _Held:
    send: SumSend
    due: float
    error: ActuiError | None
    together: int
    first: Verdict | None = None


class Receipts:
    """The entries of one goal's run whose fate is open.

    `settle` is to be called until `holds_any` is false; contacts that are held must not be sent.
    """

    def __init__(self, goal_run: GoalRun) -> None:
        self._run = goal_run
        self._sums = goal_run.ledger.sums
        self._held: dict[int, _Held] = {}

    @property
    def holds_any(self) -> bool:
        """Whether the fate of any entry is open."""
        return bool(self._held)

    def holds(self, contact_id: int) -> bool:
        """Whether the fate of this contact's last entry is open."""
        return contact_id in self._held

    def take_up(self) -> None:
        """Hold what an earlier run, or a goal before this one, left open.

        Nothing proves when it was sent: the machine's clock may have been moved since. So each is
        held for as long as one whose answer has been lost just now.
        """
        self.lost(self._sums.pending())

    def journal(self, entries: Iterable[Entry]) -> Mapping[int, SumSend]:
        """Write entries down, durably, with a new receipt each; by contact id."""
        summing = [entry for entry in entries if entry.has_increment]
        if not summing:
            return {}
        now = self._run.clock.now().timestamp()
        # rises from send to send, also after the clock was put back
        first = max(self._sums.last_stamp() + 1, int(now * 1000))
        writer = self._sums.receipt_writer()
        sends = [
            SumSend(
                contact_id=entry.contact.id,
                receipt=_receipt(stamp, entry.contact.id, writer),
                sums=entry.sums,
                matching=entry.write.matching,
                profile_id=entry.write.profile_id,
                sent_at=now,
            )
            for stamp, entry in enumerate(summing, first)
        ]
        self._sums.journal(sends, last_stamp=first + len(sends) - 1)
        return {send.contact_id: send for send in sends}

    def lost(
        self, sends: Iterable[SumSend], error: ActuiError | None = None, together: int = 0
    ) -> None:
        """BlueConic's own answer for these did not come: hold them, from now on."""
        due = self._run.clock.monotonic() + self._run.settle_seconds
        for send in sends:
            self._held[send.contact_id] = _Held(send, due, error, together)

    async def settle(self) -> Mapping[int, Judged]:
        """Wait until the fate of everyone held is known, as far as it ever can be.

        Stops waiting with StoppedError; what was held then is still in the journal.
        """
        decided: dict[int, Judged] = {}
        for contact_id, held in list(self._held.items()):
            if held.first is None:
                held.first = await self._read(held.send)
            if held.first is Verdict.APPLIED:
                decided[contact_id] = Judged(held.send, Verdict.APPLIED)
        for contact_id, held in self._held.items():
            if contact_id not in decided:
                verdict = await self._fate(held)
                decided[contact_id] = Judged(held.send, verdict, held.error, held.together)
        self._held.clear()
        return decided

    async def _fate(self, held: _Held) -> Verdict:
        """Judge an entry by a second reading, where the first did not show it as applied."""
        await self._wait_until(held.due)
        readings = [held.first]
        for _ in range(_MOST_READINGS):
            readings.append(await self._read(held.send))
            if readings[-1] is Verdict.APPLIED:
                return Verdict.APPLIED
            if Verdict.UNCLEAR in readings:
                return Verdict.UNCLEAR
            if readings[-1] is Verdict.ABSENT and readings.count(Verdict.ABSENT) > 1:
                return Verdict.ABSENT
            self._run.stop.check()
            await self._run.stop.pause(_WAIT_STEP)
        return Verdict.UNCLEAR

    async def _wait_until(self, due: float) -> None:
        clock = self._run.clock
        while (remaining := due - clock.monotonic()) > 0:
            self._run.phase("waiting to see whether BlueConic applied what it did not answer")
            self._run.stop.check()
            await self._run.stop.pause(remaining)

    async def _read(self, send: SumSend) -> Verdict:
        """One reading; only profiles that can be read whole prove that the receipt is absent."""
        found = Verdict.ABSENT
        writer = self._sums.receipt_writer()
        has_added = bool(self._sums.added(send.sums))
        for profile_id in await self._candidates(send):
            profile = await surviving_profile(self._run.blueconic, profile_id, [RECEIPT_PROPERTY])
            if profile is None:
                # it was there a moment ago: where it went, the entry may have gone
                found = Verdict.UNCLEAR
                continue
            if any(send.receipt in values for values in profile.properties.values()):
                return Verdict.APPLIED
            values = profile.properties.get(RECEIPT_PROPERTY, ())
            if any(not _is_own_older(value, send, writer, has_added) for value in values):
                found = Verdict.UNCLEAR
            elif found is Verdict.ABSENT and not _shows_receipts(profile):
                found = Verdict.UNREADABLE
        return found

    async def _candidates(self, send: SumSend) -> Sequence[str]:
        """Every profile that the entry may have been written to."""
        if send.profile_id is not None:
            profile = await self._run.blueconic.profile(
                send.profile_id, properties=[RECEIPT_PROPERTY]
            )
            # where one that was merged went is found out by whoever reads it
            return () if profile is None else (send.profile_id,)
        found: dict[str, None] = {}
        for group in send.matching:
            found.update(dict.fromkeys(await self._run.blueconic.find_profiles(group)))
        return tuple(found)


def _receipt(stamp: int, contact_id: int, writer: str) -> str:
    """Sorts by its stamp among those of its writer, a text of hexadecimal digits."""
    return f"{stamp:0{_STAMP}d}-{contact_id}-{writer}{secrets.token_hex(_RANDOM // 2)}"


def _shows_receipts(profile: Profile) -> bool:
    """Whether a profile's receipts are all known: none stands under another property's id.

    A property that was not asked for proves nothing by itself: the parameter that names them is
    deprecated (OpenAPI, getOneProfile), so a tenant may answer with more.
    """
    return profile.shows(RECEIPT_PROPERTY) and not any(
        _FORM.fullmatch(value)
        for name, values in profile.properties.items()
        if name != RECEIPT_PROPERTY
        for value in values
    )


def _is_own_older(value: str, send: SumSend, writer: str, has_added: bool) -> bool:
    """Whether this ledger left `value` on the send's contact, and before it sent that.

    `has_added` tells whether the ledger remembers Sums of the contact.
    """
    stamp, _, rest = value.partition("-")
    contact, _, token = rest.partition("-")
    is_of_before = has_added and len(token) == _RANDOM and contact == str(send.contact_id)
    is_named = len(token) == len(writer) + _RANDOM and token.startswith(writer)
    is_stamp = len(stamp) == _STAMP and stamp.isdigit()
    return (is_named or is_of_before) and is_stamp and stamp < send.receipt.partition("-")[0]


def with_receipt(entry: Entry, send: SumSend) -> Sequence[PropertyWrite]:
    """The entry's writes with its receipt among them."""
    return (*entry.write.writes, PropertyWrite(RECEIPT_PROPERTY, (send.receipt,)))
