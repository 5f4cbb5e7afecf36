"""Jobs of kind ``segment`` on a real data folder, with the network that comes with the package."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from facies.core.jobs import Job
from facies.core.settings import JobSettings, Settings
from facies.core.workspace import open_workspace
from facies.indexer.jobs.desk import JobDesk, jobs_dir
from facies.indexer.jobs.folders import find_file
from facies.indexer.jobs.queue import open_queue
from facies.indexer.jobs.work import Work
from facies.indexer.segmentation import section_run
from facies.indexer.segmentation.bench import Bench
from facies.indexer.segmentation.generated_cores import generate_core
from facies.indexer.segmentation.generated_files import write_scene, write_scenes
from facies.indexer.segmentation.generated_macerals import generate_macerals
from facies.indexer.segmentation.job import SCORES
from facies.indexer.segmentation.job_files import MODEL, SUGGESTIONS
from facies.indexer.segmentation.maceral_image import KEPT
from facies.indexer.segmentation.training import Lesson, TrainingOrder, train
from facies.models.segmentation.model_file import save_model
from tests.indexer.jobs.conftest import House

HEIGHT, WIDTH = 160, 96


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files of a scene."""
    folder = tmp_path_factory.mktemp("drawn")
    write_scene(generate_core(5, height=HEIGHT, width=WIDTH, classes=3), folder)
    return folder


@pytest.fixture(scope="module")
def model(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a model for scenes like that one."""
    folder = tmp_path_factory.mktemp("model")
    lesson = Lesson(drawn / "image.png", drawn / "strokes.json")
    order = TrainingOrder("core", (lesson,), trees=10, is_validated=False)
    save_model(train(order, Bench(Settings(data_dir=folder))).model, folder / MODEL)
    return folder / MODEL


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    settings = Settings(data_dir=tmp_path / "data", jobs=JobSettings(heartbeat_s=0.1, stall_s=30, max_attempts=3))
    with open_workspace(settings) as workspace, closing(open_queue(settings)) as queue:
        desk = JobDesk(workspace.catalog, queue, jobs_dir(settings), max_attempts=3)
        made = House(settings, workspace, queue, desk)
        try:
            yield made
        finally:
            for workers in made.opened:
                workers.close()


def done(house: House, action: str, inputs: Sequence[Path] = (), **parameters: Any) -> Job:
    """Order a job and run it in this thread."""
    files = [(path.name, io.BytesIO(path.read_bytes())) for path in inputs]
    job = house.desk.order("segment", {"action": action, **parameters}, actor="Ann", inputs=files)
    house.workers(0).run_next()
    return house.job(job.id)


def result(house: House, job: Job, name: str) -> Path:
    return find_file(house.desk.root, job, name)[1]


def trained(house: House, drawn: Path, **parameters: Any) -> Job:
    given = {"image": "upload:image.png", "labels": "upload:strokes.json", "trees": 10, "validate": False, **parameters}
    job = done(house, "train", [drawn / "image.png", drawn / "strokes.json"], **given)
    assert job.state == "done", job.fault
    return job


def test_a_model_of_one_job_names_the_core_of_another_and_its_mask_is_scored_by_a_third(
    house: House, drawn: Path
) -> None:
    model = trained(house, drawn, validate=True)
    assert model.result["model"] == MODEL
    assert 0 <= model.result["poster_f1"] <= 1
    applied = done(
        house,
        "apply",
        [drawn / "image.png"],
        model=f"job:{model.id}/{MODEL}",
        image="upload:image.png",
        top_m=1200,
        base_m=1201,
        intervals=[{"top_m": 1200.1, "base_m": 1200.4, "name": "bed"}],
        well="A-1",
    )
    assert applied.state == "done", applied.fault
    names = {file.name for file in applied.files if file.role == "result"}
    assert names >= {"mask.png", "uncertainty.png", "overlay.jpg", "rock.png", "report.json", "core.las"}
    assert names >= {*applied.result["files"]}
    assert not {name for name in names if name.endswith(".npz")}, "what only goes on is no result"
    assert json.loads(result(house, applied, "report.json").read_text()) == applied.result
    scored = done(house, "evaluate", [drawn / "truth.png"], mask=f"job:{applied.id}/mask.png", truth="upload:truth.png")
    assert scored.state == "done", scored.fault
    mask, truth = (
        np.asarray(Image.open(result(house, applied, "mask.png"))),
        np.asarray(Image.open(drawn / "truth.png")),
    )
    assert scored.result["micro_dice_with_background"] == pytest.approx((mask == truth).mean())
    assert scored.result["macro_f1"] > 0.5
    assert json.loads(result(house, scored, SCORES).read_text()) == scored.result


def test_strokes_in_the_order_become_an_input_and_train_the_same_model(house: House, drawn: Path) -> None:
    by_file = trained(house, drawn)
    strokes = json.loads((drawn / "strokes.json").read_text())
    inline = done(
        house, "train", [drawn / "image.png"], image="upload:image.png", labels=strokes, trees=10, validate=False
    )
    assert inline.state == "done", inline.fault
    assert inline.parameters["labels"] == ["upload:strokes-1.json"]
    assert {file.name for file in inline.files if file.role == "input"} == {"image.png", "strokes-1.json"}
    assert json.loads(find_file(house.desk.root, inline, "strokes-1.json")[1].read_text()) == strokes
    masks = [
        result(
            house,
            done(house, "apply", [drawn / "image.png"], model=f"job:{model.id}/{MODEL}", image="upload:image.png"),
            "mask.png",
        ).read_bytes()
        for model in (by_file, inline)
    ]
    assert masks[0] == masks[1]


def test_suggestions_are_a_result_and_a_file(house: House, drawn: Path, model: Path) -> None:
    strokes = json.loads((drawn / "strokes.json").read_text())
    strokes["strokes"] = strokes["strokes"][:1]
    options = {"labels": strokes, "count": 3, "radius_px": 4, "rock": "all"}
    job = done(house, "suggest", [drawn / "image.png"], model=str(model), image="upload:image.png", **options)
    assert job.state == "done", job.fault
    assert 1 <= len(job.result["suggestions"]) <= 3
    assert json.loads(result(house, job, SUGGESTIONS).read_text()) == job.result


def test_generated_scenes_are_those_of_the_command(house: House, tmp_path: Path) -> None:
    job = done(house, "generate", task="macerals", seed=3, count=2)
    assert job.state == "done", job.fault
    made = {file.name for file in job.files}
    assert made == set(job.result["files"])
    assert {"images/0001.png", "masks/0001.png", "classes.json"} <= made


def write_sections(drawn: Path, folder: Path, number: int) -> Path:
    """Write sections, each another picture, and a list of them."""
    folder.mkdir()
    listed = []
    image = np.asarray(Image.open(drawn / "image.png"))
    for at in range(number):
        Image.fromarray(np.roll(image, 7 * at, axis=0)).save(folder / f"{at}.png")
        listed.append({"image": f"{at}.png", "top_m": 100 + at, "base_m": 101 + at})
    (folder / "core.json").write_text(json.dumps(listed))
    return folder


@pytest.fixture
def core(drawn: Path, tmp_path: Path) -> Path:
    return write_sections(drawn, tmp_path / "core", 4)


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the sections that were really named, in order; all else is as it is."""
    names: list[str] = []
    real = section_run.name_section

    def count(bench: Any, model: Any, picture: Any, **options: Any) -> Any:
        found = real(bench, model, picture, **options)
        names.append(picture.name)
        return found

    monkeypatch.setattr("facies.indexer.segmentation.core_run.name_section", count)
    return names


def order_core(house: House, model: Path, core: Path) -> str:
    inputs = sorted(core.iterdir())
    return house.desk.order(
        "segment",
        {
            "action": "apply",
            "model": str(model),
            "sections": "upload:core.json",
            "files": [f"upload:{path.name}" for path in inputs if path.suffix == ".png"],
        },
        actor="Ann",
        inputs=[(path.name, io.BytesIO(path.read_bytes())) for path in inputs],
    ).id


@pytest.fixture
def in_the_middle(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Callable[[Work], None]], None]:
    """Have something happen in the first attempt, when a section of a name is being named."""
    real = Work.progress

    def arrange(name: str, happen: Callable[[Work], None]) -> None:
        def progress(self: Work, stage: str, *counts: Any) -> None:
            if stage.startswith(f"naming {name}") and self.attempt == 1 and not self.stop.is_set():
                happen(self)
            real(self, stage, *counts)

        monkeypatch.setattr(Work, "progress", progress)

    return arrange


Arrange = Callable[[str, Callable[[Work], None]], None]


def test_an_attempt_goes_on_behind_the_sections_that_the_one_before_has_finished(
    house: House, core: Path, model: Path, named: list[str], in_the_middle: Arrange
) -> None:
    job_id = order_core(house, model, core)
    workers = house.workers(0)
    in_the_middle("2.png", lambda _: workers.close())
    workers.run_next()
    assert house.job(job_id).state == "queued"
    assert named == ["0.png", "1.png"]
    assert not [file for file in house.job(job_id).files if file.role == "result"]
    house.workers(0).run_next()
    job = house.job(job_id)
    assert (job.state, job.attempt) == ("done", 2), job.fault
    assert named == ["0.png", "1.png", "2.png", "3.png"]
    masks = [file.name for file in job.files if file.name.endswith("mask.png")]
    assert masks == [f"sections/{at}/mask.png" for at in range(4)]
    whole = house.job(order_core(house, model, core))
    house.workers(0).run_next()
    whole = house.job(whole.id)
    assert len(named) == 8
    for name in (*masks, "fractions.csv", "core.las", "intervals.csv"):
        assert result(house, job, name).read_bytes() == result(house, whole, name).read_bytes(), name


def test_a_cancelled_core_stops_in_the_middle_of_a_section_and_goes_on_when_tried_again(
    house: House, core: Path, model: Path, named: list[str], in_the_middle: Arrange
) -> None:
    job_id = order_core(house, model, core)

    def cancel(work: Work) -> None:
        house.desk.cancel(job_id)
        assert work.stop.wait(20), "the worker has not heard of it"

    in_the_middle("1.png", cancel)
    house.workers(0).run_next()
    assert house.job(job_id).state == "cancelled"
    assert named == ["0.png"]
    house.desk.retry(job_id)
    house.workers(0).run_next()
    assert house.job(job_id).state == "done"
    assert named == ["0.png", "1.png", "2.png", "3.png"]


def test_a_damaged_section_is_told_and_the_others_are_done(
    house: House, core: Path, model: Path, named: list[str]
) -> None:
    damaged = core / "1.png"
    damaged.write_bytes(damaged.read_bytes()[:500])
    job_id = order_core(house, model, core)
    house.workers(0).run_next()
    job = house.job(job_id)
    assert job.state == "done", job.fault
    assert [one["image"] for one in job.result["failed"]] == ["1.png"]
    assert named == ["0.png", "2.png", "3.png"]
    warnings = [line.line for line in house.workspace.catalog.job_log(job_id) if line.level == "warning"]
    assert len(warnings) == 1
    assert warnings[0].startswith("1.png: ")
    assert (job.progress.stage, job.progress.done, job.progress.total) == ("writing tables", 1, 1)


@pytest.mark.parametrize("image", ["{tmp}/secret.png", "../../../../secret.png"])
def test_a_list_of_sections_leads_out_of_no_folder(
    house: House, drawn: Path, model: Path, tmp_path: Path, image: str
) -> None:
    (tmp_path / "secret.png").write_bytes((drawn / "image.png").read_bytes())
    listed = tmp_path / "core.json"
    listed.write_text(json.dumps([{"image": image.format(tmp=tmp_path), "top_m": 1, "base_m": 2}]))
    given = {"model": str(model), "sections": "upload:core.json", "within": [str(model.parent)]}
    job = done(house, "apply", [listed], **given)
    assert job.fault is not None
    assert job.fault.code == "AccessError"


def test_a_model_for_another_task_is_refused(house: House, drawn: Path, model: Path) -> None:
    job = done(house, "apply", [drawn / "image.png"], task="macerals", model=str(model), image="upload:image.png")
    assert job.state == "failed"
    assert job.fault is not None
    assert job.fault.code == "SegmentationModelError"


def test_strokes_that_leave_the_image_fail_the_job_with_the_words_of_the_command(house: House, drawn: Path) -> None:
    strokes = json.loads((drawn / "strokes.json").read_text())
    strokes["strokes"][0]["points"] = [[WIDTH + 50, 3]]
    job = done(house, "train", [drawn / "image.png"], image="upload:image.png", labels=strokes)
    assert job.fault is not None
    assert job.fault.code == "LabelsError"
    assert "outside the image" in job.fault.message


def test_macerals_are_learnt_from_masks_named_and_scored_on_images_left_out(house: House, tmp_path: Path) -> None:
    write_scenes((generate_macerals(seed, height=200, width=200) for seed in (1, 2)), tmp_path / "scenes")
    images = [str(tmp_path / "scenes" / "images" / f"{number:04d}.png") for number in range(2)]
    learnt: dict[str, Any] = {
        "task": "macerals",
        **{name: str(tmp_path / "scenes" / name) for name in ("images", "masks")},
        "classes": str(tmp_path / "scenes" / "classes.json"),
        "trees": 5,
        "pixels_per_class": 60,
    }
    model = done(house, "train", validate=False, **learnt)
    assert model.state == "done", model.fault
    named = done(house, "apply", model=f"job:{model.id}/{MODEL}", image=images, um_per_px=0.5, min_area_um2=4)
    assert named.state == "done", named.fault
    names = {file.name for file in named.files if file.role == "result"}
    assert names >= {"macerals.csv", "regions.csv", "report.json"}
    assert sum(name.endswith("mask.png") for name in names) == 2
    assert not {name for name in names if name.endswith(KEPT)}, "what only goes on is no result"
    foreign = done(house, "apply", model=f"job:{model.id}/{MODEL}", image=images[0], well="A-1")
    assert foreign.fault is not None
    assert "well means nothing there" in foreign.fault.message
    scored = done(house, "evaluate", leave_one_out=True, **learnt)
    assert scored.state == "done", scored.fault
    assert (scored.result["images"], len(scored.result["per_image"])) == (2, 2)
    assert scored.result["micro_dice"] > 0.3


def test_ids_of_no_known_class_are_told_of_in_the_report_of_a_training(house: House, tmp_path: Path) -> None:
    scenes = tmp_path / "scenes"
    write_scenes((generate_macerals(seed, height=200, width=200) for seed in (1, 2)), scenes)
    mask = np.asarray(Image.open(scenes / "masks" / "0001.png")).copy()
    mask[:20, :20] = 77
    Image.fromarray(mask).save(scenes / "masks" / "0001.png")
    folders: dict[str, Any] = {name: str(scenes / name) for name in ("images", "masks")}
    job = done(house, "train", task="macerals", **folders, trees=5, pixels_per_class=60, validate=False)
    assert job.state == "done", job.fault
    assert "called by their ids" in job.result["notes"][0]
