"""`import/bulk_import` and `import/info` (activecampaign.md §7)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actui.sandbox.activecampaign import refusals
from actui.sandbox.activecampaign.account import Account
from actui.sandbox.activecampaign.batches import Batch, Batches
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
        switches = self._account.switches
        read = read_bulk_body(await request.body(), switches)
        count = 0 if isinstance(read, BulkRefusal) else len(read.rows) + len(read.failed)
        if not self._limits.admit_bulk(count, self._account.clock.now()):
            if switches["bulk-rate-limit-status"] == "429":
                return JSONResponse({"message": "Too many requests."}, 429, {"Retry-After": "60"})
            most = "20 single-contact" if count == 1 else "100"
            return refusals.bulk_refused(
                "Rate limit exceeded.", [f"Up to {most} imports may be requested per minute."]
            )
        if isinstance(read, BulkRefusal):
            return refusals.bulk_refused(read.message, read.reasons())
        batch = self._batches.queue(read)
        # With excluded addresses `success` is a count and no flag.
        counts = batch.excluded and switches["bulk-excluded-success"] == "count"
        return JSONResponse(
            {
                switches["bulk-success-key"]: count if counts else 1,
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
                "status": self._status(batch),
                "success": batch.success,
                "failure": batch.failure,
            }
        )

    def _status(self, batch: Batch) -> bool | str:
        status = batch.status(self._account.clock.now())
        if status is False and self._account.switches["batch-first-moment"] == "waiting":
            return "waiting"
        return status
