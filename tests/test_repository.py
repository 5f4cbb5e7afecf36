"""The files around the code: lock, compose file, images, documentation."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from facies.core.settings import load_settings, variable_names

ROOT = Path(__file__).resolve().parent.parent
TEXTS = ("*.py", "*.md", "*.toml", "*.yml", "*.js", "*.css", "Makefile", "Dockerfile", ".env.example")


def tracked(*patterns: str) -> list[Path]:
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("name", ["requirements.lock", "api/requirements.lock", "ui/requirements.lock"])
def test_a_lock_pins_by_hash_and_names_no_host(name: str) -> None:
    lock = (ROOT / name).read_text()
    assert not re.search(r"https?://|file:|--(extra-)?index-url|--find-links|--trusted-host| @ ", lock)
    entries = re.findall(r"^([a-z0-9][^\s=]*)==\S+.*?(?=^[a-z0-9]|\Z)", lock, re.MULTILINE | re.DOTALL)
    blocks = re.split(r"\n(?=[a-z0-9])", lock)
    assert len(entries) > 50
    assert [block.split("=")[0] for block in blocks if "==" in block and "--hash=sha256:" not in block] == []


def test_the_lock_holds_every_direct_dependency() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    direct = [*project["dependencies"], *(d for extra in project["optional-dependencies"].values() for d in extra)]
    names = {re.split(r"[\[<>=!~ ;]", d)[0].lower().replace("_", "-") for d in direct} - {"facies"}
    locked = set(re.findall(r"^([a-z0-9][a-z0-9.-]*)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    assert names - locked == set(), "run `make lock`"


def test_every_dependency_is_bounded() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    direct = [*project["dependencies"], *(d for extra in project["optional-dependencies"].values() for d in extra)]
    # Packages that count by date break nothing by a new year, so they have no upper bound.
    assert [d for d in direct if not re.search(r"<\d|==|>=20\d\d\.|^facies\[", d)] == []


def test_the_locks_of_the_images_agree_with_the_whole_one() -> None:
    whole = pins("requirements.lock")
    for name in ("api/requirements.lock", "ui/requirements.lock"):
        assert pins(name).items() <= whole.items(), "run `make lock`"
    assert "torch" in pins("api/requirements.lock")
    assert "torch" not in pins("ui/requirements.lock")


def pins(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9][a-z0-9.-]*)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


def test_the_compose_file_follows_the_schema() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_compose_publishes_on_loopback_only() -> None:
    ports = [port for service in compose()["services"].values() for port in service.get("ports", [])]
    assert ports
    assert all(str(port).startswith("127.0.0.1:") for port in ports)


def test_compose_waits_until_what_it_needs_is_healthy() -> None:
    services = compose()["services"]
    for service in services.values():
        for name, needed in service.get("depends_on", {}).items():
            assert needed["condition"] == "service_healthy"
            health = services[name].get("healthcheck") or "HEALTHCHECK" in dockerfile(services[name])
            assert health, f"{name} has no health check"


def dockerfile(service: dict[str, Any]) -> str:
    return (ROOT / service["build"]["dockerfile"]).read_text() if "build" in service else ""


WORKERS_ENV = dict(re.findall(r"^(\w+)=(.*)$", (ROOT / "workers.env").read_text(), re.MULTILINE))


def interpolated(value: object, variables: dict[str, str]) -> str:
    """A value of the compose file as compose reads it: ``${NAME}`` and ``${NAME:-default}``."""
    return re.sub(r"\$\{(\w+)(?::-([^}]*))?\}", lambda found: variables.get(found[1], "") or found[2] or "", str(value))


@pytest.mark.parametrize("variables", [{}, {**WORKERS_ENV, "POSTGRES_PASSWORD": "secret"}], ids=["plain", "workers"])
def test_compose_sets_only_settings_that_exist(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for service in compose()["services"].values():
        in_image = dict(re.findall(r"(FACIES_\w+)=(\S+)", dockerfile(service)))
        ours = {**in_image, **service.get("environment", {})}
        if "build" not in service:
            assert not [name for name in ours if name.startswith("FACIES_")]
            continue
        for name, value in ours.items():
            assert name in variable_names()
            monkeypatch.setenv(name, interpolated(interpolated(value, variables), variables))
        load_settings()


def test_every_variable_of_the_workers_file_is_used() -> None:
    text = (ROOT / "docker-compose.yml").read_text() + (ROOT / "workers.env").read_text()
    unused = [name for name in WORKERS_ENV if f"${{{name}" not in text and name != "COMPOSE_PROFILES"]
    assert unused == []
    profiles = {profile for service in compose()["services"].values() for profile in service.get("profiles", [])}
    assert WORKERS_ENV["COMPOSE_PROFILES"] in profiles


def test_workers_see_the_data_that_the_service_sees() -> None:
    services = compose()["services"]
    assert services["worker"]["volumes"] == services["api"]["volumes"]
    ours, theirs = (dict(services[name]["environment"]) for name in ("worker", "api"))
    assert ours.pop("FACIES_JOBS__WORKERS") != theirs.pop("FACIES_JOBS__WORKERS")
    assert ours == theirs


def test_images_are_pinned() -> None:
    for service in compose()["services"].values():
        if "build" not in service:
            # PostgreSQL has no third number: 17.6 is one release.
            assert re.search(r"(^postgres:\d+\.\d+|:v?\d+\.\d+\.\d+)$", service["image"])


@pytest.mark.parametrize("path", tracked("*.md"), ids=lambda p: str(p.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)", path.read_text())
    gone = [t for t in targets if "://" not in t and not (path.parent / t).exists()]
    assert gone == []


def test_the_quick_start_has_images_without_a_label_when_it_labels_them() -> None:
    steps = re.findall(r"^\$ \.venv/bin/facies (.+)$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    labelling = next(at for at, step in enumerate(steps) if step.startswith("label auto"))
    assert any(step.startswith("index ") and "--labels" not in step for step in steps[:labelling])


def test_no_path_of_one_machine_stands_in_the_project() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match}"
        for path in tracked(*TEXTS)
        if path != Path(__file__)
        for match in re.findall(r"(?<![\w./:])/(?:work|root|farm|opt|home/\w+)/\S*", path.read_text())
    ]
    assert found == []


def test_no_large_file_is_tracked() -> None:
    assert [str(p) for p in tracked() if p.stat().st_size > 1_000_000] == []


def test_the_generated_pages_are_current(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / "docs" / "generate.py", tmp_path / "docs")
    subprocess.run([sys.executable, str(tmp_path / "docs" / "generate.py")], check=True)
    for name in ("docs/settings.md", "docs/openapi.json", ".env.example"):
        assert (tmp_path / name).read_text() == (ROOT / name).read_text(), f"run `make docs`: {name} is stale"


def test_make_help_shows_every_target() -> None:
    text = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in ("help", "install", "check", "test", "demo", "bench", "docs"):
        assert f"make {target}" in text
