"""What routes say of their errors in the OpenAPI document."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, TypeAlias

from facies.api.problems import MEDIA_TYPE

_WHY = {
    403: "A path outside the allowed roots, a host that is not allowed, or a change that another web page asks for.",
    404: "No such collection, image, model, taxonomy, drawing or job.",
    409: "In conflict with what exists: a name that is taken, a job under way, vectors made in another way.",
    410: "The original is not where it was; its thumbnail and vector remain.",
    413: "More bytes or pixels than the limit.",
    422: "The request or an image in it cannot be read, or makes no sense.",
    500: "An error of the service.",
    503: "The store, or a model's weights, cannot be reached; or there are too many open streams.",
    507: "The disk of the service is full or read-only.",
}


Documented: TypeAlias = dict[int | str, dict[str, Any]]
"""Responses of a route by status, in the form of OpenAPI."""


def problems(*statuses: int) -> Documented:
    """The problem documents that a route can answer with; 403 and 500 always are among them."""
    return {status: _response(status) for status in sorted({*statuses, 403, 500})}


def _response(status: int) -> dict[str, Any]:
    example = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": _WHY[status],
        "code": "FaciesError",
    }
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": _WHY[status], "content": {MEDIA_TYPE: {"schema": schema, "example": example}}}
