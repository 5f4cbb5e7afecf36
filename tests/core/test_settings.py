from pathlib import Path

import pytest

from facies.core.errors import ConfigurationError
from facies.core.settings import load_settings, variable_names

ROOT = Path(__file__).resolve().parents[2]


def test_defaults_keep_everything_under_the_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FACIES_DATA_DIR", str(tmp_path))
    settings = load_settings()
    assert settings.weights_dir == tmp_path / "weights"
    assert settings.catalog_url == f"sqlite:///{tmp_path}/catalog.sqlite"
    assert settings.api.host == settings.ui.host == "127.0.0.1"


def test_a_group_and_a_list_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACIES_API__PORT", "9000")
    monkeypatch.setenv("FACIES_API__ALLOWED_ROOTS", '["/images", "/more"]')
    settings = load_settings()
    assert settings.api.port == 9000
    assert settings.api.allowed_roots == (Path("/images"), Path("/more"))


@pytest.mark.parametrize("name", ["FACIES_DATADIR", "FACIES_API__PROT", "FACIES_STOR__URL", "FACIES_API__PORT__X"])
def test_a_misspelt_variable_is_an_error(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "1")
    with pytest.raises(ConfigurationError, match=name):
        load_settings()


def test_variables_of_the_tests_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACIES_TEST_ANYTHING", "1")
    load_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FACIES_API__PORT", "70000"),
        ("FACIES_MODELS__BATCH_SIZE", "many"),
        ("FACIES_STORE__BACKEND", "milvus"),
        ("FACIES_API__ALLOWED_ROOTS", "not json"),
        ("FACIES_API", "{"),
    ],
)
def test_a_value_that_does_not_fit_names_the_variable(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=name.split("__", maxsplit=1)[0]):
        load_settings()


def test_a_secret_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACIES_STORE__API_KEY", "hush")
    settings = load_settings()
    assert "hush" not in repr(settings)
    assert settings.store.api_key is not None
    assert settings.store.api_key.get_secret_value() == "hush"


@pytest.mark.parametrize("page", ["docs/settings.md", ".env.example"])
def test_every_variable_has_its_line(page: str) -> None:
    text = (ROOT / page).read_text()
    missing = [name for name in variable_names() if name not in text]
    assert not missing, f"run `make docs`: {page} lacks {missing}"


@pytest.mark.parametrize("page", ["docs/settings.md", ".env.example"])
def test_no_line_names_a_variable_that_is_gone(page: str) -> None:
    import re

    named = set(re.findall(r"FACIES_[A-Z0-9_]+", (ROOT / page).read_text())) - {"FACIES_TEST_DATA", "FACIES_"}
    assert named <= set(variable_names())


def test_the_seed_of_generated_scenes_is_no_setting_and_no_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACIES_SEED", "7")
    load_settings()
    monkeypatch.setenv("FACIES_SEEDS", "7")
    with pytest.raises(ConfigurationError, match="FACIES_SEEDS"):
        load_settings()
