"""Drawings exist nowhere else, so a backup has them."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from facies.api.drawings.pictures import find_picture_tile
from facies.api.drawings.store import DrawingStore
from facies.api.embedders import Embedders
from facies.api.service import Service, open_service
from facies.core.client import Client
from facies.core.settings import Settings
from facies.indexer.backup import make_backup, make_live_backup, restore_backup
from facies.indexer.segmentation.generated_cores import GeneratedScene
from tests.api.conftest import serving

from .conftest import draw, strokes_of


@pytest.mark.parametrize("is_live", [True, False])
def test_drawings_come_back_with_strokes_and_pictures(
    *, settings: Settings, embedders: Embedders, scene: GeneratedScene, png: bytes, tmp_path: Path, is_live: bool
) -> None:
    file = tmp_path / "b.tar"
    with opened(settings, embedders) as (service, client):
        drawing, picture = draw(client, scene, png)
        before = client.drawings.get(drawing)
        if is_live:
            make_live_backup(settings, service.workspace, file)
    if not is_live:
        make_backup(settings, file)
    place = f"drawings/{drawing}/pictures/{picture}"
    with tarfile.open(file) as tar:
        names = {name for name in tar.getnames() if name.startswith("drawings/")}
    assert names == {f"drawings/{drawing}/drawing.json", f"{place}/original/core 7.png", f"{place}/strokes.json"}
    restored = Settings(data_dir=tmp_path / "new")
    restore_backup(restored, file)
    with opened(restored, embedders) as (service, client):
        assert client.drawings.list() == [before]
        store = DrawingStore.of(restored)
        drawn = {stroke.id for stroke in store.strokes(store.get(drawing), picture).strokes}
        assert drawn == {stroke.id for stroke in strokes_of(scene).add}
        assert find_picture_tile(service, drawing, picture, (0, 0, 0)).is_file(), "tiles are made again"


@contextmanager
def opened(settings: Settings, embedders: Embedders) -> Iterator[tuple[Service, Client]]:
    with (
        open_service(settings, embedders) as service,
        serving(service) as http,
        Client(str(http.base_url)) as client,
    ):
        yield service, client
