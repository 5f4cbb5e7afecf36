"""The bodies of the HTTP API for labels in files, and for range charts."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any, Final, Literal, TypeAlias

from pydantic import Field

from facies.core.errors import ConfigurationError
from facies.core.records import LabelState
from facies.core.wire import Body

LabelFormat: TypeAlias = Literal["csv", "parquet", "coco", "image-folder", "ecotaxa", "darwin-core"]
ChartOrder: TypeAlias = Literal["top", "base", "name"]
LinkKind: TypeAlias = Literal["hard", "symbolic"]

REPORT_HEADER: Final = "X-Facies-Report"
"""Of a downloaded export: its `LabelExportOut` as JSON, percent-encoded."""
_BY_SUFFIX: Final[dict[str, LabelFormat]] = {
    ".csv": "csv",
    ".parquet": "parquet",
    ".json": "coco",
    ".tsv": "ecotaxa",
    "": "image-folder",
}


class LabelExportBody(Body):
    """Which labels to write, and how."""

    format: LabelFormat
    states: list[LabelState] = Field(default_factory=list, description="Only labels in these states; empty for all.")
    where: dict[str, Any] | None = Field(None, description="A filter in the JSON form of facies.core.filters.")
    depth: str | None = Field(
        None, description="Metadata field of depths in metres; empty: depth_m, where there is one."
    )
    pictures: bool = Field(False, description="Whether the images go along in a zip file for EcoTaxa.")
    link: LinkKind | None = Field(None, description="In an image folder: links in place of copies.")


class LeftOutOut(Body):
    """An image that did not go along, and why."""

    image: str
    reason: str


class LabelExportOut(Body):
    """What an export holds."""

    collection: str
    file: str = Field(description="The file, or the folder.")
    format: LabelFormat
    rows: int = Field(description="Images that it names.")
    labelled: int = Field(description="Those of them with a label.")
    pictures: int = Field(description="Images that went along.")
    left_out: list[LeftOutOut] = Field(description="Images that did not, the first of them.")
    left_out_count: int
    notes: list[str]
    seconds: float


class LabelImportBody(Body):
    """How to read labels from a file, and whether to give them."""

    format: LabelFormat | None = Field(None, description="Empty: what the file looks like.")
    replace: bool = Field(False, description="Whether the file's word counts for more than what a person said here.")
    apply: bool = Field(False, description="Whether the labels are given; else nothing is written.")


class LabelIssueOut(Body):
    """A row that is not imported: its line, its image where that is known, and why not."""

    line: int
    image: str | None
    reason: str


class LabelImportOut(Body):
    """What an import did, or would do."""

    collection: str
    file: str
    format: LabelFormat
    applied: bool = Field(description="Whether the labels were given; else this is a preview.")
    batch: int | None = Field(description="Of the labels; empty in a preview, or where there was nothing to give.")
    rows: int
    labels: int = Field(description="How many are given.")
    predictions: int = Field(description="Those that take the place of a prediction.")
    replaced: int = Field(description="Those that take the place of what a person has said.")
    unchanged: int = Field(description="Rows that say what is known.")
    unlabelled: int = Field(description="Rows without a label.")
    matched: dict[str, int] = Field(description="Rows by what told their image: id, content or name.")
    conflicts: list[LabelIssueOut] = Field(description="Rows whose image has been named otherwise, the first of them.")
    conflict_count: int
    problems: list[LabelIssueOut] = Field(description="Rows that cannot be read, or have no image, the first of them.")
    problem_count: int
    notes: list[str]
    seconds: float

    @property
    def usable(self) -> bool:
        """Whether any row has a label for an image of the collection, even if it is the one that is there."""
        return bool(self.labels or self.unchanged or self.conflict_count)


class RangeChartBody(Body):
    """Which images to count, and in which samples."""

    field: str = Field(description="Metadata field of depths.", examples=["depth_m"])
    bin: float | None = Field(None, description="Height of a sample; empty: each depth is one.", examples=[10])
    group: str | None = Field(None, description="Metadata field by which samples are kept apart, e.g. of wells.")
    where: dict[str, Any] | None = Field(None, description="A filter in the JSON form of facies.core.filters.")
    order: ChartOrder = Field("top", description="Of the taxa: first appearance downwards, or upwards, or by name.")


class RangeCountOut(Body):
    """A taxon in a sample: images validated, dubious, and named automatically, and how many of the last are right."""

    taxon: str
    validated: int
    dubious: int
    automatic: int
    automatic_right: float | None
    automatic_right_low: int
    automatic_right_high: int


class RangeSampleOut(Body):
    """A sample of a range chart."""

    group: str | None
    top: float
    base: float
    images: int
    unnamed: int
    counts: list[RangeCountOut]


class RangeChartOut(Body):
    """Taxa by depth."""

    collection: str
    field: str
    bin: float | None
    taxa: list[str]
    samples: list[RangeSampleOut]
    images: int
    without_depth: int
    without_probability: int
    notes: list[str]


def format_of_name(name: str) -> LabelFormat:
    """Tell the format that a file is to be written in by its name.

    Example:
        >>> format_of_name("labels.csv"), format_of_name("training set")
        ('csv', 'image-folder')

    Raises:
        ConfigurationError: the name does not say.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix not in _BY_SUFFIX:
        raise ConfigurationError(
            f"{name} does not say in which format labels are to be written, expected a name that ends in "
            f"{', '.join(filter(None, _BY_SUFFIX))}, or --format (ecotaxa or darwin-core for a file *.zip)"
        )
    return _BY_SUFFIX[suffix]
