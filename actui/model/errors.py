"""The error tree: what may be done about a failure is its class, never its text.

    ActuiError
    ├── ConfigError           the user's configuration or command line; nothing was sent
    │   ├── DamagedError      a file of the home is not what it should be
    │   └── StorageError      a file of the home cannot be written; what runs can be continued
    ├── BusyError             another process runs this connection
    ├── CredentialsError      a key, secret or origin is missing, refused or bound elsewhere
    ├── UnreachableError      the service never answered: wrong host, no network
    ├── ServiceError          the service answered and the answer cannot be used
    │   ├── RetriableError    it may work later (429, 503, time-out); after `after` seconds if given
    │   ├── AnswerTooLargeError   more than is read at once; ask for less
    │   ├── LostAnswerError   the request may have been applied; nobody knows
    │   └── RefusedError      this request will never be accepted as it is
    ├── GoalError             this goal cannot go on, the others can
    └── StoppedError          somebody asked the run to stop

Each carries `code` (stable, for machines) and `message` (one sentence a user can act on), and
`trouble`, which is the message without the advice what to do about it.
"""

from __future__ import annotations

import errno


class ActuiError(Exception):
    """Base of everything actui raises on purpose."""

    default_code = "error"

    def __init__(self, trouble: str, *, code: str | None = None, advice: str = "") -> None:
        self.message = f"{trouble} {advice}".rstrip()
        super().__init__(self.message)
        self.trouble = trouble
        self.code = code or self.default_code


class ConfigError(ActuiError):
    """The configuration or the command cannot be carried out (exit code 2)."""

    default_code = "configuration"


class DamagedError(ConfigError):
    """A file of the home cannot be read as what it should be (exit code 2); the text names it."""

    def __init__(self, trouble: str, *, code: str = "damaged", advice: str = "") -> None:
        super().__init__(trouble, code=code, advice=advice)


class StorageError(ConfigError):
    """A file of the home cannot be written, as on a full disk (exit code 2); the text names it.

    A run that meets it ends where it stands and can be continued.
    """

    default_code = "not-written"

    @classmethod
    def of(cls, path: object, wrong: OSError) -> StorageError:
        """The error for what the machine refused."""
        full = wrong.errno in (errno.ENOSPC, errno.EDQUOT)
        advice = "Free some space on its disk, then try again." if full else ""
        return cls(f"{path} cannot be written: {wrong.strerror or wrong}.", advice=advice)


class BusyError(ActuiError):
    """Another process holds this connection's run lock (exit code 3)."""

    default_code = "already-running"


class CredentialsError(ActuiError):
    """A secret is missing or a service refuses it (exit code 4)."""

    default_code = "credentials"


class UnreachableError(ActuiError):
    """A service could not be reached at all (exit code 6)."""

    default_code = "unreachable"


class ServiceError(ActuiError):
    """A service answered in a way that ends this request."""

    default_code = "service"

    def __init__(
        self, message: str, *, code: str | None = None, status: int | None = None, detail: str = ""
    ) -> None:
        super().__init__(message, code=code)
        self.status = status
        self.detail = detail


class RetriableError(ServiceError):
    """Worth sending again; `after` is the number of seconds the service asked for, if any."""

    default_code = "service-busy"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        status: int | None = None,
        detail: str = "",
        after: float | None = None,
    ) -> None:
        super().__init__(message, code=code, status=status, detail=detail)
        self.after = after


class AnswerTooLargeError(ServiceError):
    """The answer to a read is larger than is taken: ask for fewer records at a time."""

    default_code = "answer-too-large"


class LostAnswerError(ServiceError):
    """A write was sent and its answer never came whole: it may or may not have been applied.

    `believed` is the error that the answer would be if it proved that nothing was applied; None
    where no answer came.
    """

    default_code = "answer-lost"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        status: int | None = None,
        detail: str = "",
        believed: ActuiError | None = None,
    ) -> None:
        super().__init__(message, code=code, status=status, detail=detail)
        self.believed = believed


class RefusedError(ServiceError):
    """The service refuses this request whatever happens (400, 404, 413, 422)."""

    default_code = "refused"


class GoalError(ActuiError):
    """One goal fails; the run goes on with the next."""

    default_code = "goal-failed"


class StoppedError(ActuiError):
    """The run ends here, resumable, because somebody asked for it (exit code 5)."""

    default_code = "stopped"
