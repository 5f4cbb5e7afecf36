"""What every runtime promises."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np

from facies.core.errors import ConfigurationError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from facies.core.images import RgbImage
    from facies.models.preprocess import View

Prepared: TypeAlias = "NDArray[np.uint8]"
"""One image as a runtime wants it; what its axes mean is the runtime's own business."""
Values: TypeAlias = "NDArray[np.float32]"
RuntimeName: TypeAlias = Literal["openvino", "torch", "torch-cuda"]
Precision: TypeAlias = Literal["f32", "bf16", "int8"]


@dataclass(frozen=True, slots=True)
class Outputs:
    """What a network made of n images in v views each.

    Attributes:
        embedding: shape (n, v, d), float32, as the network gives it: its rows have any length.
        maps: by name, float32: feature maps (n, v, channels, height, width), or tokens (n, v, tokens, d) of a
            transformer, class token first.
    """

    embedding: Values
    maps: Mapping[str, Values] = field(default_factory=dict)


@runtime_checkable
class Runtime(Protocol):
    """One network with its weights, ready to run. Safe to share between threads.

    Attributes:
        name: ``openvino``, ``torch`` or ``torch-cuda``, as fingerprints have it.
        precision: of the network's arithmetic.
        views: how each image is looked at, in the order of the outputs.
        map_names: every intermediate map that the network has, from input to output.
        batch_size: how many images are best given at once; it changes speed alone.
        preprocessing: how pixels reach the network, in one line that changes whenever the values would.
    """

    @property
    def name(self) -> RuntimeName:
        """As fingerprints have it."""

    @property
    def precision(self) -> Precision:
        """Of the network's arithmetic."""

    @property
    def views(self) -> tuple[View, ...]:
        """How each image is looked at."""

    @property
    def map_names(self) -> tuple[str, ...]:
        """Every intermediate map that the network has; those asked for at construction come with each run."""

    @property
    def batch_size(self) -> int:
        """How many images are best given at once."""

    @property
    def preprocessing(self) -> str:
        """How pixels reach the network."""

    def prepare(self, pixels: RgbImage) -> Prepared:
        """Bring an image (height, width, 3) uint8 to what `run` takes; in any thread, many at a time.

        Raises:
            ImageError: the array has another shape or dtype.
        """

    def run(self, prepared: Sequence[Prepared]) -> Outputs:
        """Run any number of prepared images through the network. The company of an image changes nothing."""


def check_maps(wanted: Sequence[str], there: Sequence[str], network: str) -> tuple[str, ...]:
    """The names of the maps that are wanted, each once, when it is known that they are there.

    Raises:
        ConfigurationError: the network has no such map.
    """
    found = {place: find_map(place, there) for place in wanted}
    missing = [place for place, name in found.items() if name is None]
    if missing:
        raise ConfigurationError(f"{network} has no map {', '.join(missing)}. It has: {', '.join(there) or 'none'}.")
    return tuple(dict.fromkeys(name for name in found.values() if name is not None))


def find_map(place: str, there: Sequence[str]) -> str | None:
    """A map by its name, or by how deep it lies among all that a network has, from input to output; None: not there.

    Example:
        >>> find_map("50%", ["layer1", "layer2", "layer3"]), find_map("layer4", ["layer1"])
        ('layer2', None)
    """
    depth = _DEPTH.fullmatch(place)
    if depth and there and int(depth[1]) <= _DEEPEST:
        return there[round(int(depth[1]) / _DEEPEST * (len(there) - 1))]
    return place if place in there else None


_DEPTH = re.compile(r"(\d{1,3})%")
_DEEPEST = 100


def split_views(rows: Values, views: int) -> Values:
    """Bring (n * v, ...) rows, the views of an image one after the other, to (n, v, ...)."""
    return rows.reshape(-1, views, *rows.shape[1:])
