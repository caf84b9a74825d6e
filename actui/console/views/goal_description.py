"""A goal's configuration in words, in the order of the help article's steps."""

from __future__ import annotations

from collections.abc import Iterator

from actui.console.formatting import counted, plain
from actui.model.goals import ExportGoal, ImportGoal, Mode
from actui.model.mapping import (
    ExportMapping,
    IdentifierLink,
    ImportMapping,
    PropertySource,
    SegmentsSource,
    TextSource,
    WhenEmpty,
)


def describe(goal: ImportGoal | ExportGoal) -> list[str]:
    """The goal as lines of plain text; headings start at the margin, what they hold does not."""
    lines = _import(goal) if isinstance(goal, ImportGoal) else _export(goal)
    return [line if not line.startswith(" ") else "  " + plain(line.strip()) for line in lines]


def _import(goal: ImportGoal) -> Iterator[str]:
    yield "1 Contacts"
    if goal.contacts == "all":
        yield "  all contacts"
        yield f"  new profiles: {_allowed(goal.create_profiles)}"
    else:
        for choice in goal.lists:
            yield f"  list {choice.list.name}, new profiles: {_allowed(choice.create_profiles)}"
    statuses = goal.read_statuses
    yield "  status: " + (", ".join(sorted(statuses)) if statuses is not None else "any")
    if goal.save_lists_to:
        yield f"  names of the lists are saved to {goal.save_lists_to}"
    yield "2 Link identifiers"
    yield from _links(goal.identifiers)
    yield "3 Map fields"
    for mapping in goal.mappings:
        yield f"  {_incoming(mapping)}"
    yield from _mode(goal.mode, goal.reconcile_days, 4)
    if goal.mode is Mode.CHANGED:
        yield f"  {recheck_words(goal.recheck_requests)}"


def _export(goal: ExportGoal) -> Iterator[str]:
    yield "1 Segment"
    yield f"  {goal.segment.name}"
    yield "2 Link identifiers"
    yield from _links(goal.identifiers)
    yield "3 Map data"
    for mapping in goal.mappings:
        yield f"  {_outgoing(mapping)}"
    yield "4 Lists"
    for chosen in goal.lists:
        yield f"  {chosen.name}"
    if not goal.lists:
        yield "  none"
    yield "5 Options"
    yield f"  resubscribe inactive contacts: {goal.resubscribe}"
    yield f"  unsubscribe contacts who leave the segment: {goal.unsubscribe}"
    yield f"  automations: {'on' if goal.automations else 'off'}"
    yield f"  create deleted contacts again: {'yes' if goal.recreate_deleted else 'no'}"
    if goal.lifecycle is not None:
        yield "6 Lifecycle threshold"
        yield f"  {goal.lifecycle.lifecycle.name}, stage {goal.lifecycle.stage.name}"
        yield f"  events: {', '.join(goal.lifecycle.events) or 'none'}"
        yield f"  people whose stage is not known: {goal.unknown_stage}"
    yield from _mode(goal.mode, goal.reconcile_days, 7 if goal.lifecycle else 6)


def recheck_words(requests: int) -> str:
    """What a run in changed mode does for people whom no change shows."""
    if not requests:
        return "people without a match wait for a change of their contact"
    budget = counted(requests, "request", "requests")
    return f"people without a match are rechecked: at most {budget} in each run"


def _mode(mode: Mode, days: int, step: int) -> Iterator[str]:
    yield f"{step} Mode"
    if mode is Mode.FULL:
        yield "  full: everything in each run"
    else:
        often = counted(days, "day", "days")
        yield f"  changed since the last successful run; everything each {often}"


def _links(links: list[IdentifierLink]) -> Iterator[str]:
    for link in links:
        yield f"  {link.field} = {link.property or 'BlueConic profile identifier'}"
    if not links:
        yield "  none yet"


def _incoming(mapping: ImportMapping) -> str:
    clear = ", cleared when empty" if mapping.when_empty is WhenEmpty.CLEAR else ""
    return f"{mapping.field} to {mapping.property}: {mapping.rule.label}{clear}"


def _outgoing(mapping: ExportMapping) -> str:
    clear = ", cleared when empty" if mapping.when_empty is WhenEmpty.CLEAR else ""
    return f"{_source(mapping)} to {mapping.field}{clear}"


def _source(mapping: ExportMapping) -> str:
    source = mapping.source
    if isinstance(source, PropertySource):
        return source.property
    if isinstance(source, TextSource):
        return f"the text '{source.text}'"
    if isinstance(source, SegmentsSource):
        if source.segments == "all":
            return "all associated segments"
        return counted(len(source.segments), "associated segment", "associated segments")
    return source.phrase


def _allowed(allowed: bool) -> str:
    return "allowed" if allowed else "not allowed"
