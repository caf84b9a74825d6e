"""Custom fields, options and relations as the service writes them (activecampaign.md §4.1)."""

from __future__ import annotations

from collections.abc import Iterable

from actui.sandbox.activecampaign.account import Account
from actui.sandbox.activecampaign.central_time import local_stamp, offset_stamp
from actui.sandbox.activecampaign.contact_answers import Json, links
from actui.sandbox.activecampaign.rows import CustomField, FieldOption, FieldRelation


def field_links(account: Account, row: CustomField) -> dict[str, str]:
    """The `links` of a field."""
    return links(account, f"fields/{row.id}", ("options", "relations"))


def option_links(account: Account, option: FieldOption) -> dict[str, str]:
    """The `links` of an option."""
    return links(account, f"fieldOptions/{option.id}", ("field",))


def field_row(account: Account, row: CustomField) -> Json:
    """A `fields` row."""
    changed = row.created if row.changed is None else row.changed
    return {
        "title": row.title,
        "descript": row.description,
        "type": row.type,
        "isrequired": "0",
        "perstag": row.perstag,
        "defval": row.default,
        "show_in_list": "0",
        "rows": "0",
        "cols": "0",
        "visible": "1",
        "service": "",
        "ordernum": str(row.id),
        "cdate": offset_stamp(row.created),
        "udate": offset_stamp(changed),
        "created_timestamp": local_stamp(row.created),
        "updated_timestamp": local_stamp(changed),
        "created_by": "1",
        "updated_by": "1",
        "options": [str(option.id) for option in row.options],
        "relations": [str(one.id) for one in row.relations],
        "links": field_links(account, row),
        "id": str(row.id),
    }


def new_field_row(account: Account, row: CustomField) -> Json:
    """What creating a field returns: few keys, and `ordernum` a number."""
    return {
        "title": row.title,
        "type": row.type,
        "created_by": "1",
        "updated_by": "1",
        "cdate": offset_stamp(row.created),
        "udate": offset_stamp(row.created),
        "perstag": row.perstag,
        "ordernum": row.id,
        "links": field_links(account, row),
        "id": str(row.id),
    }


def option_rows(account: Account, rows: Iterable[CustomField]) -> list[Json]:
    """The `fieldOptions` of some fields."""
    return [
        {
            "field": str(row.id),
            "orderid": str(place),
            "value": option.value,
            "label": option.label,
            "isdefault": "1" if option.is_default else "0",
            "cdate": None,
            "udate": None,
            "links": option_links(account, option),
            "id": str(option.id),
        }
        for row in rows
        for place, option in enumerate(row.options, start=1)
    ]


def new_option_row(
    account: Account, row: CustomField, option: FieldOption, place: int, field: object
) -> Json:
    """What creating an option returns: numbers, and the field as it was sent."""
    now = offset_stamp(account.now())
    return {
        "orderid": place,
        "value": option.value,
        "label": option.label,
        "isdefault": int(option.is_default),
        "field": field if isinstance(field, str) else str(row.id),
        "cdate": now,
        "udate": now,
        "links": option_links(account, option),
        "id": str(option.id),
    }


def relation_rows(rows: Iterable[CustomField]) -> list[Json]:
    """The `fieldRels` of some fields."""
    return [
        {
            "field": str(row.id),
            "relid": str(one.list_id),
            "dorder": "0",
            "cdate": offset_stamp(one.created),
            "links": [],
            "id": str(one.id),
        }
        for row in rows
        for one in row.relations
    ]


def new_relation_row(row: CustomField, one: FieldRelation) -> Json:
    """What relating a field returns: `relid` and `field` are numbers, as they were sent."""
    return {
        "relid": one.list_id,
        "field": row.id,
        "cdate": offset_stamp(one.created),
        "links": [],
        "id": str(one.id),
    }
