"""What a probe is: one observation over HTTP of a switch, and what each reading lets it see."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

Probe = Callable[[Any], Awaitable[object]]

NEWSLETTER, VIP = 3, 5
NEW = "new@example.org"


class Probes(dict[str, tuple[Probe, dict[str, object]]]):
    """Probes by the name of their switch."""

    def sees(self, name: str, expected: dict[str, object]) -> Callable[[Probe], Probe]:
        """Note the probe of a switch with what it sees under each reading."""

        def noted(probe: Probe) -> Probe:
            self[name] = probe, expected
            return probe

        return noted


async def listed(ports: Any, **params: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await ports.ac.get("/contacts", params=params)).json()
    return found


async def total(ports: Any, **params: Any) -> int:
    return int((await listed(ports, **params))["meta"]["total"])


async def bulk(ports: Any, *rows: dict[str, Any], **top: Any) -> Any:
    return await ports.ac.post("/import/bulk_import", json={"contacts": list(rows), **top})


async def created(ports: Any, **contact: Any) -> Any:
    return await ports.ac.post("/contacts", json={"contact": {"email": NEW, **contact}})


async def put_on_list(ports: Any, contact: object, status: int, list_id: int = NEWSLETTER) -> Any:
    row = {"list": list_id, "contact": contact, "status": status}
    return await ports.ac.post("/contactLists", json={"contactList": row})
