"""How well macerals are told apart on images that nothing was learnt from, by leaving one image out after the other.

Everything that is learnt is learnt from pixels of other images. What is drawn from each image and its maps are made
once; what is fitted anew for each image is the classifier.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import SegmentationError
from facies.core.segmentation.class_files import list_classes
from facies.indexer.segmentation.leave_one_out import (
    ImageConfusion,
    PooledConfusion,
    leave_one_image_out,
    score_within_images,
)
from facies.indexer.segmentation.mask_grain import mean_run_px, smoothing_of_runs
from facies.indexer.segmentation.mask_lessons import PIXELS_PER_CLASS, sample_where
from facies.indexer.segmentation.mask_pixels import MaskPixels, sample_mask
from facies.indexer.segmentation.pictures import Picture, read_picture
from facies.indexer.segmentation.same_pictures import find_copies, hash_pixels
from facies.indexer.segmentation.scores import compute_scores
from facies.indexer.segmentation.spending import measure_spending
from facies.indexer.segmentation.view_naming import name_by_views
from facies.indexer.segmentation.views import find_views
from facies.models.segmentation.cards import DEFAULT
from facies.models.segmentation.pixel_classifier import TREES, ClassifierKind, PixelClassifier, fit_classifier
from facies.models.segmentation.smoothing import check_radius_px

if TYPE_CHECKING:
    from facies.indexer.segmentation.bench import Bench
    from facies.indexer.segmentation.mask_source import MaskSource
    from facies.indexer.segmentation.training import Tell


@dataclass(frozen=True, slots=True)
class ScoringOrder:
    """What is to be scored.

    Attributes:
        source: images and masks.
        card: of the hypercolumns.
        kind: of the classifier.
        trees: of a forest.
        seed: of all chance.
        pixels_per_class: drawn from each class of each image, at most.
        views: name of the set of views that are averaged.
        smoothing_px: radius of the smoothing; None: that of the masks that are learnt from.
        is_within_image: whether the score that leaks is taken too; it costs as much again.
    """

    source: MaskSource
    card: str = DEFAULT
    kind: ClassifierKind = "extra-trees"
    trees: int = TREES
    seed: int = 0
    pixels_per_class: int = PIXELS_PER_CLASS
    views: str = "none"
    smoothing_px: float | None = None
    is_within_image: bool = False

    def __post_init__(self) -> None:
        """Check the smoothing.

        Raises:
            SegmentationError: a radius that makes no sense.
        """
        if self.smoothing_px is not None:
            check_radius_px(self.smoothing_px, "--smoothing-px")


def score_macerals(order: ScoringOrder, bench: Bench, tell: Tell) -> dict[str, Any]:
    """Carry the protocol out, and give the report as JSON holds it.

    Raises:
        FaciesError: as `MaskSource.open`.
        SegmentationError: fewer than two images, or no such set of views.
        TooFewClassesError: the images that are left have one class alone.
        UnknownCardError, ModelError: the card, or its weights.
    """
    bench.hypercolumns(order.card)  # opened before anything is measured, as in training
    with measure_spending() as spending:
        report = _Scoring(order, bench, tell).run()
    return {**report, **spending.as_json()}


class _Fitted(NamedTuple):
    classifier: PixelClassifier
    smoothing_px: float


class _Scoring:
    def __init__(self, order: ScoringOrder, bench: Bench, tell: Tell) -> None:
        self._order, self._bench, self._tell = order, bench, tell
        self._views = find_views(order.views)
        self._folder = order.source.open(bench.limits.max_pixels)
        if len(self._folder.images) < 2:
            raise SegmentationError(
                f"{order.source.images} has 1 image, and none to learn from when it is left out; expected at least 2. "
                "Add images with masks, or give the score of this one with --mask and --truth"
            )
        self._stride = bench.hypercolumns(order.card).card.stride
        self._runs_px: list[float] = []
        self._contents: list[str] = []
        self._names = [one.path.name for one in self._folder.images]

    def run(self) -> dict[str, Any]:
        order, table = self._order, self._folder.table
        pooled = self._leave_one_out()
        background = int(table.ids[self._folder.background])
        report = {
            "protocol": pooled.protocol,
            **_scores(pooled, background),
            "classes": list_classes(table),
            "images": len(self._names),
            "per_image": [_image_scores(one, background) for one in pooled.images],
            "card": self._bench.hypercolumns(order.card).card.name,
            "kind": order.kind,
            "trees": order.trees,
            "pixels_per_class": order.pixels_per_class,
            "views": order.views,
            "smoothing_px": self._smoothing_px(range(len(self._names))),
            "seed": order.seed,
            "notes": [*self._folder.notes, *self._notes_on_copies()],
        }
        if order.is_within_image:
            within = self._score_within()
            report["within_image_leaks"] = {"note": within.protocol, **_scores(within, background)}
        return report

    def _leave_one_out(self) -> PooledConfusion:
        drawn = []
        for number in range(len(self._names)):
            self._tell("computing maps", number, len(self._names))
            picture, mask = self._picture(number), self._mask(number)
            self._contents.append(hash_pixels(picture.pixels))
            self._runs_px.append(mean_run_px(mask))
            pixels = sample_mask(mask, self._order.pixels_per_class, seed=self._order.seed + number)
            drawn.append((self._features(picture, pixels), pixels.classes))
        scored = 0

        def count(_: ImageConfusion) -> None:
            nonlocal scored
            scored += 1
            self._tell("leaving images out", scored, len(self._names))

        def fit(numbers: Sequence[int]) -> _Fitted:
            return _Fitted(self._fit([drawn[number] for number in numbers]), self._smoothing_px(numbers))

        return leave_one_image_out(
            self._names,
            fit=fit,
            predict=self._predict,
            truth=self._truth,
            groups=self._contents if find_copies(self._contents) else None,
            on_image=count,
        )

    def _notes_on_copies(self) -> list[str]:
        found = [", ".join(self._names[number] for number in numbers) for numbers in find_copies(self._contents)]
        return [f"{names} are the same picture: they were left out together, and count as often" for names in found]

    def _score_within(self) -> PooledConfusion:
        def fit(number: int, is_learnt: NDArray[np.bool_]) -> _Fitted:
            self._tell("scoring within images", number, len(self._names))
            pixels = sample_where(
                self._mask(number), is_learnt, self._order.pixels_per_class, seed=self._order.seed + number
            )
            classifier = self._fit([(self._features(self._picture(number), pixels), pixels.classes)])
            return _Fitted(classifier, self._smoothing_px([number]))

        return score_within_images(
            self._names, fit=fit, predict=self._predict, truth=self._truth, seed=self._order.seed
        )

    def _fit(self, drawn: Sequence[tuple[NDArray[np.float32], NDArray[np.int32]]]) -> PixelClassifier:
        return fit_classifier(
            self._order.kind,
            np.concatenate([features for features, _ in drawn]),
            np.concatenate([classes for _, classes in drawn]),
            classes=len(self._folder.table),
            seed=self._order.seed,
            trees=self._order.trees,
            threads=self._bench.threads,
        )

    def _smoothing_px(self, learnt: Sequence[int]) -> float:
        if self._order.smoothing_px is not None:
            return self._order.smoothing_px
        return smoothing_of_runs([self._runs_px[number] for number in learnt])

    def _predict(self, fitted: _Fitted, number: int) -> NDArray[np.uint8]:
        probabilities = name_by_views(
            self._bench,
            self._order.card,
            fitted.classifier,
            self._picture(number),
            radius_cells=fitted.smoothing_px / self._stride,
            views=self._views,
        )
        return self._folder.table.ids_of(probabilities.argmax(axis=2))

    def _features(self, picture: Picture, pixels: MaskPixels) -> NDArray[np.float32]:
        return self._bench.features_at(picture, self._order.card, pixels.rows, pixels.columns)

    def _picture(self, number: int) -> Picture:
        return read_picture(self._folder.images[number].path, self._bench.limits)

    def _mask(self, number: int) -> NDArray[np.uint8]:
        return self._folder.read_mask(number, self._picture(number).shape).indices

    def _truth(self, number: int) -> NDArray[np.uint8]:
        return self._folder.table.ids_of(self._mask(number))


def _scores(pooled: PooledConfusion, background: int) -> dict[str, Any]:
    found = pooled.pooled
    confusion = {"ids": found.ids.tolist(), "truth_by_mask": found.counts.tolist()}
    return {**compute_scores(found, background=background).as_json(), "confusion": confusion}


def _image_scores(one: ImageConfusion, background: int) -> dict[str, Any]:
    scores = compute_scores(one.confusion, background=background)
    return {
        "image": one.name,
        "pixels": scores.pixels,
        "micro_dice": scores.micro_dice,
        "micro_jaccard": scores.micro_jaccard,
        "macro_f1": scores.macro_f1,
        "mask_pixels": {str(number): one.mask_pixels for number, one in scores.per_class.items()},
        "truth_pixels": {str(number): one.truth_pixels for number, one in scores.per_class.items()},
    }
