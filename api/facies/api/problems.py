"""Errors as RFC 9457 problem documents. The one place that knows which HTTP status a class of error has."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from facies.api.validation import describe_validation
from facies.core import errors
from facies.core.errors import FaciesError
from facies.core.wire import Problem

MEDIA_TYPE = "application/problem+json"

STATUS: Mapping[type[FaciesError], int] = MappingProxyType(
    {
        errors.FaciesError: 500,
        errors.ConfigurationError: 500,
        errors.ImageError: 422,
        errors.UnreadableImageError: 422,
        errors.ImageTooLargeError: 413,
        errors.OriginalMissingError: 410,
        errors.ImageNotFoundError: 404,
        errors.SourceError: 422,
        errors.ModelError: 500,
        errors.UnknownModelError: 404,
        errors.WeightsNotFoundError: 503,
        errors.WeightsMismatchError: 500,
        errors.DownloadError: 503,
        errors.RecipeError: 422,
        errors.DimensionMismatchError: 409,
        errors.FingerprintMismatchError: 409,
        errors.StoreError: 500,
        errors.StoreUnavailableError: 503,
        errors.StoreLockedError: 409,
        errors.CollectionNotFoundError: 404,
        errors.CollectionExistsError: 409,
        errors.InvalidPointError: 422,
        errors.CatalogError: 500,
        errors.LabelBatchNotFoundError: 404,
        errors.LabelBatchUndoneError: 409,
        errors.StaleLabelError: 409,
        errors.StalePreviewError: 409,
        errors.StorageError: 507,
        errors.JobError: 500,
        errors.JobNotFoundError: 404,
        errors.JobConflictError: 409,
        errors.JobStateError: 409,
        errors.UnknownJobKindError: 422,
        errors.JobParametersError: 422,
        errors.JobFileError: 404,
        errors.JobQueueError: 503,
        errors.JobWorkerDiedError: 500,
        errors.TooManyFollowersError: 503,
        errors.JobBrokenOffError: 500,
        errors.JobCancelledError: 500,
        errors.JobReleasedError: 500,
        errors.JobTakenOverError: 500,
        errors.QueryError: 422,
        errors.TaxonomyError: 422,
        errors.UnknownTaxonError: 422,
        errors.TaxonomyNotFoundError: 404,
        errors.TaxonomyConflictError: 409,
        errors.MapError: 422,
        errors.MapNotFoundError: 404,
        errors.TooFewImagesError: 422,
        errors.StaleMapError: 409,
        errors.PolygonError: 422,
        errors.SegmentationError: 422,
        errors.ClassTableError: 422,
        errors.UnknownClassError: 422,
        errors.LabelsError: 422,
        errors.NoLabelsError: 422,
        errors.TooFewClassesError: 422,
        errors.MaskError: 422,
        errors.MaskSizeError: 422,
        errors.UnknownCardError: 404,
        errors.LayerError: 422,
        errors.DepthError: 422,
        errors.FinetuningError: 422,
        errors.FinetunedFileError: 422,
        errors.ClassifierError: 422,
        errors.SegmentationModelError: 422,
        errors.ModelMapsMismatchError: 409,
        errors.DrawingError: 422,
        errors.DrawingNotFoundError: 404,
        errors.PictureNotFoundError: 404,
        errors.DrawingInUseError: 409,
        errors.PreviewSupersededError: 409,
        errors.TooManyPreviewsError: 503,
        errors.AccessError: 403,
        errors.ServiceUnavailableError: 503,
    }
)
"""Every class stands here by name; a test walks the tree, so a new class cannot be forgotten."""

_log = logging.getLogger(__name__)


def status_of(error: FaciesError) -> int:
    """The HTTP status of an error: its class's, else that of the nearest ancestor in the table."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def problem_of(error: FaciesError) -> Problem:
    """The problem document of an error."""
    return _problem(status_of(error), error.message, type(error).__name__)


def problem_response(problem: Problem, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """A problem document as a response."""
    return JSONResponse(
        problem.model_dump(),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def add_problem_handlers(app: FastAPI) -> None:
    """Make every error of the app a problem document."""
    app.add_exception_handler(FaciesError, _on_facies_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(Exception, _on_unexpected_error)


def _problem(status: int, detail: str, code: str) -> Problem:
    return Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, code=code)


def _on_facies_error(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, FaciesError):  # the framework's type for handlers is wider than what it sends here
        raise error
    problem = problem_of(error)
    if problem.status >= 500:
        _log.error("%s: %s", problem.code, problem.detail)
    return problem_response(problem)


def _on_invalid_request(_: Request, error: Exception) -> JSONResponse:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    return problem_response(_problem(422, describe_validation(list(found)), errors.QueryError.__name__))


def _on_http_error(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error.__cause__, FaciesError):  # raised while the framework was reading the body, e.g. its limit
        return _on_facies_error(request, error.__cause__)
    if not isinstance(error, HTTPException):
        raise error
    phrase = HTTPStatus(error.status_code).phrase
    detail = f"{request.method} {request.url.path}: {error.detail}. /v1/openapi.json lists what there is."
    return problem_response(_problem(error.status_code, detail, phrase.title().replace(" ", "")), error.headers)


def _on_unexpected_error(request: Request, error: Exception) -> JSONResponse:
    reference = uuid.uuid4().hex[:12]
    _log.error("unexpected error %s in %s %s", reference, request.method, request.url.path, exc_info=error)
    detail = f"an unexpected error; the log of the service describes it under {reference}"
    return problem_response(_problem(500, detail, "InternalServerError"))
