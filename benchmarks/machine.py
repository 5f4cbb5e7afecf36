"""What a figure was measured on: the machine, its load, the versions, the commit."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("torch", "openvino", "qdrant-edge-py", "numpy", "timm")


def describe_machine() -> dict[str, str]:
    """Processor, cores, memory, versions and commit, as text; what is not installed says so."""
    return {
        "commit": find_commit(),
        "cpu": _read_field(Path("/proc/cpuinfo"), "model name") or platform.processor() or platform.machine(),
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "memory_gib": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f}",
        "python": platform.python_version(),
        **{package: _version(package) for package in PACKAGES},
    }


def find_commit() -> str:
    """The commit of the source, with ``+changes`` where files differ from it; ``unknown`` outside a checkout."""
    commit = _git("rev-parse", "--short=12", "HEAD")
    if not commit:
        return "unknown"
    return f"{commit}+changes" if _git("status", "--porcelain", "--untracked-files=no") else commit


def load_average() -> str:
    """Mean number of processes that wanted a core in the last minute."""
    return f"{os.getloadavg()[0]:.2f}"


def clean_environment() -> dict[str, str]:
    """The environment without what steers threads and without facies' own settings: every side chooses by itself."""
    steering = ("FACIES_", "OMP_", "KMP_", "GOMP_", "MKL_", "OPENBLAS_", "OV_")
    return {name: value for name, value in os.environ.items() if not name.startswith(steering)}


def resident_mib(pid: int) -> float:
    """Memory of a process that is in RAM now, mapped files included, in MiB; 0 where the system does not say."""
    text = _read_field(Path(f"/proc/{pid}/status"), "VmRSS")
    return int(text.split()[0]) / 1024 if text else 0.0


def disk_mib(folder: Path) -> float:
    """Space that the files of a folder take on the disk, in MiB."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file()) / 2**20


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _git(*arguments: str) -> str:
    try:
        run = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return run.stdout.strip() if run.returncode == 0 else ""


def _read_field(path: Path, name: str) -> str:
    if not path.is_file():
        return ""
    for line in path.read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""
