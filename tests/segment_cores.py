"""Small cores of several sections, and jobs that name them, for tests and benchmarks that kill."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from PIL import Image

from facies.core.settings import Settings
from facies.indexer.jobs.desk import JobDesk
from facies.indexer.segmentation.bench import Bench
from facies.indexer.segmentation.generated_cores import generate_core
from facies.indexer.segmentation.generated_files import write_scene
from facies.indexer.segmentation.job_files import CORE
from facies.indexer.segmentation.section_file import NAME
from facies.indexer.segmentation.training import Lesson, TrainingOrder, train
from facies.models.segmentation.model_file import save_model

MODEL = "model.facies-seg"


def draw_core(folder: Path, sections: int, *, height: int = 320, width: int = 96) -> None:
    """Write a model and sections for it into a folder that is made; each section is another picture."""
    scene = generate_core(5, height=height, width=width, classes=3)
    write_scene(scene, folder / "lesson")
    lesson = Lesson(folder / "lesson" / "image.png", folder / "lesson" / "strokes.json")
    order = TrainingOrder("core", (lesson,), trees=10, is_validated=False)
    save_model(train(order, Bench(Settings(data_dir=folder / "bench"))).model, folder / MODEL)
    for number in range(sections):
        Image.fromarray(np.roll(scene.image, 3 * number, axis=0)).save(folder / f"{number:02d}.png")


def order_core(desk: JobDesk, folder: Path) -> str:
    """Order the naming of all sections of a folder."""
    images = sorted(folder.glob("*.png"))
    sections = [{"image": str(path), "top_m": at, "base_m": at + 1} for at, path in enumerate(images)]
    wanted = {"action": "apply", "model": str(folder / MODEL), "sections": sections, "rock": "all"}
    return desk.order("segment", wanted, actor="test").id


def finished_sections(desk: JobDesk, job_id: str) -> dict[str, int]:
    """The sections that are kept as finished, and the number of the file that says so: a new file has another one."""
    core = desk.root / job_id / "checkpoints" / CORE
    return {path.parent.name: path.stat().st_ino for path in core.rglob(NAME)}


def wait_for_sections(desk: JobDesk, job_id: str, number: int, timeout_s: float = 120) -> None:
    """Wait until so many sections are finished."""
    deadline = time.monotonic() + timeout_s
    while (count := len(finished_sections(desk, job_id))) < number:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{count} of {number} sections after {timeout_s:g} s: {desk.catalog.job(job_id)}")
        time.sleep(0.01)
