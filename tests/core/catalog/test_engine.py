"""Opening: several processes at once, killed writers, full disks, folders and files that are not what they should."""

from __future__ import annotations

import fcntl
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import event

from facies.core.catalog import Catalog, open_catalog
from facies.core.errors import CatalogError, ConfigurationError, FaciesError, StorageError
from facies.core.records import ImageRecord, VectorRecord

MakeRecord = Callable[..., ImageRecord]
NAME = "microfossils"

WRITER = """
    import sys
    from facies.core.catalog import open_catalog
    from facies.core.records import ImageRecord

    def record(number):
        return ImageRecord(f"{number:036d}", f"{number:064d}", None, "/x", 1, 1, "PNG", "uint8",
                           {"well": "A" * 200}, "label")

    catalog = open_catalog(sys.argv[1])
"""


@pytest.fixture
def catalog(url: str, vector: VectorRecord) -> Iterator[Catalog]:
    """SQLite's alone: what is tested here is its files."""
    opened = open_catalog(url)
    opened.create_collection(NAME, "microfossils", [vector])
    yield opened
    opened.close()


def script(body: str) -> list[str]:
    return [sys.executable, "-W", "error", "-c", textwrap.dedent(WRITER) + textwrap.dedent(body)]


def pragma(catalog: Catalog, name: str) -> object:
    with catalog._engine.connect() as connection:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


def test_the_pragmas_that_durability_rests_on(catalog: Catalog) -> None:
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 60_000}
    assert {name: pragma(catalog, name) for name in wanted} == wanted


def test_missing_folders_are_made(tmp_path: Path) -> None:
    path = tmp_path / "new" / "deep er" / "catalog.sqlite"
    open_catalog(f"sqlite:///{path}").close()
    assert path.is_file()


def test_eight_processes_meet_a_fresh_catalogue(tmp_path: Path) -> None:
    # One process that forks after the imports: the eight then start within a millisecond of each other.
    body = """
        import os
        import alembic.command
        from facies.core.catalog import open_catalog
        from facies.core.errors import CollectionExistsError
        from facies.core.records import Fingerprint, ImageRecord, VectorRecord

        ready, go = os.pipe()
        children = []
        for child in range(8):
            pid = os.fork()
            if pid == 0:
                os.close(go)
                os.read(ready, 1)
                catalog = open_catalog(sys.argv[1])
                try:
                    vector = VectorRecord("v", 4, Fingerprint("c", "w", "p", "r", "t", "f32"))
                    catalog.create_collection("microfossils", "generic", [vector])
                except CollectionExistsError:
                    pass
                for start in range(0, 200, 20):
                    records = [ImageRecord(f"{i:036d}", f"{i:064d}", None, "/x", 1, 1, "PNG", "uint8", {}, "label")
                               for i in range(start + child, start + child + 20)]
                    catalog.add_images("microfossils", records, actor=f"child {child}")
                catalog.close()
                os._exit(0)
            children.append(pid)
        os.close(go)
        sys.exit(sum(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != 0 for pid in children))
    """
    url = f"sqlite:///{tmp_path / 'fresh' / 'catalog.sqlite'}"
    done = subprocess.run(
        [sys.executable, "-c", "import sys\n" + textwrap.dedent(body), url],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    catalog = open_catalog(url)
    assert catalog.count(NAME) == 207
    assert catalog.label_counts(NAME) == {"label": 207}
    catalog.close()


def test_kill_9_keeps_what_was_acknowledged_and_no_half_batch(catalog: Catalog, tmp_path: Path) -> None:
    body = """
        for start in range(0, 1_000_000, 700):
            catalog.add_images("microfossils", [record(i) for i in range(start, start + 700)], actor="writer")
            print(start + 700, flush=True)
    """
    url = f"sqlite:///{catalog.where}"
    for kills in (1, 3):
        with subprocess.Popen([*script(body), url], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for _ in range(3 * kills):
                acknowledged = int(process.stdout.readline())
            process.send_signal(signal.SIGKILL)
            acknowledged = max([acknowledged, *(int(line) for line in process.stdout)])
        again = open_catalog(url)
        assert again.count(NAME) >= acknowledged
        assert again.count(NAME) % 700 == 0
        assert again.label_counts(NAME) == {"label": again.count(NAME)}
        with sqlite3.connect(catalog.where) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.close()
        again.close()


def test_a_full_disk_is_a_storage_error_and_loses_nothing(catalog: Catalog) -> None:
    # The limit on a file's size is the closest thing to a full disk that needs no rights: the write itself fails.
    body = """
        import resource
        from facies.core.errors import StorageError

        catalog.add_images("microfossils", [record(i) for i in range(100)], actor="writer")
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
        acknowledged = 100
        try:
            for start in range(100, 100_000, 100):
                catalog.add_images("microfossils", [record(i) for i in range(start, start + 100)], actor="writer")
                acknowledged = start + 100
        except StorageError as error:
            assert "What was acknowledged before is kept" in error.message, error.message
            assert catalog.count("microfossils") == acknowledged
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            catalog.add_images("microfossils", [record(10**6)], actor="writer")
            catalog.close()
            print(acknowledged + 1)
    """
    url = f"sqlite:///{catalog.where}"
    done = subprocess.run([*script(body), url], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert catalog.count(NAME) == int(done.stdout) > 100


@pytest.mark.parametrize("statement", ["PRAGMA max_page_count = 1", "PRAGMA query_only = ON"])
def test_what_sqlite_says_of_full_and_read_only_databases_is_a_storage_error(
    catalog: Catalog, make_record: MakeRecord, statement: str
) -> None:
    def limit(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(statement).close()

    records = [make_record(i, metadata={"well": "A" * 5000}) for i in range(50)]
    catalog._engine.dispose()
    event.listen(catalog._engine, "connect", limit)
    with pytest.raises(StorageError, match=r"catalog\.sqlite.*free space .*FACIES_DATA_DIR"):
        catalog.add_images(NAME, records, actor="test")
    event.remove(catalog._engine, "connect", limit)
    catalog._engine.dispose()
    assert catalog.count(NAME) == 0
    catalog.add_images(NAME, records, actor="test")
    assert catalog.count(NAME) == 50


def test_a_folder_that_cannot_be_made_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StorageError, match="file"):
        open_catalog(f"sqlite:///{tmp_path / 'file' / 'catalog.sqlite'}")


@pytest.mark.parametrize("fresh", [True, False])
def test_a_read_only_folder_is_a_storage_error(catalog: Catalog, fresh: bool) -> None:
    # The superuser may write anywhere, so there the child becomes nobody, who must be able to walk to the folder:
    # tmp_path is closed to others.
    body = """
        import os, sys
        import alembic.command
        from facies.core.catalog import open_catalog
        from facies.core.errors import StorageError

        if os.geteuid() == 0:
            os.setresuid(65534, 65534, 65534)
        try:
            open_catalog(sys.argv[1]).add_images("microfossils", [], actor="test")
        except StorageError as error:
            print(error.message)
    """
    catalog.close()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if not fresh:
            for suffix in ("", ".lock"):
                shutil.copy(catalog.where + suffix, folder)
                (folder / f"catalog.sqlite{suffix}").chmod(0o444)
        folder.chmod(0o555)
        command = [sys.executable, "-c", textwrap.dedent(body), f"sqlite:///{folder / 'catalog.sqlite'}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        folder.chmod(0o755)
    assert "catalog.sqlite" in done.stdout, done.stderr
    assert "cannot write" in done.stdout


@pytest.mark.parametrize(
    "url",
    ["sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=ro&uri=true", "not a url", "nosuchdialect://host/db"],
)
def test_addresses_that_make_no_sense_are_configuration_errors(url: str) -> None:
    with pytest.raises(ConfigurationError, match="sqlite:///"):
        open_catalog(url)


@pytest.mark.parametrize("content", [b"no database at all, just text\n" * 100, b"\xff" * 8192])
def test_a_file_of_something_else_is_refused_with_a_remedy(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "catalog.sqlite"
    path.write_bytes(content)
    with pytest.raises(CatalogError, match=r"damaged or is not a catalogue.*put a copy of it back"):
        open_catalog(f"sqlite:///{path}")
    assert path.read_bytes() == content


def test_damaged_pages_raise_only_our_errors(catalog: Catalog, make_record: MakeRecord) -> None:
    records = [make_record(i, label=f"l{i % 5}", metadata={"well": "6407/6-5", "depth_m": i}) for i in range(600)]
    catalog.add_images(NAME, records, actor="test")
    catalog.close()
    path = Path(catalog.where)
    whole = path.read_bytes()
    outcomes = set()
    for start in range(0, len(whole), len(whole) // 40):
        damaged = bytearray(whole)
        damaged[start : start + 300] = bytes(byte ^ 0x5A for byte in damaged[start : start + 300])
        path.write_bytes(damaged)
        outcomes.add(_use(path, make_record))
    assert CatalogError in outcomes


def _use(path: Path, make_record: MakeRecord) -> type[FaciesError] | None:
    try:
        opened = open_catalog(f"sqlite:///{path}")
        try:
            opened.collections()
            opened.label_counts(NAME)
            opened.metadata_fields(NAME)
            list(opened.iter_images(NAME))
            opened.add_images(NAME, [make_record(10_000, label="x")], actor="test")
        finally:
            opened.close()
    except FaciesError as error:
        return type(error)
    return None


def test_a_writer_that_never_ends_is_named_busy(catalog: Catalog, make_record: MakeRecord) -> None:
    def impatient(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA busy_timeout = 50").close()

    catalog._engine.dispose()
    event.listen(catalog._engine, "connect", impatient)
    holder = sqlite3.connect(catalog.where, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(CatalogError, match="busy"):
        catalog.add_images(NAME, [make_record(1)], actor="test")
    assert catalog.count(NAME) == 0  # readers do not wait
    holder.execute("ROLLBACK")
    holder.close()
    catalog.add_images(NAME, [make_record(1)], actor="test")


def test_opening_waits_for_the_process_that_migrates(url: str, tmp_path: Path) -> None:
    opened = threading.Event()

    def open_it() -> None:
        open_catalog(url).close()
        opened.set()

    with (tmp_path / "catalog.sqlite.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        thread = threading.Thread(target=open_it)
        thread.start()
        assert not opened.wait(0.3)
        fcntl.flock(lock, fcntl.LOCK_UN)
        thread.join(30)
    assert opened.is_set()
