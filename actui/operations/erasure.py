"""Forget a person in a home, and report what the services still have."""

from __future__ import annotations

from collections.abc import Awaitable, Collection
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from actui.context.clients import PROBE, AccountClients
from actui.context.context import AppContext
from actui.model.accounts import account_origins
from actui.model.addresses import canonical, spellings
from actui.model.connection import Connection
from actui.model.errors import ActuiError, DamagedError
from actui.model.keys import contact_key, profile_key
from actui.sync.erasure import address_keys
from actui.sync.exporting.outgoing_row import decode, encode
from store.forgotten import Forgotten, redact
from store.home import Home, is_id
from store.ledger import open_ledger
from store.ledger.salvage import ASIDE


@dataclass(slots=True)
class Report:
    """What was removed of a person in one connection.

    `remains` is what somebody else has to delete: in the services, and in files of the home that
    cannot be changed. `trouble` is which service could not be asked, and why.
    """

    connection: Connection
    rows: int = 0
    contacts: set[int] = field(default_factory=set)
    profiles: set[str] = field(default_factory=set)
    remains: list[str] = field(default_factory=list)
    trouble: list[ActuiError] = field(default_factory=list)


async def forget(context: AppContext, email: str, *, offline: bool) -> list[Report]:
    """Remove a person from every connection and skip them from now on.

    Without `offline` the services are asked for the person's ids. Raises BusyError before anything
    is changed if one of the connections runs.
    """
    connections = [stored.connection for stored in context.connections.all()]
    forgotten = Forgotten(context.home)
    with ExitStack() as held:
        for connection in connections:
            held.enter_context(context.lock(connection).held())
        reports = [Report(connection) for connection in connections]
        spelled = {email}
        for report in reports:
            if not offline:
                await _ask(context, report, email)
            with context.ledger(report.connection) as ledger:
                contacts, profiles = ledger.erasure.known_as(email)
                spelled |= ledger.erasure.spellings_of(email)
            report.contacts |= contacts
            report.profiles |= profiles
        # remembered first: whoever is half removed must not come back
        forgotten.add(address_keys(spelled), ("", ""))
        for report in reports:
            keys = [contact_key(one) for one in report.contacts]
            keys += [profile_key(one) for one in report.profiles]
            forgotten.add(keys, account_origins(report.connection))
        reports += _gone(context.home, {one.connection.id for one in reports})
        for report in reports:
            _remove(context, report, email, spelled)
    rows = sum(report.rows for report in reports)
    context.audit.record("forgot a person", rows=rows)
    return reports


async def _ask(context: AppContext, report: Report, email: str) -> None:
    """Ask the services for the person's ids, since a ledger may know people by id alone."""
    connection = report.connection
    links = [link for goal in connection.goals for link in goal.identifiers]
    properties = {link.property for link in links if link.field == "email" and link.property}

    async def activecampaign() -> None:
        async with AccountClients(context).activecampaign(connection, policy=PROBE) as service:
            for spelling in spellings(email):
                for contact in await service.contacts_by_email(spelling):
                    if contact.id not in report.contacts:
                        report.contacts.add(contact.id)
                        report.remains.append(f"ActiveCampaign: contact {contact.id}")

    async def blueconic() -> None:
        async with AccountClients(context).blueconic(connection, policy=PROBE) as service:
            for name in sorted(properties):
                for value in sorted(spellings(email)):
                    for profile in await service.find_profiles([(name, value)]):
                        if profile not in report.profiles:
                            report.profiles.add(profile)
                            report.remains.append(f"BlueConic: profile {profile}")

    asked: list[Awaitable[None]] = [activecampaign(), blueconic()]
    for answer in asked:
        try:
            await answer
        except ActuiError as failure:
            report.trouble.append(failure)


def _remove(context: AppContext, report: Report, email: str, spelled: Collection[str]) -> None:
    """Remove a person from a connection's files; `spelled` are known spellings of `email`.

    Includes files that a restore has replaced. A file that cannot be changed stays, and the report
    names it.
    """
    home, id_ = context.home, report.connection.id
    for root in (home.root, *_replaced(home)):
        kept = Home(root)
        place = kept.ledger_file(id_).parent
        for damaged in sorted(place.glob(f"ledger-*{ASIDE}*")):
            if not damaged.name.endswith("-shm"):
                report.remains.append(f"file {damaged}, which is damaged and may hold people")
        # ledgers that were set aside hold people too
        for file in sorted(place.glob("ledger*.db")):
            try:
                report.rows += _remove_from(file, report, email)
            except DamagedError as failure:
                report.remains.append(f"file {file}, which may hold people. {failure.trouble}")
        # copies of older forms are no one's any more; opening a ledger may have made one
        for copy in place.glob("ledger*.db.v*"):
            copy.unlink()
        for text in (*kept.runs_dir.glob(f"{id_}.json*"), *kept.logs_dir.glob("*")):
            if text.is_file() and text.suffix != ".lock":
                redact(text, *spelled)


def _replaced(home: Home) -> list[Path]:
    """The folders of files that a restore has replaced."""
    return [one for one in sorted(home.root.glob("replaced-*")) if one.is_dir()]


def _gone(home: Home, known: Collection[str]) -> list[Report]:
    """A report for each connection that only replaced files know."""
    return [
        Report(Connection(id=place.name, name=f"{root.name} {place.name}"))
        for root in _replaced(home)
        for place in sorted(Home(root).ledgers_dir.glob("*"))
        if is_id(place.name) and place.name not in known
    ]


def _remove_from(file: Path, report: Report, email: str) -> int:
    """Remove a person from one ledger; the number of rows removed. Raises DamagedError."""
    with open_ledger(file) as ledger:
        contacts, profiles = ledger.erasure.known_as(email)
        # ids of other accounts are other people's
        if ledger.accounts.origins() == account_origins(report.connection):
            contacts, profiles = contacts | report.contacts, profiles | report.profiles

        def strip(payload: str) -> str:
            rows = decode(payload)
            kept = [
                row
                for row in rows
                if row.profile_id not in profiles
                and row.contact_id not in contacts
                and canonical(row.row.email) != canonical(email)
            ]
            return payload if len(kept) == len(rows) else encode(kept)

        return ledger.erasure.erase(email, contacts, profiles, strip)
