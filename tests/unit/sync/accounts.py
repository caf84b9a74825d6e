"""Two small accounts, and goals as a connection file has them, resolved in them."""

from __future__ import annotations

from typing import Any

from actui.model.connection import Connection
from actui.model.records import (
    ContactField,
    ContactList,
    Lifecycle,
    Objective,
    Property,
    Segment,
    Stage,
)
from actui.sync.resolve import Accounts, resolve
from actui.sync.resolved_goals import ResolvedConnection, ResolvedExport, ResolvedImport

NEWS, VIP, OTHER = 3, 5, 9
BY_EMAIL = [{"field": "email", "property": "email"}]
BY_NUMBER = [{"field": "%NUMBER%", "property": "number"}]
BY_PROFILE_ID = [{"field": "%BCID%", "profile_id": True}]
ACCOUNTS = Accounts(
    fields={
        tag: ContactField(id_, tag, tag.title(), kind, options)
        for id_, tag, kind, options in (
            (1, "TIER", "dropdown", ("gold", "silver")),
            (2, "TAGS", "listbox", ()),
            (3, "POINTS", "text", ()),
            (4, "BORN", "date", ()),
            (5, "NUMBER", "text", ()),
            (6, "BCID", "text", ()),
            (7, "NOTE", "textarea", ()),
        )
    },
    lists={NEWS: ContactList(NEWS, "News"), VIP: ContactList(VIP, "VIP")},
    properties={
        name: Property(name, name, kind, indexed=name in ("email", "number"))
        for name, kind in (
            ("email", "EMAIL"),
            ("second_email", "EMAIL"),
            ("number", "SELECT"),
            ("name", "SELECT"),
            ("tags", "SELECT"),
            ("tier", "SELECT"),
            ("points", "RANGE"),
            ("paid", "DECIMAL"),
            ("born", "DATETIME"),
            ("lists", "SELECT"),
            ("consented_objectives", "SELECT"),
            ("privacy_legislation", "SELECT"),
        )
    },
    segments={"s1": Segment("s1", "Readers"), "s2": Segment("s2", "Buyers")},
    objectives={
        "mail": Objective("mail", "Mail", ("GDPR", "CCPA")),
        "ads": Objective("ads", "Ads", ("GDPR",)),
    },
    interactions={"i1": "Welcome"},
    lifecycles={
        "l1": Lifecycle("l1", "Journey", stages=(Stage("t1", "First"), Stage("t2", "Second"))),
        "off": Lifecycle("off", "Old journey", enabled=False, stages=(Stage("t1", "First"),)),
    },
)


def connection_of(*goals: dict[str, Any], **more: Any) -> ResolvedConnection:
    """A connection of these goals, resolved."""
    named = [{"id": f"g{n}", "name": f"G{n}", **goal} for n, goal in enumerate(goals, start=1)]
    connection = Connection.model_validate({"name": "C", "goals": named, **more})
    return resolve(connection, ACCOUNTS).usable()


def import_of(**settings: Any) -> ResolvedImport:
    """An import goal, linked by e-mail unless the settings say otherwise."""
    goal = {"kind": "import", "identifiers": BY_EMAIL, **settings}
    return connection_of(goal).imports[0]


def export_goal(**settings: Any) -> dict[str, Any]:
    """An export goal of the segment Readers, linked by e-mail unless the settings differ."""
    return {"kind": "export", "segment": "Readers", "identifiers": BY_EMAIL, **settings}


def export_of(**settings: Any) -> ResolvedExport:
    """The same, resolved."""
    return connection_of(export_goal(**settings)).exports[0]
