"""Errors of segmentation; import them from `facies.core.errors`, which draws their tree."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from facies.core.error_base import FaciesError

_SHOWN = 10
"""Findings of one file that a message lists; the rest is counted."""


class SegmentationError(FaciesError):
    """A request to segment images that makes no sense, or files for it that cannot be used."""


class ClassTableError(SegmentationError):
    """Ids, names and colours that make no table of classes, or a file that holds none."""


class UnknownClassError(SegmentationError):
    """Labels or a mask name classes that the table of classes does not have."""

    def __init__(self, where: str, unknown: Iterable[int | str], known: Iterable[tuple[int, str]]) -> None:
        """Name the file, the classes that it has and the table lacks, and those of the table."""
        lacking = list(unknown)
        classes = list(known)
        names = [name for _, name in classes]
        near = [close for word in lacking for close in difflib.get_close_matches(str(word), names, n=1, cutoff=0.6)]
        hint = f"Did you mean {' or '.join(map(repr, dict.fromkeys(near)))}? " if near else ""
        super().__init__(
            f"{where} has {_some(map(repr, lacking))}, which the table of classes lacks. {hint}It has "
            f"{_some(f'{number} ({name})' for number, name in classes)}; correct the labels, or give a table "
            "of classes that has them all."
        )


class LabelsError(SegmentationError):
    """A file of labels that cannot be used; everything that was found in it is listed at once."""

    def __init__(self, where: str, findings: Sequence[str], remedy: str = "Correct it and try again.") -> None:
        """Name the file, what is wrong with it, and what to do."""
        if len(findings) == 1:
            super().__init__(f"{where}: {findings[0].rstrip('.')}. {remedy}")
        else:
            lines = "".join(f"\n  - {finding}" for finding in findings[:_SHOWN])
            more = f"\n  - and {len(findings) - _SHOWN:,} more" if len(findings) > _SHOWN else ""
            super().__init__(f"{where} has {len(findings):,} faults:{lines}{more}\n{remedy}")


class NoLabelsError(LabelsError):
    """A file of labels that labels nothing."""

    def __init__(self, where: str, detail: str) -> None:
        """Name the file and say what it holds instead."""
        super().__init__(where, [f"no pixel is labelled: {detail}"], "Draw at least one stroke in each class.")


class TooFewClassesError(SegmentationError):
    """Labels of one class alone, from which nothing can be told apart."""

    def __init__(self, where: str, names: Iterable[str]) -> None:
        """Name the labels and the classes that they have."""
        super().__init__(
            f"{where} have labels of {_some(map(repr, names)) or 'no class'} only, expected at least two classes; "
            "draw strokes in what is to be told apart from it."
        )


class MaskError(SegmentationError):
    """A file that does not hold a mask of whole class ids."""

    def __init__(self, where: str, reason: str) -> None:
        """Name the file, what is wrong, and which files are read."""
        super().__init__(
            f"{where} is no mask of classes: {reason}. Expected an indexed or greyscale PNG whose values are class "
            "ids, or a .npy file of whole numbers (height, width)."
        )


class MaskSizeError(SegmentationError):
    """A mask or labels of another size than the image or mask that they belong to."""

    def __init__(self, what: str, got: tuple[int, int], other: str, expected: tuple[int, int]) -> None:
        """Name both and their sizes, given as (height, width)."""
        super().__init__(
            f"{what} has {got[1]} x {got[0]} pixels, {other} has {expected[1]} x {expected[0]}; they must be of one "
            "size, pixel on pixel. Export it again at the size of the image, without resampling."
        )


class UnknownCardError(SegmentationError):
    """No card of hypercolumns has this name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        """Name the card asked for, the nearest ones, all of them, and how one is spelt."""
        cards = list(known)
        close = difflib.get_close_matches(name, cards, n=2, cutoff=0.5)
        hint = f"Did you mean {' or '.join(close)}? " if close else ""
        super().__init__(
            f"unknown card of hypercolumns {name!r}. {hint}There are {', '.join(cards)}; other layers are spelt "
            "BACKBONE@LAYER+LAYER, each once, such as efficientnet-lite1@bn1+blocks.1."
        )


class LayerError(SegmentationError):
    """A network has no such layer, or none whose output lies on the image as a map does."""

    def __init__(self, backbone: str, layer: str, reason: str, near: Sequence[str] = ()) -> None:
        """Name the network and the layer, say what is wrong, and offer layers of similar names."""
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        super().__init__(
            f"layer {layer!r} of {backbone} cannot be used for hypercolumns: {reason}.{hint} Take early layers of a "
            "convolutional network, by their names as modules of timm's network."
        )


class DepthError(SegmentationError):
    """Depths, sections and intervals of a core that make no sense, or rows that do not fit them."""


def _some(texts: Iterable[str]) -> str:
    every = list(texts)
    return ", ".join(every[:_SHOWN]) + (f" and {len(every) - _SHOWN:,} more" if len(every) > _SHOWN else "")


class FinetuningError(SegmentationError):
    """A network cannot be trained on masks in the way that was asked for."""


class FinetunedFileError(SegmentationError):
    """A file does not hold a network that was trained on masks, or not the one that its header names."""

    def __init__(self, where: str, reason: str) -> None:
        """Name the file and what is wrong with it."""
        super().__init__(
            f"{where} is no network for segmentation: {reason}. Expected a file that `facies segment train` wrote with "
            "a network to be trained whole; train it again, or copy it again from where it came."
        )


class ClassifierError(SegmentationError):
    """A classifier of pixels that is not there, or features that it cannot learn from."""


class SegmentationModelError(SegmentationError):
    """A file or its parts that make no trained segmentation."""


class ModelMapsMismatchError(SegmentationModelError):
    """A trained segmentation is offered maps that were made in another way than those of its training."""

    def __init__(self, what: str, trained: str, offered: str) -> None:
        """Name what differs, and both."""
        super().__init__(
            f"the model was trained on maps of another {what}: {trained}, offered are those of {offered}. Its answers "
            "would mean nothing; compute the maps with the model's own card and weights, or train again."
        )
