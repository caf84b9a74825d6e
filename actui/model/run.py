"""A run, its goals' counts and what became of each person (sync/README.md §1, §10)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from actui.model.errors import StoppedError
from actui.model.omitted import NOTHING, Omitted
from actui.model.tables import TableEnum

RETRY = "retry"
"""The trigger of a run about people alone whom an earlier one could not deliver."""


class RunState(StrEnum):
    """The states of a run, as BlueConic's API names them (blueconic.md §2)."""

    STARTING = "STARTING"
    RUNNING = "RUNNING"
    FINISHED = "FINISHED"
    FAILED = "FAILED"
    STOPPING = "STOPPING"
    STOPPED = "STOPPED"

    @property
    def is_final(self) -> bool:
        """Whether nothing will change any more."""
        return self in (RunState.FINISHED, RunState.FAILED, RunState.STOPPED)


class Outcome(TableEnum):
    """What became of one record in one goal of one run; exactly one of these.

    Each row: the value in files and JSON, and the `number` that ledgers store. A number is never
    changed and never used for another member; a new one takes the next free number.
    """

    def __init__(self, _value: str, number: int) -> None:
        self.number = number

    CREATED = "created", 0
    UPDATED = "updated", 1
    UNCHANGED = "unchanged", 2
    SKIPPED = "skipped", 3
    REJECTED = "rejected", 4
    UNKNOWN = "unknown", 5


ACCEPTED = (Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED)
FAILED = (Outcome.REJECTED, Outcome.UNKNOWN)
"""Sent, and not known to have arrived."""
NOT_ACCEPTED = (Outcome.SKIPPED, *FAILED)


class Reason(TableEnum):
    """Why a record was skipped, rejected or is unknown (sync/README.md §10).

    Each row: the value in files and JSON, the `number` that ledgers store (see `Outcome`), and the
    reason as half a `sentence`.
    """

    def __init__(self, _value: str, number: int, sentence: str) -> None:
        self.number = number
        self.sentence = sentence

    NO_IDENTIFIER = "no-identifier", 0, "there is no value to recognise the person by"
    NO_MATCH = "no-match", 1, "no profile matches, and this list may not create profiles"
    NO_EMAIL = "no-email", 2, "there is no contact yet and no e-mail address to make one with"
    NO_CONSENT = "no-consent", 3, "the person consented to none of the connection's objectives"
    OVER_THRESHOLD = "over-threshold", 4, "the lifecycle stage's threshold is reached"
    NOT_IN_STAGE = "not-in-stage", 5, "the profile is in another stage of the lifecycle"
    STAGE_UNKNOWN = (
        "stage-unknown",
        20,
        "BlueConic does not show in which lifecycle stage the profile is",
    )
    AMBIGUOUS_MATCH = "ambiguous-match", 6, "more than one contact matches"
    DUPLICATE_IDENTIFIER = (
        "duplicate-identifier",
        7,
        "another profile with the same identifier came first",
    )
    EMAIL_OF_ANOTHER_CONTACT = (
        "email-of-another-contact",
        8,
        "the e-mail address belongs to another contact",
    )
    DELETED_IN_ACTIVECAMPAIGN = (
        "deleted-in-activecampaign",
        9,
        "the contact was deleted in ActiveCampaign",
    )
    ERASED = "erased", 10, "ActiveCampaign has erased the contact"
    FORGOTTEN = "forgotten", 11, "the person was forgotten here on request"
    TOO_LARGE = "too-large", 19, "the person's data is larger than the service takes"
    INVALID_EMAIL = "invalid-email", 12, "the e-mail address is not valid"
    INVALID_IDENTIFIER = (
        "invalid-identifier",
        13,
        "the identifier's value does not fit its property",
    )
    EXCLUDED = "excluded", 14, "ActiveCampaign excludes the address"
    REJECTED_BY_ACTIVECAMPAIGN = (
        "rejected-by-activecampaign",
        15,
        "ActiveCampaign refused the contact",
    )
    REJECTED_BY_BLUECONIC = "rejected-by-blueconic", 16, "BlueConic refused the profile"
    NOT_AUTHORIZED = "not-authorized", 17, "BlueConic does not let this client change the profile"
    UNRESOLVED = "unresolved", 18, "it was sent, no answer came, and nobody can know what happened"


_LONGEST_EMAIL, _LONGEST_DETAIL = 320, 500


@dataclass(frozen=True, slots=True)
class Record:
    """One person's outcome in one goal; the line `actui outcomes` prints, without run and goal.

    `omitted` is what was left out for this person beside the outcome and its reason.
    """

    outcome: Outcome
    reason: Reason | None = None
    detail: str = ""
    contact_id: int | None = None
    profile_id: str | None = None
    email: str = ""
    omitted: Omitted = NOTHING

    def __post_init__(self) -> None:
        """Keep the beginning of what is too long to be an address or an explanation."""
        for name, longest in (("email", _LONGEST_EMAIL), ("detail", _LONGEST_DETAIL)):
            text = getattr(self, name)
            if len(text) > longest:
                object.__setattr__(self, name, f"{text[: longest - 1]}…")


class _Counts(BaseModel):
    model_config = ConfigDict(extra="ignore")


class ListCounts(_Counts):
    """Work on list memberships, counted beside the outcomes."""

    subscribed: int = 0
    resubscribed: int = 0
    unsubscribed: int = 0
    left: int = 0


class RequestCounts(_Counts):
    """Requests sent to each service, and how often one of them asked to slow down."""

    activecampaign: int = 0
    blueconic: int = 0
    throttled: int = 0


class GoalSummary(_Counts):
    """One goal of one run, as `actui run --json` prints it (actui/README.md §5).

    `leavers` are people who seem to have left, when somebody has to confirm that. `warned` counts
    the warnings by field and reason, those that are sentences of their own under no field.
    `omitted` counts the people for whom a value of a field, or a list, was left out, by its name.
    `rechecked` are people of earlier runs without a match who were looked for again, beside the
    records read; `matched` are those of them who now have a profile and are among the read.
    `available` is how many people an export goal's segment offers, None where that is not known;
    what the goal then read differs by those who came or left meanwhile.
    """

    goal: str
    goal_id: str = ""
    kind: Literal["import", "export"]
    ok: bool = True
    code: str = ""
    message: str = ""
    available: int | None = None
    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    rejected: int = 0
    unknown: int = 0
    rechecked: int = 0
    matched: int = 0
    reasons: dict[str, int] = Field(default_factory=dict)
    warnings: int = 0
    warned: dict[str, dict[str, int]] = Field(default_factory=dict)
    omitted: dict[str, int] = Field(default_factory=dict)
    leavers: int = 0
    lists: ListCounts = Field(default_factory=ListCounts)
    requests: RequestCounts = Field(default_factory=RequestCounts)
    seconds: float = 0.0

    @property
    def is_stopped(self) -> bool:
        """Whether somebody stopped it; it goes on where it was, and nothing went wrong."""
        return not self.ok and self.code == StoppedError.default_code

    @property
    def rechecks(self) -> str:
        """The recheck in words, empty where nobody was rechecked."""
        if not self.rechecked:
            return ""
        return f"rechecked {self.rechecked:,}, matched {self.matched:,}"

    @property
    def outcomes(self) -> int:
        """How many outcomes are counted, of whatever kind."""
        accepted = self.created + self.updated + self.unchanged
        return accepted + self.skipped + self.rejected + self.unknown

    @property
    def adds_up(self) -> bool:
        """The invariant of sync/README.md §10: every record read has exactly one outcome."""
        return self.read == self.outcomes


class UniqueCounts(_Counts):
    """Distinct profiles exchanged through the connection, ever."""

    imported: int = 0
    exported: int = 0


class RunSummary(_Counts):
    """One run: the last line of `actui run --json` and a document of the run history.

    `cause` is the default code of the class of error that ended it, which decides the exit code.
    `notice` is what went wrong in telling somebody about the run.
    """

    run: str
    connection: str
    connection_id: str = ""
    state: RunState = RunState.STARTING
    ok: bool = False
    code: str = ""
    message: str = ""
    cause: str = ""
    notice: str = ""
    trigger: str = "manual"
    started: str
    ended: str | None = None
    goals: list[GoalSummary] = Field(default_factory=list)
    unique: UniqueCounts = Field(default_factory=UniqueCounts)

    def printed(self) -> dict[str, Any]:
        """The summary in the form of actui/README.md §5; `notice` only where there is one."""
        left_out: dict[str, Any] = {
            "connection_id": True,
            "cause": True,
            "goals": {"__all__": {"goal_id", "leavers", "warned", "omitted"}},
        }
        if not self.notice:
            left_out["notice"] = True
        printed = self.model_dump(mode="json", exclude=left_out)
        for goal in printed["goals"]:
            if goal["kind"] == "import":
                del goal["available"]  # nothing that a service would count beforehand
        return printed

    def line(self) -> str:
        """The summary as one line of JSON."""
        return json.dumps(self.printed(), ensure_ascii=False, separators=(",", ":"))


class GoalProgress(_Counts):
    """A goal while it runs: its counts so far and, where it can be known, how far that is."""

    summary: GoalSummary
    phase: str = ""
    expected: int | None = None
    done: bool = False


class Problem(_Counts):
    """One person whom a live run could not deliver, as a follower of it reads."""

    goal: str
    who: str
    outcome: Outcome
    reason: str = ""
    detail: str = ""


class RunSnapshot(_Counts):
    """What a reader of a live run sees: written at most four times a second.

    `elapsed` are the seconds its process has worked; `requests` what it has sent in that time.
    `problems` are the latest, and gone with the run: they are people's data.
    """

    run: str
    connection_id: str
    state: RunState
    pid: int = 0
    started: str = ""
    updated: str = ""
    message: str = ""
    elapsed: float = 0.0
    requests: RequestCounts = Field(default_factory=RequestCounts)
    problems: list[Problem] = Field(default_factory=list)
    goals: list[GoalProgress] = Field(default_factory=list)
