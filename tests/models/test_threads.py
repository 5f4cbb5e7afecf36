"""torch's threads sleep while they wait, and there are as many as the setting says."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from facies.models.threads import wait_without_spinning

CODE = """
import sys
from facies.models.threads import limit_threads, wait_without_spinning
wait_without_spinning()
assert "torch" not in sys.modules
limit_threads(0)
assert "torch" not in sys.modules
limit_threads(1)
import torch
assert torch.get_num_threads() == 1
"""


def test_limit_is_torchs_own() -> None:
    subprocess.run([sys.executable, "-c", CODE], check=True)


@pytest.mark.parametrize(("before", "after"), [(None, "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_environment_of_a_person_wins(before: str | None, after: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    if before is not None:
        monkeypatch.setenv("OMP_WAIT_POLICY", before)
    wait_without_spinning()
    assert os.environ["OMP_WAIT_POLICY"] == after
