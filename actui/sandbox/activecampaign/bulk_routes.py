"""`import/bulk_import` and `import/info` (activecampaign.md §7)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actui.sandbox.activecampaign import refusals
from actui.sandbox.activecampaign.account import Account
from actui.sandbox.activecampaign.batches import Batches
from actui.sandbox.activecampaign.bulk_rows import BulkRefusal, read_bulk_body
from actui.sandbox.activecampaign.rate_limit import AccountLimits


class BulkRoutes:
    """The bulk endpoints of one account."""

    def __init__(self, account: Account, batches: Batches, limits: AccountLimits) -> None:
        self._account = account
        self._batches = batches
        self._limits = limits

    def routes(self) -> list[Route]:
        """Paths and methods."""
        return [
            Route("/api/3/import/bulk_import", self.queue, methods=["POST"]),
            Route("/api/3/import/bulk_import", self.overview, methods=["GET"]),
            Route("/api/3/import/info", self.info, methods=["GET"]),
        ]

    async def queue(self, request: Request) -> Response:
        """Queue an import; its own rate limit answers 400, not 429 (§7.1)."""
        body = await request.body()
        odd = self._account.switches["bulk-odd-address"] == "refused-request"
        rows = read_bulk_body(body, refuse_odd=odd)
        count = 0 if isinstance(rows, BulkRefusal) else len(rows)
        if not self._limits.admit_bulk(count, self._account.clock.now()):
            most = "20 single-contact" if count == 1 else "100"
            return refusals.bulk_refused(
                "Rate limit exceeded.", [f"Up to {most} imports may be requested per minute."]
            )
        if isinstance(rows, BulkRefusal):
            return refusals.bulk_refused(rows.message, rows.reasons())
        batch = self._batches.queue(rows)
        key = self._account.switches["bulk-success-key"]
        return JSONResponse(
            {
                # With excluded addresses this is a count and no flag.
                key: count if batch.excluded else 1,
                "queued_contacts": len(batch.rows),
                "batchId": batch.id,
                "message": "Contact import queued",
            }
        )

    async def overview(self, _request: Request) -> Response:
        """Batches of the last seven days."""
        return JSONResponse(
            {
                "outstanding": self._batches.by_day(outstanding=True),
                "recentlyCompleted": self._batches.by_day(outstanding=False),
            }
        )

    async def info(self, request: Request) -> Response:
        """Status of one batch: contact ids that went well, addresses that failed (§7.2)."""
        batch_id = request.query_params.get("batchId")
        if not batch_id:
            body = {"success": 0, "message": "'batchId' is a required field."}
            return JSONResponse(body, 400)
        batch = self._batches.find(batch_id)
        if batch is None:
            return JSONResponse({"success": 0, "message": "No such batch."}, 404)
        return JSONResponse(
            {
                "status": batch.status(self._account.clock.now()),
                "success": batch.success,
                "failure": batch.failure,
            }
        )
