import subprocess
import sys
from pathlib import Path

import pytest

from facies.core.cli import EXTRAS, HELP, main, print_answer
from facies.core.wire_taxonomy import CollectionTaxonomyOut


def facies(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    import os

    return subprocess.run(
        [sys.executable, "-m", "facies.core.cli", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )


def test_help_lists_every_command() -> None:
    run = facies("--help")
    assert run.returncode == 0
    assert all(name in run.stdout for name in HELP)


def test_version() -> None:
    run = facies("--version")
    assert run.returncode == 0
    assert run.stdout.startswith("facies 0.")


@pytest.mark.parametrize("arguments", [["nonsense"], ["--nonsense"], ["index"], ["search", "x", "--k", "many"]])
def test_usage_errors_exit_with_2(arguments: list[str]) -> None:
    assert facies(*arguments).returncode == 2


def test_a_misspelt_setting_exits_with_2_and_a_message() -> None:
    run = facies("collections", "list", FACIES_DATADIR="x")
    assert run.returncode == 2
    assert "FACIES_DATADIR" in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(("package", "extra"), [(p, extra) for extra, packages in EXTRAS.items() for p in packages])
def test_a_missing_package_names_the_extra_that_brings_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], package: str, extra: str
) -> None:
    def lacking() -> None:
        raise ModuleNotFoundError(f"No module named {package!r}", name=f"{package}.part")

    monkeypatch.setattr("facies.core.cli.app", lacking)
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 2
    assert f"facies[{extra}]" in capsys.readouterr().err


def test_the_extras_bring_what_the_message_says() -> None:
    import tomllib

    declared = tomllib.loads((Path(__file__).resolve().parents[2] / "pyproject.toml").read_text())
    for extra, packages in EXTRAS.items():
        names = " ".join(declared["project"]["optional-dependencies"][extra]).replace("-", "_")
        names = names.replace("scikit_learn", "sklearn")  # which is imported under this name
        assert all(package in names for package in packages)


def test_an_error_of_ours_is_a_message_not_a_traceback(tmp_path: Path) -> None:
    run = facies("collections", "show", "nothing", FACIES_DATA_DIR=str(tmp_path))
    assert run.returncode == 1
    assert "no collection 'nothing'" in run.stderr
    assert "Traceback" not in run.stderr


def test_an_answer_is_json_or_what_a_person_reads(capsys: pytest.CaptureFixture[str]) -> None:
    found = CollectionTaxonomyOut(collection="g", taxonomy=None)
    for as_json, printed in ((True, '{"collection": "g", "taxonomy": null}\n'), (False, "g\n")):
        print_answer(found, lambda one: sys.stdout.write(f"{one.collection}\n"), as_json=as_json)
        assert capsys.readouterr().out == printed
