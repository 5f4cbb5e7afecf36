"""What is refused before a job is ordered. The service of these tests does no jobs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from facies.api.job_checks import check_index, check_parameters
from facies.api.paths import allowed_roots
from facies.api.service import Service
from facies.core.errors import (
    AccessError,
    CollectionNotFoundError,
    JobParametersError,
    QueryError,
    RecipeError,
    SourceError,
    UnknownModelError,
)
from facies.indexer.jobs.kinds import KINDS
from facies.indexer.jobs.parameters import IndexParameters, JobParameters
from tests.stubs.jobs import STUB_KINDS

from .conftest import CARD


def check(service: Service, kind: str, **parameters: Any) -> JobParameters:
    found = {**KINDS, **STUB_KINDS}[kind]
    return check_parameters(service, found, found.read(parameters))


def test_an_index_job_is_confined_to_the_roots_whatever_it_says(service: Service, gallery: Path) -> None:
    roots = tuple(str(root) for root in allowed_roots(service.settings))
    for within in (None, ("/",)):
        kept = check(service, "index", collection="g", path=str(gallery), within=within)
        assert isinstance(kept, IndexParameters)
        assert kept.within == roots


@pytest.mark.parametrize("model", [CARD, None])
def test_the_model_that_was_asked_for_is_kept(service: Service, gallery: Path, model: str | None) -> None:
    assert check_index(service, IndexParameters(collection="g", path=str(gallery), model=model)).model == model


@pytest.mark.parametrize("path", ["/etc", "{data}/../..", "https://x/a.zip"])
def test_paths_outside_the_roots_are_refused(service: Service, path: str) -> None:
    with pytest.raises(AccessError):
        check(service, "index", collection="g", path=path.format(data=service.settings.data_dir))
    with pytest.raises(AccessError):
        check(service, "copy", files=["upload:a.png", path.format(data=service.settings.data_dir)])


def test_the_longest_names_are_looked_for(service: Service) -> None:
    root = service.settings.data_dir / ("\xe9" * 127)
    with pytest.raises(SourceError):
        check(service, "index", collection="g", path=str(root))


def test_what_can_be_known_at_once_is_said_at_once(service: Service, gallery: Path) -> None:
    with pytest.raises(SourceError):
        check(service, "index", collection="g", path=str(gallery / "missing"))
    with pytest.raises(QueryError, match="manifest"):
        check(service, "index", collection="g", path=str(gallery), labels="manifest")
    with pytest.raises(UnknownModelError, match="efficientnet-lite0"):
        check(service, "index", collection="g", path=str(gallery), model="efficientnet-lite00")
    with pytest.raises(RecipeError):
        check(service, "index", collection="g", path=str(gallery), model=CARD, recipe="nothing")
    with pytest.raises(JobParametersError, match="collection"):
        check(service, "index", collection="a b", path=str(gallery))


def test_another_model_cannot_join_a_collection(filled: Service, gallery: Path) -> None:
    with pytest.raises(QueryError, match="indexed with efficientnet-lite0"):
        check(filled, "index", collection="g", path=str(gallery), model="vgg16")


@pytest.mark.parametrize("kind", ["whiten", "optimise", "label"])
def test_work_on_a_collection_wants_one(filled: Service, kind: str) -> None:
    with pytest.raises(CollectionNotFoundError):
        check(filled, kind, collection="nothing")
    check(filled, kind, collection="g")
