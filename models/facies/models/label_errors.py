"""Label errors: validated labels that images held out from them speak against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facies.core.errors import QueryError

if TYPE_CHECKING:
    from facies.core.metrics import Codes, Indices
    from facies.models.calibration import Values
    from facies.models.knn import Probabilities


@dataclass(frozen=True, slots=True, eq=False)
class Suspects:
    """Images whose label is probably wrong, the most doubtful first.

    Attributes:
        indices: shape (m,), of the images.
        suggested: shape (m,): the most probable class of each, which is not its own.
        quality: shape (m,), 0 to 1: how well the label fits; lower is worse.
    """

    indices: Indices
    suggested: Codes
    quality: Values


def find_label_errors(probabilities: Probabilities, codes: Codes) -> Suspects:
    """Find labels that are probably wrong, by probabilities in which the image itself had no part.

    An image is suspected where the joint counts of given and probable classes (confident learning) say that so many of
    its class belong to another one, and its most probable class is not its own. They are ordered by the probability of
    their label less that of the most probable other class.

    Args:
        probabilities: shape (n, c), n >= 1, such as `facies.models.namers.Namer.held_out` has them.
        codes: shape (n,), the labels given. Classes without an image are left out.

    Raises:
        QueryError: fewer than two classes have an image.

    Source: Northcutt, Jiang & Chuang (2021): Confident learning, JAIR 70, as in ``cleanlab.filter.find_label_issues``
    (``prune_by_noise_rate``) and ``cleanlab.rank`` (normalized margin).
    """
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    there = np.unique(codes)
    if len(there) < 2:
        raise QueryError(f"the labels are of {len(there)} class, so that none can be mistaken for another; expected 2")
    shares = probabilities[:, there]
    shares = shares / shares.sum(axis=1, keepdims=True)
    given = np.searchsorted(there, codes)
    found = find_label_issues(given, shares, filter_by="prune_by_noise_rate", n_jobs=1)
    # What is named as it is labelled is no error that could be told, however unsure.
    indices = np.flatnonzero(found & (shares.argmax(axis=1) != given))
    quality = get_label_quality_scores(given, shares, method="normalized_margin")[indices]
    order = np.argsort(quality, kind="stable")
    suggested = there[shares.argmax(axis=1)[indices]]
    return Suspects(indices[order], suggested[order], quality[order])
