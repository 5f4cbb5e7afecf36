"""The process in which a layout is computed: ``python -m facies.models.maps.layout_child FOLDER PARENT``.

Compiling umap's functions holds the GIL for ten seconds and more, and the layout takes a core for minutes: a service
would stall. Standard output has a line ``DONE TOTAL`` for each step; the positions lie in the folder at the end.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from facies.core.child_module import become_child
from facies.models.maps.layout import LayoutOptions, lay_out
from facies.models.maps.neighbours import NeighbourTable

NAMES: Final = ("indices", "similarities", "start")


def main(folder: str, parent: str) -> int:
    """Read what `facies.models.maps.layout_process` wrote, compute, and write ``positions.npy``."""
    become_child(int(parent))
    where = Path(folder)
    indices, similarities, start = (read_array(where / f"{name}.npy") for name in NAMES)
    options = LayoutOptions(**json.loads((where / "options.json").read_text()))
    positions = lay_out(NeighbourTable(indices, similarities), start, options, _tell)
    np.save(where / "positions.npy", positions)
    return 0


def read_array(path: Path) -> NDArray[Any]:
    """Read an array that `numpy.save` wrote, and nothing that would run code."""
    array: NDArray[Any] = np.load(path, allow_pickle=False)
    return array


def _tell(done: int, total: int) -> None:
    sys.stdout.write(f"{done} {total}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
