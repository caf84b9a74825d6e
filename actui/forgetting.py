"""Forgetting a person in a home, and saying what the services still have of them."""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Collection
from contextlib import ExitStack
from dataclasses import dataclass, field

from actui.model.accounts import account_origins
from actui.model.addresses import canonical, spellings
from actui.model.connection import Connection
from actui.model.errors import ActuiError
from actui.sync.forgetting import address_words
from actui.sync.sent import decode, encode
from actui.wiring import PROBE, House
from store.forgotten import Forgotten, redact
from store.ledger import open_ledger
from store.ledger.salvage import ASIDE


@dataclass(slots=True)
class Report:
    """What became of a person in one connection; `trouble` is who could not be asked, and why."""

    connection: Connection
    rows: int = 0
    contacts: set[int] = field(default_factory=set)
    profiles: set[str] = field(default_factory=set)
    remains: list[str] = field(default_factory=list)
    trouble: list[ActuiError] = field(default_factory=list)


async def forget(house: House, email: str, *, offline: bool) -> list[Report]:
    """Remove a person from every connection and skip them from now on.

    Raises BusyError before anything is touched when one of the connections runs.
    """
    connections = [stored.connection for stored in house.connections.all()]
    forgotten = Forgotten(house.home)
    with ExitStack() as held:
        for connection in connections:
            held.enter_context(house.lock(connection).held())
        reports = [Report(connection) for connection in connections]
        spelled = {email}
        for report in reports:
            if not offline:
                await _ask(house, report, email)
            with house.ledger(report.connection) as ledger:
                contacts, profiles = ledger.known_as(email)
                spelled |= ledger.spellings_of(email)
            report.contacts |= contacts
            report.profiles |= profiles
        # remembered first: whoever is half removed must not come back
        forgotten.add(address_words(spelled), ("", ""))
        for report in reports:
            words = [f"contact {one}" for one in report.contacts]
            words += [f"profile {one}" for one in report.profiles]
            forgotten.add(words, account_origins(report.connection))
            _remove(house, report, email, spelled)
    rows = sum(report.rows for report in reports)
    house.audit.record("forgot a person", rows=rows)
    return reports


async def _ask(house: House, report: Report, email: str) -> None:
    """The services know people whom a ledger keeps by id alone."""
    connection = report.connection
    links = [link for goal in connection.goals for link in goal.identifiers]
    properties = {link.property for link in links if link.field == "email" and link.property}

    async def activecampaign() -> None:
        async with house.activecampaign(connection, patience=PROBE) as service:
            for spelling in spellings(email):
                for contact in await service.contacts_by_email(spelling):
                    if contact.id not in report.contacts:
                        report.contacts.add(contact.id)
                        report.remains.append(f"ActiveCampaign: contact {contact.id}")

    async def blueconic() -> None:
        async with house.blueconic(connection, patience=PROBE) as service:
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


def _remove(house: House, report: Report, email: str, spelled: Collection[str]) -> None:
    """Remove a person from what a connection keeps; `spelled` are known ways to write `email`."""

    def strip(payload: str) -> str:
        rows = decode(payload)
        kept = [
            row
            for row in rows
            if row.profile_id not in report.profiles
            and row.contact_id not in report.contacts
            and canonical(row.row.email) != canonical(email)
        ]
        return payload if len(kept) == len(rows) else encode(kept)

    home, id_ = house.home, report.connection.id
    place = home.ledger_file(id_).parent
    # ledgers that were set aside hold people too; backups of older forms are no one's any more
    for backup in place.glob("ledger*.db.v*"):
        backup.unlink()
    # nobody can be taken out of a damaged one; what could be read of it was kept
    for damaged in place.glob(f"ledger-*{ASIDE}*"):
        if damaged.is_dir():
            shutil.rmtree(damaged)
        else:
            damaged.unlink()
    for file in place.glob("ledger*.db"):
        with open_ledger(file) as ledger:
            report.rows += ledger.forget(email, report.contacts, report.profiles, strip)
    texts = [*home.runs_dir.glob(f"{id_}.json*"), *home.logs_dir.glob("*")]
    for text in texts:
        if text.is_file() and text.suffix != ".lock":
            redact(text, *spelled)
