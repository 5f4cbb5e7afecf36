"""A layout computed in a process of its own, which can be ended at any moment."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import IO, Final

import numpy as np
from numpy.typing import NDArray

from facies.core.child_module import start_module
from facies.core.errors import MapError, StorageError
from facies.models.maps.layout import LayoutOptions
from facies.models.maps.layout_child import NAMES, read_array
from facies.models.maps.neighbours import NeighbourTable

_POLL_S: Final = 0.5


def lay_out_apart(
    neighbours: NeighbourTable,
    start: NDArray[np.float32],
    options: LayoutOptions,
    progress: Callable[[int, int | None], None],
) -> NDArray[np.float32]:
    """Compute `facies.models.maps.layout.lay_out` in a child process.

    Args:
        neighbours: see there.
        start: see there.
        options: see there.
        progress: told twice a second how many epochs are done, of how many (None until they begin); what it raises
            ends the process.

    Raises:
        MapError: the process ended without a layout; the message has the end of what it said.
        StorageError: the disk is full.
    """
    with tempfile.TemporaryDirectory(prefix="facies-map-") as name:
        folder = Path(name)
        try:
            for array_name, array in zip(NAMES, (neighbours.indices, neighbours.similarities, start), strict=True):
                np.save(folder / f"{array_name}.npy", array)
            (folder / "options.json").write_text(json.dumps(asdict(options)))
            with (folder / "complaints.txt").open("w+") as complaints:
                status = _wait(folder, complaints, progress)
                complaints.seek(0)
                said = complaints.read()
        except OSError as error:
            raise StorageError(folder, error.strerror or str(error)) from error
        if status != 0:
            last = said.strip().rpartition("\n")[2][-1000:] or "(nothing)"
            raise MapError(f"the computation of the layout ended with status {status}. The last it said: {last}")
        return np.asarray(read_array(folder / "positions.npy"), dtype=np.float32)


def _wait(folder: Path, complaints: IO[str], progress: Callable[[int, int | None], None]) -> int:
    told: list[tuple[int, int | None]] = [(0, None)]
    with start_module("facies.models.maps.layout_child", str(folder), str(os.getpid()), complaints=complaints) as child:
        listener = threading.Thread(target=_listen, args=(child, told), daemon=True)
        listener.start()
        try:
            while True:
                progress(*told[-1])
                with suppress(subprocess.TimeoutExpired):
                    return child.wait(_POLL_S)
        finally:
            child.kill()
            listener.join()


def _listen(child: subprocess.Popen[str], told: list[tuple[int, int | None]]) -> None:
    for line in child.stdout or ():
        done, _, total = line.partition(" ")
        told[:] = [(int(done), int(total))]
