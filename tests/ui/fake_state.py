"""What the service of the tests holds."""

from __future__ import annotations

from dataclasses import dataclass, field

from facies.core import wire, wire_drawings, wire_jobs, wire_labels, wire_maps, wire_taxonomy
from tests.ui.answers import collection_out, image_out, summary_out


@dataclass
class FakeState:
    """Five images of one collection, and what a test puts beside them."""

    collections: list[wire.CollectionOut] = field(default_factory=lambda: [collection_out()])
    images: list[wire.ImageOut] = field(default_factory=lambda: [image_out(place) for place in range(5)])
    jobs: list[wire_jobs.JobOut] = field(default_factory=list)
    labelled: int = 0
    maps: list[wire_maps.MapOut] = field(default_factory=list)
    batches: list[wire_labels.LabelBatchOut] = field(default_factory=list)
    drawings: list[wire_drawings.DrawingOut] = field(default_factory=list)
    job_files: dict[str, bytes] = field(default_factory=dict)
    passing: int = 5
    taxonomy: str | None = None
    taxonomies: list[wire_taxonomy.TaxonomySummaryOut] = field(
        default_factory=lambda: [summary_out("drawn"), summary_out("scampi-20", builtin=True)]
    )
