"""The forms of a connection's metadata and of its privacy management."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from actui.console.draft import Draft
from actui.console.formatting import counted, plain, shortened
from actui.console.forms.account_questions import named
from actui.console.forms.form import (
    ADD,
    Ask,
    Choose,
    Item,
    Key,
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
from actui.model.connection import Connection, webhook_url
from actui.model.errors import ConfigError
from actui.model.findings import findings
from actui.model.mailbox import parse_address
from actui.model.redaction import redact
from actui.model.web_url import host_of

_FOLDED = 70
_LINE = 60
"""A longer description is shown whole below its line."""
_WHEN = {
    "never": "never",
    "failure": "when a run fails",
    "every-run": "after every run",
}


def summed(connection: Connection) -> str:
    """The metadata in one line of at most 70 characters, for while its form is hidden."""
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
    """Favorite, labels, description and notifications of the connection in `draft`.

    `labels` returns all labels with how many connections have each; `can_mail` whether a mail
    server is set.
    """

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
        other = Item(self._ask_label)
        page.line(
            Key("favorite"),
            f"{box(connection.favorite)} favorite",
            lambda: self._draft.put(favorite=not connection.favorite),
            0,
            other,
        )
        message = plain(connection.description) or "none"
        page.line(
            Key("description"),
            f"description: {message if len(message) <= _LINE else ''}".rstrip(),
            self._ask_description,
            0,
            other,
        )
        if len(message) > _LINE:
            page.hint(message)
        for index, label in enumerate(connection.labels):
            item = Item(self._ask_label, partial(self._remove_label, index))
            page.line(Key("labels", index), f"label: {name(label)}", None, 0, item)
        page.line(Key("labels", part=ADD), "+ Add a label", self._ask_label, 0, other)
        self._notifications(page, other)
        for finding in findings(connection):
            if finding.where.startswith("notify"):
                page.wrong(finding.message, warning=finding.severity == "warning")
        return page.lines

    def _notifications(self, page: Page, other: Item) -> None:
        notify = self._draft.connection.notify
        text = f"notifications: {_WHEN[notify.when]}"
        page.line(Key("notify", part="when"), text, self._ask_when, 0, other)
        if notify.when == "never":
            return
        for index, recipient in enumerate(notify.recipients):
            item = Item(self._ask_recipient, partial(self._remove_recipient, index))
            page.line(Key("recipients", index), f"to {name(recipient)}", None, item=item)
        page.line(
            Key("recipients", part=ADD),
            "+ Add a recipient",
            self._ask_recipient,
            item=Item(self._ask_recipient),
        )
        host = host_of(notify.webhook) if notify.webhook else None
        page.line(
            Key("notify", part="webhook"),
            f"webhook: {name(host or 'none')}",
            self._ask_webhook,
            item=Item(self._ask_label, partial(self._notify, webhook=None)),
        )
        if notify.recipients and not self._can_mail():
            page.wrong("No e-mail can be sent: F9 Settings, name a mail server.", warning=True)

    # changing

    def _notify(self, **changes: object) -> None:
        self._draft.put(notify=dict(self._draft.connection.notify) | changes)

    def _remove_label(self, index: int) -> None:
        self._draft.put(labels=without(self._draft.connection.labels, index))

    def _remove_recipient(self, index: int) -> None:
        self._notify(recipients=without(self._draft.connection.notify.recipients, index))

    # questions

    def _ask_description(self) -> Ask:
        now = self._draft.connection.description
        return Type("Description", now, lambda typed: self._draft.put(description=typed))

    def _ask_when(self) -> Ask:
        return Choose(
            "Send notifications",
            labelled(_WHEN.items()),
            lambda chosen: self._notify(when=chosen[0]),
            chosen=(self._draft.connection.notify.when,),
        )

    def _ask_recipient(self) -> Ask:
        def put(typed: str) -> None:
            address, had = parse_address(typed), self._draft.connection.notify.recipients
            if address not in had:
                self._notify(recipients=[*had, address])

        return Type("E-mail address", "", put)

    def _ask_webhook(self) -> Ask:
        def put(typed: str) -> None:
            try:
                self._notify(webhook=webhook_url(typed) if typed.strip() else None)
            except ValueError as wrong:
                raise ConfigError(f"{plain(redact(wrong)).capitalize()}.") from wrong

        return Type(
            "Web address that gets each message as JSON; empty for none",
            self._draft.connection.notify.webhook or "",
            put,
        )

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


class PrivacyForm:
    """*Privacy management*: the objectives that the connection in `draft` belongs to."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    def lines(self) -> list[Line]:
        """The objectives and what they do."""
        connection, page = self._draft.connection, Page()
        for index, objective in enumerate(connection.objectives):
            item = Item(self._ask, partial(self._remove, index))
            page.line(Key("objectives", index), name(objective.name), None, 0, item)
        other = Item(self._ask)
        page.line(Key("objectives", part=ADD), "+ Add to an objective", self._ask, 0, other)
        if connection.objectives:
            page.hint("Only profiles that consented to at least one of them are processed.", 0)
            on = connection.consent_where_needed
            page.line(
                Key("consent_where_needed"),
                f"{box(on)} export also where no consent is needed",
                lambda: self._draft.put(consent_where_needed=not on),
                0,
                other,
            )
        else:
            page.hint("Without an objective nobody is left out for lack of consent.", 0)
        return page.lines

    def _remove(self, index: int) -> None:
        self._draft.put(objectives=without(self._draft.connection.objectives, index))

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
