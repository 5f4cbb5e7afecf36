from __future__ import annotations

import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest
import streamlit.web.cli
from typer.testing import CliRunner

from facies.ui import cli


def folder() -> Path:
    spec = find_spec("facies.ui")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def test_host_and_port_come_from_options_then_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(streamlit.web.cli, "main", lambda arguments, standalone_mode: asked.append(arguments))
    monkeypatch.setenv("FACIES_UI__PORT", "8601")
    monkeypatch.setenv("FACIES_UI__API_URL", "http://127.0.0.1:9000")
    result = CliRunner().invoke(cli.app, [])
    assert result.exit_code == 0, result.output
    assert "http://127.0.0.1:8601" in result.output
    assert "http://127.0.0.1:9000" in result.output
    assert asked[0] == cli.streamlit_arguments(str(folder() / "app.py"), "127.0.0.1", 8601)
    CliRunner().invoke(cli.app, ["--host", "0.0.0.0", "--port", "1234", "--api", "http://127.0.0.1:1"])  # noqa: S104 (an argument; nothing listens)
    assert asked[1][-6:] == ["--server.address", "0.0.0.0", "--server.port", "1234", "--server.headless", "true"]  # noqa: S104 (as above)


def test_the_package_ships_a_private_and_quiet_configuration() -> None:
    config = tomllib.loads((folder() / ".streamlit" / "config.toml").read_text())
    assert config["browser"]["gatherUsageStats"] is False
    assert config["client"]["showErrorDetails"] == "none"
    assert config["client"]["toolbarMode"] == "minimal"
    assert config["runner"]["postScriptGC"] is False
    assert config["logger"]["hideWelcomeMessage"] is True


def test_day_and_night_have_the_same_colours_named() -> None:
    theme = tomllib.loads((folder() / ".streamlit" / "config.toml").read_text())["theme"]
    assert set(theme["light"]) == set(theme["dark"])


def test_no_module_hides_a_library_module() -> None:
    """Streamlit puts this folder first on sys.path, so ``html.py`` here would be everybody's ``html``."""
    import sys
    from importlib.metadata import packages_distributions

    names = {path.stem for path in folder().iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert names & (set(sys.stdlib_module_names) | set(packages_distributions())) == set()
