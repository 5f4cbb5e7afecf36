"""Labelled images with their vectors, and how they are embedded for an evaluation alone."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from facies.core.errors import QueryError
from facies.core.wire import FailureOut
from facies.indexer.embedding import embed_files
from facies.indexer.evaluation.outputs import RawOutputs, ViewSampler, to_unit_rows
from facies.indexer.evaluation.subjects import Subjects
from facies.indexer.evaluation.thumbnails import ReadThumbnail, original_thumbnails
from facies.indexer.progress import OnProgress, ProgressUpdate

if TYPE_CHECKING:
    from pathlib import Path

    from facies.core.records import Fingerprint
    from facies.core.settings import Settings
    from facies.core.store import Vector
    from facies.indexer.evaluation.ranking import Features
    from facies.indexer.limits import Limits
    from facies.models.card_recipes import CardRecipe
    from facies.models.embedder import Embedder, NetworkEmbedder

DEFAULT_RECIPE = "default"


@dataclass(frozen=True, slots=True, eq=False)
class Gallery:
    """Labelled images with their vectors.

    Attributes:
        name: what is evaluated, ``card:recipe`` or ``collection/vector``.
        model: name of the card.
        recipe: name or text of the recipe.
        keys: what tells the n images apart in all recipes.
        titles: what a person knows them by, such as a path below the source.
        labels: n class names.
        groups: n groups; None where they play no part.
        vectors: shape (n, d), float32, unit rows.
        raw: shape (n, d), float32, as the network gave them; None unless asked for.
        fingerprint: how the vectors were made.
        images_per_s: of embedding, with reading and decoding; None where vectors were stored.
        failures: files without a vector.
        notes: what a person should know.
        read_thumbnail: gives a small picture of an image by its key; None where there is none any more.
    """

    name: str
    model: str
    recipe: str
    keys: tuple[str, ...]
    titles: tuple[str, ...]
    labels: tuple[str, ...]
    groups: tuple[str, ...] | None
    vectors: Features
    raw: Features | None
    fingerprint: Fingerprint
    images_per_s: float | None
    failures: tuple[FailureOut, ...]
    notes: tuple[str, ...]
    read_thumbnail: ReadThumbnail

    def select(self, kept: Sequence[int], *notes: str) -> Gallery:
        """Keep the images at these places, with further notes."""
        rows = np.asarray(kept, dtype=np.int64)
        return replace(
            self,
            keys=tuple(self.keys[i] for i in kept),
            titles=tuple(self.titles[i] for i in kept),
            labels=tuple(self.labels[i] for i in kept),
            groups=None if self.groups is None else tuple(self.groups[i] for i in kept),
            vectors=self.vectors[rows],
            raw=None if self.raw is None else self.raw[rows],
            notes=(*self.notes, *notes),
        )


def embed_gallery(
    subjects: Subjects,
    card: str,
    recipe: str = DEFAULT_RECIPE,
    *,
    weights: Path | None = None,
    raw: bool = False,
    settings: Settings,
    limits: Limits,
    progress: OnProgress | None = None,
) -> Gallery:
    """Embed labelled files with a card and a recipe. Nothing is stored.

    Args:
        subjects: the files.
        card: name of a model card.
        recipe: its name, or its text. A whitened recipe is whitened here, by a fit on these very images.
        weights: a checkpoint to use instead of the card's own.
        raw: whether the network's outputs are kept at their own length too.
        settings: of the models.
        limits: of memory and threads.
        progress: told after each image.

    Raises:
        UnknownModelError, WeightsNotFoundError, WeightsMismatchError: as `load_embedder`.
        RecipeError: the card has no such recipe.
        ConfigurationError: raw outputs of a recipe that is made of more.
        QueryError: no file could be embedded.
    """
    embedder, by = _load(card, recipe, weights, settings)
    source = RawOutputs(embedder) if raw else ViewSampler(embedder, len(subjects.items)) if by.whitened else embedder
    failures = list(subjects.failures)
    uris, rows, seconds = _embed(subjects, source, limits, failures, progress)
    if not rows:
        raise QueryError(f"none of the {len(subjects.items)} labelled files could be embedded; {_first(failures)}")
    vectors, fingerprint, note = _finish(source, np.stack(rows), embedder.fingerprint)
    items = {item.uri: item for item in subjects.items}
    pages = _number_pages(uris)
    keys = {uri: subjects.ids.get(uri, uri) for uri in items}
    return Gallery(
        name=f"{card}:{recipe}",
        model=card,
        recipe=recipe,
        keys=tuple(keys[uri] if page is None else f"{keys[uri]}#{page}" for uri, page in zip(uris, pages, strict=True)),
        titles=tuple(
            items[uri].name if page is None else f"{items[uri].name}, page {page + 1}"
            for uri, page in zip(uris, pages, strict=True)
        ),
        labels=tuple(str(items[uri].label) for uri in uris),
        groups=None if subjects.groups is None else tuple(subjects.groups[uri] for uri in uris),
        vectors=vectors,
        raw=np.stack(rows) if raw else None,
        fingerprint=fingerprint,
        images_per_s=len(rows) / seconds,
        failures=tuple(failures),
        notes=(*subjects.notes, *note),
        read_thumbnail=original_thumbnails({keys[uri]: item for uri, item in items.items()}, limits),
    )


def _load(card: str, recipe: str, weights: Path | None, settings: Settings) -> tuple[NetworkEmbedder, CardRecipe]:
    from facies.models.card_recipes import find_recipe
    from facies.models.embedder import load_embedder
    from facies.models.registry import get_card

    found = find_recipe(get_card(card), recipe)
    embedder = load_embedder(
        card, recipe=found.recipe, weights=weights, settings=settings.models, weights_dir=settings.weights_dir
    )
    return embedder, found


def _finish(source: Embedder, rows: Features, made: Fingerprint) -> tuple[Features, Fingerprint, list[str]]:
    """Make of what came out of the embedder the vectors that are measured, and say how, in notes too."""
    if isinstance(source, RawOutputs):
        return to_unit_rows(rows, source.name), made, []
    if not isinstance(source, ViewSampler):
        return rows, made, []
    projection = source.fit(rows)
    if projection is None:
        return rows, made, [f"not whitened, as the recipe has it: {len(rows):,} images are too few to fit that on"]
    said = f"{projection.method}, fitted on these {len(rows):,} images without their labels"
    return projection.apply(rows), made.projected(projection.method, projection.digest), [said]


def _embed(
    subjects: Subjects,
    embedder: Embedder,
    limits: Limits,
    failures: list[FailureOut],
    progress: OnProgress | None,
) -> tuple[list[str], list[Vector], float]:
    uris, rows = [], []
    started = time.monotonic()

    def refuse(uri: str, reason: str) -> None:
        failures.append(FailureOut(path=uri, reason=reason))

    for uri, vector in embed_files(embedder, subjects.items, limits, on_refused=refuse):
        uris.append(uri)
        rows.append(vector)
        if progress is not None:
            done, elapsed = len(rows), time.monotonic() - started
            progress(ProgressUpdate(done=done, total=len(subjects.items), images=done, elapsed_s=elapsed))
    return uris, rows, max(time.monotonic() - started, 1e-9)


def _number_pages(uris: Sequence[str]) -> list[int | None]:
    """Number the images of each file from 0; None where it gave one alone."""
    sizes, seen = Counter(uris), Counter[str]()
    numbers: list[int | None] = []
    for uri in uris:
        numbers.append(seen[uri] if sizes[uri] > 1 else None)
        seen[uri] += 1
    return numbers


def _first(failures: Sequence[FailureOut]) -> str:
    return f"the first: {failures[0].path}: {failures[0].reason}" if failures else "none of them is an image"
