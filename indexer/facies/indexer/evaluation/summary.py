"""The figures of an evaluation under the names that scripts rely on: what ``--json`` prints."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from facies.indexer.evaluation.classification import spread
from facies.indexer.evaluation.retrieval import CUTS

if TYPE_CHECKING:
    from facies.indexer.evaluation.comparison import Contender, Difference, Recommendation
    from facies.indexer.evaluation.gallery import Gallery
    from facies.indexer.evaluation.protocol import Evaluation, Measures

_DIGITS = 6


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """The figures of one class; None where no split tests it, or no query asks for it.

    Attributes:
        name: of the class.
        images: how many it has.
        precision: of its nearest-neighbour names, mean over the splits.
        recall: likewise.
        f1: likewise.
        p_at_nk: mean over its images as queries.
    """

    name: str
    images: int
    precision: float | None
    recall: float | None
    f1: float | None
    p_at_nk: float | None


def class_figures(evaluation: Evaluation) -> list[ClassFigures]:
    """Compute the table of classes, in alphabetical order."""
    nearest, p_at_nk = evaluation.measures.knn[1], evaluation.measures.retrieval.p_at_nk
    return [
        ClassFigures(
            name,
            int(np.count_nonzero(evaluation.labels == code)),
            _mean(nearest.precision[:, code]),
            _mean(nearest.recall[:, code]),
            _mean(nearest.class_f1[:, code]),
            _mean(p_at_nk[evaluation.labels == code]),
        )
        for code, name in enumerate(evaluation.classes)
    ]


def summarise(gallery: Gallery, evaluation: Evaluation) -> dict[str, Any]:
    """Give everything that was measured, rounded to six digits."""
    found: dict[str, Any] = {
        "model": gallery.model,
        "recipe": gallery.recipe,
        "reranked_by": evaluation.reranked_by,
        "images": len(evaluation.labels),
        "classes": len(evaluation.classes),
        "groups": None if evaluation.groups is None else len(np.unique(evaluation.groups)),
        "splits": len(evaluation.splits),
        "dim": gallery.vectors.shape[1],
        "images_per_s": None if gallery.images_per_s is None else round(gallery.images_per_s, 2),
        **summarise_measures(evaluation.measures),
        "euclidean": None if evaluation.euclidean is None else summarise_measures(evaluation.euclidean),
        "per_class": [asdict(figures) for figures in class_figures(evaluation)],
        "fingerprint": asdict(gallery.fingerprint),
        "failures": [failure.model_dump() for failure in gallery.failures],
        "notes": list(gallery.notes),
    }
    rounded: dict[str, Any] = _rounded(found)
    return rounded


def summarise_measures(measures: Measures) -> dict[str, Any]:
    """Give the figures of one order of neighbours."""
    nearest, regression, retrieval = measures.knn[1], measures.regression, measures.retrieval
    f1, f1_std = spread(nearest.macro_f1)
    lr_f1, lr_f1_std = spread(regression.macro_f1)
    return {
        "nn_f1": f1,
        "nn_f1_std": f1_std,
        "knn_f1": {
            str(k): dict(zip(("mean", "std"), spread(s.macro_f1), strict=True)) for k, s in measures.knn.items()
        },
        "balanced_accuracy": spread(nearest.balanced_accuracy)[0],
        "lr_f1": lr_f1,
        "lr_f1_std": lr_f1_std,
        "lr_balanced_accuracy": spread(regression.balanced_accuracy)[0],
        "p_at_nk": retrieval.mean_p_at_nk,
        "map": retrieval.mean_average_precision,
        "pr_auc": retrieval.pr_auc,
        "precision_at": dict(zip(map(str, CUTS), np.nanmean(retrieval.precision, axis=0).tolist(), strict=True)),
        "recall_at": dict(zip(map(str, CUTS), np.nanmean(retrieval.recall, axis=0).tolist(), strict=True)),
    }


def summarise_comparison(contenders: list[Contender], recommendation: Recommendation) -> dict[str, Any]:
    """Give the figures of each recipe, how far it is from the best, and which is recommended."""
    against = {versus.name: versus for versus in recommendation.against}
    compared = []
    for contender in contenders:
        measures, versus = contender.evaluation.measures, against.get(contender.name)
        f1, f1_std = spread(measures.knn[1].macro_f1)
        compared.append(
            {
                "name": contender.name,
                "nn_f1": f1,
                "nn_f1_std": f1_std,
                "p_at_nk": measures.retrieval.mean_p_at_nk,
                "map": measures.retrieval.mean_average_precision,
                "dim": contender.dim,
                "images_per_s": contender.images_per_s,
                "from_best": None
                if versus is None
                else {
                    "nn_f1": _interval(versus.f1),
                    "p_at_nk": _interval(versus.p_at_nk),
                    "map": _interval(versus.average_precision),
                    "worse": versus.worse,
                },
            }
        )
    found: dict[str, Any] = _rounded(
        {
            "compared": compared,
            "recommended": recommendation.name,
            "best": recommendation.best,
            "reason": recommendation.reason,
        }
    )
    return found


def _interval(difference: Difference) -> dict[str, float | None]:
    return {"mean": difference.mean, "low": difference.low, "high": difference.high}


def _mean(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float | None:
    there = values[np.isfinite(values)]
    return float(there.mean()) if len(there) else None


def _rounded(value: Any) -> Any:
    """Round all numbers in nested lists and mappings; what is not finite becomes None, which JSON can say."""
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    if isinstance(value, float):
        return round(value, _DIGITS) if math.isfinite(value) else None
    return value
