"""What is wrong or risky about a connection, in words for its user.

The same list stands beside the console's fields, in `actui check` and before every run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from actui.model.connection import Connection, usable_url, webhook_url
from actui.model.consent import CONSENTED
from actui.model.errors import ConfigError
from actui.model.goals import ExportGoal, ImportGoal
from actui.model.mailbox import parse_address
from actui.model.mapping import PROPERTY_ID, READ_ONLY_FIELDS, PropertySource, Rule
from actui.model.redaction import redact
from actui.model.timezones import time_zone

BAD_URL = "bad-url"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know. An error keeps the connection from running; a warning does not.

    `where` is a path such as `goals.Contacts.identifiers`, empty for the connection itself.
    """

    code: str
    where: str
    message: str
    severity: Literal["error", "warning"] = "error"


@dataclass(frozen=True, slots=True)
class OnlineCheck:
    """What the accounts say of a connection.

    `available` is how many people each active export goal's segment offers, by the goal's name;
    None where BlueConic does not say. A goal whose segment is not there is left out.
    """

    findings: Sequence[Finding]
    available: Mapping[str, int | None]


def findings(connection: Connection) -> list[Finding]:
    """Everything that can be found without asking the accounts, errors first."""
    found = [
        *_about_accounts(connection),
        *_about_time_zone(connection),
        *_about_goals(connection),
        *_between_goals(connection),
        *_about_notify(connection),
    ]
    return sorted(found, key=lambda finding: finding.severity != "error")


def errors(connection: Connection) -> list[Finding]:
    """Only what keeps the connection from running."""
    return [finding for finding in findings(connection) if finding.severity == "error"]


def _about_accounts(connection: Connection) -> Iterator[Finding]:
    if not connection.activecampaign.url:
        yield Finding("no-url", "activecampaign.url", "Enter the ActiveCampaign host name.")
    if not connection.blueconic.url:
        yield Finding("no-url", "blueconic.url", "Enter the BlueConic host name.")
    for service, where, url in (
        ("ActiveCampaign", "activecampaign.url", connection.activecampaign.url),
        ("BlueConic", "blueconic.url", connection.blueconic.url),
    ):
        try:
            usable_url(url)
        except ValueError as wrong:
            yield Finding(BAD_URL, where, f"{service}: {redact(wrong)}. Enter it again.")
    if not connection.blueconic.client_id:
        yield Finding("no-client", "blueconic.client_id", "Enter the BlueConic client id.")


def _about_time_zone(connection: Connection) -> Iterator[Finding]:
    try:
        time_zone(connection.timezone)
    except ConfigError as failure:
        yield Finding(failure.code, "timezone", failure.message)


def _about_notify(connection: Connection) -> Iterator[Finding]:
    notify = connection.notify
    if notify.when == "never":
        return
    if not notify.recipients and not notify.webhook:
        message = "Notifications have no recipient and no webhook: add one."
        yield Finding("nobody-to-tell", "notify", message, "warning")
    for recipient in notify.recipients:
        try:
            parse_address(recipient)
        except ConfigError as failure:
            yield Finding(failure.code, "notify.recipients", failure.message, "warning")
    if notify.webhook:
        try:
            webhook_url(notify.webhook)
        except ValueError as wrong:
            message = redact(wrong)
            message = f"{message[0].upper()}{message[1:]}."
            yield Finding("no-webhook", "notify.webhook", message, "warning")


def _about_goals(connection: Connection) -> Iterator[Finding]:
    if not connection.goals:
        yield Finding("no-goal", "goals", "Add at least one import or export goal.")
    elif not any(goal.enabled for goal in connection.goals):
        yield Finding("no-active-goal", "goals", "Switch at least one goal on.")
    for goal in connection.goals:
        if not goal.enabled:
            continue
        where = f"goals.{goal.name}"
        if not goal.identifiers:
            yield Finding(
                "no-identifier", f"{where}.identifiers", f"{goal.name}: link an identifier."
            )
        if isinstance(goal, ImportGoal):
            yield from _about_import(goal, where)
            if connection.objectives:
                yield from _about_consent(goal, where)
        else:
            yield from _about_export(goal, where)


def _about_import(goal: ImportGoal, where: str) -> Iterator[Finding]:
    if goal.contacts == "lists" and not goal.lists:
        yield Finding("no-list", f"{where}.lists", f"{goal.name}: select at least one list.")
    if goal.contacts == "all" and goal.lists:
        yield Finding(
            "lists-unused",
            f"{where}.lists",
            f"{goal.name}: all contacts are imported, so the selected lists have no effect.",
            "warning",
        )
    if goal.save_lists_to and not PROPERTY_ID.fullmatch(goal.save_lists_to):
        yield Finding(
            "bad-property-id",
            f"{where}.save_lists_to",
            f"{goal.name}: '{goal.save_lists_to}' cannot be a property's id, which takes letters, "
            "digits, '-' and '_'.",
        )
    if goal.contacts == "lists" and goal.create_profiles:
        yield Finding(
            "create-profiles-unused",
            f"{where}.create_profiles",
            f"{goal.name}: with selected lists, 'create_profiles' is set for each list.",
            "warning",
        )
    for mapping in goal.mappings:
        if mapping.rule is not Rule.SUM and (mapping.of, mapping.sum_start) != ("value", None):
            yield Finding(
                "sum-options-unused",
                f"{where}.mappings.{mapping.property}",
                f"{goal.name}: 'of' and 'sum_start' belong to the rule sum.",
                "warning",
            )


def _about_consent(goal: ImportGoal, where: str) -> Iterator[Finding]:
    """BlueConic creates nobody without consent where consent is needed (blueconic.md §5, §6)."""
    creates = goal.create_profiles or any(choice.create_profiles for choice in goal.lists)
    if creates and not any(mapping.property == CONSENTED for mapping in goal.mappings):
        yield Finding(
            "nobody-created",
            f"{where}.mappings",
            f"{goal.name}: nobody will be created where consent is needed, because no field is "
            f"mapped to {CONSENTED}.",
            "warning",
        )


def _about_export(goal: ExportGoal, where: str) -> Iterator[Finding]:
    if not (goal.segment.name or goal.segment.id):
        yield Finding("no-segment", f"{where}.segment", f"{goal.name}: select a segment.")
    for link in goal.identifiers:
        if link.field in READ_ONLY_FIELDS and link.field != "id":
            yield Finding(
                "no-link-field",
                f"{where}.identifiers",
                f"{goal.name}: '{link.field}' cannot identify a contact.",
            )
    linked = {link.field: link.property for link in goal.identifiers}
    for mapping in goal.mappings:
        source = mapping.source.property if isinstance(mapping.source, PropertySource) else None
        if mapping.field in linked and source != linked[mapping.field]:
            yield Finding(
                "link-overwritten",
                f"{where}.mappings.{mapping.field}",
                f"{goal.name}: '{mapping.field}' is a linked identifier; what is mapped to it "
                "would replace the value by which people are matched.",
            )
    fields = {link.field for link in goal.identifiers} | {m.field for m in goal.mappings}
    if goal.identifiers and "email" not in fields:
        yield Finding(
            "no-email-source",
            f"{where}.identifiers",
            f"{goal.name}: without an e-mail address linked or mapped nobody can be created.",
            "warning",
        )
    yield from _about_lists(goal, where)
    if goal.lifecycle is not None and goal.lifecycle.events and not goal.lists:
        yield Finding(
            "threshold-without-lists",
            f"{where}.lifecycle",
            f"{goal.name}: opens and clicks are counted for the goal's lists; select one.",
        )
    if goal.lifecycle is None and goal.unknown_stage == "export":
        yield Finding(
            "unknown-stage-without-stage",
            f"{where}.unknown_stage",
            f"{goal.name}: unknown_stage decides nothing, as no lifecycle stage limits the goal.",
            "warning",
        )


def _about_lists(goal: ExportGoal, where: str) -> Iterator[Finding]:
    if goal.unsubscribe != "never" and goal.resubscribe == "never":
        yield Finding(
            "leaving-is-for-ever",
            f"{where}.unsubscribe",
            f"{goal.name}: people who leave the segment are unsubscribed; only they can rejoin, "
            "because 'resubscribe' is never.",
            "warning",
        )
    for value, key in ((goal.unsubscribe, "unsubscribe"), (goal.resubscribe, "resubscribe")):
        if value != "never" and not goal.lists:
            yield Finding(
                "no-list",
                f"{where}.{key}",
                f"{goal.name}: without a list selected '{key}' has no effect.",
                "warning",
            )


def _between_goals(connection: Connection) -> Iterator[Finding]:
    imports, exports = connection.imports(), connection.exports()
    targets: dict[str, str] = {}
    for goal in imports:
        for mapping in goal.mappings:
            first = targets.setdefault(f"property {mapping.property}", goal.name)
            if first != goal.name:
                yield _both_set(first, goal.name, f"the property '{mapping.property}'")
    targets.clear()
    for other in exports:
        for outgoing in other.mappings:
            first = targets.setdefault(outgoing.field, other.name)
            if first != other.name:
                yield _both_set(first, other.name, f"the field '{outgoing.field}'")
    summed = {(m.field, m.property) for g in imports for m in g.mappings if m.rule is Rule.SUM}
    for other in exports:
        for outgoing in other.mappings:
            source = (
                outgoing.source.property if isinstance(outgoing.source, PropertySource) else None
            )
            if (outgoing.field, source) in summed:
                yield Finding(
                    "sum-feeds-itself",
                    f"goals.{other.name}.mappings.{outgoing.field}",
                    f"{other.name}: '{outgoing.field}' is filled from '{source}', into which it "
                    "is summed; it would grow with every run.",
                )


def _both_set(first: str, second: str, what: str) -> Finding:
    return Finding(
        "two-goals-one-target",
        f"goals.{second}.mappings",
        f"{first} and {second} both set {what}; the later goal wins.",
        "warning",
    )
