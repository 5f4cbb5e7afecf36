from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import httpx
import pytest
from pydantic import BaseModel

import facies.core
from facies.api.app import TAGS, create_app
from facies.api.problems import MEDIA_TYPE
from facies.core.settings import ApiSettings, Settings

METHODS = {"get", "post", "put", "delete", "patch"}


@pytest.fixture
def openapi(settings: Settings) -> dict[str, Any]:
    return create_app(settings).openapi()


def operations(openapi: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, item in openapi["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]


def test_making_the_app_opens_nothing(settings: Settings) -> None:
    create_app(settings)
    assert not settings.data_dir.exists()


def test_importing_and_making_the_app_loads_no_network(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from facies.api.app import create_app\n"
        "from facies.core.settings import Settings\n"
        f"create_app(Settings(data_dir=Path({str(tmp_path / 'd')!r})))\n"
        "print([m for m in ('torch', 'timm', 'streamlit') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (run.stdout.strip(), run.stderr) == ("[]", "")


def test_the_server_opens_the_data_and_closes_it(settings: Settings) -> None:
    async def live() -> None:
        app = create_app(settings)
        async with app.router.lifespan_context(app):
            assert (settings.data_dir / "catalog.sqlite").exists()
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                assert (await client.get("/v1/ready")).json()["status"] == "ok"

    asyncio.run(live())
    asyncio.run(live())  # the lock was let go


def test_every_operation_is_described(openapi: dict[str, Any]) -> None:
    known = {tag["name"] for tag in TAGS}
    for method, path, operation in operations(openapi):
        assert path.startswith("/v1/"), path
        assert operation["summary"], (method, path)
        assert operation["description"], (method, path)
        assert set(operation["tags"]) <= known, (method, path)
    identifiers = [operation["operationId"] for _, _, operation in operations(openapi)]
    assert len(identifiers) == len(set(identifiers))


def test_every_error_is_documented_as_a_problem(openapi: dict[str, Any]) -> None:
    for method, path, operation in operations(openapi):
        errors = {s: r for s, r in operation["responses"].items() if s.startswith(("4", "5"))}
        assert "500" in errors, (method, path)
        if "{name}" in path:
            assert "404" in errors, (method, path)
        for status, response in errors.items():
            if (path, status) != ("/v1/ready", "503"):
                assert list(response["content"]) == [MEDIA_TYPE], (method, path, status)


def test_the_document_is_closed_under_its_references(openapi: dict[str, Any]) -> None:
    text = json.dumps(openapi)
    wanted = {part.split('"', 1)[0] for part in text.split('"#/components/schemas/')[1:]}
    assert wanted <= set(openapi["components"]["schemas"])
    assert openapi["openapi"].startswith("3.1")


def bodies() -> dict[str, type[BaseModel]]:
    """Every body of the wire by its name."""
    names = [found.name for found in iter_modules(facies.core.__path__) if found.name.startswith("wire")]
    return {
        name: kind
        for module in names
        for name, kind in vars(import_module(f"facies.core.{module}")).items()
        if isinstance(kind, type) and issubclass(kind, BaseModel)
    }


def test_the_examples_are_bodies(openapi: dict[str, Any]) -> None:
    kinds = bodies()
    seen = set()
    for _, path, operation in operations(openapi):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        for example in content.get("examples", {}).values():
            kinds[content["schema"]["$ref"].rsplit("/", 1)[1]].model_validate(example["value"])
            seen.add(path)
    assert len(seen) >= 12


def test_other_origins_are_let_in_by_settings_alone(settings: Settings) -> None:
    def allowed(settings: Settings) -> str | None:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=create_app(settings))
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                return await client.get("/v1/health", headers={"Origin": "http://127.0.0.1:8501"})

        header: str | None = asyncio.run(ask()).headers.get("access-control-allow-origin")
        return header

    assert allowed(settings) is None
    opened = settings.model_copy(update={"api": ApiSettings(cors_origins=("http://127.0.0.1:8501",))})
    assert allowed(opened) == "http://127.0.0.1:8501"
