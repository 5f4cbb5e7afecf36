"""What each kind of job can be told; checked when it is ordered, and read again by whoever runs it."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

UPLOAD: Final = "upload:"
"""Begins a parameter that names a file which came with the order."""

MADE: Final = "job:"
"""Begins a parameter that names a file which another job has made: ``job:ID/NAME``."""

CollectionName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}$")]


class JobParameters(BaseModel):
    """What the parameters of all kinds have in common: one that is not known is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def paths(self) -> tuple[str, ...]:
        """The places outside of the job's folder that are to be read, for those that allow some alone."""
        return ()

    def split_files(self) -> tuple[Self, dict[str, bytes]]:
        """What is too much for a row, as inputs by name; and parameters that name them instead."""
        return self, {}


class CollectionParameters(JobParameters):
    """Of work on one collection."""

    collection: CollectionName


class IndexParameters(CollectionParameters):
    """Index a folder, zip, manifest, image or URL, as `facies index` does."""

    path: str = Field(min_length=1)
    labels: Literal["none", "folder", "manifest"] = "none"
    model: str | None = None
    recipe: str | None = None
    preset: Literal["microfossils", "figures", "scenes", "generic"] = "generic"
    within: tuple[str, ...] | None = Field(
        None, description="Folders that nothing is read outside of; a service sets them by its own settings."
    )

    def paths(self) -> tuple[str, ...]:
        """The source."""
        return (self.path,)


class WhitenParameters(CollectionParameters):
    """Whiten a vector of a collection, as `facies collections whiten` does."""

    vector: str | None = None
    sample: int = Field(1000, ge=1)
    seed: int = Field(0, ge=0)


class OptimiseParameters(CollectionParameters):
    """Build the graph of a collection, as `facies collections optimize` does."""


class AddModelParameters(CollectionParameters):
    """Embed the images of a collection with a further model, as `facies collections add-model` does."""

    model: str = Field(min_length=1, description="Card of the further model.")
    vector: str | None = Field(None, min_length=1, description="Name of the new vector; like the card where empty.")
    recipe: str | None = None
    default: bool = Field(False, description="Search with it from then on, once every image has its vector.")


class NearCopiesParameters(CollectionParameters):
    """Find images of a collection that are all but the same."""

    vector: str | None = None
    alike: float = Field(0.98, gt=-1, le=1, description="Cosine from which images are near copies.")


class BackupParameters(JobParameters):
    """Write all data into one file, as `facies backup` does, while the service goes on."""

    folder: str | None = Field(
        None, min_length=1, description="Where the file is put; empty: among the results of the job, to be downloaded."
    )
    weights: bool = Field(False, description="Also the folder of downloaded checkpoints.")
    within: tuple[str, ...] | None = Field(
        None, description="Folders that nothing is written outside of; a service sets them by its own settings."
    )

    def paths(self) -> tuple[str, ...]:
        """The folder."""
        return () if self.folder is None else (self.folder,)


class LabelParameters(CollectionParameters):
    """Label the images that nobody has named, as `facies label auto --apply` does."""

    precision: float = Field(0.95, gt=0, lt=1)
    vector: str | None = None
    where: dict[str, Any] | None = Field(None, description="A filter, as in a search.")
    group: str | None = None
    per_class: bool = False
    gate: bool = True
    apply: bool = Field(True, description="Give the labels; without it, only say what would be given.")
