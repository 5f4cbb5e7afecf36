"""Files that are no backup, or no whole one, bring nothing."""

from __future__ import annotations

import hashlib
import io
import json
import random
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from facies.core import catalog as catalog_package
from facies.core.errors import CatalogError, ConfigurationError, SourceError
from facies.core.jobs import JobOrder
from facies.core.settings import CatalogSettings, Settings
from facies.core.workspace import open_workspace
from facies.indexer.backup import make_backup, restore_backup
from facies.indexer.backup.members import SUMS_NAME

Members = list[tuple[tarfile.TarInfo, bytes]]

MIGRATIONS = Path(catalog_package.__file__).parent / "migrations"


def rewrite(file: Path, change: Callable[[Members], Members]) -> None:
    """Write a plain backup anew, its members changed and its list of hashes as it was."""
    with tarfile.open(file) as tar:
        members = [(info, (tar.extractfile(info) or io.BytesIO()).read()) for info in tar]
    with tarfile.open(file, "w") as tar:
        for info, data in change(members):
            info.pax_headers, info.size = {}, len(data)
            tar.addfile(info, io.BytesIO(data))


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
        head = ScriptDirectory(str(MIGRATIONS)).get_current_head()
        assert head is not None
        changed = [(i, d.replace(head.encode(), b"9999") if i.name == "catalog.sqlite" else d) for i, d in members]
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


def test_jobs_that_waited_or_ran_do_not_begin_unasked(source: Settings, tmp_path: Path) -> None:
    with open_workspace(source) as opened:
        for number in range(3):
            opened.catalog.add_job(JobOrder(id=f"{number:012x}", kind="index"))
        begun = opened.catalog.claim_job("somebody")
        assert begun is not None
        opened.catalog.finish_job(begun.lease, "done")
        assert opened.catalog.claim_job("somebody") is not None
    make_backup(source, tmp_path / "b.tar")
    target = Settings(data_dir=tmp_path / "new")
    report = restore_backup(target, tmp_path / "b.tar")
    with open_workspace(target) as opened:
        assert {job.id: job.state for job in opened.catalog.jobs()} == {
            f"{0:012x}": "done",
            f"{1:012x}": "cancelled",
            f"{2:012x}": "cancelled",
        }
    assert "2 jobs that waited or ran when the backup was made were cancelled" in " ".join(report.notes)
    with open_workspace(source) as opened:
        assert [job.state for job in opened.catalog.jobs()] == ["queued", "running", "done"]
