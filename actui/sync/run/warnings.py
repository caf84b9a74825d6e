"""Warnings of a goal: counted by field and reason, reported in a few sentences however it ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping, Sequence

from actui.model.omitted import CLEANED, Omitted, OmittedValues
from actui.model.run import GoalSummary

_KINDS_TOLD = 4
_LONGEST = 200


class Warnings:
    """The values left out of one person's entry or row; the values themselves are not kept."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], int] = {}

    def add(self, name: str, values: Sequence[str], reason: str) -> None:
        """Count `values` of the field `name`, left out for a reason such as `which are no dates`.

        A sentence ends with the reason, so it must hold nothing of the values.
        """
        self._counts[name, reason] = self._counts.get((name, reason), 0) + len(values)

    def take(self) -> Omitted:
        """What was left out since the last time: that of one person, if taken after each."""
        taken, self._counts = self._counts, {}
        return Omitted(tuple(OmittedValues(*key, many) for key, many in taken.items()))


def count_omission(summary: GoalSummary, omitted: Omitted, times: int = 1) -> None:
    """Add what was left out for one person to a goal's warnings and to its people concerned.

    With -1 `times` it counts no longer.
    """
    for one in omitted.values:
        reasons = summary.warned.setdefault(one.field, {})
        add_to(reasons, one.why, times * one.count)
        if not reasons:
            del summary.warned[one.field]
        summary.warnings += times * one.count
    for name in omitted.names:
        add_to(summary.omitted, name, times)


def add_to(counts: MutableMapping[str, int], name: str, more: int) -> None:
    """Add to one of several counts; one that comes to nothing is not kept."""
    counts[name] = counts.get(name, 0) + more
    if not counts[name]:
        del counts[name]


def count_once(summary: GoalSummary, words: str) -> bool:
    """Count a warning that is a sentence of its own, once in a run however often it occurs.

    Whether it is among the few that are reported.
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


def take_back(summary: GoalSummary) -> None:
    """Undo `tell`, because more is going to be counted."""
    for words in _sentences(summary.warned):
        summary.message = " ".join(summary.message.replace(words, "").split())


def _sentences(warned: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    own = list(warned.get("", ()))
    yield from own[:_KINDS_TOLD]
    if len(own) > _KINDS_TOLD:
        yield f"There were {len(own) - _KINDS_TOLD} more warnings."
    rows = [(many, name, why) for name in warned if name for why, many in warned[name].items()]
    rows.sort(key=lambda row: (-row[0], *row[1:]))
    for many, name, why in rows[:_KINDS_TOLD]:
        one = many == 1
        if why == CLEANED:
            yield f"{name}: {many:,} address{'' if one else 'es'} {'was' if one else 'were'} {why}."
        else:
            yield f"{name}: {many:,} value{'' if one else 's'} left out, {why}."
    if len(rows) > _KINDS_TOLD:
        rest = sum(many for many, _, _ in rows[_KINDS_TOLD:])
        yield f"Other values left out: {rest:,}."
