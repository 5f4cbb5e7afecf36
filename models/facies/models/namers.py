"""Namers: learnt from validated images, they give every other image probabilities of the classes, and its novelty.

Two ways are tried, and both together: the votes of the nearest validated images, and a linear head. Each image is named
once without itself (and without the others of its slide or well, where a grouping says so), which shows what the ways
are worth, calibrates them, and chooses among them: the least log loss counts, which is low only for probabilities that
are both sure and honest.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

import numpy as np
from scipy.optimize import minimize_scalar

from facies.core.errors import QueryError
from facies.core.metrics import exact_neighbours, other_neighbours
from facies.models.calibration import compute_log_loss, fit_temperature, soften
from facies.models.knn import vote
from facies.models.linear_head import LinearHead, fit_linear_head, name_held_out
from facies.models.novelty import NEIGHBOURS, compute_novelty

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from facies.core.metrics import Codes, Embeddings, Indices, Similarities
    from facies.models.knn import Probabilities
    from facies.models.novelty import Novelty

Way: TypeAlias = Literal["votes", "linear", "both"]
"""The nearest validated images vote; a linear head; the geometric mean of the two."""
WAYS: Final[tuple[Way, ...]] = get_args(Way)

K: Final = 15
"""Validated images that vote."""
_DOUBT: Final = 0.02
"""Share of the votes that goes to all classes alike: no class is impossible because fifteen images lack it."""
_COOLEST, _HOTTEST = 0.005, 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Validated:
    """Images whose names are known.

    Attributes:
        vectors: shape (n, d), float32, unit rows.
        codes: shape (n,): class of each, as a number of ``classes``.
        classes: names, each once.
        groups: shape (n,): images of one group, such as a slide, are never compared with each other; None: none are.
    """

    vectors: Embeddings
    codes: Codes
    classes: tuple[str, ...]
    groups: Codes | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """What a namer says of m images.

    Attributes:
        probabilities: shape (m, c).
        novelty: shape (m,).
        neighbours: shape (m, k): indices of the nearest validated images, nearest first.
        similarities: shape (m, k).
    """

    probabilities: Probabilities
    novelty: Novelty
    neighbours: Indices
    similarities: Similarities


@dataclass(frozen=True, slots=True, eq=False)
class Namer:
    """A way of naming, fitted.

    Attributes:
        validated: what it learnt from.
        way: how it names.
        k: validated images that vote, or are looked at for the novelty.
        vote_temperature: see `facies.models.knn`.
        temperature: by which the outcome is softened, see `facies.models.calibration`.
        head: None where votes alone count.
        held_out: what it says of each validated image that it does not know.
        losses: log loss on these of each way, calibrated.
    """

    validated: Validated
    way: Way
    k: int
    vote_temperature: float
    temperature: float
    head: LinearHead | None
    held_out: Named
    losses: Mapping[Way, float]

    def name(self, vectors: Embeddings) -> Named:
        """Name images that are not among the validated ones.

        Args:
            vectors: shape (m, d), unit rows.

        Raises:
            DimensionMismatchError: the vectors are of another length.
        """
        neighbours, similarities = exact_neighbours(vectors, self.validated.vectors, self.k)
        votes = _count_votes(neighbours, similarities, self.validated, self.vote_temperature)
        linear = votes if self.head is None else self.head.probabilities(vectors)
        named = soften(_combine(self.way, votes, linear), self.temperature)
        return Named(named, compute_novelty(similarities), neighbours, similarities)


def fit_namer(validated: Validated, ways: Sequence[Way] = WAYS) -> Namer:
    """Fit every way, and take the one with the least log loss on images that it does not know.

    Args:
        validated: images of at least two classes.
        ways: those that may be taken, at least one.

    Raises:
        QueryError: there are fewer than two classes, or no class has two images or, with groups, images in two groups.
    """
    _check(validated)
    neighbours, similarities = other_neighbours(validated.vectors, _most_neighbours(validated), validated.groups)
    warmth = _fit_votes(neighbours, similarities, validated)
    votes = _count_votes(neighbours, similarities, validated, warmth)
    classes = len(validated.classes)
    linear = votes
    if set(ways) != {"votes"}:
        linear = name_held_out(validated.vectors, validated.codes, classes, validated.groups)
    tried: dict[Way, tuple[float, Probabilities]] = {}
    for way in ways:
        combined = _combine(way, votes, linear)
        temperature = fit_temperature(combined, validated.codes)
        tried[way] = temperature, soften(combined, temperature)
    losses = {way: compute_log_loss(named, validated.codes) for way, (_, named) in tried.items()}
    best = min(ways, key=lambda way: losses[way])
    temperature, named = tried[best]
    return Namer(
        validated,
        best,
        neighbours.shape[1],
        warmth,
        temperature,
        None if best == "votes" else fit_linear_head(validated.vectors, validated.codes, classes),
        Named(named, compute_novelty(similarities), neighbours, similarities),
        MappingProxyType(losses),
    )


def _check(validated: Validated) -> None:
    counts = np.bincount(validated.codes, minlength=len(validated.classes))
    there = np.flatnonzero(counts)
    if len(there) < 2:
        only = f", {validated.classes[there[0]]!r}" if len(there) else ""
        raise QueryError(
            f"the {len(validated.codes):,} validated images are of {len(there)} class{'' if len(there) == 1 else 'es'}"
            f"{only}; naming takes at least 2. Validate images of another class first."
        )


def _most_neighbours(validated: Validated) -> int:
    mates = 1 if validated.groups is None else int(np.bincount(validated.groups).max())
    most = len(validated.codes) - mates
    if most < 1:
        raise QueryError("all validated images are of one group, so none can be held out; leave the grouping away")
    return min(max(K, NEIGHBOURS), most)


def _count_votes(
    neighbours: Indices, similarities: Similarities, validated: Validated, temperature: float
) -> Probabilities:
    codes = validated.codes[neighbours[:, :K]]
    shares = vote(similarities[:, :K].astype(np.float64), codes, len(validated.classes), temperature)
    doubted: Probabilities = (1 - _DOUBT) * shares + _DOUBT / len(validated.classes)
    return doubted


def _fit_votes(neighbours: Indices, similarities: Similarities, validated: Validated) -> float:
    def loss(log_temperature: float) -> float:
        votes = _count_votes(neighbours, similarities, validated, float(np.exp(log_temperature)))
        return compute_log_loss(votes, validated.codes)

    found = minimize_scalar(loss, bounds=(np.log(_COOLEST), np.log(_HOTTEST)), method="bounded")
    return float(np.exp(found.x))


def _combine(way: Way, votes: Probabilities, linear: Probabilities) -> Probabilities:
    if way == "votes":
        return votes
    floored: Probabilities = (1 - _DOUBT) * linear + _DOUBT / linear.shape[1]
    if way == "linear":
        return floored
    together: Probabilities = np.sqrt(votes * floored)
    shares: Probabilities = together / together.sum(axis=1, keepdims=True)
    return shares
