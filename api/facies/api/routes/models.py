"""The model cards."""

from __future__ import annotations

from fastapi import APIRouter

from facies.api.dependencies import ServiceDep
from facies.api.routes.responses import problems
from facies.core.wire import ModelOut
from facies.models.listing import list_models

router = APIRouter(tags=["models"])


@router.get("/models", summary="List the model cards", responses=problems())
def read_models(service: ServiceDep) -> list[ModelOut]:
    """Every card, and whether its weights are on the service's machine."""
    return list_models(service.settings.weights_dir)
