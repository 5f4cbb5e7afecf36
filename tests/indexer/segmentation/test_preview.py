"""What a preview says is what a job says of the same pixels, whatever part of the picture is looked at."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from facies.core.errors import NoLabelsError, TooFewClassesError
from facies.core.settings import Settings
from facies.indexer.segmentation import preview as preview_module
from facies.indexer.segmentation.bench import Bench
from facies.indexer.segmentation.generated_cores import GeneratedScene, generate_core
from facies.indexer.segmentation.generated_files import write_scene
from facies.indexer.segmentation.naming import Naming
from facies.indexer.segmentation.pictures import Picture, read_picture
from facies.indexer.segmentation.preview import Previewer, PreviewOrder, StrokedPicture, Window, fit_window
from facies.indexer.segmentation.strokes import StrokeFile
from facies.indexer.segmentation.training import Lesson, TrainingOrder, train
from facies.models.segmentation.pixel_classifier import ClassifierKind

HEIGHT, WIDTH = 700, 96


@pytest.fixture(scope="module")
def scene() -> GeneratedScene:
    return generate_core(5, height=HEIGHT, width=WIDTH, classes=3)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(Settings(data_dir=tmp_path_factory.mktemp("preview")))


@pytest.fixture(scope="module")
def picture(scene: GeneratedScene) -> Picture:
    return Picture("image.png", hashlib.sha256(scene.image.tobytes()).hexdigest(), scene.image)


@pytest.fixture
def order(scene: GeneratedScene, picture: Picture) -> PreviewOrder:
    lessons = [StrokedPicture(picture, scene.strokes)]
    return PreviewOrder(picture, Window(0, 0, WIDTH, HEIGHT), lessons, scene.table, version=1, trees=10)


@pytest.fixture
def small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview_module, "_TILE_ROWS", 64)


def go_on() -> None:
    return None


@pytest.mark.parametrize("kind", ["extra-trees", "linear"])
@pytest.mark.usefixtures("small_tiles")
def test_a_window_is_named_as_a_job_names_it(
    scene: GeneratedScene, bench: Bench, order: PreviewOrder, tmp_path: Path, kind: ClassifierKind
) -> None:
    write_scene(scene, tmp_path)
    lesson = Lesson(tmp_path / "image.png", tmp_path / "strokes.json")
    trained = train(TrainingOrder("core", (lesson,), kind=kind, trees=10, is_validated=False), bench)
    naming = Naming(bench, trained.model, read_picture(lesson.image, bench.limits))
    bands = list(naming.bands())
    classes, doubt = (np.concatenate([getattr(one, name) for one in bands]) for name in ("classes", "uncertainty"))
    previewer = Previewer(bench)
    for window in (Window(10, 301, 60, 77), Window(0, 0, WIDTH, 40), Window(50, 660, 46, 40), order.window):
        named = previewer.name(replace(order, kind=kind, window=window), go_on)
        part = np.s_[window.y : window.y + window.height, window.x : window.x + window.width]
        assert named.window == window
        assert np.array_equal(named.classes, classes[part])
        assert np.array_equal(named.uncertainty, doubt[part])


def test_most_pixels_are_named_rightly(scene: GeneratedScene, bench: Bench, order: PreviewOrder) -> None:
    named = Previewer(bench).name(order, go_on)
    assert (scene.table.ids_of(named.classes) == scene.truth).mean() > 0.9


def test_only_rows_that_are_new_cost_a_pass(
    bench: Bench, order: PreviewOrder, scene: GeneratedScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    hypercolumns = bench.hypercolumns(order.card)
    passes: list[int] = []
    run_pass = hypercolumns.run_pass

    def counted(image: np.ndarray, top: int, bottom: int) -> tuple[np.ndarray, ...]:
        passes.append(top)
        return run_pass(image, top, bottom)

    monkeypatch.setattr(hypercolumns, "run_pass", counted)
    monkeypatch.setattr(hypercolumns, "pass_rows", lambda _: 64)
    previewer = Previewer(bench)
    few = StrokeFile("", scene.strokes.strokes[:-1])
    fewer = replace(order, lessons=[StrokedPicture(order.picture, few)], window=Window(0, 0, WIDTH, 60), version=0)
    previewer.name(fewer, go_on)
    seen = len(passes)
    assert len(set(passes)) == seen  # none twice
    previewer.name(replace(order, window=Window(20, 10, 30, 30)), go_on)
    assert len(passes) - seen <= 4  # those under the new stroke


@pytest.mark.usefixtures("small_tiles")
def test_what_is_kept_is_bounded_and_changes_nothing(
    bench: Bench, order: PreviewOrder, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Previewer(bench).name(order, go_on)
    monkeypatch.setattr(bench.hypercolumns(order.card), "pass_rows", lambda _: 64)
    small = Previewer(bench, kept_bytes=400_000)
    assert np.array_equal(small.name(order, go_on).classes, whole.classes)
    assert small.kept_bytes <= 400_000


def test_features_count_and_those_used_longest_ago_go_first(
    bench: Bench, order: PreviewOrder, scene: GeneratedScene
) -> None:
    pixels = scene.labels.rows.size
    of_one = pixels * (4 * bench.hypercolumns(order.card).card.channels + 8)
    other = replace(order.picture, sha256="0" * 64)
    turned = replace(order, picture=other, lessons=[StrokedPicture(other, scene.strokes)], version=2)
    for room, kept in ((2, {order.picture.sha256, other.sha256}), (1, {other.sha256}), (0, set())):
        previewer = Previewer(bench, kept_bytes=2 * room * of_one + 8)
        previewer.name(order, go_on)
        previewer.name(turned, go_on)
        assert {sha256 for sha256, _ in previewer._known} == kept
        assert room * of_one <= previewer.kept_bytes <= 2 * room * of_one + 8


def test_without_two_classes_it_says_what_to_do(bench: Bench, order: PreviewOrder, scene: GeneratedScene) -> None:
    one = StrokeFile("", tuple(stroke for stroke in scene.strokes.strokes if stroke.word == 0))
    with pytest.raises(TooFewClassesError, match="draw strokes in what is to be told apart"):
        Previewer(bench).name(replace(order, lessons=[StrokedPicture(order.picture, one)]), go_on)
    with pytest.raises(NoLabelsError, match="Draw at least one stroke in each class"):
        Previewer(bench).name(replace(order, lessons=[]), go_on)


def test_it_is_broken_off_between_steps_and_goes_on_afterwards(bench: Bench, order: PreviewOrder) -> None:
    class GivenUpError(Exception):
        pass

    steps = 0

    def check() -> None:
        nonlocal steps
        steps += 1
        if steps == 3:
            raise GivenUpError

    previewer = Previewer(bench)
    with pytest.raises(GivenUpError):
        previewer.name(order, check)
    assert previewer.name(order, go_on).classes.shape == (HEIGHT, WIDTH)


def test_a_window_is_cut_to_the_picture() -> None:
    assert fit_window(Window(90, 690, 50, 50), (HEIGHT, WIDTH)) == Window(90, 690, 6, 10)
    assert fit_window(Window(9000, 9000, 5, 5), (HEIGHT, WIDTH)) == Window(WIDTH - 1, HEIGHT - 1, 1, 1)
    assert fit_window(Window(0, 0, 10, 9), (20, 4_000_000)) == Window(0, 4, 10, 1)
