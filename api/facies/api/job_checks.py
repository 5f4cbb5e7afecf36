"""What of a job's parameters can be known when it is ordered, so that a mistake is told at once and not by a worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias, cast

from facies.api.collections import choose_model
from facies.api.paths import allowed_roots, check_path
from facies.api.service import Service
from facies.core.errors import ConfigurationError, QueryError
from facies.indexer.collections import check_model, check_recipe, find_collection
from facies.indexer.jobs.kinds import JobKind, collection_of
from facies.indexer.jobs.parameters import (
    MADE,
    UPLOAD,
    AddModelParameters,
    BackupParameters,
    IndexParameters,
    JobParameters,
)
from facies.indexer.model_addition import check_addition, choose_addition
from facies.indexer.segmentation.job_inputs import find_made
from facies.indexer.segmentation.job_parameters import MaskedParameters, SegmentParameters
from facies.indexer.sources import open_source
from facies.models.presets import choose_recipe
from facies.models.registry import get_card

_Check: TypeAlias = Callable[[Service, JobParameters], JobParameters]


def check_parameters(service: Service, kind: JobKind, parameters: JobParameters) -> JobParameters:
    """Refuse parameters that cannot do; gives them as they are to be kept.

    Raises:
        AccessError: a path lies outside the allowed roots.
        CollectionNotFoundError: the job works on a collection, and there is none of its name.
        FaciesError: see the check of the kind.
    """
    roots = allowed_roots(service.settings)
    for path in parameters.paths():
        if not path.startswith(UPLOAD):
            check_path(path, roots)
    if kind.name in _CHECKS:
        return _CHECKS[kind.name](service, parameters)
    collection = collection_of(parameters)
    if collection is not None:
        service.workspace.catalog.collection(collection)
    return parameters


def check_index(service: Service, given: IndexParameters) -> IndexParameters:
    """Look whether model, recipe and source can be; whatever the caller says, nothing is read outside allowed roots.

    Raises:
        QueryError: the kind of labels makes no sense, or the collection belongs to another model.
        SourceError: nothing is at the path, or it cannot be read.
        UnknownModelError, RecipeError: no such model, or recipe.
    """
    roots = allowed_roots(service.settings)
    try:
        model = _choose_card(service, given)
        open_source(given.path, labels=given.labels, within=roots).close()
    except ConfigurationError as error:  # on the command line it is; over HTTP it is the caller's mistake
        raise QueryError(error.message) from error
    return given.model_copy(update={"model": model, "within": tuple(map(str, roots))})


def _choose_card(service: Service, given: IndexParameters) -> str | None:
    """The card that was asked for, under its own name; None where the collection or the preset chooses it."""
    card = None if given.model is None else get_card(given.model).name
    existing = find_collection(service.workspace, given.collection)
    if existing is None:
        choose_recipe(given.preset, card or choose_model(service, given.preset, None)[0], given.recipe)
        return card
    if card is not None:
        check_model(existing, card)
    if given.recipe is not None:
        check_recipe(existing.name, existing.embedded_vector.fingerprint, given.recipe)
    return card


def check_segment(service: Service, given: SegmentParameters) -> SegmentParameters:
    """Look whether files of other jobs are there; whatever the caller says, nothing is read outside allowed roots.

    Raises:
        JobNotFoundError, JobFileError: there is no such job, or it has made no such file.
    """
    folders = {given.images, given.masks} if isinstance(given, MaskedParameters) else set()
    for place in given.places():
        if place.startswith(MADE):
            find_made(service.workspace.catalog, service.desk.root, place, is_folder=place in folders)
    return given.model_copy(update={"within": tuple(map(str, allowed_roots(service.settings)))})


def check_add_model(service: Service, given: AddModelParameters) -> AddModelParameters:
    """Look whether the model fits the collection, before a network is loaded for it.

    Raises:
        CollectionNotFoundError, UnknownModelError: there is no such collection, or card.
        QueryError: no vector can have this name, or the one that has it was made in another way.
    """
    record = service.workspace.catalog.collection(given.collection)
    try:
        wanted = choose_addition(given.collection, given.model, vector=given.vector, recipe=given.recipe)
        check_addition(service.settings, record, wanted)
    except ConfigurationError as error:  # on the command line it is; over HTTP it is the caller's mistake
        raise QueryError(error.message) from error
    return given.model_copy(update={"model": wanted.card})


def check_backup(service: Service, given: BackupParameters) -> BackupParameters:
    """Whatever the caller says, nothing is written outside allowed roots.

    Raises:
        QueryError: the catalogue is no file, so it cannot go into one.
    """
    url = service.settings.catalog.url
    if url is not None and not url.startswith("sqlite"):
        raise QueryError("the catalogue lies elsewhere (FACIES_CATALOG__URL); back it up with its own tools")
    return given.model_copy(update={"within": tuple(map(str, allowed_roots(service.settings)))})


_CHECKS: Final[Mapping[str, _Check]] = {
    "add-model": lambda service, given: check_add_model(service, cast(AddModelParameters, given)),
    "backup": lambda service, given: check_backup(service, cast(BackupParameters, given)),
    "index": lambda service, given: check_index(service, cast(IndexParameters, given)),
    "segment": lambda service, given: check_segment(service, cast(SegmentParameters, given)),
}
"""Of kinds for which more can be known than what holds for all."""
