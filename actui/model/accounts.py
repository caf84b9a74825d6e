"""Which account a connection's secret or ledger belongs to."""

from __future__ import annotations

from actui.model.connection import Connection, origin, secret_prefix
from actui.model.secret import SecretName

CONNECTION_SECRETS = (SecretName.ACTIVECAMPAIGN_API_KEY, SecretName.BLUECONIC_CLIENT_SECRET)


def secret_command_name(name: SecretName) -> str:
    """A secret's name on the command line, as `activecampaign-api-key`."""
    return name.value.lower().replace("_", "-")


def secret_variable(connection_name: str, name: SecretName) -> str:
    """The environment variable of a connection's secret, also its name elsewhere."""
    if name is SecretName.SMTP_PASSWORD:
        return f"ACTUI_SECRET_{name}"
    return f"ACTUI_SECRET_{secret_prefix(connection_name)}_{name}"


def secret_origin(connection: Connection, name: SecretName) -> str:
    """The one origin a connection's secret may be sent to."""
    if name is SecretName.ACTIVECAMPAIGN_API_KEY:
        return origin(connection.activecampaign.url)
    return origin(connection.blueconic.url)


def account_origins(connection: Connection) -> tuple[str, str]:
    """The two accounts that a ledger is about."""
    return origin(connection.activecampaign.url), origin(connection.blueconic.url)
