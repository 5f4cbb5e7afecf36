"""Trained segmentations as files: numbers and text alone, checked before anything is believed.

A file begins with one line, ``facies-seg 1 SHA256``: the format's version and the hash of all bytes behind the line.
Behind it stands a safetensors file, whose arrays are the classifier and whose metadata is the rest as JSON. It is no
pickle: reading it runs nothing. The hash finds damage; the limits and the checks of the arrays are there for files
whose hash is right and whose content is not.
"""

from __future__ import annotations

import hashlib
import json
import struct
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from facies.core.errors import SegmentationError, SegmentationModelError
from facies.core.new_files import new_file
from facies.core.segmentation.class_table import ClassTable, SegmentationClass
from facies.models.segmentation.drift import ImageStatistics
from facies.models.segmentation.forest import Forest
from facies.models.segmentation.linear import LinearPixels
from facies.models.segmentation.pixel_classifier import ClassifierKind
from facies.models.segmentation.segmentation_model import SegmentationModel, Task, TrainedOn

if TYPE_CHECKING:
    from pathlib import Path

    from facies.models.segmentation.pixel_classifier import PixelClassifier

SUFFIX: Final = ".facies-seg"
FORMAT: Final = 1
MAX_BYTES: Final = 2**28
"""A forest of 100 trees on 10,000 pixels takes about 1 MB."""
_MAX_TEXT = 2**22
_WORD = b"facies-seg"
_LONGEST_LINE = 128
_FOREST: Final = {"features": "<u2", "thresholds": "<f4", "leaves": "<u4", "tree_nodes": "<u4", "distributions": "<f4"}
_LINEAR: Final = {"weights": "<f4", "intercepts": "<f4"}
_STATISTICS: Final = {"feature_means": "<f8", "feature_spreads": "<f8"}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class _Class(_Strict):
    id: int
    name: str
    colour: list[int] = Field(min_length=3, max_length=3)


class _Image(_Strict):
    name: str = Field(max_length=1000)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    height: int = Field(gt=0)
    width: int = Field(gt=0)
    labelled: list[int] = Field(max_length=256)


class _Description(_Strict):
    """What is no array."""

    task: Task
    card: str = Field(min_length=1, max_length=500)
    maps_fingerprint: str = Field(min_length=1, max_length=5000)
    classes: list[_Class] = Field(min_length=1, max_length=256)
    kind: ClassifierKind
    form: Literal["forest", "linear"]
    feature_count: int = Field(gt=0)
    unsure_share: float
    mm_per_px: float | None
    smoothing_mm: float | None
    smoothing_px: float | None
    trained_on: list[_Image]
    created: str = Field(max_length=100)
    facies_version: str = Field(max_length=100)
    report: dict[str, Any]


def save_model(model: SegmentationModel, path: Path) -> None:
    """Write a model to a file, whole or not at all.

    Args:
        model: is written so that `load_model` gives the same, bit for bit.
        path: is replaced where it is there.

    Raises:
        StorageError: the folder cannot be written, or the disk is full.
    """
    content = pack_model(model)
    with new_file(path) as part:
        part.write_bytes(content)


def load_model(path: Path) -> SegmentationModel:
    """Read a model from a file.

    Raises:
        SegmentationModelError: the file cannot be read, is damaged, of a newer format, or holds no such model.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SegmentationModelError(f"{path} cannot be read: {error.strerror or error}") from error
    return unpack_model(content, path.name)


def pack_model(model: SegmentationModel) -> bytes:
    """The bytes of a model's file; the same model has the same bytes."""
    from safetensors.numpy import save

    arrays, form = _arrays_of(model.classifier)
    arrays |= {"feature_means": model.training.means, "feature_spreads": model.training.spreads}
    description = _Description(
        task=model.task,
        card=model.card,
        maps_fingerprint=model.maps_fingerprint,
        classes=[_Class(id=one.id, name=one.name, colour=list(one.colour)) for one in model.classes.classes],
        kind=model.kind,
        form=form,
        feature_count=model.classifier.feature_count,
        unsure_share=model.training.unsure_share,
        mm_per_px=model.mm_per_px,
        smoothing_mm=model.smoothing_mm,
        smoothing_px=model.smoothing_px,
        trained_on=[
            _Image(name=one.name, sha256=one.sha256, height=one.height, width=one.width, labelled=list(one.labelled))
            for one in model.trained_on
        ],
        created=model.created,
        facies_version=model.facies_version,
        report=dict(model.report),
    )
    tensors = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    body: bytes = save(tensors, metadata={"model": description.model_dump_json()})
    return b"%s %d %s\n" % (_WORD, FORMAT, hashlib.sha256(body).hexdigest().encode()) + body


def unpack_model(content: bytes, where: str) -> SegmentationModel:
    """Read a model from the bytes of its file.

    Args:
        content: the bytes.
        where: what the file is called.

    Raises:
        SegmentationModelError: they are damaged, of a newer format, or hold no such model.
    """
    body = _checked_body(content, where)
    try:
        description = _Description.model_validate_json(_metadata(body))
        arrays = _load_arrays(body, _expected(description))
        return _assemble(description, arrays)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the description"
        raise SegmentationModelError(f"{where} holds no model of this format: {place}: {first['msg']}") from error
    except SegmentationError as error:
        raise SegmentationModelError(f"{where} holds no usable model: {error.message}") from error


def _checked_body(content: bytes, where: str) -> bytes:
    if len(content) > MAX_BYTES:
        raise SegmentationModelError(
            f"{where} has more than {MAX_BYTES:,} bytes, which no model of a segmentation needs"
        )
    line, _, body = content[:_LONGEST_LINE].partition(b"\n")
    words = line.split(b" ")
    if words[0] != _WORD or len(words) != 3 or not words[1].isdigit():
        raise SegmentationModelError(
            f"{where} is no model of a segmentation; expected a file that `facies segment train` wrote ({SUFFIX})"
        )
    if int(words[1]) != FORMAT:
        raise SegmentationModelError(
            f"{where} is of format {int(words[1])}, this release reads format {FORMAT}; open it with the release that "
            "wrote it, or train again"
        )
    body = content[len(line) + 1 :]
    if hashlib.sha256(body).hexdigest().encode() != words[2]:
        raise SegmentationModelError(
            f"{where} is damaged: its content does not have the hash that it states; copy it anew"
        )
    return body


def _metadata(body: bytes) -> str:
    """The JSON text among the metadata of a safetensors file."""
    length = struct.unpack("<Q", body[:8])[0] if len(body) >= 8 else 0
    if not 0 < length <= min(_MAX_TEXT, len(body) - 8):
        raise SegmentationModelError("its header has no sensible length")
    try:
        text = json.loads(body[8 : 8 + length])["__metadata__"]["model"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise SegmentationModelError("its header describes no model") from error
    if not isinstance(text, str):
        raise SegmentationModelError("its header describes no model")
    return text


def _expected(description: _Description) -> dict[str, str]:
    return (_FOREST if description.form == "forest" else _LINEAR) | _STATISTICS


def _load_arrays(body: bytes, expected: dict[str, str]) -> dict[str, NDArray[Any]]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        arrays: dict[str, NDArray[Any]] = load(body)
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SegmentationModelError(f"its arrays cannot be read: {error}") from error
    found = {name: array.dtype.newbyteorder("<").str for name, array in arrays.items()}
    if found != expected:
        raise SegmentationModelError(f"it has the arrays {found}, expected {expected}")
    wrong = [name for name, array in arrays.items() if array.ndim != (2 if name in {"distributions", "weights"} else 1)]
    if wrong:
        raise SegmentationModelError(f"its array {wrong[0]!r} has {arrays[wrong[0]].ndim} axes")
    return arrays


def _assemble(description: _Description, arrays: dict[str, NDArray[Any]]) -> SegmentationModel:
    classifier = _classifier(description, arrays)
    if classifier.feature_count != description.feature_count:
        raise SegmentationModelError(
            f"its classifier takes {classifier.feature_count} features, stated are {description.feature_count}"
        )
    if (description.kind == "linear") != (description.form == "linear"):
        raise SegmentationModelError(f"it is of kind {description.kind} and has the form of a {description.form}")
    colours = ((one, tuple(one.colour)) for one in description.classes)
    return SegmentationModel(
        task=description.task,
        card=description.card,
        maps_fingerprint=description.maps_fingerprint,
        classes=ClassTable(tuple(SegmentationClass(one.id, one.name, (r, g, b)) for one, (r, g, b) in colours)),
        kind=description.kind,
        classifier=classifier,
        training=ImageStatistics(arrays["feature_means"], arrays["feature_spreads"], description.unsure_share),
        created=description.created,
        facies_version=description.facies_version,
        mm_per_px=description.mm_per_px,
        smoothing_mm=description.smoothing_mm,
        smoothing_px=description.smoothing_px,
        trained_on=tuple(
            TrainedOn(one.name, one.sha256, one.height, one.width, tuple(one.labelled))
            for one in description.trained_on
        ),
        report=description.report,
    )


def _classifier(description: _Description, arrays: dict[str, NDArray[Any]]) -> PixelClassifier:
    if description.form == "linear":
        return LinearPixels(arrays["weights"], arrays["intercepts"])
    return Forest(**{name: arrays[name] for name in _FOREST}, feature_count=description.feature_count)


def _arrays_of(classifier: PixelClassifier) -> tuple[dict[str, NDArray[Any]], Literal["forest", "linear"]]:
    if isinstance(classifier, Forest):
        return {name: getattr(classifier, name) for name in _FOREST}, "forest"
    if isinstance(classifier, LinearPixels):
        return {name: getattr(classifier, name) for name in _LINEAR}, "linear"
    raise SegmentationModelError(f"a classifier of type {type(classifier).__name__} has no form in files")
