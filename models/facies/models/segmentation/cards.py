"""Cards of hypercolumns: which layers of which backbone make up the features of a pixel, and how they lie on the image.

A card may be one of the table, or be spelt: ``BACKBONE@LAYER+LAYER`` takes the outputs of named modules of any
convolutional network that the registry of models knows (``efficientnet-lite1@bn1+blocks.1``).

Source: Hariharan, Arbeláez, Girshick & Malik (2015): Hypercolumns for object segmentation and fine-grained
localization. CVPR. https://arxiv.org/abs/1411.5752
"""

from __future__ import annotations

from dataclasses import dataclass

from facies.core.errors import UnknownCardError

DEFAULT = "lite0-stem-3"
"""The card to take where nobody says otherwise: its weights come with the installation."""


@dataclass(frozen=True, slots=True)
class LayerGeometry:
    """How the map of one layer lies on the image, the same along rows and columns.

    Place i of the map is computed from the pixels ``stride * i + first`` to ``stride * i + last``, both included.
    Pixels have whole numbers at their centres.

    Attributes:
        channels: features of the layer.
        stride: pixels from one place to the next.
        first: the first pixel that place 0 sees, mostly negative: before the image.
        last: the last one.
    """

    channels: int
    stride: int
    first: int
    last: int

    @property
    def origin(self) -> float:
        """Pixel at which place 0 lies: the middle of what it sees, yet no further than that of its block of pixels.

        What is padded below and to the right alone, as TensorFlow does, sees further there. Training weighs that down:
        the energy of EfficientNet-Lite0's third stage is centred at 3.3 pixels, where it sees -26 to 40.
        """
        return min((self.first + self.last) / 2, (self.stride - 1) / 2)


@dataclass(frozen=True, slots=True)
class HypercolumnCard:
    """Which layers make up the features of a pixel.

    Attributes:
        name: how commands and models call it.
        backbone: name of a card of `facies.models.registry`.
        layers: names of the network's modules, whose outputs are taken; in this order in the features.
        geometry: of each layer, in the same order; measured from the network (`facies.models.segmentation.reach`).
        title: for people.
        notes: what a user ought to know.
    """

    name: str
    backbone: str
    layers: tuple[str, ...]
    geometry: tuple[LayerGeometry, ...]
    title: str
    notes: str = ""

    @property
    def spelling(self) -> str:
        """The card spelt out: what it computes, whatever its name."""
        return spell(self.backbone, self.layers)

    @property
    def channels(self) -> int:
        """Features of a pixel."""
        return sum(layer.channels for layer in self.geometry)

    @property
    def stride(self) -> int:
        """Pixels between two places of the finest map, which is the grid that predictions are made on."""
        return min(layer.stride for layer in self.geometry)

    @property
    def coarsest_stride(self) -> int:
        """Pixels between two places of the coarsest map; tiles begin and end at multiples of it."""
        return max(layer.stride for layer in self.geometry)

    @property
    def halo_above_px(self) -> int:
        """Rows above a tile that its maps depend on, a multiple of the coarsest stride."""
        return self._round_up(max(-layer.first for layer in self.geometry))

    @property
    def halo_below_px(self) -> int:
        """Rows below a tile that its maps depend on, a multiple of the coarsest stride."""
        return self._round_up(max(layer.last - layer.stride + 1 for layer in self.geometry))

    @property
    def halo_px(self) -> int:
        """The larger of the two halos."""
        return max(self.halo_above_px, self.halo_below_px)

    def _round_up(self, rows: int) -> int:
        step = self.coarsest_stride
        return -(-max(rows, 0) // step) * step


_LITE0 = (
    ("bn1", LayerGeometry(32, 2, 0, 2)),
    ("blocks.0", LayerGeometry(16, 2, -2, 4)),
    ("blocks.1", LayerGeometry(24, 4, -6, 12)),
    ("blocks.2", LayerGeometry(40, 8, -26, 40)),
)


def _lite0(name: str, count: int, title: str, notes: str) -> HypercolumnCard:
    layers, geometry = zip(*_LITE0[:count], strict=True)
    return HypercolumnCard(name, "efficientnet-lite0", layers, geometry, title, notes)


CARDS: dict[str, HypercolumnCard] = {
    card.name: card
    for card in (
        _lite0(
            "lite0-stem-3",
            4,
            "Stem and first three stages of EfficientNet-Lite0",
            "The default. Its weights come with the installation.",
        ),
        _lite0(
            "lite0-stem",
            2,
            "Stem and first stage of EfficientNet-Lite0",
            "For previews: it sees 7 pixels across, hence colour and grain and no texture.",
        ),
        HypercolumnCard(
            "vgg16-pool1-pool2",
            "vgg16",
            ("features.4", "features.9"),
            (LayerGeometry(64, 2, -2, 3), LayerGeometry(128, 4, -6, 9)),
            "First two pooled maps of VGG-16",
            "The recipe of published work on core photographs: 192 features. Its weights have to be fetched.",
        ),
    )
}
"""Every card by name."""


def names() -> tuple[str, ...]:
    """Names of the cards of the table, the default first."""
    return tuple(CARDS)


def spell(backbone: str, layers: tuple[str, ...]) -> str:
    """Spell a card: ``BACKBONE@LAYER+LAYER``."""
    return f"{backbone}@{'+'.join(layers)}"


def card(name: str) -> HypercolumnCard:
    """Look a card up by name, or make one that is spelt ``BACKBONE@LAYER+LAYER``; for this the network is built once.

    Raises:
        UnknownCardError: the table has no such name, and it spells no card.
        UnknownModelError: the registry of models has no such backbone.
        LayerError: the backbone has no such layer, or none that lies on the image as a map does.
    """
    if name in CARDS:
        return CARDS[name]
    backbone, sign, spelt = name.partition("@")
    layers = tuple(layer.strip() for layer in spelt.split("+"))
    if not sign or not backbone or not all(layers) or len(set(layers)) < len(layers):
        raise UnknownCardError(name, CARDS)
    from facies.models.segmentation.reach import measure_card

    return measure_card(backbone, layers)
