"""The names of files that jobs of segmentation write."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from facies.core.new_files import new_file

MODEL: Final = "model.facies-seg"
SUGGESTIONS: Final = "suggestions.json"
TRAINING: Final = "training.json"
CORE: Final = "core"
"""Folder of checkpoints that sections are written to."""
PROCESS_NOTE: Final = "cpu_s and peak_growth_mb are of the worker's whole process, other jobs of it included"


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a report, complete or not at all.

    Raises:
        StorageError: the system refuses.
    """
    with new_file(path) as part:
        part.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
