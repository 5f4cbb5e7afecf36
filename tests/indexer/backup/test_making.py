"""A data folder goes into a file and comes out of it the same."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from facies.core.errors import ConfigurationError, StoreLockedError
from facies.core.settings import Settings, StoreSettings
from facies.core.store import VectorQuery
from facies.core.taxonomy import Taxon, Taxonomy
from facies.core.workspace import RESTORING, open_workspace
from facies.indexer.backup import make_backup, restore_backup
from facies.indexer.backup.members import HEADER_NAME, SUMS_NAME
from facies.indexer.derived import fill_all_derived
from facies.indexer.pipeline import index_source
from facies.indexer.projections import write_projection
from facies.indexer.sources import open_source
from tests.indexer.conftest import Draw, PixelEmbedder
from tests.indexer.test_derived import add_derived
from tests.indexer.test_projections import made
from tests.stubs.qdrant import running_stub

from .conftest import assert_same, contents


@pytest.mark.parametrize("suffix", [".tar.zst", ".tar"])
def test_a_data_folder_comes_back_the_same(source: Settings, tmp_path: Path, suffix: str) -> None:
    before = contents(source)
    file = tmp_path / f"b{suffix}"
    made = make_backup(source, file)
    assert (made.collections, made.images, made.notes) == (1, 7, [])
    assert made.file_bytes == file.stat().st_size < 4e6, "holes of the engine's files are not in it"
    target = Settings(data_dir=tmp_path / "new" / "data")
    report = restore_backup(target, file)
    assert [(c.name, c.images, c.points) for c in report.collections] == [("c", 7, 7)]
    assert report.members == made.members
    assert not (target.data_dir / RESTORING).exists()
    after = contents(target)
    assert_same(after, before, source.data_dir, target.data_dir)
    uploads = [r.uri for r in after["c"][0] if "uploads" in r.uri]
    assert len(uploads) == 1
    assert Path(uploads[0]).is_file()
    assert Path(uploads[0]).is_relative_to(target.data_dir)
    assert_same(contents(source), before, source.data_dir, source.data_dir)


def test_what_computes_vectors_comes_along(
    source: Settings, tmp_path: Path, draw: Draw, embedder: PixelEmbedder
) -> None:
    with open_workspace(source) as opened:
        vector = add_derived(opened, made(1))
        assert fill_all_derived(opened, "c", "pixels") == 7
    make_backup(source, tmp_path / "b.tar.zst")
    target = Settings(data_dir=tmp_path / "data2")
    restore_backup(target, tmp_path / "b.tar.zst")
    assert_same(contents(target), contents(source), source.data_dir, target.data_dir)
    with open_workspace(target) as opened:
        assert opened.catalog.collection("c").default_vector == vector
        assert opened.catalog.projection(str(vector.projection)) == write_projection(made(1))
        index_source(opened, embedder, "c", open_source(str(draw("in/a/new.png", 99))))
        assert (opened.store.count("c"), opened.store.count("c", lacking=vector.name)) == (8, 0)


def test_a_restored_folder_is_searched_and_grows(
    source: Settings, tmp_path: Path, draw: Draw, embedder: PixelEmbedder
) -> None:
    file = tmp_path / "b.tar.zst"
    make_backup(source, file)
    target = Settings(data_dir=tmp_path / "data2")
    restore_backup(target, file)
    draw("in/a/new.png", 99)
    with open_workspace(target) as opened:
        report = index_source(opened, embedder, "c", open_source(str(tmp_path / "in")))
        assert (report.indexed, report.unchanged) == (1, 6)
        row = next(opened.store.scroll("c", vectors=True))
        hits = opened.store.search("c", VectorQuery("pixels", [row.vectors["pixels"]], k=1))
        assert hits[0].id == row.id
    with pytest.raises(ConfigurationError, match="holds data already"):
        restore_backup(target, file)


def test_tar_reads_the_file_and_its_hashes_hold(source: Settings, tmp_path: Path) -> None:
    file = tmp_path / "b.tar"
    make_backup(source, file)
    out = tmp_path / "out"
    out.mkdir()
    subprocess.run(["tar", "-xf", str(file), "-C", str(out)], check=True)
    check = subprocess.run(["sha256sum", "--check", "--quiet", SUMS_NAME], cwd=out, check=False, capture_output=True)
    assert check.returncode == 0, check.stdout
    header = json.loads((out / HEADER_NAME).read_text())
    assert header["format"] == 1
    assert header["data_dir"] == str(source.data_dir)
    lines = (out / SUMS_NAME).read_text().splitlines()
    assert {line.split("  ")[1] for line in lines} | {SUMS_NAME} == {
        str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()
    }


def test_weights_go_with_it_only_where_asked_for(source: Settings, tmp_path: Path) -> None:
    checkpoint = source.weights_dir / "card" / "w.safetensors"
    checkpoint.parent.mkdir(parents=True)
    checkpoint.write_bytes(b"numbers")
    make_backup(source, tmp_path / "without.tar")
    make_backup(source, tmp_path / "with.tar", weights=True)
    for name, there in (("without", False), ("with", True)):
        target = Settings(data_dir=tmp_path / name)
        restore_backup(target, tmp_path / f"{name}.tar")
        assert (target.weights_dir / "card" / "w.safetensors").exists() == there


def test_weights_that_are_there_stay(source: Settings, tmp_path: Path) -> None:
    (source.weights_dir).mkdir()
    (source.weights_dir / "w").write_bytes(b"old")
    make_backup(source, tmp_path / "b.tar", weights=True)
    target = Settings(data_dir=tmp_path / "new")
    target.weights_dir.mkdir(parents=True)
    (target.weights_dir / "w").write_bytes(b"own")
    report = restore_backup(target, tmp_path / "b.tar")
    assert (target.weights_dir / "w").read_bytes() == b"own"
    assert any("left out" in note for note in report.notes)


def test_a_held_store_is_said_plainly(source: Settings, tmp_path: Path) -> None:
    with open_workspace(source), pytest.raises(StoreLockedError, match="Stop that process") as error:
        make_backup(source, tmp_path / "b.tar")
    assert "--api" not in error.value.message
    assert list(tmp_path.glob("*b.tar*")) == []


@pytest.mark.parametrize(("name", "reason"), [("b.zip", "must end in"), ("no/b.tar", "no folder")])
def test_a_target_that_does_not_fit_is_refused(source: Settings, tmp_path: Path, name: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        make_backup(source, tmp_path / name)


def test_nothing_is_overwritten(source: Settings, tmp_path: Path) -> None:
    file = tmp_path / "b.tar"
    file.write_bytes(b"mine")
    with pytest.raises(ConfigurationError, match="exists already"):
        make_backup(source, file)
    assert file.read_bytes() == b"mine"


def test_an_error_while_writing_leaves_no_file(source: Settings, tmp_path: Path) -> None:
    victim = next((source.data_dir / "thumbnails").rglob("*.*"))
    file = tmp_path / "b.tar"

    def stop(members: int, _: int) -> None:
        if members > 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_backup(source, file, on_member=stop)
    assert victim.exists()
    assert [p.name for p in tmp_path.iterdir() if "b.tar" in p.name] == []


def test_with_a_server_the_vectors_are_not_in_it(source: Settings, tmp_path: Path) -> None:
    with running_stub(tmp_path / "server") as stub:
        store = StoreSettings(backend="server", url=stub.url, grpc_port=0)
        report = make_backup(source.model_copy(update={"store": store}), tmp_path / "b.tar")
    assert "snapshot" in report.notes[0]
    target = Settings(data_dir=tmp_path / "new")
    restored = restore_backup(target, tmp_path / "b.tar")
    assert not (target.data_dir / "vectors").exists()
    assert [c.points for c in restored.collections] == [None]
    assert "no vectors" in restored.notes[0]


def test_a_folder_without_data_is_no_success(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no data of facies in .*misspelt.*FACIES_DATA_DIR"):
        make_backup(Settings(data_dir=tmp_path / "misspelt"), tmp_path / "b.tar")
    assert list(tmp_path.iterdir()) == []


def test_data_without_a_collection_can_be_backed_up(tmp_path: Path) -> None:
    open_workspace(Settings(data_dir=tmp_path / "empty")).close()
    report = make_backup(Settings(data_dir=tmp_path / "empty"), tmp_path / "b.tar")
    assert report.collections == 0
    restored = restore_backup(Settings(data_dir=tmp_path / "new"), tmp_path / "b.tar")
    assert restored.collections == []


def test_taxonomies_come_along(source: Settings, tmp_path: Path) -> None:
    mine = Taxonomy("mine", "my taxa", (Taxon("a", code="A"), Taxon("b", parent="a")))
    with open_workspace(source) as opened:
        opened.catalog.add_taxonomy(mine)
        opened.catalog.use_taxonomy("c", "mine")
    make_backup(source, tmp_path / "b.tar")
    target = Settings(data_dir=tmp_path / "data2")
    restore_backup(target, tmp_path / "b.tar")
    with open_workspace(target) as opened:
        assert opened.catalog.taxonomy_of("c") == mine
