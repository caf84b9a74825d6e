"""What became of people, in words: the lines of a run and one person's story."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

from actui.console.formatting import counted, moment, plain
from actui.model.connection import Connection
from actui.model.goals import Goal, ImportGoal, ListStatus
from actui.model.omitted import (
    CLEANED,
    NO_USABLE_ADDRESS,
    NOTHING,
    RESUBSCRIPTION_LOST,
    Omitted,
    OmittedList,
    OmittedValues,
)
from actui.model.run import Outcome, Reason, RunSummary

OUTCOME_COLUMNS = (
    "run",
    "goal",
    "outcome",
    "reason",
    "detail",
    "contact_id",
    "profile_id",
    "email",
    "at",
    "omitted",
)
"""The keys of an outcome's line, in the order of CSV."""
_NO_LIST_MAY = "no profile matches, and none of the goal's lists it is on may create profiles"


SPELLINGS = (
    "Every usual spelling of the address was looked for; one that is stored with other characters "
    "nobody sees is known only by a link of an earlier run or by the contact index."
)
"""How far a person without a match was looked for (sync/README.md §6)."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which outcomes of a run to show; an empty text takes all.

    `omitted` is the name of a field or list that was left out for them.
    """

    goal: str = ""
    outcome: str = ""
    reason: str = ""
    omitted: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """What became of one person in one goal of one run; `goal` is the goal's id.

    `next_check` is a sentence where the person is skipped now and will be looked at again.
    """

    run: str
    goal: str
    outcome: str
    reason: str = ""
    detail: str = ""
    contact_id: str = ""
    profile_id: str = ""
    email: str = ""
    at: str = ""
    omitted: Omitted = NOTHING
    next_check: str = ""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Person:
        """From a line of outcomes."""
        texts = {name: str(row[name] or "") for name in OUTCOME_COLUMNS if name != "omitted"}
        return cls(**texts, omitted=row["omitted"])

    @property
    def who(self) -> str:
        """The best name there is."""
        return plain(self.email or self.profile_id or f"contact {self.contact_id}")

    @property
    def why(self) -> str:
        """The reason as a sentence, with the service's message or the lists that decided it."""
        if self.reason in {reason.value for reason in Reason}:
            return reason_words(Reason.of(self.reason), self.detail)
        return ": ".join(plain(part) for part in (self.reason, self.detail) if part)

    @property
    def is_unmatched(self) -> bool:
        """Whether nobody was found on the other side by this address."""
        return self.outcome == Outcome.CREATED.value or self.reason == Reason.NO_MATCH.value

    def why_in(self, connection: Connection) -> str:
        """`why`, where the person's goal can be asked what the outcome does not say."""
        if self.reason != Reason.NO_MATCH.value or self.detail:
            return self.why
        if self.profile_id:
            return "the profile with the id that the contact holds contradicts the other links"
        return _no_match(next((goal for goal in connection.goals if goal.id == self.goal), None))


def reason_words(reason: Reason, detail: str) -> str:
    """A reason with its detail, as half a sentence."""
    is_barred = reason is Reason.NO_MATCH and detail
    label = _NO_LIST_MAY if is_barred else reason.sentence
    return ": ".join(part for part in (label, plain(detail)) if part)


def omitted_lines(omitted: Omitted) -> list[str]:
    """What was left out for one person: a sentence for each field and reason, and for each list."""
    return [*map(_values, omitted.values), *map(_list, omitted.lists)]


def _values(one: OmittedValues) -> str:
    if one.why == CLEANED:
        return f"{plain(one.field)}: the address was {CLEANED}"
    return f"{plain(one.field)}: {counted(one.count, 'value', 'values')} omitted, {plain(one.why)}"


def _list(one: OmittedList) -> str:
    if one.why == NO_USABLE_ADDRESS:
        why = "ActiveCampaign's import does not take the contact's address"
    elif one.why == RESUBSCRIPTION_LOST:
        why = "ActiveCampaign's answers were lost, and the next run tries again"
    elif one.why == ListStatus.UNREADABLE:
        whose = "" if one.contact_id is None else f" of contact {one.contact_id}, the same person,"
        why = f"ActiveCampaign's answer about the list status{whose} cannot be read"
    else:
        who = "" if one.contact_id is None else f"contact {one.contact_id}, the same person, is "
        since = f" since {one.since[:10]}" if one.since else ""
        why = f"{who}{one.why}{since}"
    return f"list {plain(one.list)} not joined: {why}"


def _no_match(goal: Goal | None) -> str:
    """Why nobody was created, where the run kept no names of lists."""
    if isinstance(goal, ImportGoal):
        if goal.links_profile_id:
            return "no profile has the id that the contact holds"
        if goal.contacts == "all":
            return "no profile matches, and the goal may not create profiles"
    return _NO_LIST_MAY


def printed(connection: Connection, row: Mapping[str, Any]) -> dict[str, Any]:
    """A line of outcomes as `--json` prints it."""
    goal = goal_name(connection, str(row["goal"]))
    return {**row, "goal": goal, "omitted": row["omitted"].facts()}


def goal_name(connection: Connection, goal_id: str) -> str:
    """A goal's name; its id when it is gone."""
    return next((goal.name for goal in connection.goals if goal.id == goal_id), goal_id)


def offered_filters(run: RunSummary) -> list[tuple[Filter, str, int]]:
    """The filters that find somebody in a run: each with its words and the number of people."""
    found: list[tuple[Filter, str, int]] = []
    for goal in run.goals:
        for outcome in Outcome:
            many = getattr(goal, outcome.value)
            if many and outcome is not Outcome.UNCHANGED:
                label = f"{goal.goal}: {outcome.value}"
                found.append((Filter(goal.goal_id, outcome.value), label, many))
        for reason, many in sorted(goal.reasons.items()):
            found.append((Filter(goal.goal_id, reason=reason), f"{goal.goal}: {reason}", many))
        for name, many in sorted(goal.omitted.items()):
            label = f"{goal.goal}: {name} omitted"
            found.append((Filter(goal.goal_id, omitted=name), label, many))
    return found


def story(connection: Connection, email: str, people: Sequence[Person]) -> list[str]:
    """One person's story as lines of text, the latest first."""
    if not people:
        return [
            f"Nothing is known of {plain(email)}.",
            "",
            "No run of the last thirty has had this address in a contact or profile. It may be",
            "in none of the selected lists, or not in the segment, or unchanged since it was",
            "last sent under another address.",
            "",
            *wrap(SPELLINGS, 84),
        ]
    lines: list[str] = []
    for one in reversed(people):
        when = moment(one.at, connection.timezone).strip()
        lines.append(f"{when}  {plain(goal_name(connection, one.goal))}: {one.outcome}")
        if one.outcome == Outcome.UNCHANGED.value:
            lines.append("    the same as what was sent before, so nothing was sent")
        if why := one.why_in(connection):
            lines.append(f"    {why}")
        if one.next_check:
            lines.append(f"    {one.next_check}")
        lines += [f"    {line}" for line in omitted_lines(one.omitted)]
        ids = [
            f"contact {one.contact_id}" if one.contact_id else "",
            f"profile {plain(one.profile_id)}" if one.profile_id else "",
            f"run {one.run}",
        ]
        lines.append("    " + ", ".join(part for part in ids if part))
    return lines
