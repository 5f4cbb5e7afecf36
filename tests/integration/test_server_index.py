"""`facies index` and `facies search` against a stub of a Qdrant server, across a bad network."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from facies.core.cli import main
from facies.core.images import content_hash, image_id
from facies.core.settings import Settings, StoreSettings
from facies.core.workspace import open_workspace
from tests.stubs.faults import Faults
from tests.stubs.qdrant import running_stub

IMAGES = 24


def draw_images(folder: Path) -> set[str]:
    """Write images of noise under three labels; give their ids."""
    rng = np.random.default_rng(5)
    ids = set()
    for i in range(IMAGES):
        path = folder / "abc"[i % 3] / f"{i:03d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(path)
        ids.add(image_id(content_hash(path.read_bytes())))
    return ids


@pytest.fixture
def facies(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """The command line, in this process: the network is loaded once for all."""

    def run(*arguments: str) -> Any:
        monkeypatch.setattr(sys, "argv", ["facies", *arguments, "--json"])
        with pytest.raises(SystemExit) as left:
            main()
        printed = capsys.readouterr()
        assert left.value.code in (None, 0), printed.err
        return json.loads(printed.out.strip().rsplit("\n", 1)[-1])

    return run


@pytest.mark.parametrize("wire", ["rest", "grpc"])
def test_an_index_run_across_a_bad_network(
    tmp_path: Path, wire: str, facies: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = draw_images(tmp_path / "in")
    with running_stub(tmp_path / "server", faults=Faults(0.1, seed=1, retry_after_s=0, slow_s=0.1)) as stub:
        port = stub.grpc.port if wire == "grpc" else 0
        monkeypatch.setenv("FACIES_STORE__BACKEND", "server")
        monkeypatch.setenv("FACIES_STORE__URL", stub.url)
        monkeypatch.setenv("FACIES_STORE__GRPC_PORT", str(port))
        monkeypatch.setenv("FACIES_INDEXER__UPSERT_SIZE", "2")
        order = ["index", str(tmp_path / "in"), "--collection", "k", "--labels", "folder"]
        assert facies(*order, "--model", "efficientnet-lite0")["indexed"] == IMAGES
        assert facies(*order)["unchanged"] == IMAGES
        assert len(facies("search", min(ids), "--collection", "k", "--k", "5")["neighbours"]) == 5
        assert sum(stub.faults.seen.values()) > 0

        stub.faults.rate = 0.0
        data = Path(os.environ["FACIES_DATA_DIR"])
        store = StoreSettings(backend="server", url=stub.url, grpc_port=port)
        with closing(open_workspace(Settings(data_dir=data, store=store))) as workspace:
            assert {record.id for record in workspace.catalog.iter_images("k")} == ids
            assert {point.id for point in workspace.store.scroll("k")} == ids
            assert workspace.store.facet("k", "label") == {"a": 8, "b": 8, "c": 8}
        assert stub.engine.names() == ["k@0001"]
