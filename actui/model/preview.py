"""What a run would do to people, before it does it (sync/README.md §11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from actui.model.run import Record


@dataclass(frozen=True, slots=True)
class Change:
    """One property, field or list of one person: its values as they are and would become.

    A list has the status as its one value; no value means that there is none.
    """

    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PreviewedPerson:
    """One person in one goal: the outcome a run would end in and what it would change.

    `record` is None for an address that was asked for and is nobody of the goal's; `absent` says
    so in a sentence then.
    """

    email: str
    record: Record | None = None
    values: tuple[Change, ...] = ()
    lists: tuple[Change, ...] = ()
    absent: str = ""


@dataclass(frozen=True, slots=True)
class PreviewedGoal:
    """One goal's people, in the order in which a run would settle them.

    `ok` is false where a run would fail this goal, `message` then says why; else it holds what
    the run would remark. `available` is how many people an export goal's segment offers, None
    where that is not known.
    """

    goal: str
    kind: Literal["import", "export"]
    people: tuple[PreviewedPerson, ...]
    ok: bool = True
    message: str = ""
    notes: tuple[str, ...] = ()
    available: int | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a run of a connection would do to some people now; nothing of it has been done."""

    goals: tuple[PreviewedGoal, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ask:
    """Whom a preview shall be about: the first people of each goal, or these addresses.

    `goals` are names or ids; none means all that are on.
    """

    goals: tuple[str, ...] = ()
    first: int = 10
    emails: tuple[str, ...] = ()
