"""The error bodies of activecampaign.md §1.2: there is no single envelope."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

FORBIDDEN = {"message": "Forbidden"}

LOGIN_PAGE = "<!DOCTYPE html><html><body><h1>Log in</h1></body></html>"


def bad_key(reading: str) -> Response:
    """A wrong or missing key: 403, an empty body and no content type, unless read otherwise."""
    if reading == "html-200":
        return Response(LOGIN_PAGE, 200, media_type="text/html")
    return Response(status_code=403) if reading == "bare" else JSONResponse(FORBIDDEN, 403)


def no_such_path() -> Response:
    """A path that nothing answers on."""
    return JSONResponse({"message": "Not Found"}, 404)


def forbidden(detail: str) -> Response:
    """The key's user may not do this."""
    error = {"status": 403, "title": "Forbidden", "detail": detail}
    return JSONResponse({"errors": [error]}, 403)


def no_result(model: str, number: str, status: int = 404) -> Response:
    """A row that is not there; `model` is the service's own class name."""
    return JSONResponse({"message": f"No Result found for {model} with id {number}"}, status)


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


def duplicate_field(title: str) -> Response:
    """A field has this title already."""
    error = {
        "title": "There is already a field with this title",
        "detail": f"The title {title!r} is taken",
        "code": "duplicate",
    }
    return JSONResponse({"errors": [error]}, 422)


def no_options() -> Response:
    """`fieldOption/bulk` without its array; `errors` is a text here."""
    text = "Bulk operation failed. Send an array of fieldOption objects."
    return JSONResponse({"errors": text}, 422)


def no_contact_to_tag() -> Response:
    """`contactTags` names a contact that is not there."""
    error = {"status": 404, "title": "Not Found", "detail": "Contact not found"}
    return JSONResponse({"errors": [error]}, 404)


def missing_attribute(name: str) -> Response:
    """A body lacks one of its keys."""
    pointer = {"pointer": f"/data/attributes/{name}"}
    error = {"status": 422, "title": "Missing attribute", "source": pointer}
    return JSONResponse({"errors": [error]}, 422)


def no_tag_id() -> Response:
    """`contactTags` names its tag by something else than an id."""
    return JSONResponse({"errors": [{"title": "No tag id provided"}]}, 422)


def invalid_attribute(detail: str, pointer: str) -> Response:
    """How the newer endpoints refuse a filter, an order or a body."""
    error = {
        "status": 422,
        "title": "Invalid attribute",
        "detail": detail,
        "source": {"pointer": f"/data/attributes/{pointer}"},
    }
    return JSONResponse({"errors": [error]}, 422)


def invalid_filter(key: str) -> Response:
    """A filter that does not exist."""
    return invalid_attribute(f'Invalid filter field: "{key}".', f"filters[{key}]")


def unreadable_body() -> Response:
    """A body that is not the JSON object the call expects."""
    error = {"status": 400, "title": "Bad Request", "detail": "The body could not be read."}
    return JSONResponse({"errors": [error]}, 400)


def bulk_refused(message: str, reasons: list[str] | list[dict[str, object]]) -> Response:
    """Bulk import's own 400, with reasons as objects or as texts (§7.1)."""
    return JSONResponse({"success": 0, "message": message, "failureReasons": reasons}, 400)
