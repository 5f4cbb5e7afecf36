"""Whether the service lives and can answer."""

from __future__ import annotations

from importlib.metadata import version

from fastapi import APIRouter, Response

from facies.api.dependencies import ServiceDep
from facies.api.routes.responses import problems
from facies.core.errors import FaciesError
from facies.core.wire import HealthOut
from facies.core.workspace import Workspace

router = APIRouter(tags=["service"])


@router.get("/health", summary="Whether the service lives", responses=problems())
async def read_health() -> HealthOut:
    """Answers as long as the process does; touches neither the disk nor the store."""
    return HealthOut(status="ok", version=version("facies"), store="not asked", catalog="not asked")


@router.get(
    "/ready",
    summary="Whether the service can answer queries",
    responses={**problems(), 503: {"model": HealthOut, "description": "The store or the catalogue does not answer."}},
)
def read_readiness(service: ServiceDep, response: Response) -> HealthOut:
    """Asks the store and the catalogue; 503 where one of them does not answer."""
    health = check_workspace(service.workspace)
    if health.status != "ok":
        response.status_code = 503
    response.headers["Cache-Control"] = "no-store"
    return health


def check_workspace(workspace: Workspace) -> HealthOut:
    """Ask the store and the catalogue whether they answer."""
    store = workspace.store.health()
    try:
        workspace.catalog.check()
        catalog, catalog_ok = "ok", True
    except FaciesError as error:
        catalog, catalog_ok = error.message, False
    return HealthOut(
        status="ok" if store.ok and catalog_ok else "unavailable",
        version=version("facies"),
        store=f"{store.backend}: {store.detail}",
        catalog=catalog,
    )
