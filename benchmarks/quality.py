"""``python -m benchmarks.quality``: how well recipes find and name images of sets that nobody trained on, as one table.

No label is used but to measure. Each set is embedded once for each recipe; every recipe is measured without and with
re-ranking by diffusion, the default one also with the other methods. The table goes to stdout, and with ``--write``
into the documentation.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.machine import describe_machine
from benchmarks.table import RESULTS, say
from facies.core.settings import Settings, load_settings
from facies.indexer.evaluation.gallery import embed_gallery
from facies.indexer.evaluation.protocol import evaluate
from facies.indexer.evaluation.selection import take_part
from facies.indexer.evaluation.subjects import Subjects, list_source
from facies.indexer.evaluation.summary import summarise
from facies.indexer.limits import limits_of
from facies.indexer.sources import open_source
from facies.models.rerank import RERANKERS

if TYPE_CHECKING:
    from facies.indexer.evaluation.gallery import Gallery
    from facies.models.rerank import Reranker

BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
CONTENDERS = (
    ("efficientnet-lite0", "fast"),
    ("efficientnet-lite0", "upright"),
    ("efficientnet-lite0", "8 views; output"),
    ("efficientnet-lite0", "default"),
    ("efficientnet-lite0", "best"),
    ("efficientnet-lite2", "default"),
    ("efficientnet-lite2", "best"),
)
REFERENCE = ("efficientnet-lite0", "fast")
"""Also measured with the published resize, beside the published rows."""
DEFAULT = ("efficientnet-lite0", "default")
"""Measured with every way of re-ranking; the others with diffusion."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table; None where a paper does not say."""

    images: str
    vectors: str
    reranked: str
    f1: float
    p_at_nk: float
    mean_ap: float | None
    images_per_s: float | None


PUBLISHED = tuple(
    Line("scampi-20", f"published: {name}", "", f1, p_at_nk, None, None)
    for name, f1, p_at_nk in (
        ("SCAMPI ViT-S/16, trained on palynology slides", 0.91, 0.60),
        ("SCAMPI ViT-B/16, trained on palynology slides", 0.90, 0.60),
        ("DINO ViT-S/8", 0.84, 0.46),
        ("DINO ViT-B/16", 0.81, 0.47),
        ("DINO ViT-S/16", 0.78, 0.44),
    )
)
"""Martinsen et al. (2024), https://doi.org/10.1016/j.aiig.2024.100080: by their own script, one look at an image."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every set with every recipe."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    parser.add_argument("data", type=Path, help="folder that holds scampi-20, carbonates and geofigs")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--write", type=Path, help="a page whose part between the marks is replaced by the table")
    options = parser.parse_args(arguments)
    settings = load_settings()
    lines: list[Line] = []
    for name in options.sets:
        lines += measure(name, options.data / name, settings)
    keep(lines)
    table = f"{as_markdown(lines)}\n\n{describe_run()}"
    print(table)
    if options.write is not None:
        write_into(options.write, table)


def measure(name: str, folder: Path, settings: Settings) -> Iterator[Line]:
    """Measure one set with every recipe, and tell each figure as it comes."""
    if name == PUBLISHED[0].images:
        yield from PUBLISHED
        published = settings.model_copy(update={"models": settings.models.model_copy(update={"resizing": "reference"})})
        yield from _measure(name, folder, REFERENCE, published, ", published resize")
    for contender in CONTENDERS:
        yield from _measure(name, folder, contender, settings)


def _measure(
    name: str, folder: Path, contender: tuple[str, str], settings: Settings, remark: str = ""
) -> Iterator[Line]:
    with closing(open_source(str(folder), labels="folder")) as source:
        subjects = SETS[name](list_source(source), folder)
        gallery = take_part(embed_gallery(subjects, *contender, settings=settings, limits=limits_of(settings)))
    rerankers = list(RERANKERS.values()) if contender == DEFAULT else [RERANKERS["diffusion"]]
    for reranker in (None, *rerankers):
        yield _figures(name, " ".join(contender) + remark, gallery, reranker)


def _figures(name: str, title: str, gallery: Gallery, reranker: Reranker | None) -> Line:
    found = summarise(gallery, evaluate(gallery.vectors, gallery.labels, groups=gallery.groups, rerank=reranker))
    f1, p_at_nk, mean_ap = (float(str(found[key])) for key in ("nn_f1", "p_at_nk", "map"))
    line = Line(
        name,
        title,
        "" if reranker is None else reranker.method.replace("_", " "),
        f1,
        p_at_nk,
        mean_ap,
        gallery.images_per_s,
    )
    say(str(line))
    return line


def _as_they_are(subjects: Subjects, _: Path) -> Subjects:
    return subjects


def _by_source(subjects: Subjects, folder: Path) -> Subjects:
    """Figures of one repository look alike, so they neither find each other nor are split apart."""
    with (folder / "MANIFEST.tsv").open(newline="", encoding="utf-8") as file:
        sources = {row["file"]: row["source"].split("/")[0] for row in csv.DictReader(file, delimiter="\t")}
    groups = {item.uri: sources[Path(item.uri).relative_to(folder.resolve()).as_posix()] for item in subjects.items}
    return replace(subjects, groups=groups)


SETS: dict[str, Callable[[Subjects, Path], Subjects]] = {
    "scampi-20": _as_they_are,
    "carbonates": _as_they_are,
    "geofigs": _by_source,
}


def keep(lines: Sequence[Line]) -> None:
    """Write the rows into a file of the results."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    with (RESULTS / f"quality-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Line)])
        writer.writeheader()
        writer.writerows(asdict(line) for line in lines)


def as_markdown(lines: Sequence[Line]) -> str:
    """One table; the best of each set stands out, published rows aside."""
    rows = ["| images | vectors | re-ranked | F1 | P@n_k | mAP | images/s |", "|---|---|---|---|---|---|---|"]
    for line in lines:
        ours = [other for other in lines if other.images == line.images and other.images_per_s is not None]
        figures = [
            _shown(getattr(line, name), line in ours and getattr(line, name) == max(getattr(o, name) for o in ours))
            for name in ("f1", "p_at_nk", "mean_ap")
        ]
        rate = "" if line.images_per_s is None else f"{line.images_per_s:.1f}"
        rows.append(f"| {line.images} | {line.vectors} | {line.reranked} | {' | '.join(figures)} | {rate} |")
    return "\n".join(rows)


def _shown(value: float | None, best: bool) -> str:
    if value is None:
        return ""
    return f"**{value:.3f}**" if best else f"{value:.3f}"


def describe_run() -> str:
    """A line on what the figures were measured on."""
    machine = describe_machine()
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d} at {machine['commit']}: {machine['cores']} cores of "
        f"{machine['cpu']}, OpenVINO {machine['openvino']}, f32."
    )


def write_into(page: Path, table: str) -> None:
    """Replace what stands between the marks of a page."""
    before, rest = page.read_text(encoding="utf-8").split(BEGIN)
    _, after = rest.split(END)
    page.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
