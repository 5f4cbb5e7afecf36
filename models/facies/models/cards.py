"""What a model card is made of: frozen values, no behaviour beyond what follows from their own fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Pooling: TypeAlias = Literal["class token", "average pool", "the network's own pooling"]
Interpolation: TypeAlias = Literal["bicubic", "bilinear"]
Resizing: TypeAlias = Literal["fast", "reference"]
"""``reference`` is what published figures were made with: Pillow's resize of a photograph decoded whole."""
CheckpointForm: TypeAlias = Literal["dino", "efficientnet-lite", "timm"]
"""How a checkpoint file names its tensors; `facies.models.checkpoints` has one reader for each."""

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
HALF = (0.5, 0.5, 0.5)


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file that somebody put into the weights folder.

    Attributes:
        pattern: file name, or glob, relative to the weights folder.
        sha256: hash of its bytes, or the leading hexadecimal digits; None: recorded at first use.
    """

    pattern: str
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class PackagedWheel:
    """A file inside an installed Python package.

    Attributes:
        distribution: name on the package index.
        file: the file's path inside the installation.
        sha256: hash of its bytes.
    """

    distribution: str
    file: str
    sha256: str


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a Hugging Face hub repository.

    Attributes:
        repo: ``owner/name``.
        file: path inside the repository.
        revision: branch, tag or commit.
        sha256: hash of its bytes; None: recorded at first use.
    """

    repo: str
    file: str
    revision: str = "main"
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Url:
    """A file at a web address.

    Attributes:
        url: http or https.
        sha256: hash of its bytes, or the leading hexadecimal digits that its publisher put into the file name; None:
            recorded at first use.
    """

    url: str
    sha256: str | None = None

    @property
    def file(self) -> str:
        """The file's name, the last part of the address."""
        return self.url.rsplit("/", 1)[-1]


WeightSource: TypeAlias = LocalFile | PackagedWheel | HubFile | Url


@dataclass(frozen=True, slots=True)
class Publication:
    """Where a model comes from: how to cite it, and a link."""

    citation: str
    link: str

    def __str__(self) -> str:
        return f"{self.citation} {self.link}"


@dataclass(frozen=True, slots=True)
class ModelCard:
    """All that is needed to turn images into vectors with one network, and where it comes from.

    Attributes:
        name: how commands and collections call it.
        title: for people.
        publication: citation and link.
        licence: of the weights, as their publisher states it.
        architecture: name of the network in timm.
        dim: length of a vector.
        resize_px: images are squashed to this square first.
        input_px: side of the central square that the network sees, at most `resize_px`.
        mean: per channel (red, green, blue), values in [0, 1].
        std: per channel, as `mean`.
        interpolation: of the resize, always antialiased.
        resizing: by torch, or by Pillow as in the published protocols.
        pooling: how the last feature map or the tokens become one vector.
        form: how checkpoint files name their tensors.
        sources: where the weights may come from, in order of preference.
        dropped: beginnings of tensor names that a checkpoint may hold and an embedding never needs (classifiers).
        options: further arguments of the network in timm.
        notes: what a user ought to know.
    """

    name: str
    title: str
    publication: Publication
    licence: str
    architecture: str
    dim: int
    sources: tuple[WeightSource, ...]
    form: CheckpointForm = "timm"
    resize_px: int = 256
    input_px: int = 224
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    interpolation: Interpolation = "bicubic"
    resizing: Resizing = "fast"
    pooling: Pooling = "average pool"
    dropped: tuple[str, ...] = ()
    options: tuple[tuple[str, Any], ...] = ()
    notes: str = ""

    @property
    def file_stem(self) -> str:
        """The card's own file name, without suffix, in the weights folder."""
        return self.name.replace(":", "-").replace("/", "-")

    @property
    def recipe(self) -> str:
        """Views, layers and pooling that make up the vector."""
        return f"final layer, {self.pooling}, one view"

    @property
    def preprocessing(self) -> str:
        """How pixels reach the network, in one line that changes whenever the values would."""
        mean, std = (" ".join(f"{value:g}" for value in values) for values in (self.mean, self.std))
        library = "torch" if self.resizing == "fast" else "Pillow"
        return (
            f"squash {self.resize_px} {self.interpolation} antialias uint8 {library}, crop {self.input_px}, "
            f"mean {mean}, std {std}"
        )

    def preprocessing_with(self, *, draft_px: int | None, on_gpu: bool = False) -> str:
        """As `preprocessing`, for a runtime that is given drafts of large photographs, or resizes on a GPU."""
        text = self.preprocessing
        if on_gpu and self.resizing == "fast":
            text = text.replace("uint8 torch", "float torch on the GPU up to 1 Mpx, uint8 torch above")
        return text if draft_px is None else f"JPEG by scaled DCT to no less than {draft_px}, {text}"
