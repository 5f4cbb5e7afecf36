from __future__ import annotations

import zipfile
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from facies.core.errors import ConfigurationError, FingerprintMismatchError, JobError, ModelError, WeightsNotFoundError
from facies.core.metrics import Embeddings
from facies.indexer.cluster.rows import Row, entries_of, entry_tables, rows_of, split_files
from facies.indexer.cluster.worker import Worker, embed_entries
from facies.indexer.hashes import pack_hashes
from facies.indexer.limits import Limits
from facies.indexer.reading import Event, Finished, Known, Page, Refused
from facies.indexer.sources import SourceEntry, open_source
from facies.models.embedder import Embedder, Prepared

from .conftest import Draw, PixelEmbedder, write_tiff

NONE = pack_hashes([])


def embed(source: Path, embedder: Embedder, limits: Limits | None = None) -> list[tuple[SourceEntry, list[Event]]]:
    rows = embed_entries(list(open_source(str(source))), embedder, limits or Limits(), NONE)
    return [(entry, list(events)) for entry, events in split_files(iter(list(rows)))]


def test_each_page_has_the_vector_of_its_picture(draw: Draw, embedder: PixelEmbedder, tmp_path: Path) -> None:
    for i in range(7):
        draw(f"in/{i}.png", i)
    write_tiff(tmp_path / "in/5a.tif", 4)
    (tmp_path / "in/6a.jpg").write_text("none")
    files = embed(tmp_path / "in", embedder)
    names = [Path(entry.uri).name for entry, _ in files]
    assert names == ["0.png", "1.png", "2.png", "3.png", "4.png", "5.png", "5a.tif", "6.png", "6a.jpg"]
    assert [type(one).__name__ for one in files[6][1]] == ["Page"] * 4 + ["Finished"]
    assert isinstance(files[8][1][0], Refused)
    from facies.core.images import decode_image

    for entry, events in files:
        for page in events:
            if isinstance(page, Page) and page.prepared is not None:
                data = Path(entry.uri).read_bytes()
                pixels = decode_image(data, "x", max_pixels=10**6, page=page.number).pixels
                np.testing.assert_allclose(page.prepared, embedder.embed([pixels])[0], atol=1e-6)
                assert page.thumbnail


def test_known_content_is_neither_decoded_nor_embedded(draw: Draw, embedder: PixelEmbedder, tmp_path: Path) -> None:
    from facies.core.images import content_hash

    old, new = draw("in/old.png", 1), draw("in/new.png", 2)
    known = pack_hashes([content_hash(old.read_bytes())])
    rows = list(embed_entries(list(open_source(str(tmp_path / "in"))), embedder, Limits(), known))
    events = {Path(entry.uri): list(events) for entry, events in split_files(iter(rows))}
    assert [type(one) for one in events[old]] == [Known]
    assert [type(one) for one in events[new]] == [Page, Finished]
    assert embedder.embedded == 1


class Picky(PixelEmbedder):
    """Can make nothing of dark pictures."""

    def embed_prepared(self, prepared: Sequence[Prepared]) -> Embeddings:
        if any(int(one.mean()) < 60 for one in prepared):
            raise ModelError("too dark")
        return super().embed_prepared(prepared)


def test_a_picture_without_a_vector_ends_its_own_file_alone(tmp_path: Path) -> None:
    from PIL import Image

    (tmp_path / "in").mkdir()
    for i in range(6):
        Image.new("RGB", (20, 20), (0, 0, 0) if i == 3 else (200, 10 * i, 90)).save(tmp_path / f"in/{i}.png")
    import tifffile

    pages = np.full((3, 20, 20, 3), 200, np.uint8)
    pages[1] = 0
    tifffile.imwrite(tmp_path / "in/6.tif", pages, photometric="rgb", metadata=None)
    files = embed(tmp_path / "in", Picky())
    ends = [events[-1] for _, events in files]
    assert [isinstance(end, Finished) for end in ends] == [True] * 3 + [False] + [True] * 2 + [False]
    assert {end.reason for end in ends if isinstance(end, Refused)} == {"too dark"}
    assert [type(one) for one in files[6][1]] == [Page, Refused]


def test_members_of_a_zip_file_are_read_where_they_lie(draw: Draw, embedder: PixelEmbedder, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for i in range(3):
            archive.write(draw(f"in/{i}.png", i), f"{i}.png")
    source = open_source(str(tmp_path / "all.zip"))
    entries = [entry for table in entry_tables(source, workers=1, most=99) for entry in entries_of(table)]
    source.close()
    rows = embed_entries(entries, embedder, Limits(), NONE)
    zipped = [list(events) for _, events in split_files(iter(list(rows)))]
    plain = [events for _, events in embed(tmp_path / "in", embedder)]
    assert [e[0].id for e in zipped if isinstance(e[0], Page)] == [e[0].id for e in plain if isinstance(e[0], Page)]
    assert len(zipped) == 3


def answers(worker: Worker, source: Path) -> list[Row]:
    tables = entry_tables(open_source(str(source)), workers=1, most=9)
    return [row for table in tables for answer in worker(table) for row in rows_of(answer)]


def test_a_worker_that_cannot_load_the_embedder_says_why(draw: Draw, embedder: PixelEmbedder, tmp_path: Path) -> None:
    def load() -> Embedder:
        raise WeightsNotFoundError("pixels", ["packaged: none"], "install them")

    draw("in/1.png", 1)
    worker = Worker(load, embedder.fingerprint, "c", Limits(), lambda: NONE)
    with pytest.raises(WeightsNotFoundError, match="install them"):
        list(split_files(iter(answers(worker, tmp_path / "in"))))


def test_a_worker_with_other_weights_is_refused(draw: Draw, embedder: PixelEmbedder, tmp_path: Path) -> None:
    draw("in/1.png", 1)
    worker = Worker(lambda: PixelEmbedder(weights="1" * 64), embedder.fingerprint, "c", Limits(), lambda: NONE)
    with pytest.raises(FingerprintMismatchError, match="on a worker, weights_sha256"):
        list(split_files(iter(answers(worker, tmp_path / "in"))))


def test_an_error_of_the_network_itself_ends_the_run(draw: Draw, tmp_path: Path) -> None:
    class Broken(PixelEmbedder):
        def embed_prepared(self, prepared: Sequence[Prepared]) -> Embeddings:
            raise ConfigurationError("the GPU fell off the bus")

    draw("in/1.png", 1)
    draw("in/2.png", 2)
    worker = Worker(Broken, Broken().fingerprint, "c", Limits(), lambda: NONE)
    rows = iter(answers(worker, tmp_path / "in"))
    with pytest.raises(ConfigurationError, match="fell off"):
        deque((list(events) for _, events in split_files(rows)), maxlen=0)


def test_a_bug_in_a_worker_is_a_failed_run(draw: Draw, tmp_path: Path) -> None:
    class Buggy(PixelEmbedder):
        def embed_prepared(self, prepared: Sequence[Prepared]) -> Embeddings:
            raise ZeroDivisionError("nobody thought of this")

    draw("in/1.png", 1)
    worker = Worker(Buggy, Buggy().fingerprint, "c", Limits(), lambda: NONE)
    rows = iter(answers(worker, tmp_path / "in"))
    with pytest.raises(JobError, match="ZeroDivisionError: nobody thought of this"):
        deque((list(events) for _, events in split_files(rows)), maxlen=0)
