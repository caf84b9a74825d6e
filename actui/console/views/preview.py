"""A preview in words, the same on a page and on the command line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from actui.console.formatting import counted, plain
from actui.console.views.outcomes import omitted_lines, reason_words
from actui.model.errors import ConfigError
from actui.model.mailbox import parse_address
from actui.model.preview import Ask, Change, Preview, PreviewedGoal, PreviewedPerson
from actui.model.run import Outcome

_WOULD = {
    Outcome.CREATED: "would be created",
    Outcome.UPDATED: "would be updated",
    Outcome.UNCHANGED: "is up to date, nothing would be sent",
    Outcome.SKIPPED: "would be skipped",
    Outcome.REJECTED: "would be rejected",
    Outcome.UNKNOWN: "would stay unresolved",
}
MOST = 500
"""People of a goal that a page shows at most."""
_LONGEST = 200
"""Characters of a value that are shown."""


def who(person: PreviewedPerson) -> str:
    """The best name there is."""
    record = person.record
    if person.email or record is None:
        return plain(person.email) or "(no address)"
    return plain(record.profile_id or f"contact {record.contact_id}")


def would(person: PreviewedPerson) -> str:
    """What a run would make of somebody, as half a sentence with the reason."""
    record = person.record
    if record is None:
        return f"is not in the goal: {person.absent}"
    message = _WOULD[record.outcome]
    why = plain(record.detail)
    if record.reason is not None:
        why = reason_words(record.reason, record.detail)
    elif record.outcome is Outcome.UPDATED and not (person.values or person.lists):
        why = ": ".join(part for part in ("it would be sent, and no value differs", why) if part)
    return ": ".join(part for part in (message, why) if part)


def changes(person: PreviewedPerson, arrow: str) -> list[str]:
    """Each value and list that would change, before and after, then what would be omitted."""
    lines = [
        f"{plain(one.name)}: {_text(one.before)} {arrow} {_text(one.after)}"
        for one in person.values
    ]
    lines += [_list(one, arrow) for one in person.lists]
    return lines + (omitted_lines(person.record.omitted) if person.record is not None else [])


def _list(change: Change, arrow: str) -> str:
    before = change.before[0] if change.before else "not on it"
    return f"list {plain(change.name)}: {before} {arrow} {', '.join(change.after)}"


def _text(values: tuple[str, ...]) -> str:
    if not values:
        return "(empty)"
    text = plain(", ".join(values))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 2]}.."


def goal_head(goal: PreviewedGoal) -> str:
    """A goal and how many people of it are shown."""
    many = counted(len(goal.people), "person", "people")
    return f"{plain(goal.goal)}, {goal.kind} goal: {many}"


def remarks(preview: Preview, goal: PreviewedGoal) -> list[str]:
    """What is to be known beside the people, failures first."""
    failed = [] if goal.ok else [f"A run would fail this goal: {plain(goal.message)}"]
    lines = [plain(goal.message)] if goal.ok and goal.message else []
    properties = list(preview.notes) if goal.kind == "import" else []
    return [*failed, *(plain(note) for note in goal.notes), *lines, *properties]


@dataclass(frozen=True, slots=True)
class Row:
    """One person in one goal, as a page lists them."""

    goal: PreviewedGoal
    person: PreviewedPerson


def rows(preview: Preview) -> list[Row]:
    """Everybody, goal by goal."""
    return [Row(goal, person) for goal in preview.goals for person in goal.people]


def summary(preview: Preview) -> str:
    """What is to be known beside the people, a line a sentence; goals are named where several."""
    several = len(preview.goals) > 1
    lines = [
        f"{plain(goal.goal)}: {remark}" if several else remark
        for goal in preview.goals
        for remark in remarks(preview, goal)
    ]
    if not preview.goals:
        return "No goal is on: switch one on, or open it and preview it alone."
    if not any(goal.people for goal in preview.goals):
        lines.append("Nobody: there are no people, or none whose data changed.")
    return "\n".join(lines)


def asked(text: str) -> Ask | None:
    """What somebody typed: a number of people, or addresses; None where it is neither."""
    number = text.strip()
    if number.isascii() and number.isdecimal() and 0 < int(number) <= MOST:
        return Ask(first=int(number))
    # with names there may be blanks inside, so these part them only where nothing else does
    parts = re.split(r"[,;]", text) if re.search("[,;<]", text) else text.split()
    try:
        emails = [parse_address(part) for part in parts if part.strip()]
    except ConfigError:
        return None
    return Ask(emails=tuple(dict.fromkeys(emails))) if emails else None


def lines(preview: Preview, arrow: str) -> Iterator[str]:
    """The whole preview as text."""
    for goal in preview.goals:
        yield goal_head(goal)
        for remark in remarks(preview, goal):
            yield f"  ! {remark}"
        for person in goal.people:
            yield f"  {who(person)} {would(person)}"
            for change in changes(person, arrow):
                yield f"      {change}"
    if not preview.goals:
        yield "No goal is on."
