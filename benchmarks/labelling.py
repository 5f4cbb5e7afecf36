"""``python -m benchmarks.labelling``: labelling by itself on sets whose labels are known, as tables and one picture.

Half of each set counts as validated, the rest is labelled from it at many precisions that are asked for; mean of ten
splits. The tables go to stdout, and with ``--write`` into the documentation, the picture beside it.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.quality import SETS, describe_run, write_into
from benchmarks.table import say
from facies.core.settings import Settings, load_settings
from facies.indexer.evaluation.autolabel import evaluate_autolabel
from facies.indexer.evaluation.autolabel_summary import mean
from facies.indexer.evaluation.gallery import embed_gallery
from facies.indexer.evaluation.selection import take_part
from facies.indexer.evaluation.subjects import list_source
from facies.indexer.limits import limits_of
from facies.indexer.sources import open_source

if TYPE_CHECKING:
    from facies.indexer.evaluation.autolabel import Autolabelled

TOLD = (0.9, 0.95, 0.99)
"""Precisions of the table; the picture has more."""
DRAWN = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.925, 0.95, 0.97, 0.98, 0.99)
MODEL, RECIPE = "efficientnet-lite0", "default"
CHOSEN = ("scampi-20", "carbonates")
PICTURE = Path("images") / "labelling.svg"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every set."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.labelling", description=__doc__)
    parser.add_argument("data", type=Path, help=f"folder that holds {' and '.join(CHOSEN)}")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(CHOSEN))
    parser.add_argument("--write", type=Path, help="a page whose part between the marks is replaced by the tables")
    options = parser.parse_args(arguments)
    settings = load_settings()
    found = {name: measure(name, options.data / name, settings) for name in options.sets}
    text = f"{as_markdown(found)}\n\n![Achieved precision and coverage]({PICTURE})\n\n{describe_run()}"
    print(text)
    if options.write is not None:
        write_into(options.write, text)
        say(f"drawn to {draw(found, options.write.parent / PICTURE)}")


def measure(name: str, folder: Path, settings: Settings) -> Autolabelled:
    """Embed a set, and label halves of it."""
    with closing(open_source(str(folder), labels="folder")) as source:
        subjects = SETS[name](list_source(source), folder)
        gallery = take_part(embed_gallery(subjects, MODEL, RECIPE, settings=settings, limits=limits_of(settings)))
    # The first precision is also that of the classes that nobody validated.
    precisions = (0.95, *(precision for precision in DRAWN if precision != 0.95))
    found = evaluate_autolabel(gallery.vectors, gallery.labels, groups=gallery.groups, precisions=precisions)
    say(f"{name}: measured")
    return found


def as_markdown(found: dict[str, Autolabelled]) -> str:
    """A table of what was asked for and given, and one of honesty and strangers."""
    given = [
        "| images | asked for | right | labelled | labelled, as foretold | without the gate | names in a set "
        "| sets that hold the right one |",
        "|---|---|---|---|---|---|---|---|",
    ]
    honest = [
        "| images | calibration error before | after | classes that nobody validated | novelty, AUROC | their images "
        "labelled | without the gate | others labelled |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, one in found.items():
        free = {labelled.precision: labelled for labelled in one.ungated}
        for labelled in sorted(one.gated, key=lambda labelled: labelled.precision):
            if labelled.precision in TOLD:
                figures = (labelled.achieved, labelled.coverage, labelled.foretold, free[labelled.precision].coverage)
                sets = f"{_show(labelled.sets, 1)} | {_show(labelled.held)}"
                given.append(f"| {name} | {labelled.precision:.2f} | {' | '.join(map(_show, figures))} | {sets} |")
        away = one.strangers
        if away is not None:
            figures = (away.auroc, away.accepted, away.ungated, away.coverage)
            error = f"{one.before.error:.3f} | {one.reliability.error:.3f}"
            honest.append(f"| {name} | {error} | {away.classes} | {' | '.join(map(_show, figures))} |")
    return "\n".join([*given, "", *honest])


def draw(found: dict[str, Autolabelled], path: Path) -> Path:
    """Draw what was achieved and labelled over what was asked for, and the reliability before and after."""
    # Imported here: it is a tool for developers and takes a second to load.
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    mpl.rcParams["svg.hashsalt"] = "facies"  # the same figures give the same file
    figure = Figure(figsize=(11, 3.8), layout="constrained")
    FigureCanvasSVG(figure)
    achieved, labelled, reliability = figure.subplots(1, 3)
    for place, (name, one) in enumerate(found.items()):
        points = sorted(one.gated, key=lambda line: line.precision)
        asked = [line.precision for line in points]
        colour = f"C{place}"
        achieved.plot(asked, [mean(line.achieved) or np.nan for line in points], marker="o", color=colour, label=name)
        labelled.plot(asked, [mean(line.coverage) for line in points], marker="o", color=colour, label=name)
        labelled.plot(asked, [mean(line.foretold) for line in points], ls=":", color=colour, label=f"{name}, foretold")
        for bins, style, remark in ((one.reliability, "-", ""), (one.before, ":", ", before")):
            there = bins.counts > 0
            reliability.plot(
                bins.confidence[there], bins.right[there], ls=style, marker=".", color=colour, label=f"{name}{remark}"
            )
    achieved.plot([0.5, 1], [0.5, 1], color="0.7", zorder=0)
    reliability.plot([0, 1], [0, 1], color="0.7", zorder=0)
    _name_axes(achieved, "precision asked for", "share of the labels that is right")
    _name_axes(labelled, "precision asked for", "share of the images that is labelled")
    _name_axes(reliability, "probability of the label", "share that is right")
    figure.savefig(path, metadata={"Date": None})
    return path


def _name_axes(axes: Any, x: str, y: str) -> None:
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(visible=True, alpha=0.3)
    axes.legend(fontsize="small")


def _show(values: np.ndarray[tuple[int], np.dtype[np.float64]], digits: int = 3) -> str:
    found = mean(values)
    return "" if found is None else f"{found:.{digits}f}"


if __name__ == "__main__":
    main()
