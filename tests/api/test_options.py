from __future__ import annotations

from typer.testing import CliRunner

from facies.api.cli import classify_app, collections_app, search_app


def test_options_have_one_name_everywhere() -> None:
    runner = CliRunner(env={"COLUMNS": "200", "NO_COLOR": "1"})
    for app in (search_app, classify_app):
        help_text = runner.invoke(app, ["--help"]).stdout
        for option in ("--collection", "--where", "--vector", "--weights", "--json", "--api"):
            assert option in help_text, option
    assert "--api" in runner.invoke(collections_app, ["list", "--help"]).stdout
