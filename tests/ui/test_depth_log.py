from __future__ import annotations

import pytest

from facies.ui.depth_log import Bin, coarsen, read_depths, read_rows, to_spec, total

BY_DEPTH = """top_m,base_m,covered,rock_share,uncertainty,fraction_sand,fraction_shale
10.00000,10.01000,1.000000,0.500000,0.200000,0.250000,0.750000
10.01000,10.02000,0.000000,,,,
10.02000,10.03000,1.000000,1.000000,0.400000,1.000000,0.000000
"""


def test_depths_are_read_and_gaps_stay_gaps() -> None:
    first, gap, last = read_depths(BY_DEPTH)
    assert first == Bin(10.0, 10.01, {"sand": 0.25, "shale": 0.75}, 0.2, 0.5)
    assert (dict(gap.fractions), gap.uncertainty, gap.weight) == ({}, None, 0.0)
    assert last.fractions["sand"] == 1.0


def test_rows_stand_for_depths_where_none_are_known() -> None:
    text = "section,row,depth_m,rock_share,uncertainty,fraction_a b\na.png,0,,1.0,0.1,1.0\na.png,1,,1.0,0.3,1.0\n"
    assert [(one.top, one.base, dict(one.fractions)) for one in read_rows(text)] == [
        (0, 1, {"a b": 1.0}),
        (1, 2, {"a b": 1.0}),
    ]


def test_all_of_the_rock_weighs_by_rock_and_height() -> None:
    assert total(read_depths(BY_DEPTH)) == pytest.approx({"sand": 0.75, "shale": 0.25})
    assert total([]) == {}


def test_many_bins_become_few_that_say_the_same_of_the_whole() -> None:
    bins = [Bin(at, at + 1, {"a": at / 1000, "b": 1 - at / 1000}, 0.1, 1.0) for at in range(1000)]
    few = coarsen(bins, 40)
    assert len(few) == 40
    assert (few[0].top, few[-1].base) == (0, 1000)
    assert total(few) == pytest.approx(total(bins))
    assert coarsen([], 5) == []


def test_the_chart_goes_down_and_fills_each_bin() -> None:
    spec = to_spec(read_depths(BY_DEPTH), {"sand": "#ff0000", "shale": "#00ff00"}, unit="m")
    log, doubt = spec["hconcat"]
    for plot in (log, doubt):
        assert plot["encoding"]["y"]["scale"] == {
            "reverse": True,
            "domain": [10.0, 10.03],
            "zero": False,
            "nice": False,
        }
    first = [one for one in log["data"]["values"] if one["top"] == 10.0]
    assert [(one["class"], one["from"], one["to"]) for one in first] == [("sand", 0.0, 0.25), ("shale", 0.25, 1.0)]
    assert not [one for one in log["data"]["values"] if one["top"] == 10.01]
    assert log["encoding"]["color"]["scale"]["range"] == ["#ff0000", "#00ff00"]
    assert [one["to"] for one in doubt["data"]["values"]] == [0.2, 0.4]
