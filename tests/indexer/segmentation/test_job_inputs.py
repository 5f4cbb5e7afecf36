"""Where a job of segmentation finds its files, and where it does not look."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from facies.core.catalog import open_catalog
from facies.core.errors import AccessError, DepthError, JobFileError, JobNotFoundError, SourceError
from facies.core.jobs import Job, JobFile
from facies.core.settings import Settings
from facies.indexer.jobs.desk import JobDesk, jobs_dir
from facies.indexer.jobs.folders import folder_of
from facies.indexer.jobs.queue import open_queue
from facies.indexer.segmentation.job_inputs import JobInputs, find_made
from facies.indexer.segmentation.job_parts import IntervalPart, SectionPart


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[JobDesk]:
    settings = Settings(data_dir=tmp_path / "data")
    settings.data_dir.mkdir()
    with closing(open_catalog(settings.catalog_url)) as catalog, closing(open_queue(settings)) as queue:
        yield JobDesk(catalog, queue, jobs_dir(settings), max_attempts=3)


def order(desk: JobDesk, **files: bytes) -> Job:
    inputs = [(name, io.BytesIO(data)) for name, data in files.items()]
    return desk.order("segment", {"action": "generate"}, actor="Ann", inputs=inputs)


def finish(desk: JobDesk, name: str, data: bytes) -> Job:
    """A job that has made a file, and was given another one of the same name."""
    order(desk, **{name: b"given"})
    claimed = desk.catalog.claim_job("w")
    assert claimed is not None
    folder = folder_of(desk.root, claimed)
    (folder.results / name).parent.mkdir(parents=True)
    (folder.results / name).write_bytes(data)
    files: tuple[JobFile, ...] = folder.seal_results()
    return desk.catalog.finish_job(claimed.lease, "done", results=files)


@pytest.fixture
def make(desk: JobDesk) -> Callable[..., JobInputs]:
    def inputs(job: Job, *within: Path) -> JobInputs:
        allowed = [str(one) for one in within] or None
        return JobInputs(folder_of(desk.root, job), desk.catalog, desk.root, allowed)

    return inputs


def test_uploads_are_found_in_the_own_folder_alone(desk: JobDesk, make: Callable[..., JobInputs]) -> None:
    job, other = order(desk, **{"a.png": b"1"}), order(desk, **{"b.png": b"2"})
    inputs = make(job)
    assert inputs.find("upload:a.png").read_bytes() == b"1"
    for name in ("b.png", f"../../{other.id}/inputs/b.png", "/etc/passwd", ""):
        with pytest.raises(JobFileError):
            inputs.find(f"upload:{name}")


def test_results_of_other_jobs_are_found_when_these_are_done(desk: JobDesk, make: Callable[..., JobInputs]) -> None:
    made = finish(desk, "model", b"made")
    job = order(desk)
    assert make(job).find(f"job:{made.id}/model").read_bytes() == b"made"
    with pytest.raises(JobFileError, match="is not there"):
        find_made(desk.catalog, desk.root, f"job:{made.id}/another")
    with pytest.raises(JobFileError, match="the job is queued"):
        find_made(desk.catalog, desk.root, f"job:{job.id}/model")
    with pytest.raises(JobNotFoundError):
        find_made(desk.catalog, desk.root, "job:nothing/model")


def test_paths_lead_into_the_allowed_folders_alone_links_followed(
    desk: JobDesk, make: Callable[..., JobInputs], tmp_path: Path
) -> None:
    allowed = tmp_path / "allowed"
    allowed.mkdir()
    (tmp_path / "secret").write_text("x")
    (allowed / "link").symlink_to(tmp_path / "secret")
    job = order(desk)
    assert make(job, allowed).find(f"{allowed}/there") == allowed / "there"
    assert make(job).find(str(tmp_path / "secret")) == tmp_path / "secret"
    for path in (tmp_path / "secret", allowed / "link", allowed / ".." / "secret"):
        with pytest.raises(AccessError):
            make(job, allowed).find(str(path))


def test_a_folder_is_a_path_in_which_no_link_leads_out_or_made_by_another_job(
    desk: JobDesk, make: Callable[..., JobInputs], tmp_path: Path
) -> None:
    allowed = tmp_path / "allowed"
    (allowed / "images").mkdir(parents=True)
    (tmp_path / "secret.png").write_text("x")
    made = finish(desk, "images/0.png", b"made")
    inputs = make(order(desk), allowed)
    assert inputs.find_folder(str(allowed / "images")) == allowed / "images"
    assert [path.name for path in inputs.find_folder(f"job:{made.id}/images").iterdir()] == ["0.png"]
    for place in (f"job:{made.id}/image", f"job:{made.id}/images/0.png", f"job:{made.id}/", "upload:images"):
        with pytest.raises(JobFileError):
            inputs.find_folder(place)
    (allowed / "images" / "1.png").symlink_to(tmp_path / "secret.png")
    for path in (allowed / "images", tmp_path):
        with pytest.raises(AccessError):
            inputs.find_folder(str(path))


def test_images_of_a_list_lie_beside_it_or_where_paths_may_lead(
    desk: JobDesk, make: Callable[..., JobInputs], tmp_path: Path
) -> None:
    allowed = tmp_path / "allowed"
    allowed.mkdir()

    def sections(image: str) -> list[Path]:
        job = order(desk, **{"core.csv": f"image,top_m,base_m\n{image},1,2\n".encode()})
        return [one.image for one in make(job, allowed).sections("upload:core.csv")]

    (found,) = sections("a.png")
    assert found.parent.name == "inputs"
    assert sections(f"{allowed}/a.png") == [allowed / "a.png"]
    for image in ("../../../../secret.png", f"{tmp_path}/secret.png", f"{allowed}/../secret.png"):
        with pytest.raises(AccessError):
            sections(image)


def test_sections_and_intervals_stand_in_the_order_or_in_a_list(desk: JobDesk, make: Callable[..., JobInputs]) -> None:
    job = order(desk, **{"a.png": b"", "i.json": b'[{"top_m": 1, "base_m": 2, "name": "bed"}]', "bad.json": b"["})
    inputs = make(job)
    (section,) = inputs.sections([SectionPart(image="upload:a.png", top_m=1, mm_per_px=0.5)])
    assert (section.image.name, section.top_m, section.base_m, section.mm_per_px) == ("a.png", 1, None, 0.5)
    assert inputs.intervals("upload:i.json") == inputs.intervals([IntervalPart(top_m=1, base_m=2, name="bed")])
    assert inputs.intervals(None) == ()
    with pytest.raises(SourceError):
        inputs.intervals("upload:bad.json")
    with pytest.raises(DepthError):
        inputs.intervals([IntervalPart(top_m=2, base_m=1)])
