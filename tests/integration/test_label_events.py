"""Labels of several processes at once, kill -9 in the middle of a batch, and a hundred thousand events."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from facies.core.catalog import Catalog, open_catalog
from facies.core.records import Fingerprint, ImageRecord, Label, LabelBatch, VectorRecord
from facies.core.settings import Settings
from facies.core.store import Point
from facies.core.workspace import Workspace, open_workspace
from facies.indexer.collections import payload_of, schema_of
from facies.indexer.labelling.mirror import check_labels, follow_all_labels
from tests.postgres import make_database, serve_postgres

NAME = "grains"
VECTOR = VectorRecord("v", 4, Fingerprint("v", "0" * 64, "none", "one", "numpy", "f32"))

LABELLER = """
    import sys
    from facies.core.catalog import open_catalog
    from facies.core.errors import StaleLabelError
    from facies.core.records import Label, LabelBatch

    url, who = sys.argv[1:]
    catalog = open_catalog(url)
    ids = [record.id for record in catalog.iter_images("grains")]
    given, stale = 0, 0
    for turn in range(40):
        one = ids[turn % len(ids)]
        while True:  # look, then say, until nobody was faster
            seen = catalog.image("grains", one).event
            try:
                catalog.label_images("grains", {one: Label(f"{who} {turn}", "validated")}, LabelBatch("person", who),
                                     seen={one: seen})
                break
            except StaleLabelError:
                stale += 1
        given += 1
    print(given, stale)
"""

KILLED = """
    import os, signal, sys
    from pathlib import Path
    from facies.core.catalog import label_batches, labels
    from facies.core.records import Label, LabelBatch
    from facies.core.settings import Settings
    from facies.core.workspace import open_workspace
    from facies.indexer.labelling import mirror
    from facies.indexer.labelling.giving import give_labels

    steps = iter(range(1000))
    def dying(call):
        def wrapped(*arguments, **more):
            if next(steps) == int(sys.argv[2]):
                os.kill(os.getpid(), signal.SIGKILL)
            answer = call(*arguments, **more)
            if next(steps) == int(sys.argv[2]):
                os.kill(os.getpid(), signal.SIGKILL)
            return answer
        return wrapped

    with open_workspace(Settings(data_dir=Path(sys.argv[1]))) as workspace:
        for module, name in ((label_batches, "open_batch"), (labels, "append"), (labels, "follow"),
                             (mirror, "follow_labels"), (mirror, "write_payloads")):
            setattr(module, name, dying(getattr(module, name)))
        import facies.indexer.labelling.giving as giving
        giving.follow_labels = mirror.follow_labels
        ids = [record.id for record in workspace.catalog.iter_images("grains")]
        give_labels(workspace, "grains", dict.fromkeys(ids, Label("nereis", "predicted", 0.9)), LabelBatch("both", "t"))
        print("done")
"""


def record(number: int) -> ImageRecord:
    image_id = f"00000000-0000-5000-8000-{number:012d}"
    return ImageRecord(image_id, f"{number:064d}", None, f"/x/{number}", 1, 1, "PNG", "uint8")


def run(script: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(script), *arguments], stdout=subprocess.PIPE, text=True
    )


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'catalog.sqlite'}"
        return
    with serve_postgres() as server, make_database(server) as made:
        yield made


@pytest.fixture
def catalog(url: str) -> Iterator[Catalog]:
    opened = open_catalog(url)
    opened.create_collection(NAME, "generic", [VECTOR])
    opened.add_images(NAME, [record(n) for n in range(5)], actor="test")
    yield opened
    opened.close()


def test_two_processes_that_label_at_once_lose_nothing(catalog: Catalog, url: str) -> None:
    people = [run(LABELLER, url, who) for who in ("ann", "bob")]
    answers = [person.communicate(timeout=120)[0].split() for person in people]
    assert [person.returncode for person in people] == [0, 0]
    assert [answer[0] for answer in answers] == ["40", "40"]
    for image in catalog.list_images(NAME):
        history = catalog.label_history(NAME, image.id)
        assert sorted(event.label.label for event in history) == sorted(
            f"{who} {turn}" for who in ("ann", "bob") for turn in range(int(image.id[-1]), 40, 5)
        )
        assert (image.event, image.label) == (history[-1].number, history[-1].label.label)
    assert len(catalog.label_batches(NAME, limit=1000)) == 80


def make_workspace(folder: Path) -> Workspace:
    workspace = open_workspace(Settings(data_dir=folder))
    made = workspace.catalog.create_collection(NAME, "generic", [VECTOR])
    workspace.store.ensure(NAME, schema_of(made, {}))
    records = [record(n) for n in range(50)]
    points = [Point(one.id, {"v": np.full(4, 0.5, np.float32)}, payload_of(one)) for one in records]
    workspace.store.upsert(NAME, points)
    workspace.catalog.add_images(NAME, records, actor="test")
    return workspace


def test_kill_9_at_every_step_leaves_all_of_a_batch_or_nothing(tmp_path: Path) -> None:
    outcomes = set()
    for step in range(100):
        folder = tmp_path / str(step)
        make_workspace(folder).close()
        process = run(KILLED, str(folder), str(step))
        out, _ = process.communicate(timeout=120)
        with open_workspace(Settings(data_dir=folder)) as workspace:
            named = workspace.catalog.label_counts(NAME).get("nereis", 0)
            assert named == sum(batch.images for batch in workspace.catalog.label_batches(NAME))
            outcomes.add(named)
            follow_all_labels(workspace)  # what opening the data does
            assert workspace.store.facet(NAME, "label") == ({"nereis": 50} if named else {})
            assert check_labels(workspace, NAME, mend=False).drifted == 0
        if process.returncode == 0:
            assert out.strip() == "done"
            break
        assert process.returncode == -signal.SIGKILL
    assert step >= 8
    assert outcomes == {0, 50}


def test_the_oldest_of_many_batches_is_undone_whole(tmp_path: Path) -> None:
    """How long that takes is measured by benchmarks/labels.py; what comes of it is the same for fewer."""
    catalog = open_catalog(f"sqlite:///{tmp_path / 'catalog.sqlite'}")
    catalog.create_collection(NAME, "generic", [VECTOR])
    records = [record(n) for n in range(2000)]
    catalog.add_images(NAME, records, actor="test")
    ids = [one.id for one in records]
    model = LabelBatch("both", "facies")
    oldest = catalog.label_images(NAME, dict.fromkeys(ids, Label("azolla", "predicted")), model)
    for start in range(0, 1000, 100):
        catalog.label_images(NAME, dict.fromkeys(ids[start : start + 50], Label("spore", "validated")), model)
        catalog.label_images(NAME, dict.fromkeys(ids[start + 50 : start + 100], Label("nereis", "predicted")), model)
    catalog.undo_batch(NAME, oldest.number, LabelBatch("undo", "ann"))
    assert catalog.state_counts(NAME) == {("nereis", "predicted"): 500, ("spore", "validated"): 500}
    catalog.close()
