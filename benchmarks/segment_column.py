"""``python -m benchmarks.segment_column IMAGE``: a tall photograph, whole and in tiles: the same bits, and the memory.

A model is trained on a generated core with the default card and then names the photograph. What is compared are the
probabilities of every pixel: from the maps of the whole image, from tiles of several heights, and from the product's
own path. Growth is the peak of resident memory over what was held before, image and model included in that.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.segmentation import SEED
from benchmarks.segmentation_naive import THREADS
from benchmarks.spending import spend
from benchmarks.table import Table
from facies.core.settings import ModelSettings, SegmentationSettings, Settings
from facies.indexer.segmentation.bench import Bench
from facies.indexer.segmentation.generated_cores import generate_core
from facies.indexer.segmentation.generated_files import write_scene
from facies.indexer.segmentation.naming import Naming
from facies.indexer.segmentation.pictures import Picture, read_picture
from facies.indexer.segmentation.training import Lesson, TrainingOrder, train
from facies.models.segmentation.cards import DEFAULT
from facies.models.segmentation.cards import card as find_card
from facies.models.segmentation.feature_maps import FeatureMaps
from facies.models.segmentation.prediction import predict
from facies.models.segmentation.segmentation_model import SegmentationModel

ROOM = "tall photograph"
TILES_PX = (64, 256, 1024)


def main(arguments: Sequence[str] | None = None) -> None:
    """Name the photograph in every way.

    Raises:
        SystemExit: two ways gave other probabilities.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks.segment_column", description=__doc__)
    parser.add_argument("image", type=Path, help="such as core-columns/column1.jpeg")
    parser.add_argument("--tiles", nargs="+", type=int, default=list(TILES_PX), help="heights in pixels")
    parser.add_argument("--seed", type=int, default=SEED, help="of the core that the model is trained on")
    options = parser.parse_args(arguments)
    table = Table()
    with tempfile.TemporaryDirectory() as scratch:
        settings = Settings(
            data_dir=Path(scratch) / "data",
            models=ModelSettings.model_validate({"threads": THREADS, "device": "cpu", "offline": True}),
            segmentation=SegmentationSettings(maps_bytes=0),  # kept maps would stand in for those of the tiles
        )
        bench = Bench(settings)
        model = train_model(bench, options.seed, Path(scratch) / "core")
        picture = read_picture(options.image, bench.limits)
        hypercolumns = bench.hypercolumns(DEFAULT)
        found = {"the product's way": measure(table, "the product's way", name_as_product(bench, model, picture))}
        for rows in options.tiles:
            way = f"tiles of {rows} px"
            found[way] = measure(table, way, name_tiles(model, hypercolumns.tiles(picture.pixels, rows), picture))
        found["whole"] = measure(table, "whole", name_whole(bench, model, picture))
    print(table.text())
    if len(set(found.values())) != 1:
        raise SystemExit(f"probabilities differ: {found}")
    print(f"{picture.name}, {picture.shape[0]} x {picture.shape[1]} px: the same bits in all {len(found)} ways")


def train_model(bench: Bench, seed: int, folder: Path) -> SegmentationModel:
    """A model of the default card, trained on a generated core."""
    write_scene(generate_core(seed), folder)
    lesson = Lesson(folder / "image.png", folder / "labels.png")
    return train(TrainingOrder("core", (lesson,), is_validated=False), bench).model


def measure(table: Table, way: str, bands: Iterable[bytes]) -> str:
    """Go through the bands, note what that took, and give the hash of all their probabilities."""
    digest = hashlib.sha256()

    def work() -> None:
        for band in bands:
            digest.update(band)

    took = spend(work)
    table.add(ROOM, way, "cpu", took.cpu_s, "s")
    table.add(ROOM, way, "growth of memory", took.growth_mb, "MB")
    return digest.hexdigest()


def name_as_product(bench: Bench, model: SegmentationModel, picture: Picture) -> Iterable[bytes]:
    """As a section of core is named."""
    for band in Naming(bench, model, picture).bands():
        yield band.probabilities.tobytes()


def name_whole(bench: Bench, model: SegmentationModel, picture: Picture) -> Iterable[bytes]:
    """From the maps of the whole image, held in memory."""
    yield from name_tiles(model, [bench.hypercolumns(model.card).maps(picture.pixels)], picture)


def name_tiles(model: SegmentationModel, tiles: Iterable[FeatureMaps], picture: Picture) -> Iterable[bytes]:
    """From tiles."""
    radius = model.radius_cells(find_card(model.card).stride, None)
    for band in predict(model.classifier, tiles, picture.shape, smoothing_cells=radius, threads=THREADS):
        yield band.probabilities.tobytes()


if __name__ == "__main__":
    main()
