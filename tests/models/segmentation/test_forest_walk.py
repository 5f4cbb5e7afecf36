from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from facies.models.segmentation import forest_walk
from facies.models.segmentation.forest import compact_forest
from facies.models.segmentation.forest_walk import BLOCK, walk_forest

ROOT = Path(__file__).resolve().parents[3]


def test_the_compiled_walk_does_what_its_source_says() -> None:
    """Also for arrays that cannot be written, for blocks that are not full, and for leaves of several classes."""
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(BLOCK + 40, 4)).astype(np.float32)
    codes = (rows[:, 0] + rng.normal(size=len(rows)) > 0).astype(int) + (rows[:, 1] > 1)
    model = RandomForestClassifier(3, random_state=0, min_samples_leaf=5).fit(rows, codes)
    tables = compact_forest(model.estimators_, model.classes_, 3, 4)._tables
    rows.flags.writeable = False
    expected = np.zeros((len(rows), 3), np.float32)
    forest_walk._walk(
        rows,
        tables.threshold,
        tables.child,
        tables.feature,
        tables.leaf,
        tables.roots,
        tables.levels,
        tables.distributions,
        expected,
    )
    np.testing.assert_array_equal(walk_forest(tables, rows), expected / np.float32(3))
    np.testing.assert_allclose(expected / 3, model.predict_proba(rows), atol=1e-6)


def test_an_installation_that_cannot_be_written_is_walked_all_the_same(tmp_path: Path) -> None:
    """Numba finds no place for its cache there, which is an error of its own where nobody looks after it."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    code = (
        "import numba.core.caching as caching\n"
        "caching.CacheImpl._locator_classes = []\n"
        "from facies.models.segmentation.forest_walk import compiled_walk\n"
        "print(compiled_walk() is not None)\n"
    )
    env = {**os.environ, "HOME": str(blocked), "NUMBA_CACHE_DIR": str(blocked / "no")}
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "True"


def test_nothing_is_compiled_before_it_is_used() -> None:
    code = (
        "import sys\n"
        "import facies.models.segmentation.prediction, facies.models.segmentation.pixel_classifier\n"
        "import facies.models.segmentation.model_file\n"
        "sys.exit(str([m for m in ('numba', 'sklearn', 'torch', 'safetensors') if m in sys.modules]).strip('[]') or 0)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
