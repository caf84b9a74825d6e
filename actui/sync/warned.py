"""Warnings of a goal: counted by field and reason, told in a few sentences however it ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from actui.model.run import GoalSummary

_KINDS_TOLD = 4
_LONGEST = 200

Counts = Mapping[tuple[str, str], int]
"""How many values were left out, by field and reason."""


@dataclass(slots=True)
class Warnings:
    """Values that did not fit since they were last taken; the values themselves are not kept."""

    _counts: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, name: str, values: tuple[str, ...], reason: str) -> None:
        """Count `values` of the field `name`, left out for a reason such as `which are no dates`.

        A sentence ends with the reason, so it must hold nothing of the values.
        """
        self._counts[name, reason] = self._counts.get((name, reason), 0) + len(values)

    def take(self) -> Counts:
        """What was counted since the last time."""
        taken, self._counts = self._counts, {}
        return taken


def count_left_out(summary: GoalSummary, counts: Counts) -> None:
    """Add values that were left out to a goal's warnings."""
    for (name, reason), many in counts.items():
        reasons = summary.warned.setdefault(name, {})
        reasons[reason] = reasons.get(reason, 0) + many
        summary.warnings += many


def count_once(summary: GoalSummary, words: str) -> bool:
    """Count a warning that is a sentence of its own, once in a run however often it occurs.

    Whether it is among the few that are told.
    """
    known = summary.warned.setdefault("", {})
    if words[:_LONGEST] not in known:
        known[words[:_LONGEST]] = 1
        summary.warnings += 1
    return words[:_LONGEST] in list(known)[:_KINDS_TOLD]


def tell(summary: GoalSummary) -> None:
    """Add the sentences of its warnings to what a goal says of itself, each once."""
    for words in _sentences(summary.warned):
        if words not in summary.message:
            summary.message = f"{summary.message} {words}".strip()


def _sentences(warned: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    own = list(warned.get("", ()))
    yield from own[:_KINDS_TOLD]
    if len(own) > _KINDS_TOLD:
        yield f"There were {len(own) - _KINDS_TOLD} more warnings."
    rows = [(many, name, why) for name in warned if name for why, many in warned[name].items()]
    rows.sort(key=lambda row: (-row[0], *row[1:]))
    for many, name, why in rows[:_KINDS_TOLD]:
        yield f"{name}: {many:,} value{'' if many == 1 else 's'} left out, {why}."
    if len(rows) > _KINDS_TOLD:
        rest = sum(many for many, _, _ in rows[_KINDS_TOLD:])
        yield f"Other values left out: {rest:,}."
