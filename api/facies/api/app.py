"""The HTTP service: `create_app` wires it; data is opened when the server starts it, not before."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.middleware.cors import CORSMiddleware

from facies.api.access import AccessGuard
from facies.api.body_limit import BodyLimit
from facies.api.embedders import Embedders
from facies.api.job_events import JobStreams
from facies.api.pages import Beside, Interface
from facies.api.problems import add_problem_handlers
from facies.api.routes import (
    collections,
    growth,
    health,
    images,
    jobs,
    label_files,
    labels,
    maps,
    models,
    queries,
    review,
    taxonomies,
    upkeep,
)
from facies.api.service import Service, open_service
from facies.core.settings import Settings
from facies.core.wire import Problem

PREFIX = "/v1"
TAGS = [
    {"name": "service", "description": "Whether the service lives and can answer."},
    {"name": "models", "description": "The networks that turn images into vectors."},
    {"name": "collections", "description": "Sets of images whose vectors can be compared."},
    {"name": "images", "description": "The images of a collection: upload, look at, delete."},
    {"name": "queries", "description": "Find similar images; name images from their labelled neighbours."},
    {"name": "labels", "description": "What images show: given, taken back as whole batches, with their history."},
    {
        "name": "taxonomies",
        "description": "Names with ranks, parents, codes and synonyms, and labels held against them.",
    },
    {
        "name": "review",
        "description": "What is worth a look: queues, plates, unknown images; labels that are grown.",
    },
    {"name": "maps", "description": "Where images lie among those that they resemble: positions, colours, lassos."},
    {"name": "upkeep", "description": "Named vectors, what is taken for what, bad and missing files, the disk."},
    {"name": "jobs", "description": "Work in the background that is never lost: indexing and more."},
]


class _App(FastAPI):
    """FastAPI whose OpenAPI document says what the error handlers do."""

    def openapi(self) -> dict[str, Any]:
        """The document, with problem documents in place of the framework's own errors."""
        if self.openapi_schema is None:
            document = super().openapi()
            schemas = document["components"]["schemas"]
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
            schemas["Problem"] = Problem.model_json_schema()
        return super().openapi()


def create_app(
    settings: Settings,
    *,
    service: Service | None = None,
    embedders: Embedders | None = None,
    interface: Interface | None = None,
) -> FastAPI:
    """Make the application. No file is opened and no network loaded here.

    Args:
        settings: the service's settings.
        service: parts that the caller has opened and will close; else the app opens its own when the server starts it.
        embedders: used in place of the networks of the settings.
        interface: the web interface, where this process serves it too; it answers whatever is not under the prefix.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as opened:
            app.state.service = service or await opened.enter_async_context(_opened(app, settings, embedders))
            if interface is not None:
                await opened.enter_async_context(interface.lifespan()(app))
            yield

    app = _App(
        title="facies",
        summary="Image retrieval for the geosciences.",
        description="Index images, find similar ones, name them from their neighbours. "
        "Errors are problem documents (RFC 9457); their `code` is the class of error.",
        version=version("facies"),
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        lifespan=lifespan,
        openapi_url=f"{PREFIX}/openapi.json",
        openapi_tags=TAGS,
        docs_url=None,  # the framework's page loads its scripts from a public network, which many users cannot reach
        redoc_url=None,
    )
    app.state.streams = JobStreams()
    add_problem_handlers(app)
    for module in (
        health,
        models,
        collections,
        images,
        queries,
        labels,
        label_files,
        taxonomies,
        maps,
        review,
        growth,
        jobs,
        upkeep,
    ):
        app.include_router(module.router, prefix=PREFIX)
    if interface is not None:
        app.add_middleware(Beside, interface=interface, prefix=PREFIX)
    app.add_middleware(BodyLimit, max_upload_bytes=settings.api.max_upload_bytes)
    app.add_middleware(AccessGuard, settings=settings)
    if settings.api.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.api.cors_origins,
            allow_methods=["*"],
            allow_headers=["*"],
        )
    return app


@asynccontextmanager
async def _opened(app: FastAPI, settings: Settings, embedders: Embedders | None) -> AsyncIterator[Service]:
    opening = open_service(settings, embedders, working=True)
    service = await run_in_threadpool(opening.__enter__)
    try:
        yield service
    finally:
        app.state.streams.end()
        await run_in_threadpool(opening.__exit__, None, None, None)
