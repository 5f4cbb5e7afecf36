"""The line of figures, and the options of the command."""

from __future__ import annotations

import pytest

from benchmarks.__main__ import main, summarise
from benchmarks.table import Table

NAMES = [
    *("embed_lite0_f32_ratio", "embed_lite0_bf16_ratio", "embed_vits16_f32_ratio", "embed_vits16_bf16_ratio"),
    *("index_over_embed", "search_500k_recall", "search_500k_p50_ms", "search_500k_http_p50_ms"),
]


def test_the_line_has_these_figures_and_no_others() -> None:
    assert list(summarise(Table())) == NAMES
    assert set(summarise(Table()).values()) == {None}


def test_a_figure_comes_from_its_row() -> None:
    table = Table()
    for number, place in enumerate(
        [
            ("embedding", "efficientnet-lite0 f32", "ratio"),
            ("embedding", "efficientnet-lite0 bf16", "ratio"),
            ("embedding", "scampi-vits16 f32", "ratio"),
            ("embedding", "scampi-vits16 bf16", "ratio"),
            ("indexing", "efficientnet-lite0 f32", "rate of index over embed"),
            ("search", "500k int8", "engine recall@10"),
            ("search", "500k int8", "engine p50"),
            ("search", "500k int8", "http p50"),
        ]
    ):
        table.add(*place, number)
    assert list(summarise(table).values()) == list(range(8))


@pytest.mark.parametrize("arguments", [["--rooms", "kitchen"], ["--sizes", "many"], ["slow"]])
def test_a_wrong_option_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert "usage" in capsys.readouterr().err
