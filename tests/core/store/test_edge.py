"""What is particular to the embedded store: its folder, kills, threads, and a disk that fills up."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import numpy as np
import pytest
from numpy.typing import NDArray

from facies.core.errors import StorageError, StoreError, StoreLockedError
from facies.core.filters import Equals, Range
from facies.core.settings import StoreSettings
from facies.core.store import CollectionSchema, Point, VectorQuery, open_store
from facies.core.store.edge import EdgeStore

Rows = Callable[..., NDArray[np.float32]]
MakePoints = Callable[..., list[Point]]
SCHEMA = CollectionSchema({"v": 16}, {"label": "keyword", "n": "integer"})

FILL = """
import sys
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5
import numpy as np
from facies.core.errors import StorageError
from facies.core.store import CollectionSchema, Point, VectorQuery
from facies.core.store.edge import EdgeStore

def make_batch(number, size, dim):
    rows = np.random.default_rng(number).normal(size=(size, dim)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    ids = [str(uuid5(NAMESPACE_URL, f"{number}/{i}")) for i in range(size)]
    return [Point(one, {"v": row}, {"n": number}) for one, row in zip(ids, rows)]
"""

WRITE_UNTIL_KILLED = """
with_store = EdgeStore(Path(sys.argv[1]))
for number in range(int(sys.argv[2]), 100000):
    with_store.upsert("c", make_batch(number, 40, 16))
    print(number, flush=True)
"""

FILL_THE_DISK = """
root = Path(sys.argv[1])
(root / "ballast").write_bytes(bytes(40 * 2**20))
store = EdgeStore(root / "vectors")
store.ensure("c", CollectionSchema({"v": 2048}))
acknowledged = 0
try:
    for number in range(1000):
        store.upsert("c", make_batch(number, 64, 2048))
        acknowledged += 64
except StorageError as error:
    assert "disk is full" in str(error), error
first = make_batch(0, 1, 2048)[0]
assert acknowledged > 250, acknowledged
assert store.count("c") == acknowledged
assert store.search("c", VectorQuery("v", [first.vectors["v"]]))[0].id
try:
    store.ensure("d", CollectionSchema({"v": 2048}))
    raise SystemExit("a collection was made on a full disk")
except StorageError:
    pass
store.close()
store = EdgeStore(root / "vectors")
assert store.collections() == ["c"]
assert store.count("c") == acknowledged
(root / "ballast").unlink()
store.upsert("c", make_batch(number, 64, 2048))
assert store.count("c") == acknowledged + 64
store.close()
print("kept", acknowledged)
"""

FILL_BEHIND_ITS_BACK = """
root = Path(sys.argv[1])
store = EdgeStore(root / "vectors")
store.ensure("c", CollectionSchema({"v": 2048}))
for number in range(10):
    store.upsert("c", make_batch(number, 64, 2048))
with (root / "ballast").open("wb", buffering=0) as ballast:
    try:
        while True:
            ballast.write(bytes(4096))
    except OSError:
        pass
first = make_batch(0, 1, 2048)[0]
assert store.search("c", VectorQuery("v", [first.vectors["v"]], k=1))
def must_fail(call):
    try:
        call()
    except StorageError:
        return
    raise SystemExit("no byte is free and nobody says so")

for call in (store.flush, lambda: store.upsert("c", [first]), lambda: store.delete("c", [first.id]), store.close):
    must_fail(call)
store = EdgeStore(root / "vectors")
must_fail(lambda: store.count("c"))
(root / "ballast").unlink()
print("kept", store.count("c"))
"""

OPEN_A_YOUNG_ONE = """
import shutil

root = Path(sys.argv[1])
store = EdgeStore(root / "vectors")
store.ensure("c", CollectionSchema({"v": 1280}))
store.upsert("c", make_batch(0, 64, 1280))
store.close()
ballast = root / "ballast"
with ballast.open("wb") as file:
    file.write(b"x" * (shutil.disk_usage(root).free - 20 * 2**20))
try:
    store = EdgeStore(root / "vectors")
    store.count("c")
    raise SystemExit("opened")
except StorageError as error:
    print("refused", error)
ballast.unlink()
print("kept", store.count("c"))
"""

OUTGROW_THE_LIMIT = """
import resource
store = EdgeStore(Path(sys.argv[1]) / "vectors")
store.ensure("c", CollectionSchema({"v": 2048}))
store.upsert("c", make_batch(0, 64, 2048))
resource.setrlimit(resource.RLIMIT_FSIZE, (20 * 2**20, resource.RLIM_INFINITY))
acknowledged = 64
try:
    for number in range(1, 1000):
        store.upsert("c", make_batch(number, 64, 2048))
        acknowledged += 64
except StorageError as error:
    print(error)
try:
    store.upsert("c", make_batch(number, 64, 2048))
    raise SystemExit("a write went through")
except StorageError:
    pass
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
assert store.count("c") >= acknowledged
store.upsert("c", make_batch(number, 64, 2048))
assert store.count("c") == acknowledged + 64
store.close()
assert EdgeStore(Path(sys.argv[1]) / "vectors").count("c") == acknowledged + 64
print("kept", acknowledged)
"""

READ_ONLY = """
try:
    EdgeStore(Path(sys.argv[1]) / "vectors")
    raise SystemExit("opened")
except StorageError as error:
    print("refused", error)
"""


def run_child(code: str, *arguments: str, before: str = "") -> str:
    """Run code after FILL in a child; ``before`` is a shell command run first, in mounts of the child's own."""
    command = [sys.executable, "-c", FILL + code, *arguments]
    if before:
        command = [
            "unshare",
            "--user",
            "--map-root-user",
            "--mount",
            "sh",
            "-ec",
            f'{before}; exec "$@"',
            "sh",
            *command,
        ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.fixture
def can_mount(tmp_path: Path) -> None:
    """Skip where this user may not mount a file system of their own."""
    probe = ["unshare", "--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "tmpfs", str(tmp_path)]
    if shutil.which("unshare") is None or subprocess.run(probe, capture_output=True, check=False).returncode != 0:
        pytest.skip("needs unshare(1) and user namespaces, to mount a small disk; the limit on file sizes is tested")


def test_open_store_gives_the_embedded_store(tmp_path: Path) -> None:
    store = open_store(StoreSettings(), tmp_path / "vectors")
    assert isinstance(store, EdgeStore)
    with pytest.raises(StoreLockedError, match="--api"):
        open_store(StoreSettings(), tmp_path / "vectors")
    store.close()
    open_store(StoreSettings(), tmp_path / "vectors").close()


def test_everything_is_there_after_reopening(tmp_path: Path, rows: Rows, make_points: MakePoints) -> None:
    points = make_points(rows(500), lambda i: {"label": "ab"[i % 2], "n": i})
    store = EdgeStore(tmp_path)
    store.ensure("c", SCHEMA)
    store.upsert("c", points)
    query = VectorQuery("v", [points[7].vectors["v"]], k=20, where=Range("n", lt=250))
    before = store.search("c", query), store.facet("c", "label"), store.schema("c")
    store.close()
    store = EdgeStore(tmp_path)
    assert (store.search("c", query), store.facet("c", "label"), store.schema("c")) == before
    store.close()


def test_results_equal_exact_search_over_thousands(tmp_path: Path, rows: Rows, make_points: MakePoints) -> None:
    gallery = rows(5000, 96)
    points = make_points(gallery, lambda i: {"n": i % 10})
    store = EdgeStore(tmp_path)
    store.ensure("c", CollectionSchema({"v": 96}, {"n": "integer"}))
    store.upsert("c", points)
    queries = rows(60, 96, seed=1)
    similarities = queries.astype(np.float64) @ gallery.astype(np.float64).T
    plain = store.search_batch("c", [VectorQuery("v", [q], k=30, offset=5) for q in queries])
    filtered = store.search_batch("c", [VectorQuery("v", [q], k=30, where=Equals("n", 3)) for q in queries])
    for row, hits, some in zip(similarities, plain, filtered, strict=True):
        order = np.argsort(-row)
        assert [hit.id for hit in hits] == [points[i].id for i in order[5:35]]
        assert [hit.id for hit in some] == [points[i].id for i in order[order % 10 == 3][:30]]
        np.testing.assert_allclose([hit.similarity for hit in hits], row[order[5:35]], atol=1e-6)
    store.close()


def test_a_kill_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    store = EdgeStore(tmp_path)
    store.ensure("c", SCHEMA)
    store.close()
    acknowledged: list[int] = []
    for patience in (1, 10, 40):
        start = acknowledged[-1] + 2 if acknowledged else 0
        command = [sys.executable, "-c", FILL + WRITE_UNTIL_KILLED, str(tmp_path), str(start)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            acknowledged += [int(child.stdout.readline()) for _ in range(patience)]
            child.send_signal(signal.SIGKILL)
            acknowledged += [int(line) for line in child.stdout if line.endswith("\n")]
        store = EdgeStore(tmp_path)
        wanted = [str(uuid5(NAMESPACE_URL, f"{number}/{i}")) for number in acknowledged for i in range(40)]
        assert list(store.get("c", wanted, vectors=False)) == wanted
        assert store.count("c", Equals("n", acknowledged[-1])) == 40
        store.close()


def test_threads_read_while_others_write(tmp_path: Path, rows: Rows, make_points: MakePoints) -> None:
    points = make_points(rows(3000), lambda i: {"n": i, "label": "a"})
    store = EdgeStore(tmp_path)
    store.ensure("c", SCHEMA)
    store.upsert("c", points[:500])
    failures: list[BaseException] = []
    done = threading.Event()

    def guard(work: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            try:
                work()
            except BaseException as error:
                failures.append(error)

        return run

    def write(part: int) -> None:
        for start in range(500 + part * 64, 3000, 128):
            store.upsert("c", points[start : start + 64])

    def read() -> None:
        while not done.is_set():
            hits = store.search("c", VectorQuery("v", [points[3].vectors["v"]], k=5, where=Range("n", lt=500)))
            assert hits[0].id == points[3].id
            assert store.count("c") >= 500
            seen = [point.id for point in store.scroll("c", batch=100)]
            assert seen == sorted(set(seen))
            assert store.facet("c", "label")["a"] >= 500

    def disturb() -> None:
        while not done.is_set():
            store.ensure("other", CollectionSchema({"w": 3}))
            store.flush()
            store.drop("other")

    writers = [threading.Thread(target=guard(lambda part=part: write(part))) for part in (0, 1)]  # type: ignore[misc]  # mypy cannot infer a lambda with a default
    readers = [threading.Thread(target=guard(work)) for work in (read, read, disturb)]
    for thread in [*readers, *writers]:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in readers:
        thread.join()
    assert failures == []
    assert store.count("c") == 3000
    store.close()


def test_half_made_collections_do_not_exist(tmp_path: Path) -> None:
    store = EdgeStore(tmp_path)
    store.ensure("whole", SCHEMA)
    store.close()
    (tmp_path / "half" / "0001" / "shard").mkdir(parents=True)
    store = EdgeStore(tmp_path)
    assert store.collections() == ["whole"]
    assert not (tmp_path / "half").exists()
    store.close()


def test_a_crash_between_vector_and_schema_is_made_good(tmp_path: Path, rows: Rows) -> None:
    store = EdgeStore(tmp_path)
    store.ensure("c", SCHEMA)
    schema_file = tmp_path / "c" / "0001" / "schema.json"
    before = schema_file.read_text()
    store.ensure("c", CollectionSchema({"w": 4}))
    store.close()
    schema_file.write_text(before)
    store = EdgeStore(tmp_path)
    assert store.schema("c") == SCHEMA
    store.ensure("c", CollectionSchema({"w": 8}))
    store.upsert("c", [Point(str(uuid5(NAMESPACE_URL, "1")), {"v": rows(1)[0], "w": rows(1, 8)[0]})])
    assert len(store.search("c", VectorQuery("w", [rows(1, 8)[0]]))) == 1
    store.close()


def test_damaged_files_are_named(tmp_path: Path) -> None:
    store = EdgeStore(tmp_path)
    for name in ("c", "d"):
        store.ensure(name, SCHEMA)
    store.close()
    (tmp_path / "c" / "0001" / "shard" / "edge_config.json").write_text("garbage")
    store = EdgeStore(tmp_path)
    with pytest.raises(StoreError, match=r"shard failed: .*edge_config\.json"):
        store.count("c")
    assert store.count("d") == 0
    store.drop("c")
    assert store.collections() == ["d"]
    store.close()


def test_a_full_disk_is_said_and_loses_nothing(tmp_path: Path, can_mount: None) -> None:
    output = run_child(FILL_THE_DISK, str(tmp_path), before=f"mount -t tmpfs -o size=112m tmpfs '{tmp_path}'")
    assert output.startswith("kept")


def test_a_disk_filled_to_the_last_byte_by_another_loses_nothing(tmp_path: Path, can_mount: None) -> None:
    output = run_child(FILL_BEHIND_ITS_BACK, str(tmp_path), before=f"mount -t tmpfs -o size=112m tmpfs '{tmp_path}'")
    assert output == "kept 640\n"


def test_a_young_collection_on_a_disk_that_filled_up_is_refused_not_killed(tmp_path: Path, can_mount: None) -> None:
    output = run_child(OPEN_A_YOUNG_ONE, str(tmp_path), before=f"mount -t tmpfs -o size=112m tmpfs '{tmp_path}'")
    assert "the disk is full (20 MiB free" in output
    assert output.endswith("kept 64\n")


def test_files_that_may_not_grow_lose_nothing(tmp_path: Path) -> None:
    output = run_child(OUTGROW_THE_LIMIT, str(tmp_path))
    assert "cannot write" in output
    assert "kept" in output


def test_a_read_only_folder_is_said(tmp_path: Path, can_mount: None) -> None:
    output = run_child(READ_ONLY, str(tmp_path), before=f"mount -t tmpfs -o ro tmpfs '{tmp_path}'")
    assert "Read-only file system" in output
    assert "FACIES_DATA_DIR" in output


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "vectors").write_text("in the way")
    with pytest.raises(StorageError, match="cannot write"):
        EdgeStore(tmp_path / "vectors")
