"""Write what the documentation takes from the code: settings.md, .env.example, openapi.json. Run by ``make docs``."""

from __future__ import annotations

import json
from pathlib import Path

from facies.core.settings import Settings, variables

ROOT = Path(__file__).resolve().parent.parent


def settings_page() -> str:
    """The table of every environment variable with its default and meaning."""
    lines = [
        "# Settings",
        "",
        "Read from the environment. A variable that starts with `FACIES_` and is not listed here is an error, so that",
        "a misspelt one does not pass unseen. Lists are JSON. `.env.example` holds them all, ready to copy.",
        "",
        "| variable | default | takes | meaning |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| `{v.name}` | {f'`{v.default}`' if v.default else ''} | {v.values} | {v.description} |" for v in variables()
    ]
    return "\n".join(lines) + "\n"


def env_example() -> str:
    """Every variable as a comment with its default."""
    blocks = [f"# {v.description}\n# {v.name}={v.default}" for v in variables()]
    return "# Copy to .env and uncomment what you change.\n\n" + "\n\n".join(blocks) + "\n"


def openapi() -> str:
    """The description of the HTTP API."""
    from facies.api.app import create_app

    return json.dumps(create_app(Settings()).openapi(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    (ROOT / "docs" / "settings.md").write_text(settings_page())
    (ROOT / ".env.example").write_text(env_example())
    (ROOT / "docs" / "openapi.json").write_text(openapi())
