"""Taxonomies, and the labels of collections that use them."""

from __future__ import annotations

from functools import partial
from pathlib import PureWindowsPath
from typing import Annotated

from fastapi import APIRouter, Body, File, Form, Path, Query, Response, UploadFile

from facies.api import taxonomies
from facies.api.actors import ActorDep
from facies.api.dependencies import CollectionName, ServiceDep
from facies.api.routes.responses import Documented, problems
from facies.core.wire_taxonomy import (
    CheckedLabelsOut,
    CollectionTaxonomyOut,
    ImportedTaxonomyOut,
    MergedLabelsOut,
    MergeLabelsBody,
    ResolvedOut,
    TaxonomyOut,
    TaxonomySummaryOut,
    UseTaxonomyBody,
)

router = APIRouter(tags=["taxonomies"])

TaxonomyName = Annotated[str, Path(description="Name of a taxonomy.", examples=["scampi-20"])]
_CSV = "text/csv; charset=utf-8"
_TABLE: Documented = {200: {"description": "The table.", "content": {"text/csv": {"schema": {"type": "string"}}}}}
_USES = {"one": {"summary": "One that comes with facies", "value": {"taxonomy": "scampi-20"}}}
_MERGES = {
    "confirmed": {"summary": "A misspelling that a person confirmed", "value": {"pairs": {"areoligra": "areoligera"}}},
    "settled": {"summary": "All synonyms and codes", "value": {"settled": True}},
}


@router.get("/taxonomies", summary="List taxonomies", responses=problems(503))
def read_taxonomies(service: ServiceDep) -> list[TaxonomySummaryOut]:
    """All taxonomies in order of name, those that come with facies among them."""
    return taxonomies.list_taxonomies(service.workspace.catalog)


@router.post("/taxonomies", summary="Import a taxonomy", status_code=201, responses=problems(409, 413, 422, 503, 507))
def add_taxonomy(
    service: ServiceDep,
    file: Annotated[UploadFile, File(description="A table (CSV), a Darwin Core taxon table, or an archive of one.")],
    name: Annotated[str | None, Form(description="Name of the taxonomy; the file's where empty.")] = None,
    title: Annotated[str, Form(description="What a Darwin Core taxonomy is; a table says it itself.")] = "",
    replace: Annotated[bool, Form(description="Whether it may take the place of one of its name.")] = False,
) -> ImportedTaxonomyOut:
    """Store the taxonomy that a file holds; what the file is follows from its content."""
    filename = PureWindowsPath(file.filename or "").name
    load = partial(file.file.read)
    return taxonomies.import_taxonomy(
        service.workspace.catalog, filename, load, name=name or None, title=title, replace=replace
    )


@router.get("/taxonomies/{taxonomy}", summary="Show a taxonomy", responses=problems(404, 422, 503))
def read_taxonomy(service: ServiceDep, taxonomy: TaxonomyName) -> TaxonomyOut:
    """One taxonomy with its taxa, in the order of their source."""
    return taxonomies.show_taxonomy(service.workspace.catalog, taxonomy)


@router.get(
    "/taxonomies/{taxonomy}/table",
    summary="A taxonomy as CSV",
    response_class=Response,
    responses={**problems(404, 422, 503), **_TABLE},
)
def read_table(service: ServiceDep, taxonomy: TaxonomyName) -> Response:
    """The table that an import makes the same taxonomy of."""
    return Response(taxonomies.export_taxonomy(service.workspace.catalog, taxonomy), media_type=_CSV)


@router.get("/taxonomies/{taxonomy}/resolve", summary="What a text stands for", responses=problems(404, 422, 503))
def resolve(
    service: ServiceDep,
    taxonomy: TaxonomyName,
    text: Annotated[str, Query(max_length=255, description="As somebody wrote it.", examples=["areoligra"])],
    n: Annotated[int, Query(ge=0, le=taxonomies.MOST_SUGGESTIONS, description="Most suggestions to give.")] = 3,
) -> ResolvedOut:
    """The accepted name of a name, synonym or code; else the names that are spelt like it."""
    return taxonomies.resolve_text(service.workspace.catalog, taxonomy, text, n)


@router.delete(
    "/taxonomies/{taxonomy}", summary="Delete a taxonomy", status_code=204, responses=problems(404, 409, 422, 503)
)
def delete_taxonomy(service: ServiceDep, taxonomy: TaxonomyName) -> None:
    """Delete a taxonomy that was imported and that no collection uses."""
    service.workspace.catalog.delete_taxonomy(taxonomy)


@router.get("/collections/{name}/taxonomy", summary="The taxonomy of a collection", responses=problems(404, 422, 503))
def read_use(service: ServiceDep, name: CollectionName) -> CollectionTaxonomyOut:
    """Which taxonomy a collection uses."""
    return taxonomies.taxonomy_of(service.workspace.catalog, name)


@router.put("/collections/{name}/taxonomy", summary="Use a taxonomy", responses=problems(404, 422, 503))
def use(
    service: ServiceDep, name: CollectionName, body: Annotated[UseTaxonomyBody, Body(openapi_examples=_USES)]
) -> CollectionTaxonomyOut:
    """Let a collection use a taxonomy, or none; labels that are there stay as they are.

    From then on labels that people give are resolved: synonyms and codes become accepted names, and what is no taxon is
    refused with what it may mean.
    """
    return taxonomies.use_taxonomy(service.workspace.catalog, name, body.taxonomy)


@router.get("/collections/{name}/taxonomy/labels", summary="Check the labels", responses=problems(404, 422, 503))
def check(service: ServiceDep, name: CollectionName) -> CheckedLabelsOut:
    """Hold all labels of a collection against its taxonomy: names, synonyms, likely misspellings, unknown ones."""
    return taxonomies.check_labels(service.workspace.catalog, name)


@router.post("/collections/{name}/taxonomy/merge", summary="Merge labels", responses=problems(404, 409, 422, 503, 507))
def merge(
    service: ServiceDep,
    name: CollectionName,
    body: Annotated[MergeLabelsBody, Body(openapi_examples=_MERGES)],
    actor: ActorDep,
) -> MergedLabelsOut:
    """Give images accepted names in place of the labels that they have, as one batch that can be undone."""
    return taxonomies.merge_labels(service.workspace, name, body, actor)
