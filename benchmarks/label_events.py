"""``python -m benchmarks.label_events``: a hundred thousand label events, and the undoing of the oldest batch."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.table import say
from facies.core.catalog import Catalog, open_catalog
from facies.core.records import Fingerprint, ImageRecord, Label, LabelBatch, LabelBatchRecord, VectorRecord

IMAGES = 100_000
NAME = "grains"
_LATER = 20
"""Batches after the oldest one, of a hundredth of the images each, by a person and by a model in turn."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print a line for each figure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.label_events", description=__doc__)
    parser.add_argument("--url", help="of an empty database; a new SQLite file where left out")
    parser.add_argument("--images", type=int, default=IMAGES)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        catalog = open_catalog(options.url or f"sqlite:///{Path(folder) / 'catalog.sqlite'}")
        try:
            for name, seconds in measure(catalog, options.images):
                print(f"{name}: {seconds:.3f} s")
        finally:
            catalog.close()


def measure(catalog: Catalog, images: int) -> list[tuple[str, float]]:
    """Seconds of each step over so many images."""
    catalog.create_collection(
        NAME, "generic", [VectorRecord("v", 4, Fingerprint("v", "0" * 64, "none", "one", "numpy", "f32"))]
    )
    ids = [f"00000000-0000-5000-8000-{number:012d}" for number in range(images)]
    catalog.add_images(NAME, [_record(place, one) for place, one in enumerate(ids)], actor="benchmark")
    say(f"{images:,} images")
    model, person, undo = LabelBatch("both", "facies"), LabelBatch("person", "ann"), LabelBatch("undo", "ann")
    predicted = Label("azolla", "predicted", 0.97, 0.2, tuple(ids[:10]))
    took, oldest = _time(lambda: catalog.label_images(NAME, dict.fromkeys(ids, predicted), model))
    figures = [(f"a batch of {images:,} labels", took)]
    share = images // 100
    for number in range(_LATER):
        some = ids[number * share : (number + 1) * share]
        label = Label("spore", "predicted") if number % 2 else Label("nereis", "validated")
        catalog.label_images(NAME, dict.fromkeys(some, label), model if number % 2 else person)
    took, undone = _time(lambda: catalog.undo_batch(NAME, oldest.number, undo))
    figures.append((f"undoing it, with {_LATER} batches after it", took))
    took, _ = _time(lambda: catalog.undo_batch(NAME, undone.number, undo))
    figures.append(("bringing it back", took))
    one = {ids[0]: Label("nereis", "validated")}
    took, _ = _time(lambda: catalog.label_images(NAME, one, person))
    figures.append(("one label among them", took))
    return figures


def _record(place: int, image_id: str) -> ImageRecord:
    return ImageRecord(image_id, f"{place:064x}", None, f"/nowhere/{place}", 1, 1, "PNG", "uint8")


def _time(call: Callable[[], LabelBatchRecord]) -> tuple[float, LabelBatchRecord]:
    start = time.perf_counter()
    answer = call()
    return time.perf_counter() - start, answer


if __name__ == "__main__":
    main()
