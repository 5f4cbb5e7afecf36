"""A folder of images and a folder of their masks, paired by name, and looked through before anything is computed.

A mask belongs to the image whose name it has, with or without ``_gt`` or ``_mask`` behind it. Both may lie in one
folder; there the ending tells masks from images. With a list of files each mask is a layer of one class, and belongs to
the image that the list names, or to the one with whose name its own begins.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from facies.core.errors import FaciesError, LabelsError, SourceError
from facies.core.images import RgbImage, decode_image
from facies.core.segmentation import ClassTable
from facies.indexer.segmentation.maceral_list import ListedLayer
from facies.indexer.segmentation.maceral_masks import DenseMask, MaskFile, read_dense_mask
from facies.models.macerals import MACERALS

ENDINGS = ("_gt", "_mask")
"""What stands behind the image's name in the name of its mask, where anything does."""
IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"})
_MASK_SUFFIXES = IMAGE_SUFFIXES | {".npy"}
_JOINTS = ("_", "-", ".")


@dataclass(frozen=True, slots=True)
class MaskedImage:
    """One image with the files of its mask."""

    name: str
    path: Path
    masks: tuple[MaskFile, ...]


@dataclass(frozen=True, slots=True)
class MaceralFolder:
    """Images with masks that fit them.

    Attributes:
        images: sorted by name.
        table: the classes of the masks.
        background: index of the class that is no maceral.
        max_pixels: limit for each image.
        notes: what a person should know about the masks.
    """

    images: tuple[MaskedImage, ...]
    table: ClassTable
    background: int
    max_pixels: int
    notes: tuple[str, ...] = ()

    def read_image(self, number: int) -> RgbImage:
        """Read the pixels of an image, (height, width, 3) uint8.

        Raises:
            SourceError: the file is not there any more.
            ImageError: it is not an image any more.
        """
        return _read_image(self.images[number].path, self.max_pixels)

    def read_mask(self, number: int, shape: tuple[int, int]) -> DenseMask:
        """Read the mask of an image of the height and width.

        Raises:
            FaciesError: as `read_dense_mask`.
        """
        return read_dense_mask(self.images[number].masks, self.table, shape, background=self.background)


def open_maceral_folder(
    images: Path,
    masks: Path,
    *,
    table: ClassTable = MACERALS,
    background: int = 0,
    layers: Sequence[ListedLayer] | None = None,
    max_pixels: int,
) -> MaceralFolder:
    """Pair images with masks and read each once, so that everything that is wrong is known before the first fit.

    Args:
        images: folder of images.
        masks: folder of masks; may be the same.
        table: the classes of the masks.
        background: index of the class that is no maceral.
        layers: where each mask file holds one class: which, see `facies.indexer.segmentation.maceral_list`.
        max_pixels: limit for each image.

    Raises:
        SourceError: a folder cannot be read, or has no images.
        LabelsError: images without masks, masks without images, damaged files, other sizes, unknown classes; all of
            them at once.
    """
    image_files, mask_files = _list_files(images, masks, {layer.file for layer in layers or ()})
    findings: list[str] = []
    by_name = _by_name(image_files, findings)
    if layers is None:
        pairs = _pair_by_name(by_name, mask_files, findings)
    else:
        pairs = _pair_by_list(by_name, mask_files, layers, findings)
    findings += [f"image {path.name} has no mask" for name, path in by_name.items() if name not in pairs]
    paired = tuple(MaskedImage(name, by_name[name], tuple(pairs[name])) for name in sorted(pairs))
    folder = MaceralFolder(paired, table, background, max_pixels)
    notes: list[str] = []
    for number, one in enumerate(paired):
        try:
            pixels = folder.read_image(number)
            mask = folder.read_mask(number, (pixels.shape[0], pixels.shape[1]))
        except FaciesError as error:
            findings.append(error.message)
        else:
            notes += [f"{one.name}: {note}" for note in mask.notes]
    if findings:
        remedy = "Each image needs one mask of its own name and size, with classes of the table."
        raise LabelsError(f"{images} with the masks of {masks}", findings, remedy)
    return MaceralFolder(paired, table, background, max_pixels, tuple(notes))


def list_masks(images: Path, masks: Path) -> list[Path]:
    """The mask files of a folder, where each holds all classes.

    Raises:
        SourceError: a folder cannot be read, or has no images.
    """
    return _list_files(images, masks, ())[1]


def _list_files(images: Path, masks: Path, listed: Container[str]) -> tuple[list[Path], list[Path]]:
    image_files = [path for path in _files(images) if path.suffix.lower() in IMAGE_SUFFIXES]
    mask_files = [path for path in _files(masks) if path.suffix.lower() in _MASK_SUFFIXES]
    if images.resolve() == masks.resolve():
        are_masks = {path for path in mask_files if path.stem.endswith(ENDINGS) or path.name in listed}
        image_files = [path for path in image_files if path not in are_masks]
        mask_files = [path for path in mask_files if path in are_masks]
    if not image_files:
        raise SourceError(
            f"{images} has no images ({', '.join(sorted(IMAGE_SUFFIXES))}), so there is nothing to segment"
        )
    return image_files, mask_files


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    except OSError as error:
        raise SourceError(f"{folder} cannot be read as a folder: {error.strerror or error}") from error


def _by_name(files: Iterable[Path], findings: list[str]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in files:
        other = found.setdefault(path.stem, path)
        if other is not path:
            findings.append(f"images {other.name} and {path.name} have the same name, and masks are found by name")
    return found


def _pair_by_name(images: dict[str, Path], masks: Iterable[Path], findings: list[str]) -> dict[str, list[MaskFile]]:
    pairs: dict[str, list[MaskFile]] = {}
    for path in masks:
        names = [path.stem, *(path.stem.removesuffix(end) for end in ENDINGS if path.stem.endswith(end))]
        name = next((name for name in names if name in images), None)
        if name is None:
            findings.append(f"mask {path.name} has no image")
        elif name in pairs:
            findings.append(
                f"masks {pairs[name][0].path.name} and {path.name} belong to one image; layers of single classes need "
                "a list of files"
            )
        else:
            pairs[name] = [MaskFile(path)]
    return pairs


def _pair_by_list(
    images: dict[str, Path], masks: Iterable[Path], layers: Sequence[ListedLayer], findings: list[str]
) -> dict[str, list[MaskFile]]:
    at_hand = {path.name: path for path in masks}
    pairs: dict[str, list[MaskFile]] = defaultdict(list)
    for layer in layers:
        path = at_hand.pop(layer.file, None)
        if path is None:
            findings.append(f"mask {layer.file} is listed, but not in the folder")
            continue
        name = _image_of(layer, images)
        if name is None:
            findings.append(f"mask {layer.file} has no image{f' {layer.image}' if layer.image else ''}")
        else:
            pairs[name].append(MaskFile(path, layer.class_index))
    findings += [f"mask {name} is not in the list of files" for name in at_hand]
    return dict(pairs)


def _image_of(layer: ListedLayer, images: dict[str, Path]) -> str | None:
    if layer.image is not None:
        return next((name for name, path in images.items() if layer.image in {name, path.name}), None)
    stem = Path(layer.file).stem
    fitting = [name for name in images if stem == name or stem.startswith(tuple(name + joint for joint in _JOINTS))]
    return max(fitting, key=len, default=None)


def _read_image(path: Path, max_pixels: int) -> RgbImage:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}") from error
    return decode_image(data, path.name, max_pixels=max_pixels).pixels
