"""A data folder goes into a file and comes out of it the same; a file that is not whole brings nothing."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from facies.core.errors import CatalogError, ConfigurationError, SourceError, StoreLockedError
from facies.core.images import content_hash
from facies.core.records import ImageRecord
from facies.core.settings import CatalogSettings, Settings, StoreSettings
from facies.core.store import VectorQuery
from facies.core.workspace import RESTORING, Workspace, open_workspace
from facies.indexer.backup import make_backup, restore_backup
from facies.indexer.backup.members import HEADER_NAME, SUMS_NAME
from tests.stubs.qdrant import running_stub

from .conftest import Draw, Index, PixelEmbedder

Contents = dict[str, tuple[list[ImageRecord], dict[str, dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]]]]]


@pytest.fixture
def source(tmp_path: Path, draw: Draw, index: Index, workspace: Workspace) -> Settings:
    """The settings of a closed data folder with a labelled collection and one upload."""
    for i in range(6):
        draw(f"in/{'ab'[i % 2]}/{i}.png", i)
    index(tmp_path / "in", labels="folder")
    upload = draw("later.png", 77)
    kept = workspace.blobs.put_upload(content_hash(upload.read_bytes()), "PNG", upload.read_bytes())
    index(kept)
    workspace.close()
    return Settings(data_dir=tmp_path / "data")


def contents(settings: Settings) -> Contents:
    """Every record and every vector of every collection."""
    with open_workspace(settings) as opened:
        found: Contents = {}
        for collection in opened.catalog.collections():
            records = list(opened.catalog.iter_images(collection.name))
            points = opened.store.get(collection.name, [record.id for record in records])
            assert all(opened.blobs.thumbnail(record.id) for record in records)
            found[collection.name] = (records, {i: dict(p.vectors) for i, p in points.items()})
        return found


def assert_same(got: Contents, expected: Contents, old: Path, new: Path) -> None:
    assert got.keys() == expected.keys()
    for name, (records, vectors) in expected.items():
        moved = [r.uri.replace(str(old / "uploads"), str(new / "uploads")) for r in records]
        assert [r.uri for r in got[name][0]] == moved
        assert [(r.id, r.label, r.state, r.metadata) for r in got[name][0]] == [
            (r.id, r.label, r.state, r.metadata) for r in records
        ]
        assert got[name][1].keys() == vectors.keys()
        for image_id, named in vectors.items():
            for vector_name, row in named.items():
                np.testing.assert_array_equal(got[name][1][image_id][vector_name], row)


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


def test_a_restored_folder_is_searched_and_grows(
    source: Settings, tmp_path: Path, draw: Draw, embedder: PixelEmbedder
) -> None:
    from facies.indexer.pipeline import index_source
    from facies.indexer.sources import open_source

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


# --- files that are no backup, or no whole one ---


Members = list[tuple[tarfile.TarInfo, bytes]]


def rewrite(file: Path, change: Callable[[Members], Members]) -> None:
    """Write a plain backup anew, its members changed and its list of hashes as it was."""
    with tarfile.open(file) as tar:
        members = [(info, (tar.extractfile(info) or io.BytesIO()).read()) for info in tar]
    with tarfile.open(file, "w") as tar:
        for info, data in change(members):
            info.pax_headers, info.size = {}, len(data)
            tar.addfile(info, io.BytesIO(data))


@pytest.fixture
def file(source: Settings, tmp_path: Path) -> Path:
    made = tmp_path / "b.tar"
    make_backup(source, made)
    return made


def refused(file: Path, folder: Path) -> str:
    """Restore, see that it is refused and leaves nothing, give the message."""
    target = Settings(data_dir=folder)
    with pytest.raises((SourceError, CatalogError)) as error:
        restore_backup(target, file)
    assert not folder.exists() or list(folder.iterdir()) == []
    return error.value.message


def test_one_changed_byte_is_found(file: Path, tmp_path: Path) -> None:
    def change(members: Members) -> Members:
        return [(i, d[:-1] + bytes([d[-1] ^ 1])) if "/thumbnails" in f"/{i.name}" else (i, d) for i, d in members]

    rewrite(file, change)
    assert "thumbnails/" in refused(file, tmp_path / "new")


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/evil", "vectors/../../evil", "evil", "elsewhere/x", "vectors\\..\\evil", "vectors//x"]
)
def test_a_name_that_leads_elsewhere_is_refused(file: Path, tmp_path: Path, name: str) -> None:
    def change(members: Members) -> Members:
        extra = tarfile.TarInfo(name)
        return [members[0], (extra, b"x"), *members[1:]]

    rewrite(file, change)
    assert "nothing was restored" in refused(file, tmp_path / "deep" / "new")
    assert not (tmp_path / "deep" / "evil").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_are_refused(file: Path, tmp_path: Path, kind: bytes) -> None:
    def change(members: Members) -> Members:
        extra = tarfile.TarInfo("uploads/x")
        extra.type, extra.linkname = kind, "/etc/passwd"
        return [members[0], (extra, b""), *members[1:]]

    rewrite(file, change)
    assert "neither file nor folder" in refused(file, tmp_path / "new")


def test_missing_doubled_and_added_members_are_found(file: Path, tmp_path: Path) -> None:
    original = file.read_bytes()
    rewrite(file, lambda members: [m for m in members if not m[0].name.startswith("uploads/")])
    refused(file, tmp_path / "new")
    file.write_bytes(original)
    rewrite(file, lambda members: [*members[:2], members[1], *members[2:]])
    assert "twice" in refused(file, tmp_path / "new")
    file.write_bytes(original)
    rewrite(file, lambda members: [*members[:-1], (tarfile.TarInfo("uploads/x"), b"y"), members[-1]])
    refused(file, tmp_path / "new")
    file.write_bytes(original)
    rewrite(file, lambda members: [*members, (tarfile.TarInfo("uploads/x"), b"y")])
    refused(file, tmp_path / "new")
    file.write_bytes(original)
    rewrite(file, lambda members: members[:-1])
    assert SUMS_NAME in refused(file, tmp_path / "new")


def test_a_file_cut_anywhere_is_refused(source: Settings, file: Path, tmp_path: Path) -> None:
    packed = tmp_path / "p.tar.zst"
    make_backup(source, packed)
    chance = random.Random(3)  # noqa: S311 (places to cut, no secrets)
    for whole in (file.read_bytes().rstrip(b"\0"), packed.read_bytes()):
        for _ in range(6):
            cut = tmp_path / "cut.tar"
            cut.write_bytes(whole[: chance.randrange(1, len(whole) - 1)])
            refused(cut, tmp_path / "new")


@pytest.mark.parametrize("data", [b"", b"no tar at all", b"\x28\xb5\x2f\xfd" + b"x" * 100, b"\0" * 10240])
def test_what_is_no_backup_is_said(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.tar"
    path.write_bytes(data)
    assert "x.tar" in refused(path, tmp_path / "new")


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    assert "nothing.tar" in refused(tmp_path / "nothing.tar", tmp_path / "new")


def test_a_later_format_and_a_later_catalogue_are_refused(file: Path, tmp_path: Path) -> None:
    original = file.read_bytes()

    def later(members: Members) -> Members:
        header = {**json.loads(members[0][1]), "format": 99}
        return [(members[0][0], json.dumps(header).encode()), *members[1:]]

    rewrite(file, later)
    assert "a later release made it" in refused(file, tmp_path / "new")
    file.write_bytes(original)

    def newer(members: Members) -> Members:
        changed = [(i, d.replace(b"0001", b"9999", 1) if i.name == "catalog.sqlite" else d) for i, d in members]
        sums = {i.name: hashlib.sha256(d).hexdigest() for i, d in changed}
        lines = [line.split("  ")[1] for line in members[-1][1].decode().splitlines()]
        return [*changed[:-1], (changed[-1][0], "".join(f"{sums[n]}  {n}\n" for n in lines).encode())]

    rewrite(file, newer)
    message = refused(file, tmp_path / "new")
    assert "newer" in message or "schema" in message


def test_a_catalogue_elsewhere_is_refused(file: Path, tmp_path: Path) -> None:
    target = Settings(data_dir=tmp_path / "new", catalog=CatalogSettings(url=f"sqlite:///{tmp_path}/else.sqlite"))
    with pytest.raises(ConfigurationError, match="FACIES_CATALOG__URL"):
        restore_backup(target, file)


# --- kills ---


def test_a_restore_killed_at_its_end_is_finished_by_the_next(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = Settings(data_dir=tmp_path / "new")
    replace = Path.replace

    def die(self: Path, to: Path) -> Path:
        if self.name == "uploads":
            raise KeyboardInterrupt
        return replace(self, to)

    monkeypatch.setattr(Path, "replace", die)
    with pytest.raises(KeyboardInterrupt):
        restore_backup(target, file)
    monkeypatch.undo()
    with pytest.raises(ConfigurationError, match="facies restore"):
        open_workspace(target)
    other = tmp_path / "other.tar"
    open_workspace(Settings(data_dir=tmp_path / "data3")).close()
    make_backup(Settings(data_dir=tmp_path / "data3"), other)
    with pytest.raises(ConfigurationError, match="another file"):
        restore_backup(target, other)
    report = restore_backup(target, file)
    assert "finished" in report.notes[0]
    assert len(contents(target)["c"][0]) == 7


def test_kill_9_during_a_restore_leaves_nothing_half(file: Path, tmp_path: Path) -> None:
    target = tmp_path / "new"
    chance = random.Random(5)  # noqa: S311 (moments of a kill, no secrets)
    command = [sys.executable, "-m", "facies.core.cli", "restore", str(file), "--json"]
    environment = {**os.environ, "FACIES_DATA_DIR": str(target)}
    killed = 0
    for _ in range(4):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            deadline = time.monotonic() + 60
            while not (target / RESTORING).exists() and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.001)
            time.sleep(chance.random() * 0.1)
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=30)
        finally:
            process.kill()
        if (target / RESTORING).exists():
            killed += 1
            with pytest.raises(ConfigurationError):
                open_workspace(Settings(data_dir=target))
        else:
            assert (target / "catalog.sqlite").exists()
            shutil.rmtree(target)
    assert killed
    if not (target / "catalog.sqlite").exists():
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
    assert len(contents(Settings(data_dir=target))["c"][0]) == 7


def test_kill_9_during_a_backup_leaves_no_file_of_that_name(source: Settings, tmp_path: Path) -> None:
    file = tmp_path / "b.tar.zst"
    command = [sys.executable, "-m", "facies.core.cli", "backup", str(file)]
    environment = {**os.environ, "FACIES_DATA_DIR": str(source.data_dir)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        while not list(tmp_path.glob(".b.tar.zst.part-*")) and process.poll() is None:
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=30)
    finally:
        process.kill()
    whole = file.exists()  # it may have been faster
    if whole:
        file.unlink()
    assert make_backup(source, file).images == 7


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
