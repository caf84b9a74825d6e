"""A test of BlueConic's credentials tells each read that is allowed, and each that is not."""

from __future__ import annotations

from pathlib import Path

import pytest
import respx
import stamina
from pydantic import SecretStr

from actui.context.clients import AccountClients
from actui.context.context import AppContext
from actui.model.connection import Connection
from actui.model.errors import CredentialsError

API = "https://acme.blueconic.net/rest/v2"
ROWS = {
    "profileProperties": [{"id": "email", "name": "E-mail", "indexed": True}, {"id": "tier"}],
    "segments": [{"id": "s1", "name": "Readers"}],
    "objectives": [],
    "lifecycles": [],
    "profiles": [],
}
EXPORT = {
    "kind": "export",
    "name": "Out",
    "segment": "Readers",
    "lifecycle": {"lifecycle": "Welcome", "stage": "First"},
}


def tenant(router: respx.MockRouter, *refused: str) -> None:
    router.post(f"{API}/oauth/token").respond(json={"access_token": "t", "expires_in": 3600})
    for path, rows in ROWS.items():
        if path in refused:
            router.get(f"{API}/{path}").respond(403, json={"message": "no"})
        else:
            router.get(f"{API}/{path}").respond(json={path: rows, "totalResults": len(rows)})


async def probed(place: Path, *goals: object) -> str:
    connection = Connection.model_validate(
        {
            "name": "N",
            "blueconic": {"url": "acme.blueconic.net", "client_id": "c"},
            "goals": goals,
        }
    )
    with stamina.set_testing(True):
        context = AppContext.open({"ACTUI_HOME": str(place)})
        return await AccountClients(context).probe_blueconic(connection, SecretStr("s"))


async def test_all_reads_are_told(respx_mock: respx.MockRouter, tmp_path: Path) -> None:
    tenant(respx_mock)
    assert await probed(tmp_path, EXPORT) == (
        "acme.blueconic.net accepts the client. "
        "May read: 2 properties, 1 segments, objectives, lifecycles, profiles."
    )


async def test_a_right_that_is_needed_fails_the_test(
    respx_mock: respx.MockRouter, tmp_path: Path
) -> None:
    tenant(respx_mock, "lifecycles", "objectives")
    with pytest.raises(CredentialsError) as caught:
        await probed(tmp_path, EXPORT)
    said = caught.value.message
    assert "NOT allowed: lifecycles (right read:lifecycles)." in said
    assert "and not needed by this connection: objectives (right read:objectives)." in said
    assert "2 properties" in said


async def test_a_right_that_is_not_needed_does_not(
    respx_mock: respx.MockRouter, tmp_path: Path
) -> None:
    tenant(respx_mock, "lifecycles", "segments", "profiles")
    said = await probed(tmp_path)
    assert "segments (right read:segments), lifecycles" in said
    assert "profiles (right read:profiles)" in said


@pytest.mark.parametrize("beside", [True, False])
async def test_profiles_are_needed_where_one_named_by_its_id_is_compared(
    respx_mock: respx.MockRouter, tmp_path: Path, beside: bool
) -> None:
    tenant(respx_mock, "profiles")
    links = [{"field": "%BCID%", "profile_id": True}, {"field": "email", "property": "email"}]
    goal = {"kind": "import", "name": "In", "identifiers": links if beside else links[:1]}
    if not beside:
        assert "profiles (right read:profiles)" in await probed(tmp_path, goal)
        return
    with pytest.raises(CredentialsError) as caught:
        await probed(tmp_path, goal)
    assert "NOT allowed: profiles (right read:profiles)." in caught.value.message


async def test_without_properties_nobody_can_tell_of_profiles(
    respx_mock: respx.MockRouter, tmp_path: Path
) -> None:
    router = respx_mock
    router._assert_all_called = False
    tenant(router, "profileProperties")
    with pytest.raises(CredentialsError) as caught:
        await probed(tmp_path)
    assert "NOT allowed: properties" in caught.value.message
    assert "profiles" not in caught.value.message


async def test_a_refused_client_is_told_as_such(
    respx_mock: respx.MockRouter, tmp_path: Path
) -> None:
    respx_mock.post(f"{API}/oauth/token").respond(401, json={"error": "invalid_client"})
    with pytest.raises(CredentialsError, match="does not accept the client id"):
        await probed(tmp_path)
