"""What happens inside the account by itself: people unsubscribe, mail bounces, staff edit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from actui.sandbox.activecampaign.account import Account
from actui.sandbox.activecampaign.campaigns import Campaign
from actui.sandbox.activecampaign.rows import ACTIVE, BOUNCED, UNSUBSCRIBED, Contact

Change = Mapping[str, Any]


class AccountChanges:
    """The operations of `POST /mutate` for this service."""

    def __init__(self, account: Account, settle: Callable[[], None]) -> None:
        self._account = account
        self._settle = settle
        operations: dict[str, Callable[[Change], str]] = {
            "create": self._create,
            "update": self._update,
            "delete": self._delete,
            "erase": self._erase,
            "subscribe": lambda change: self._set_status(change, ACTIVE),
            "unsubscribe": lambda change: self._set_status(change, UNSUBSCRIBED),
            "bounce": self._bounce,
            "open": lambda change: self._hit(change, "open"),
            "machine-open": lambda change: self._hit(change, "machine-open"),
            "click": lambda change: self._hit(change, "click"),
            "reply": lambda change: self._hit(change, "reply"),
            "send": self._send,
            "draft": self._draft,
        }
        self.operations = {name: self._settled(call) for name, call in operations.items()}

    def _settled(self, call: Callable[[Change], str]) -> Callable[[Change], str]:
        """Batches that should have ended by now end first."""

        def settled(change: Change) -> str:
            self._settle()
            return call(change)

        return settled

    def _contact(self, change: Change) -> Contact:
        """The contact named by id or by address."""
        named = str(change.get("id", ""))
        number = self._account.contacts.find_email(named) if "@" in named else int(named)
        row = None if number is None else self._account.contacts.edit(number)
        if row is None:
            raise LookupError(f"There is no contact {named}.")
        return row

    def _list(self, change: Change) -> int:
        named = str(change.get("list", ""))
        for list_id, row in self._account.lists.items():
            if named in (str(list_id), row.name):
                return list_id
        raise LookupError(f"There is no list {named}.")

    def _at(self, change: Change) -> int:
        return int(change["at"]) if change.get("at") is not None else self._account.now()

    def _write(self, row: Contact, values: Mapping[str, Any]) -> None:
        names = {"firstName": "first_name", "lastName": "last_name", "phone": "phone"}
        if "email" in values and str(values["email"]) != row.email:
            self._account.rename_contact(row, str(values["email"]))
        self._account.write_profile(
            row, {ours: str(values[theirs]) for theirs, ours in names.items() if theirs in values}
        )
        tags = {one.perstag: one.id for one in self._account.fields.values()}
        for perstag, value in dict(values.get("fields", {})).items():
            if perstag not in tags:
                raise LookupError(f"There is no field {perstag}.")
            self._account.write_field(row, tags[perstag], None if value is None else str(value))
        for list_id, status in dict(values.get("lists", {})).items():
            self._account.write_status(row, self._list({"list": list_id}), int(status))

    def _create(self, change: Change) -> str:
        values = dict(change.get("set", {}))
        row = self._account.create_contact(str(values.get("email", "")))
        self._write(row, values)
        row.created = row.updated = self._at(change)
        return str(row.id)

    def _update(self, change: Change) -> str:
        row = self._contact(change)
        self._write(row, dict(change.get("set", {})))
        row.updated = self._at(change)
        return str(row.id)

    def _delete(self, change: Change) -> str:
        row = self._contact(change)
        self._account.delete_contact(row)
        return str(row.id)

    def _erase(self, change: Change) -> str:
        row = self._contact(change)
        self._account.erase_contact(row)
        row.updated = self._at(change)
        return str(row.id)

    def _set_status(self, change: Change, status: int) -> str:
        row = self._contact(change)
        campaign = self._campaign(change) if change.get("campaign") is not None else None
        list_id = self._list(change)
        changed = self._account.write_status(
            row,
            list_id,
            status,
            at=self._at(change),
            reason="by the person" if status == UNSUBSCRIBED else "",
            campaign=None if campaign is None else str(campaign.id),
            outside=True,
        )
        if changed and status == UNSUBSCRIBED and campaign is not None:
            campaign.unsubscribes += 1
        return str(row.id)

    def _bounce(self, change: Change) -> str:
        """One list bounces, or every list the contact is on; a soft bounce is only counted."""
        row = self._contact(change)
        campaign = self._campaign(change) if change.get("campaign") is not None else None
        if change.get("kind") == "soft":
            row.bounced_soft += 1
            row.bounced_at = self._at(change)
            if campaign is not None:
                campaign.soft_bounces += 1
            return str(row.id)
        lists = [self._list(change)] if change.get("list") is not None else list(row.memberships)
        for list_id in lists:
            self._account.write_status(row, list_id, BOUNCED, at=self._at(change), outside=True)
        if campaign is not None:
            campaign.hard_bounces += 1
        return str(row.id)

    def _campaign(self, change: Change) -> Campaign:
        campaign = self._account.campaigns.rows.get(int(change.get("campaign", 0)))
        if campaign is None:
            raise LookupError(f"There is no campaign {change.get('campaign')}.")
        return campaign

    def _hit(self, change: Change, kind: str) -> str:
        """Machines leave the contact and the campaign's counters alone (§8.2)."""
        row, campaign, at = self._contact(change), self._campaign(change), self._at(change)
        hits = {
            "open": campaign.opened.hits,
            "click": campaign.clicked.hits,
            "machine-open": campaign.machine_opened,
            "reply": campaign.replied,
        }[kind]
        add = self._account.switches["link-data-repeats"] == "add-row"
        self._account.campaigns.hit(campaign, hits, row.id, at, repeats_add=add)
        if kind == "open":
            row.last_open = at
        elif kind == "click":
            row.last_click = at
        elif kind == "machine-open":
            row.last_machine_open = at
        if self._account.switches["list-writes-bump-udate"] == "yes":
            row.updated = self._account.now()
        return str(row.id)

    def _send(self, change: Change) -> str:
        """A new campaign goes out to lists."""
        values = dict(change.get("set", {}))
        lists = tuple(self._list({"list": one}) for one in values.get("lists", ()))
        name = str(values.get("name", "Mailing"))
        return str(self._account.campaigns.add(name, lists, self._at(change)).id)

    def _draft(self, change: Change) -> str:
        """A mail of an automation is written and not sent."""
        name = str(dict(change.get("set", {})).get("name", "Draft"))
        return str(self._account.campaigns.add_draft(name, self._at(change)).id)
