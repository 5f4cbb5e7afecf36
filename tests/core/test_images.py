"""The door to decoding: identity, pages, the difficult files, damage, thumbnails, crops."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from PIL import Image

from facies.core.errors import ImageError, ImageTooLargeError, UnreadableImageError
from facies.core.images import (
    DecodedImage,
    RgbImage,
    content_hash,
    decode_image,
    decode_pages,
    encode_png,
    image_id,
    sniff_format,
)

MAX_PIXELS = 200_000_000
MAX_SECONDS = 10
MAX_GIB = 2
HARD = Path(os.environ.get("FACIES_TEST_DATA", Path(__file__).parents[3] / "shared" / "data")) / "hard"

rgb_images = arrays(np.uint8, st.tuples(st.integers(1, 24), st.integers(1, 24), st.just(3)))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test per difficult file; a single skipped one where they are absent."""
    if "hard_file" in metafunc.fixturenames:
        manifest = HARD / "MANIFEST.tsv"
        lines = manifest.read_text(encoding="utf-8").splitlines() if manifest.is_file() else []
        rows = [(row["file"], row["expect"]) for row in csv.DictReader(lines, delimiter="\t")]
        metafunc.parametrize(("hard_file", "expect"), rows or [("MANIFEST.tsv", "either")])


@cache
def scene() -> RgbImage:
    """Gradients, edges and noise, 61 x 83: enough for every codec to have something to do."""
    y, x = np.mgrid[:61, :83]
    pixels = np.stack([x * 3, y * 4, (x + y) * 1.7], axis=-1).astype(np.uint8)
    pixels[10:20, 10:30] = np.random.default_rng(1).integers(0, 256, (10, 20, 3))
    return pixels


def encode(fmt: str, pixels: RgbImage | None = None, **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(scene() if pixels is None else pixels).save(buffer, fmt, **options)
    return buffer.getvalue()


def encode_tiff(pixels: NDArray[Any], **options: Any) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, **options)
    return buffer.getvalue()


@cache
def samples() -> dict[str, bytes]:
    """One small file of each kind that is read."""
    turned = Image.Exif()
    turned[0x0112] = 6
    other = [Image.fromarray(255 - scene())]
    return {
        "png": encode("PNG"),
        "png16": bytes(imagecodecs.png_encode(scene().astype(np.uint16) * 257)),
        "apng": encode("PNG", save_all=True, append_images=other),
        "jpeg": encode("JPEG", exif=turned),
        "jpeg-progressive": encode("JPEG", progressive=True),
        "webp": encode("WEBP"),
        "webp-lossless": encode("WEBP", lossless=True, exif=turned),
        "webp-animated": encode("WEBP", save_all=True, append_images=other),
        "gif": encode("GIF"),
        "bmp": encode("BMP"),
        "tiff": encode_tiff(scene(), photometric="rgb", rowsperstrip=16),
        "tiff-lzw": encode_tiff(scene(), photometric="rgb", compression="lzw"),
        "tiff-zstd": encode_tiff(scene(), photometric="rgb", compression="zstd"),
        "tiff-jpeg": encode_tiff(scene(), photometric="rgb", compression="jpeg"),
        "tiff-tiles": encode_tiff(scene(), photometric="rgb", compression="zlib", tile=(32, 32), predictor=True),
        "tiff-pages": encode_tiff(np.stack([scene()] * 3), photometric="rgb", compression="zlib"),
        "bigtiff": encode_tiff(scene(), photometric="rgb", bigtiff=True),
    }


@cache
def reference(kind: str) -> list[RgbImage]:
    return [image.pixels for image in decode_pages(samples()[kind], kind, max_pixels=MAX_PIXELS)]


def attempt(data: bytes, name: str, max_pixels: int = MAX_PIXELS) -> tuple[list[DecodedImage], str]:
    """All images of the file, or none and the reason of the refusal; any other error ends the test."""
    try:
        return list(decode_pages(data, name, max_pixels=max_pixels)), ""
    except ImageError as error:
        return [], str(error)


kinds = st.sampled_from(sorted(samples()))


# --- the difficult files ---


def test_a_difficult_file_is_decoded_or_refused_as_the_manifest_says(
    test_data: Callable[[str], Path], hard_file: str, expect: str
) -> None:
    path = test_data("hard") / hard_file
    started = time.monotonic()
    images, refusal = attempt(path.read_bytes(), hard_file)
    assert time.monotonic() - started < MAX_SECONDS
    assert expect in {"refuse" if refusal else "decode", "either"}
    if refusal:
        assert refusal.startswith(hard_file)
        assert len(refusal) > len(hard_file) + len(" is not a readable image: ")
    assert all(image.pixels.dtype == np.uint8 and image.pixels.shape[2] == 3 for image in images)
    assert all(image.pixels.flags.c_contiguous and image.scaling for image in images)


CHILD = """
import json, pathlib, resource, sys, warnings
warnings.simplefilter("error")
limit = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
from facies.core.errors import ImageError
from facies.core.images import decode_pages
decoded = refused = 0
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*")):
    if path.is_file() and path.name != "MANIFEST.tsv":
        try:
            decoded += sum(1 for image in decode_pages(path.read_bytes(), path.name, max_pixels=200_000_000))
        except ImageError:
            refused += 1
print(json.dumps([decoded, refused, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024]))
"""


def test_the_difficult_files_fit_into_little_memory_and_leave_no_noise(test_data: Callable[[str], Path]) -> None:
    command = [sys.executable, "-c", CHILD, str(test_data("hard")), str(MAX_GIB << 30)]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}  # each of its threads reserves address space
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    decoded, refused, peak_bytes = json.loads(done.stdout)
    assert decoded > 40
    assert refused > 20
    assert peak_bytes < MAX_GIB << 30


@pytest.mark.parametrize(
    ("turned", "upright"),
    [
        ("orientation/g4_orientation_5.tif", "orientation/g4_orientation_1.tif"),
        ("orientation/g4_orientation_8.tif", "orientation/g4_orientation_1.tif"),
        ("orientation/hopper_orientation_5.jpg", "orientation/hopper_orientation_7.jpg"),
        ("orientation/hopper_orientation_4.webp", "orientation/hopper_orientation_6.webp"),
    ],
)
def test_turned_files_of_one_scene_come_out_alike(test_data: Callable[[str], Path], turned: str, upright: str) -> None:
    first, second = (
        decode_image((test_data("hard") / name).read_bytes(), name, max_pixels=MAX_PIXELS).pixels.astype(int)
        for name in (turned, upright)
    )
    assert first.shape == second.shape
    assert np.abs(first - second).mean() < 5  # lossy codecs see the turned scene a little differently


# --- identity ---


def test_the_id_follows_from_content_and_page_alone() -> None:
    data = samples()["png"]
    image = decode_image(data, "a.png", max_pixels=MAX_PIXELS)
    assert image.sha256 == content_hash(data)
    assert image.id == image_id(content_hash(data)) == decode_image(data, "b.jpg", max_pixels=MAX_PIXELS).id
    assert uuid.UUID(image.id).version == 5
    ids = {image_id(image.sha256, page) for page in (None, 0, 1, 10)}
    assert len(ids) == 4


def test_ids_never_change_between_releases() -> None:
    assert image_id("0" * 64) == "127fa891-9bed-57d4-a748-b1e38c040e5b"
    assert image_id("0" * 64, 3) == "3dc2e5c3-7451-59b4-9b62-df9a7bf2cff3"


# --- pages ---


def test_each_page_of_a_tiff_is_an_image_of_its_own() -> None:
    stack = np.stack([np.full((4, 5, 3), value, np.uint8) for value in (10, 20, 30)])
    data = encode_tiff(stack, photometric="rgb")
    images = list(decode_pages(data, "stack", max_pixels=MAX_PIXELS))
    assert [image.page for image in images] == [0, 1, 2]
    assert [int(image.pixels[0, 0, 0]) for image in images] == [10, 20, 30]
    assert len({image.id for image in images}) == 3
    assert decode_image(data, "stack", max_pixels=MAX_PIXELS).page == 0
    assert decode_image(data, "stack", max_pixels=MAX_PIXELS, page=2).pixels[0, 0, 0] == 30
    with pytest.raises(UnreadableImageError, match="no page 3"):
        decode_image(data, "stack", max_pixels=MAX_PIXELS, page=3)


def test_a_file_of_one_image_has_no_page_number() -> None:
    for kind in ("png", "tiff", "gif"):
        (image,) = decode_pages(samples()[kind], kind, max_pixels=MAX_PIXELS)
        assert image.page is None
        assert decode_image(samples()[kind], kind, max_pixels=MAX_PIXELS, page=0).id == image.id


def test_reduced_copies_inside_a_tiff_are_passed_over() -> None:
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        writer.write(scene()[::4, ::4], photometric="rgb", subfiletype=1)
        writer.write(scene(), photometric="rgb")
        writer.write(scene()[::2, ::2], photometric="rgb", subfiletype=1)
    (image,) = decode_pages(buffer.getvalue(), "pyramid", max_pixels=MAX_PIXELS)
    assert image.page is None
    assert np.array_equal(image.pixels, scene())


def test_pages_are_decoded_as_they_are_asked_for() -> None:
    data = bytearray(encode_tiff(np.stack([scene()] * 2), photometric="rgb", compression="zlib"))
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        start = file.pages[1].dataoffsets[0]
    data[start : start + 40] = bytes(40)
    pages = decode_pages(bytes(data), "half", max_pixels=MAX_PIXELS)
    assert np.array_equal(next(pages).pixels, scene())
    with pytest.raises(UnreadableImageError, match="page 1 of half"):
        next(pages)


def test_the_first_frame_stands_for_an_animation() -> None:
    for kind in ("apng", "webp-animated"):
        (image,) = decode_pages(samples()[kind], kind, max_pixels=MAX_PIXELS)
        assert np.abs(image.pixels.astype(int) - scene()).mean() < 12
    assert np.array_equal(reference("apng")[0], scene())


# --- limits ---


@pytest.mark.parametrize("kind", sorted(samples()))
def test_the_pixel_limit_holds_for_every_format(kind: str) -> None:
    pixels = scene().shape[0] * scene().shape[1]
    assert next(decode_pages(samples()[kind], kind, max_pixels=pixels)).pixels.size == 3 * pixels
    with pytest.raises(ImageTooLargeError, match=f"{pixels:,} pixels; the limit is {pixels - 1:,}"):
        next(decode_pages(samples()[kind], kind, max_pixels=pixels - 1))


def test_the_limit_is_ours_and_not_a_global_of_the_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    for kind in ("png", "png16", "jpeg", "bmp", "tiff"):
        assert decode_image(samples()[kind], kind, max_pixels=MAX_PIXELS).width in {61, 83}
    assert Image.MAX_IMAGE_PIXELS == 100


def test_a_page_that_is_too_large_is_found_before_the_first_is_decoded() -> None:
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        writer.write(np.zeros((4, 4), np.uint8), photometric="minisblack")
        writer.write(np.zeros((40, 40), np.uint8), photometric="minisblack")
    with pytest.raises(ImageTooLargeError):
        next(decode_pages(buffer.getvalue(), "mixed", max_pixels=100))


# --- damage ---


def test_an_empty_file_and_text_are_refused_with_a_reason() -> None:
    with pytest.raises(UnreadableImageError, match="the file is empty"):
        decode_image(b"", "empty.png", max_pixels=MAX_PIXELS)
    with pytest.raises(UnreadableImageError, match=r"not JPEG, PNG, TIFF, WebP, GIF or BMP"):
        decode_image(b"depth_m,well\n1200,7/11-1\n", "table.png", max_pixels=MAX_PIXELS)


@settings(max_examples=300, deadline=None)
@given(kind=kinds, where=st.floats(0, 1, exclude_max=True))
def test_a_truncated_file_is_refused_or_loses_nothing(kind: str, where: float) -> None:
    data = samples()[kind]
    images, refusal = attempt(data[: int(len(data) * where)], kind)
    if not refusal:
        assert len(images) == len(reference(kind))
        assert all(np.array_equal(a.pixels, b) for a, b in zip(images, reference(kind), strict=True))


@settings(max_examples=300, deadline=None)
@given(
    kind=kinds,
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6),
    near_head=st.booleans(),
)
def test_a_corrupted_file_raises_nothing_but_image_errors(
    kind: str, changes: list[tuple[float, int]], near_head: bool
) -> None:
    data = bytearray(samples()[kind])
    reach = min(len(data), 256) if near_head else len(data)
    for where, value in changes:
        data[int(reach * where)] = value
    images, refusal = attempt(bytes(data), kind, max_pixels=10_000_000)
    assert bool(images) != bool(refusal)
    assert all(image.pixels.shape == (image.height, image.width, 3) for image in images)


@settings(max_examples=100, deadline=None)
@given(where=st.floats(0, 1, exclude_max=True), change=st.integers(1, 255), kind=st.sampled_from(["png", "png16"]))
def test_a_png_with_a_wrong_byte_never_gives_other_pixels(where: float, change: int, kind: str) -> None:
    data = bytearray(samples()[kind])
    data[int(len(data) * where)] ^= change
    images, _ = attempt(bytes(data), kind)
    assert all(np.array_equal(image.pixels, scene()) for image in images)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=64))
def test_random_bytes_behind_a_signature_raise_nothing_but_image_errors(tail: bytes) -> None:
    for head in (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0", b"MM\0+", b"GIF89a", b"BM", b"RIFF\0\0\0\0WEBPVP8 "):
        with pytest.raises(ImageError):
            next(decode_pages(head + tail, "noise", max_pixels=10_000))


def test_many_threads_decode_as_one_does() -> None:
    jobs = [kind for kind in sorted(samples()) for _ in range(4)]

    def decode(kind: str) -> list[RgbImage]:
        return [image.pixels for image in decode_pages(samples()[kind], kind, max_pixels=MAX_PIXELS)]

    with ThreadPoolExecutor(8) as pool:
        for kind, pages in zip(jobs, pool.map(decode, jobs), strict=True):
            assert all(np.array_equal(a, b) for a, b in zip(pages, reference(kind), strict=True))


# --- lossless ---


@settings(max_examples=60, deadline=None)
@given(rgb_images)
def test_png_keeps_every_pixel(pixels: RgbImage) -> None:
    data = encode_png(pixels)
    assert sniff_format(data) == "PNG"
    image = decode_image(data, "copy", max_pixels=MAX_PIXELS)
    assert np.array_equal(image.pixels, pixels)
    assert (image.format, image.scaling) == ("PNG", "uint8")
