"""The layout and the layers: what docs/architecture.md promises."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ("core", "models", "indexer", "api", "ui")
HEAVY = ("torch", "timm", "streamlit", "fastapi", "qdrant_client", "qdrant_edge", "sqlalchemy", "pandas")


def sources(layer: str) -> list[Path]:
    return sorted((ROOT / layer / "facies" / layer).rglob("*.py"))


def test_the_namespace_has_no_init_file() -> None:
    assert not [layer for layer in LAYERS if (ROOT / layer / "facies" / "__init__.py").exists()]


@pytest.mark.parametrize("layer", LAYERS)
def test_each_layer_is_a_typed_package(layer: str) -> None:
    package = ROOT / layer / "facies" / layer
    assert (package / "__init__.py").is_file()
    assert (package / "py.typed").is_file()


@pytest.mark.parametrize("layer", LAYERS)
def test_no_file_is_a_giant(layer: str) -> None:
    sizes = {path: len(path.read_text().splitlines()) for path in sources(layer)}
    assert {path: size for path, size in sizes.items() if size > 400} == {}


@pytest.mark.parametrize("layer", LAYERS)
def test_tests_mirror_the_code(layer: str) -> None:
    """Each module has its test file at the mirrored place, or is covered by the one of its package."""
    package = ROOT / layer / "facies" / layer
    lacking = []
    for path in sources(layer):
        if path.name == "__init__.py" or "migrations" in path.parts:
            continue
        relative = path.relative_to(package)
        mirrored = ROOT / "tests" / layer / relative.parent / f"test_{relative.name}"
        of_package = ROOT / "tests" / layer / relative.parent.parent / f"test_{relative.parent.name}.py"
        folder = ROOT / "tests" / layer / relative.parent
        covers = relative.parent.parts and (of_package.exists() or (folder.is_dir() and any(folder.glob("test_*.py"))))
        if not (mirrored.exists() or covers):
            lacking.append(str(relative))
    assert lacking == []


@pytest.mark.parametrize("layer", LAYERS)
def test_no_input_is_checked_with_assert(layer: str) -> None:
    found = [str(p) for p in sources(layer) if re.search(r"^\s*assert\b", p.read_text(), re.MULTILINE)]
    assert found == []


def test_the_layers_hold() -> None:
    run = lint_imports(ROOT)
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("core/facies/core/records.py", "import facies.models.registry", "layers"),
        ("indexer/facies/indexer/limits.py", "import facies.api.app", "layers"),
        ("ui/facies/ui/state.py", "import facies.core.catalog", "interface talks HTTP"),
        ("api/facies/api/search.py", "import qdrant_client", "only core.store speaks to Qdrant"),
        ("indexer/facies/indexer/pipeline.py", "import sqlalchemy", "only core.catalog speaks SQL"),
        ("api/facies/api/search.py", "import torch", "only models imports the networks"),
        ("api/facies/api/app.py", "import streamlit", "only ui imports streamlit"),
    ],
)
def test_a_seeded_violation_is_caught(tmp_path: Path, module: str, line: str, contract: str) -> None:
    for layer in LAYERS:
        shutil.copytree(
            ROOT / layer / "facies", tmp_path / layer / "facies", ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    seeded = tmp_path / module
    seeded.write_text(f"{seeded.read_text()}\n{line}\n")
    run = lint_imports(tmp_path)
    assert run.returncode == 1
    assert re.search(rf"{re.escape(contract)}.*BROKEN", run.stdout), run.stdout


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the layers below ``root``, wherever the installed ones lie."""
    path = os.pathsep.join(str(root / layer) for layer in LAYERS)
    # The editable install's own entries come later on sys.path than PYTHONPATH, so the copies win.
    return subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": path, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_and_version_load_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['facies', '--help']\n"
        "from facies.core.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"heavy = [m for m in {HEAVY!r} if m in sys.modules]\n"
        "sys.exit(f'loaded: {heavy}' if heavy else 0)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize(
    "command",
    [
        "index",
        "collections",
        "datasets",
        "jobs",
        "worker",
        "evaluate",
        "segment",
        "models",
        "search",
        "classify",
        "serve",
        "up",
        "demo",
        "ui",
        "backup",
        "restore",
    ],
)
def test_the_help_of_each_command_loads_no_network(command: str) -> None:
    code = (
        f"import sys; sys.argv = ['facies', {command!r}, '--help']\n"
        "from facies.core.cli import main\n"
        "status = 0\n"
        "try: main()\n"
        "except SystemExit as stop: status = stop.code\n"
        "heavy = [m for m in ('torch', 'timm', 'streamlit') if m in sys.modules]\n"
        "sys.exit(f'loaded: {heavy}' if heavy else status)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "Usage" in run.stdout
