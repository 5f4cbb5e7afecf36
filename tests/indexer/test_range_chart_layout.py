"""Where the parts of a drawn range chart are."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from facies.indexer.range_chart import Sighting, count_ranges
from facies.indexer.range_chart_layout import lay_out, short, stack

from .test_range_chart import sightings


@given(st.lists(sightings(), min_size=1, max_size=40), st.sampled_from([None, 0.5, 40.0]))
def test_parts_do_not_overlap_and_deeper_is_lower(found: list[Sighting], bin_size: float | None) -> None:
    chart = count_ranges(found, "d", bin_size=bin_size)
    per_count, columns = lay_out(chart)
    for one, other in pairwise(columns):
        assert one.x + one.width < other.x
    for column in columns:
        largest = max(
            (c.validated + c.automatic for s in chart.samples for t, c in s.counts.items() if t == column.taxon),
        )
        assert largest * per_count <= column.width + 1e-6
    panels = stack(chart, 50)
    assert [panel.group for panel in panels] == list(chart.groups)
    for above, below in pairwise(panels):
        assert above.y + above.height < below.y
    for panel in panels:
        places = [panel.bar(sample) for sample in panel.samples]
        assert all(upper < next_upper for (upper, _), (next_upper, _) in pairwise(places))
        assert all(panel.y - 10 <= upper and upper + tall <= panel.y + panel.height + 10 for upper, tall in places)


def test_long_names_are_cut() -> None:
    assert short("Areoligera") == "Areoligera"
    assert short("x" * 100) == "x" * 35 + "…"
