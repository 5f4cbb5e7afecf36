"""``facies segment apply``: the same from disk and network, tall photographs, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facies.core.errors import (
    ConfigurationError,
    FaciesError,
    ModelMapsMismatchError,
    SegmentationModelError,
    UnreadableImageError,
)
from facies.models.segmentation.model_file import load_model, save_model
from tests.indexer.segment_command import WIDTH, call, run

pytestmark = pytest.mark.usefixtures("command_data")


def test_maps_of_the_disk_and_of_the_network_give_the_same_files(
    command_core: Path, command_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command_data: Path
) -> None:
    assert list((command_data / "maps").glob("*.maps")), "training kept no maps"
    monkeypatch.setenv("FACIES_DATA_DIR", str(command_data))
    run("apply", "--model", command_model, "--image", command_core / "image.png", "--out", tmp_path / "kept")
    monkeypatch.setenv("FACIES_DATA_DIR", str(tmp_path / "empty"))
    run("apply", "--model", command_model, "--image", command_core / "image.png", "--out", tmp_path / "made")
    for name in ("mask.png", "uncertainty.png", "rock.png", "overlay.jpg", "fractions.csv"):
        assert (tmp_path / "kept" / name).read_bytes() == (tmp_path / "made" / name).read_bytes(), name


def test_a_core_of_40_000_rows_is_named_whole(command_model: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    strata = rng.integers(60, 200, (400, 1, 3)).repeat(100, axis=0).repeat(WIDTH, axis=1)
    image = np.clip(strata + rng.normal(0, 12, (40_000, WIDTH, 3)), 0, 255).astype(np.uint8)
    Image.fromarray(image).save(tmp_path / "tall.png", compress_level=1)
    depths = ("--top-m", "1000", "--base-m", "1020")
    report = run(
        "apply", "--model", command_model, "--image", tmp_path / "tall.png", "--out", tmp_path / "out", *depths
    )
    assert report["sections"][0]["height"] == 40_000
    with Image.open(tmp_path / "out" / "mask.png") as mask:
        assert mask.size == (WIDTH, 40_000)
    rows = (tmp_path / "out" / "fractions_by_depth.csv").read_text().splitlines()
    assert len(rows) == 1 + 2000


def test_models_of_other_weights_and_tasks_and_files_that_are_none_are_refused(
    command_core: Path, command_model: Path, tmp_path: Path
) -> None:
    def apply(path: Path, *options: str) -> None:
        call("apply", "--model", path, "--image", command_core / "image.png", "--out", tmp_path / "out", *options)

    trained, other = load_model(command_model), tmp_path / "other.model"
    save_model(replace(trained, maps_fingerprint=trained.maps_fingerprint + " of another day"), other)
    with pytest.raises(ModelMapsMismatchError, match="train again"):
        apply(other)
    save_model(replace(trained, card="lite0-stem"), other)
    with pytest.raises(ModelMapsMismatchError, match="train again"):
        apply(other)
    with pytest.raises(SegmentationModelError, match="task core, not for macerals"):
        apply(command_model, "--task", "macerals")
    other.write_bytes(b"PK")
    with pytest.raises(SegmentationModelError):
        apply(other)
    assert not (tmp_path / "out").exists()


def test_options_that_contradict_each_other_are_refused(
    command_core: Path, command_model: Path, tmp_path: Path
) -> None:
    out = ("--model", command_model, "--out", tmp_path / "out")
    asked = tmp_path / "asked.csv"
    image = ("--image", command_core / "image.png")
    for words, said in (
        ((*image, "--base-m", "3"), "--base-m is given without --top-m"),
        (("--top-m", "3"), "give --image too"),
        (("--sections", asked, *image), "leave --image"),
        (("--sections", asked, "--mm-per-px", "0.5"), "leave --mm-per-px out"),
        ((), "either one image or sections"),
    ):
        with pytest.raises(ConfigurationError, match=said):
            call("apply", *out, *words)
    with pytest.raises(FaciesError, match="both of base_m and mm_per_px"):
        call("apply", *out, *image, "--top-m", "1", "--base-m", "2", "--mm-per-px", "0.5")
    asked.write_text("top_m,base_m\n1,2\n")
    with pytest.raises(FaciesError, match="need depths"):
        call("apply", *out, *image, "--intervals", asked)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("scale", ["-0.5", "0", "nan", "inf", "1e-300"])
def test_a_scale_that_no_photograph_has_is_refused(
    command_core: Path, command_model: Path, tmp_path: Path, scale: str
) -> None:
    image = ("--image", command_core / "image.png", "--mm-per-px", scale)
    for words in (
        ("apply", "--model", command_model, *image, "--out", tmp_path / "out"),
        ("apply", "--model", command_model, *image, "--out", tmp_path / "out", "--top-m", "100"),
        ("suggest", "--model", command_model, *image),
        ("train", *image, "--labels", command_core / "strokes.json", "--out", tmp_path / "m"),
    ):
        with pytest.raises(FaciesError, match="expected millimetres a pixel"):
            call(*words)
    assert not list(tmp_path.iterdir())


def test_a_photograph_is_never_written_over(command_model: Path, command_core: Path, tmp_path: Path) -> None:
    photograph = tmp_path / "mask.png"
    photograph.write_bytes((command_core / "image.png").read_bytes())
    with pytest.raises(ConfigurationError, match="written over"):
        call("apply", "--model", command_model, "--image", photograph, "--out", tmp_path)
    assert photograph.read_bytes() == (command_core / "image.png").read_bytes()


def test_work_that_fails_leaves_no_empty_folder(command_model: Path, tmp_path: Path) -> None:
    listed = tmp_path / "sections.csv"
    listed.write_text("image,top_m,base_m\nnone.png,1,2\n")
    with pytest.raises(UnreadableImageError, match=r"none\.png .*Correct the path, or the list that names it"):
        call("apply", "--model", command_model, "--sections", listed, "--out", tmp_path / "new" / "out")
    assert not (tmp_path / "new").exists()
