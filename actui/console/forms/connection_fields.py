"""What is typed on the connection page, and the connection that becomes of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import SecretStr, ValidationError

from actui.console.formatting import plain
from actui.console.ports import Which
from actui.model.connection import Connection, usable_url
from actui.model.errors import ConfigError
from actui.model.redaction import first_problem, redact
from actui.model.secret import SecretName, secret_label

SECRET_NAMES: dict[Which, SecretName] = {
    "activecampaign": SecretName.ACTIVECAMPAIGN_API_KEY,
    "blueconic": SecretName.BLUECONIC_CLIENT_SECRET,
}
SECRET_LABELS = {which: secret_label(name) for which, name in SECRET_NAMES.items()}
_FIELDS = {
    ("name",): "Name",
    ("activecampaign", "url"): "ActiveCampaign host name",
    ("blueconic", "url"): "BlueConic host name",
    ("blueconic", "client_id"): "BlueConic client id",
}


@dataclass(frozen=True, slots=True)
class ConnectionForm:
    """What the connection page's fields hold; an empty secret keeps the stored one."""

    name: str
    enabled: bool
    activecampaign_url: str
    blueconic_url: str
    client_id: str
    secrets: dict[Which, SecretStr] = field(default_factory=dict)

    @classmethod
    def of(cls, connection: Connection) -> ConnectionForm:
        """The fields as they stand when nothing has been typed."""
        return cls(
            connection.name,
            connection.enabled,
            connection.activecampaign.url,
            connection.blueconic.url,
            connection.blueconic.client_id,
        )

    def accounts_typed(self, connection: Connection) -> list[str]:
        """The fields about the two accounts in which something else was typed, as labelled."""
        now = ConnectionForm.of(connection)
        fields = {
            "the ActiveCampaign host": self.activecampaign_url != now.activecampaign_url,
            "the BlueConic host": self.blueconic_url != now.blueconic_url,
            "the client id": self.client_id != now.client_id,
        }
        fields |= {f"the {label}": which in self.secrets for which, label in SECRET_LABELS.items()}
        return [label for label, typed in fields.items() if typed]

    def onto(self, connection: Connection) -> Connection:
        """The connection with the fields' values.

        Raises ConfigError with one sentence about the first field that is not right.
        """
        facts = connection.model_dump(mode="python", by_alias=True)
        facts |= {
            "name": self.name.strip(),
            "enabled": self.enabled,
            "goals": connection.goals,
            "activecampaign": {"url": self.activecampaign_url},
            "blueconic": {"url": self.blueconic_url, "client_id": self.client_id.strip()},
        }
        try:
            made = Connection.model_validate(facts)
        except ValidationError as wrong:
            raise ConfigError(_sentence(wrong)) from None
        for where, url, before in (
            (("activecampaign", "url"), made.activecampaign.url, connection.activecampaign.url),
            (("blueconic", "url"), made.blueconic.url, connection.blueconic.url),
        ):
            try:
                # a stored one is a finding, and keeps nobody from changing something else
                usable_url(url if url != before else "")
            except ValueError as wrong:
                raise ConfigError(plain(f"{_FIELDS[where]}: {redact(wrong)}.")) from None
        return made


def _sentence(wrong: ValidationError) -> str:
    first = wrong.errors(include_url=False)[0]
    where = tuple(str(part) for part in first["loc"])
    if where == ("name",) and first["type"] == "string_too_short":
        return "Give the connection a name."
    message = first_problem(wrong)
    return plain(f"{_FIELDS.get(where, '.'.join(where))}: {message}.")
