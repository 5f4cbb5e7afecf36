"""A further model as somebody wants it, held against the collection before a network is loaded."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from facies.core.store.checks import check_new_vector_name
from facies.indexer.collections import check_recipe, vector_name_of
from facies.indexer.derived import fill_all_derived
from facies.indexer.further_models import AddedModelReport, finish_report
from facies.indexer.named_vectors import check_card, find_vector, open_vector

if TYPE_CHECKING:
    from facies.core.records import CollectionRecord, Fingerprint, VectorRecord
    from facies.core.settings import Settings
    from facies.core.workspace import Workspace
    from facies.models.embedder import Embedder
    from facies.models.recipes import Recipe


@dataclass(frozen=True, slots=True)
class Addition:
    """A named vector to be made: of which collection, what it is called, by which card, recipe and checkpoint."""

    collection: str
    vector: str
    card: str
    recipe: str | None = None
    weights: Path | None = None


class Load(Protocol):
    """Loads the network of an addition."""

    def __call__(self, like: Fingerprint | None, recipe: Recipe | None) -> Embedder:
        """Give an embedder like the vectors that are there, else one of this recipe."""


def choose_addition(
    collection: str,
    model: str,
    *,
    vector: str | None = None,
    recipe: str | None = None,
    weights: Path | None = None,
) -> Addition:
    """Read what somebody wants: the vector is called like the card unless it gets a name.

    Raises:
        UnknownModelError: there is no such card.
        ConfigurationError: no vector can have this name.
    """
    from facies.models.registry import get_card

    card = get_card(model).name
    wanted = Addition(collection, vector or vector_name_of(card), card, recipe, weights)
    check_new_vector_name(wanted.vector)
    return wanted


def check_addition(settings: Settings, record: CollectionRecord, wanted: Addition) -> VectorRecord | None:
    """Refuse what contradicts the vector that is there already; gives that one, or None where the name is free.

    Raises:
        FingerprintMismatchError, QueryError: see `facies.indexer.named_vectors.check_card`.
        RecipeError, ConfigurationError: another recipe, or settings by which the vector was not made.
        UnknownModelError: there is no such card.
    """
    from facies.models.presets import choose_recipe
    from facies.models.runtimes.choice import check_settings

    there = find_vector(record, wanted.vector)
    if there is None:
        choose_recipe(record.preset, wanted.card, wanted.recipe)
        return None
    check_card(record, there, wanted.card)
    if wanted.recipe is not None:
        check_recipe(record.name, there.fingerprint, wanted.recipe)
    check_settings(settings.models, there.fingerprint)
    return there


def find_complete(workspace: Workspace, settings: Settings, wanted: Addition) -> AddedModelReport | None:
    """Where every image has the vector, complete what follows from it and report; else None.

    No network is loaded: this is how a complete vector is made the default.

    Raises:
        CollectionNotFoundError: there is no such collection.
        FaciesError: see `check_addition`.
    """
    name = wanted.collection
    there = check_addition(settings, workspace.catalog.collection(name), wanted)
    if there is None or wanted.weights is not None or workspace.store.count(name, lacking=wanted.vector):
        return None
    fill_all_derived(workspace, name, wanted.vector)
    return finish_report(workspace, AddedModelReport(name, wanted.vector), time.monotonic())


def open_addition(workspace: Workspace, wanted: Addition, load: Load) -> Embedder:
    """Load the network, and add its vector to the collection or prove that the one that is there was made by it.

    Raises:
        CollectionNotFoundError: there is no such collection.
        WeightsNotFoundError: nothing has the weights.
        FaciesError: see `facies.indexer.named_vectors.open_vector`.
    """
    from facies.models.presets import choose_recipe

    record = workspace.catalog.collection(wanted.collection)
    there = find_vector(record, wanted.vector)
    embedder = load(
        None if there is None else there.fingerprint,
        choose_recipe(record.preset, wanted.card, wanted.recipe).recipe if there is None else None,
    )
    open_vector(workspace, wanted.collection, embedder, wanted.vector)
    return embedder
