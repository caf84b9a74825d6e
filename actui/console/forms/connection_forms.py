"""The parts of a connection that are lines to change: metadata and privacy management."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from actui.console.draft import Draft
from actui.console.formatting import counted, plain, shortened
from actui.console.forms.form import (
    Ask,
    Choose,
    Line,
    Option,
    Page,
    Type,
    box,
    labelled,
    name,
    with_gone,
    without,
)
from actui.console.forms.goal_form import at, named
from actui.model.connection import Connection, webhook_url
from actui.model.errors import ConfigError
from actui.model.findings import findings
from actui.model.mailbox import parse_address
from actui.model.redaction import redact
from actui.model.web_url import host_of

_FOLDED = 70
_LINE = 60
"""A longer description stands below its line, whole."""
_WHEN = {
    "never": "never",
    "failure": "when a run fails",
    "every-run": "after every run",
}


def summed(connection: Connection) -> str:
    """The metadata in one line, for when they are folded away."""
    lines = ["favorite"] if connection.favorite else []
    if connection.labels:
        lines.append(f"labels: {', '.join(plain(label) for label in connection.labels)}")
    if connection.description:
        lines.append(f"description: {plain(connection.description)}")
    if connection.notify.when != "never":
        lines.append(f"notifications: {_WHEN[connection.notify.when]}")
    message = "; ".join(lines) or "Favorite, labels, description, notifications"
    return shortened(message, _FOLDED)


class MetadataForm:
    """Favourite, labels, description and notifications."""

    def __init__(
        self,
        draft: Draft,
        labels: Callable[[], Mapping[str, int]],
        can_mail: Callable[[], bool] = lambda: True,
    ) -> None:
        self._draft = draft
        self._labels = labels
        self._can_mail = can_mail

    def lines(self) -> list[Line]:
        """One line a field; labels and recipients one each."""
        connection, page = self._draft.connection, Page()
        page.line("favorite", f"{box(connection.favorite)} favorite", 0)
        message = plain(connection.description) or "none"
        page.line(
            "description", f"description: {message if len(message) <= _LINE else ''}".rstrip(), 0
        )
        if len(message) > _LINE:
            page.hint(message)
        for index, label in enumerate(connection.labels):
            page.line(f"label:{index}", f"label: {name(label)}", 0)
        page.line("label+", "+ Add a label", 0)
        notify = connection.notify
        page.line("notify", f"notifications: {_WHEN[notify.when]}", 0)
        if notify.when != "never":
            for index, recipient in enumerate(notify.recipients):
                page.line(f"recipient:{index}", f"to {name(recipient)}")
            page.line("recipient+", "+ Add a recipient")
            host = host_of(notify.webhook) if notify.webhook else None
            page.line("webhook", f"webhook: {name(host or 'none')}")
            if notify.recipients and not self._can_mail():
                page.wrong("No e-mail can be sent: F9 Settings, name a mail server.", warning=True)
        for finding in findings(connection):
            if finding.where.startswith("notify"):
                page.wrong(finding.message, warning=finding.severity == "warning")
        return page.lines

    def enter(self, key: str) -> Ask | None:
        """Change at once, or ask."""
        connection = self._draft.connection
        if key == "favorite":
            self._draft.put(favorite=not connection.favorite)
            return None
        asks: dict[str, Callable[[], Ask]] = {
            "description": lambda: Type(
                "Description", connection.description, lambda typed: self._put(description=typed)
            ),
            "label+": self._ask_label,
            "notify": lambda: Choose(
                "Send notifications",
                labelled(_WHEN.items()),
                lambda chosen: self._notify(when=chosen[0]),
                chosen=(connection.notify.when,),
            ),
            "webhook": lambda: Type(
                "Web address that gets each message as JSON; empty for none",
                connection.notify.webhook or "",
                self._put_webhook,
            ),
            "recipient+": lambda: Type("E-mail address", "", self._add_recipient),
        }
        return asks[key]() if key in asks else None

    def _put(self, **changes: object) -> None:
        self._draft.put(**changes)

    def _notify(self, **changes: object) -> None:
        self._draft.put(notify=dict(self._draft.connection.notify) | changes)

    def _add_recipient(self, typed: str) -> None:
        address, had = parse_address(typed), self._draft.connection.notify.recipients
        if address not in had:
            self._notify(recipients=[*had, address])

    def _put_webhook(self, typed: str) -> None:
        try:
            self._notify(webhook=webhook_url(typed) if typed.strip() else None)
        except ValueError as wrong:
            raise ConfigError(f"{plain(redact(wrong)).capitalize()}.") from wrong

    def _ask_label(self) -> Ask:
        had = self._draft.connection.labels

        def put(chosen: tuple[str, ...]) -> None:
            label = chosen[0].strip()
            if label and label not in had:
                self._draft.put(labels=[*had, label])

        # the ones used most come first, as they are the likeliest to be meant
        known = [
            Option(label, label, f"on {counted(many, 'connection', 'connections')}")
            for label, many in sorted(self._labels().items(), key=lambda one: (-one[1], one[0]))
            if label not in had
        ]
        return Choose("Which label?", lambda: known, put, typed="a new label")

    def remove(self, key: str) -> None:
        """Take out a label or a recipient."""
        head, index, _ = at(key)
        if head == "label" and index >= 0:
            self._draft.put(labels=without(self._draft.connection.labels, index))
        elif head == "webhook":
            self._notify(webhook=None)
        elif head == "recipient" and index >= 0:
            self._notify(recipients=without(self._draft.connection.notify.recipients, index))

    def add(self, key: str) -> Ask | None:
        """Add one more label or recipient."""
        return self.enter("recipient+" if key.startswith("recipient") else "label+")

    def move(self, key: str, by: int) -> str:
        """The order of these means nothing."""
        return key


class PrivacyForm:
    """*Privacy management*: the objectives to which the connection belongs."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    def lines(self) -> list[Line]:
        """The objectives and what they do."""
        connection, page = self._draft.connection, Page()
        for index, objective in enumerate(connection.objectives):
            page.line(f"objective:{index}", name(objective.name), 0)
        page.line("objective+", "+ Add to an objective", 0)
        if connection.objectives:
            page.hint("Only profiles that consented to at least one of them are processed.", 0)
            on = connection.consent_where_needed
            page.line("needed", f"{box(on)} export also where no consent is needed", 0)
        else:
            page.hint("Without an objective nobody is left out for lack of consent.", 0)
        return page.lines

    def enter(self, key: str) -> Ask | None:
        """Change at once, or ask."""
        if key == "needed":
            on = self._draft.connection.consent_where_needed
            self._draft.put(consent_where_needed=not on)
            return None
        return self._ask() if key == "objective+" else None

    def _ask(self) -> Ask:
        had = {one.id or one.name: one for one in self._draft.connection.objectives}
        gone = {id_: one.name for id_, one in had.items()}

        def offered() -> list[Option]:
            known = self._draft.choices.blueconic
            options = [Option(one.id, one.name) for one in (known.objectives if known else ())]
            return with_gone(options, gone)

        def put(chosen: tuple[str, ...]) -> None:
            made = [had.get(id_) or named(id_, offered()) for id_ in chosen]
            self._draft.put(objectives=made)

        return Choose(
            "Which objectives does the connection belong to?",
            offered,
            put,
            many=True,
            chosen=tuple(had),
            typed="an objective's name",
        )

    def remove(self, key: str) -> None:
        """Take an objective out."""
        head, index, _ = at(key)
        if head == "objective" and index >= 0:
            self._draft.put(objectives=without(self._draft.connection.objectives, index))

    def add(self, key: str) -> Ask | None:
        """Add an objective."""
        return self._ask()

    def move(self, key: str, by: int) -> str:
        """The order of objectives means nothing."""
        return key
