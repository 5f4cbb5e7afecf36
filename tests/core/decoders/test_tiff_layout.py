"""What is read how, and what is refused with which remedy, from the tags alone."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from facies.core.decoders.tiff_layout import Layout, read_layout
from facies.core.errors import UnreadableImageError


def layout_of(samples: NDArray[Any], **options: Any) -> Layout:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, samples, **options)
    return layout_in(buffer.getvalue())


def layout_in(data: bytes) -> Layout:
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        return read_layout(file.pages.first, "a.tif")


def grey(dtype: str = "uint8") -> NDArray[Any]:
    return np.zeros((4, 5), dtype)


def rgb(samples: int = 3, dtype: str = "uint8") -> NDArray[Any]:
    return np.zeros((4, 5, samples), dtype)


@pytest.mark.parametrize(
    ("dtype", "options", "maximum", "scaling"),
    [
        ("uint8", {}, 255, "uint8"),
        ("uint16", {}, 65535, "uint16 / 65535"),
        ("uint16", {"bitspersample": 12}, 4095, "uint12 / 4095"),
        ("uint8", {"bitspersample": 4}, 15, "uint4 / 15"),
        ("bool", {}, 1, "uint1 / 1"),
        ("uint32", {}, 2**32 - 1, "uint32 / 4294967295"),
        ("float32", {}, 255, "float32 / 1"),
    ],
)
def test_the_rule_names_the_declared_depth(dtype: str, options: dict[str, int], maximum: int, scaling: str) -> None:
    layout = layout_of(grey(dtype), photometric="minisblack", **options)
    assert (layout.maximum, layout.scaling) == (maximum, scaling)


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32"])
def test_signed_integers_are_refused_with_the_remedy(dtype: str) -> None:
    with pytest.raises(UnreadableImageError, match=r"signed integers, .* save them as unsigned"):
        layout_of(grey(dtype), photometric="minisblack")


@pytest.mark.parametrize("dtype", ["complex64", "uint64"])
def test_samples_without_a_rule_are_refused(dtype: str) -> None:
    with pytest.raises(UnreadableImageError, match="8"):
        layout_of(grey(dtype), photometric="minisblack")


def test_colour_of_32_bits_is_refused() -> None:
    with pytest.raises(UnreadableImageError, match="3 samples of 32 bits"):
        layout_of(rgb(dtype="uint32"), photometric="rgb")


@pytest.mark.parametrize(("kind", "premultiplied"), [("assocalpha", True), ("unassalpha", False)])
def test_alpha_is_found_where_the_file_says_it_is(kind: str, premultiplied: bool) -> None:
    layout = layout_of(rgb(4), photometric="rgb", extrasamples=[kind])
    assert (layout.alpha, layout.premultiplied, layout.scaling) == (3, premultiplied, "uint8")
    layout = layout_of(rgb(5), photometric="rgb", extrasamples=["unspecified", kind], planarconfig="contig")
    assert (layout.alpha, layout.premultiplied) == (4, premultiplied)
    layout = layout_of(rgb(2), photometric="minisblack", extrasamples=[kind], planarconfig="contig")
    assert (layout.alpha, layout.colours) == (1, 1)


def test_samples_that_are_left_out_are_recorded() -> None:
    layout = layout_of(rgb(4, "uint16"), photometric="rgb", extrasamples=["unspecified"])
    assert (layout.alpha, layout.scaling) == (None, "uint16 / 65535, 3 of 4 samples")


def test_bands_without_a_meaning_are_refused() -> None:
    with pytest.raises(UnreadableImageError, match="5 samples per pixel and does not say which are its colours"):
        layout_of(rgb(5), photometric="minisblack", planarconfig="contig")


def test_volumes_are_refused() -> None:
    with pytest.raises(UnreadableImageError, match="a volume of 16 slices"):
        layout_of(np.zeros((16, 16, 16), np.uint8), photometric="minisblack", volumetric=True, tile=(16, 16, 16))


@pytest.mark.parametrize("photometric", ["cielab", "logl", "cfa"])
def test_photometric_kinds_without_a_rule_are_refused(photometric: str) -> None:
    samples = rgb() if photometric == "cielab" else grey()
    with pytest.raises(UnreadableImageError, match=r"photometric interpretation is .* save it as RGB"):
        layout_of(samples, photometric=photometric)


def test_compressions_that_are_not_bounded_are_refused() -> None:
    with pytest.raises(UnreadableImageError, match="compression 34887 is not read; save it again with one of: CCITT"):
        layout_of(grey("float32"), photometric="minisblack", compression="lerc")


def test_ycbcr_outside_jpeg_is_refused() -> None:
    with pytest.raises(UnreadableImageError, match="YCbCr is read as three samples under JPEG"):
        layout_of(rgb(), photometric="ycbcr")


def test_a_palette_is_brought_to_8_bits_by_its_own_depth() -> None:
    ramp = np.arange(256, dtype=np.uint16)
    layout = layout_of(grey(), photometric="palette", colormap=np.stack([ramp * 257] * 3))
    assert layout.palette is not None
    assert layout.palette[:, 0].tolist() == list(range(256))
    assert layout.scaling == "palette of uint16 / 65535"
    layout = layout_of(grey(), photometric="palette", colormap=np.stack([ramp] * 3))
    assert layout.palette is not None
    assert layout.palette[:, 0].tolist() == list(range(256))
    assert layout.scaling == "palette of uint8"
