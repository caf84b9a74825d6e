"""The error bodies of activecampaign.md §1.2: there is no single envelope."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response


def bad_key() -> Response:
    """A wrong or missing key: 403, an empty body and no content type."""
    return Response(status_code=403)


def no_result(model: str, number: str) -> Response:
    """A row that is not there; `model` is the service's own class name."""
    return JSONResponse({"message": f"No Result found for {model} with id {number}"}, 404)


def no_contact_to_delete(number: str) -> Response:
    """The same for `DELETE /contacts`, spelled differently."""
    return JSONResponse({"message": f"No result found for contact with id {number}"}, 404)


def duplicate_email() -> Response:
    """The address belongs to another contact."""
    error = {
        "title": "Email address already exists in the system.",
        "code": "duplicate",
        "source": {"pointer": "/data/attributes/email"},
    }
    return JSONResponse({"errors": [error]}, 422)


def invalid_email() -> Response:
    """The address is not accepted."""
    error = {
        "title": "Contact Email Address is not valid.",
        "code": "email_invalid",
        "error": "must_be_valid_email_address",
        "source": {"pointer": "/data/attributes/email"},
    }
    return JSONResponse({"errors": [error]}, 422)


def sync_without_email() -> Response:
    """`contact/sync` cannot tell whom it is about."""
    error = {
        "status": 400,
        "title": "Bad Request",
        "detail": "Contact email must be provided for sync",
    }
    return JSONResponse({"errors": [error]}, 400)


def invalid_choice(pointer: str) -> Response:
    """A list status outside 0 to 3."""
    error = {
        "title": "The value you selected is not a valid choice.",
        "code": "invalid_choice",
        "source": {"pointer": f"/data/attributes/{pointer}"},
    }
    return JSONResponse({"errors": [error]}, 422)


def field_id_not_valid() -> Response:
    """`fieldValues` names its field by something else than an id."""
    return JSONResponse({"errors": [{"title": "Field id not valid"}]}, 422)


def unreadable_body() -> Response:
    """A body that is not the JSON object the call expects."""
    error = {"status": 400, "title": "Bad Request", "detail": "The body could not be read."}
    return JSONResponse({"errors": [error]}, 400)


def bulk_refused(message: str, reasons: list[str] | list[dict[str, object]]) -> Response:
    """Bulk import's own 400, with reasons as objects or as texts (§7.1)."""
    return JSONResponse({"success": 0, "message": message, "failureReasons": reasons}, 400)
