"""The sample collection: which classes there are, and how it is written to a folder."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

import numpy as np
from PIL import Image

from facies.core.errors import ConfigurationError, StorageError
from facies.indexer.samples import charts, logs, maps, palynomorphs, rocks, sections
from facies.indexer.samples.canvas import Rng

Draw: TypeAlias = Callable[[Rng], Image.Image]

_MICROSCOPE: Mapping[str, tuple[Draw, float]] = {
    "bisaccate_pollen": (palynomorphs.draw_bisaccate_pollen, 0.25),
    "dinoflagellate_cyst": (palynomorphs.draw_dinoflagellate_cyst, 0.25),
    "peridinioid_cyst": (palynomorphs.draw_peridinioid_cyst, 0.25),
    "trilete_spore": (palynomorphs.draw_trilete_spore, 0.2),
    "oolite_thin_section": (rocks.draw_oolite, 8.0),
    "sandstone_thin_section": (rocks.draw_sandstone, 6.0),
}
"""Classes seen through a microscope, with a typical scale in micrometres per pixel."""

_OTHERS: Mapping[str, Draw] = {
    "laminated_shale": rocks.draw_shale,
    "bar_chart": charts.draw_bar_chart,
    "cross_section": sections.draw_cross_section,
    "geological_map": maps.draw_geological_map,
    "rose_diagram": charts.draw_rose_diagram,
    "scatter_plot": charts.draw_scatter_plot,
    "seismic_section": sections.draw_seismic_section,
    "ternary_plot": charts.draw_ternary_plot,
    "well_log": logs.draw_well_log,
}
_DRAWINGS: Mapping[str, Draw] = {name: draw for name, (draw, _) in _MICROSCOPE.items()} | dict(_OTHERS)

CLASSES: tuple[str, ...] = tuple(sorted(_DRAWINGS))
"""Names of the classes, which are also the folders."""

MANIFEST = "manifest.csv"
_COLUMNS = ("path", "label", "well", "depth_m", "slide", "um_per_px")
_WELLS = ("DEMO-1", "DEMO-2", "DEMO-3")


def draw_sample(label: str, number: int, *, seed: int = 0) -> Image.Image:
    """Draw one image; the same class, number and seed give the same pixels, whatever else is drawn.

    Args:
        label: one of `CLASSES`.
        number: which image of the class, from 0.
        seed: another seed gives other images, at least 0.

    Returns:
        an RGB image of about 210 to 400 pixels a side.

    Raises:
        ConfigurationError: unknown class, or a negative number or seed.
    """
    if label not in _DRAWINGS:
        raise ConfigurationError(f"no sample class {label!r}; there are {', '.join(CLASSES)}")
    return _DRAWINGS[label](_chance(label, number, seed, stream=0))


def write_samples(out: Path, *, per_class: int = 30, seed: int = 0) -> list[Path]:
    """Write ``<class>/<class>_000.png`` ... for every class, and a manifest with made-up wells, depths and slides.

    Args:
        out: folder, made where it is missing; files of the same names are replaced.
        per_class: images of each class, at least 1.
        seed: another seed gives other images, at least 0.

    Returns:
        paths of the images, class by class; the manifest lies beside the class folders.

    Raises:
        ConfigurationError: a number is out of range.
        StorageError: the folder cannot be written.
    """
    if per_class < 1:
        raise ConfigurationError(f"{per_class} images a class: expected at least 1")
    wanted = [(label, number) for label in CLASSES for number in range(per_class)]
    try:
        for label in CLASSES:
            (out / label).mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor() as threads:  # numpy and Pillow let go of the interpreter while they compute
            list(threads.map(lambda sample: _write(out, sample, seed), wanted))
        with (out / MANIFEST).open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, _COLUMNS, restval="")
            writer.writeheader()
            for label, number in wanted:
                writer.writerow({"path": _place(label, number), "label": label, **_describe(label, number, seed)})
    except OSError as error:
        raise StorageError(error.filename or out, error.strerror or str(error)) from error
    return [out / _place(label, number) for label, number in wanted]


def _place(label: str, number: int) -> str:
    return f"{label}/{label}_{number:03d}.png"


def _write(out: Path, sample: tuple[str, int], seed: int) -> None:
    label, number = sample
    # Level 3: noise does not compress much further, and the highest level takes longer than the drawing.
    draw_sample(label, number, seed=seed).save(out / _place(label, number), compress_level=3)


def _chance(label: str, number: int, seed: int, *, stream: int) -> Rng:
    if number < 0 or seed < 0:
        raise ConfigurationError(f"number {number} and seed {seed} must not be negative")
    # Keyed by the letters of the name, so that a new class leaves the images of the others as they are.
    return np.random.default_rng([seed, number, stream, *label.encode()])


def _describe(label: str, number: int, seed: int) -> dict[str, str]:
    """Make up where the sample comes from: each class has its home in depth, as each fossil has its time."""
    home = _chance(label, 0, seed, stream=2).uniform(1200, 3400)
    rng = _chance(label, number, seed, stream=1)
    facts = {"well": _WELLS[rng.integers(len(_WELLS))], "depth_m": f"{home + rng.normal(0, 150):.1f}"}
    if label in _MICROSCOPE:
        scale = _MICROSCOPE[label][1] * rng.choice([0.5, 1.0, 2.0])
        facts |= {"slide": f"S{rng.integers(1, 40):03d}", "um_per_px": f"{scale:g}"}
    return facts
