"""Settings from the environment: ``FACIES_<FIELD>`` and ``FACIES_<GROUP>__<FIELD>``.

Only composition roots read them (``create_app``, the command line, ``ui/app.py``); everything else takes values.
A misspelt variable is an error. ``FACIES_TEST_*`` belongs to the tests and ``FACIES_SEED`` to the generator of scenes;
both are ignored here.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self, get_args, get_origin

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from facies.core.errors import ConfigurationError

_PREFIX = "FACIES_"
_TEST_PREFIX = "FACIES_TEST_"
SEED_VARIABLE = "FACIES_SEED"
"""Seed of generated scenes where a command is given none; no setting, since it belongs to one run."""


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ImageSettings(_Group):
    """Decoding and thumbnails."""

    max_pixels: int = Field(
        200_000_000, gt=0, description="Largest image that is decoded, in pixels; read from the header first."
    )
    thumbnail_px: int = Field(256, ge=32, le=2048, description="Longest side of a thumbnail, in pixels.")


class StoreSettings(_Group):
    """The vector store."""

    backend: Literal["edge", "server"] = Field(
        "edge",
        description="`edge`: embedded, under the data folder. `server`: a Qdrant server or cluster at the URL below.",
    )
    url: str = Field("http://127.0.0.1:6333", description="Qdrant server (backend `server`).")
    api_key: SecretStr | None = Field(None, description="Key of the Qdrant server.")
    timeout_s: float = Field(30.0, gt=0, description="Seconds to wait for one answer of the server.")
    graph_above: int = Field(
        20_000,
        ge=1000,
        description="Vectors above which a graph (HNSW) is built after an index run; fewer are scanned, exactly.",
    )
    quantization: Literal["none", "int8", "turbo4"] = Field(
        "int8",
        description="How vectors are packed for the first pass of a search in a graph, which so takes half the time "
        "and a quarter of the memory; the answer is ordered by the full ones.",
    )
    grpc_port: int = Field(
        6334, ge=0, le=65535, description="Port of the server's gRPC, used for all but administration; 0: REST only."
    )
    ca_file: Path | None = Field(None, description="Certificate authority that the server's TLS certificate is from.")
    max_retries: int = Field(
        5, ge=0, le=20, description="How often a call is tried again while the server is busy or out of reach."
    )
    shards: int = Field(1, ge=1, le=1024, description="Shards of a new collection (server); a cluster wants 6 to 12.")
    replicas: int = Field(1, ge=1, le=16, description="Copies of each shard of a new collection (server).")
    write_consistency: int = Field(1, ge=1, le=16, description="Copies that must have a write before it counts.")
    on_disk: bool = Field(
        False, description="Keep full vectors on the server's disk and only packed ones in its memory."
    )


class CatalogSettings(_Group):
    """The SQL catalogue of collections, images and labels."""

    url: str | None = Field(None, description="SQLAlchemy URL; empty means an SQLite file under the data folder.")


class ModelSettings(_Group):
    """Networks, their weights and how they run."""

    weights_dir: Path | None = Field(
        None,
        description="Folder of checkpoints, looked up before any download; empty means `weights` in the data folder.",
    )
    hub_endpoint: str = Field("https://huggingface.co", description="Hugging Face hub or a mirror of it.")
    offline: bool = Field(False, description="Never download: use local and packaged weights only.")
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="Where networks run.")
    runtime: Literal["auto", "openvino", "torch"] = Field(
        "auto",
        description="What runs networks on a CPU: OpenVINO, the default on x86, or torch. A collection that exists "
        "keeps the runtime it was made with, unless another one is asked for here.",
    )
    precision: Literal["auto", "f32", "bf16", "int8"] = Field(
        "auto",
        description="Of the network's arithmetic: f32 on a CPU, bf16 on a GPU. On a CPU bf16 is faster only where the "
        "processor multiplies it faster (docs/models.md); int8 is experimental, runs on OpenVINO alone and needs the "
        "extra of its name. A collection that exists keeps its own.",
    )
    resizing: Literal["fast", "reference"] = Field(
        "fast",
        description="How images are brought to the network's size: as fast as can be, or by Pillow, as published "
        "figures were made. A collection that exists keeps its own.",
    )
    threads: int = Field(0, ge=0, description="Threads of the forward pass; 0 means all cores.")
    batch_size: int = Field(8, ge=1, le=1024, description="Images per forward pass.")


class IndexerSettings(_Group):
    """The batch side."""

    decode_threads: int = Field(2, ge=1, le=256, description="Threads that read and decode images.")
    upsert_size: int = Field(64, ge=1, le=256, description="Images stored and acknowledged at a time.")
    max_file_bytes: int = Field(2**30, gt=0, description="Largest file that is read, in bytes; larger ones fail.")
    memory_bytes: int = Field(
        512 * 2**20,
        gt=0,
        description="Bytes of files and decoded pixels held at once; one image alone may exceed it.",
    )


class SegmentationSettings(_Group):
    """Segmentation of cores and macerals."""

    maps_bytes: int = Field(
        4 * 2**30,
        ge=0,
        description="Bytes of the network's maps kept below the data folder, so that a further stroke costs no pass of "
        "the network; the oldest used leave first, 0 keeps none.",
    )


class JobSettings(_Group):
    """Jobs: work in the background, and who does it."""

    workers: int = Field(
        2,
        ge=0,
        le=64,
        description="Jobs that a service, or one `facies worker`, runs at a time; 0: a service leaves them to workers "
        "beside it.",
    )
    queue_url: SecretStr | None = Field(
        None,
        description="Redis server that wakes workers on other machines, e.g. `redis://host:6379/0`; empty: an SQLite "
        "file under the data folder.",
    )
    heartbeat_s: float = Field(
        2.0,
        ge=0.1,
        le=60,
        description="Seconds between two signs of life of a running job, which also tell it to stop.",
    )
    stall_s: float = Field(
        30.0,
        ge=0.5,
        le=3600,
        description="Seconds without a sign of life after which another worker takes a job over; at least three times "
        "the time between two signs.",
    )
    max_attempts: int = Field(3, ge=1, le=100, description="Workers that may die with a job before it has failed.")

    @model_validator(mode="after")
    def _leave_time_for_signs(self) -> Self:
        if self.stall_s < 3 * self.heartbeat_s:
            raise ValueError(
                f"FACIES_JOBS__STALL_S is {self.stall_s:g} and must be at least three times FACIES_JOBS__HEARTBEAT_S, "
                f"{self.heartbeat_s:g}: one sign that comes late must not cost a worker its job"
            )
        return self


class ApiSettings(_Group):
    """The HTTP service."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    allowed_roots: tuple[Path, ...] = Field(
        (), description="Folders, beside the data folder, whose images may be indexed over HTTP (a JSON list)."
    )
    allowed_hosts: tuple[str, ...] = Field(
        (),
        description="Names, beside loopback's and the address to listen on, under which the API may be called "
        '(a JSON list; `["*"]`: any). docs/http.md says why.',
    )
    cors_origins: tuple[str, ...] = Field(
        (), description="Other web origins that may call the API from a browser (a JSON list)."
    )
    max_upload_bytes: int = Field(256 * 2**20, gt=0, description="Largest upload, in bytes.")
    max_k: int = Field(1000, ge=1, description="Most neighbours one search may ask for.")


class UiSettings(_Group):
    """The Streamlit interface; where it stands alone, since `facies up` serves it at the API's address."""

    host: str = Field("127.0.0.1", description="Address that `facies ui` listens on.")
    port: int = Field(8501, ge=0, le=65535, description="Port that `facies ui` listens on.")
    api_url: str = Field(
        "http://127.0.0.1:8000", description="The API as the process of `facies ui` reaches it; `facies up` knows it."
    )
    public_api_url: str | None = Field(
        None,
        description="The API as the browser reaches it. `/`: at the address of the interface itself, as behind one "
        "reverse proxy. Empty: the same as `api_url`, and `/` for `facies up`.",
    )


def default_data_dir() -> Path:
    """The folder for a person's data on this system, e.g. ``~/.local/share/facies``."""
    return platformdirs.user_data_path("facies", appauthor=False)


class Settings(BaseSettings):
    """All settings of facies; frozen once read. Use `load_settings`, which also finds misspelt variables."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True)

    data_dir: Path = Field(
        default_factory=default_data_dir,
        description="Everything of the embedded default lies here: vectors, catalogue, thumbnails, uploads, weights.",
    )
    user: str | None = Field(
        None, description="Name that labels are given under, unverified; empty: the one of the system's account."
    )
    images: ImageSettings = ImageSettings()
    store: StoreSettings = StoreSettings()
    catalog: CatalogSettings = CatalogSettings()
    models: ModelSettings = ModelSettings()
    indexer: IndexerSettings = IndexerSettings()
    segmentation: SegmentationSettings = SegmentationSettings()
    jobs: JobSettings = JobSettings()
    api: ApiSettings = ApiSettings()
    ui: UiSettings = UiSettings()

    @property
    def weights_dir(self) -> Path:
        """The folder of checkpoints."""
        return self.models.weights_dir or self.data_dir / "weights"

    @property
    def catalog_url(self) -> str:
        """The SQLAlchemy URL of the catalogue."""
        return self.catalog.url or f"sqlite:///{self.data_dir / 'catalog.sqlite'}"


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable: its name, its default as it would be written, what it takes, what it means."""

    name: str
    default: str
    values: str
    description: str


def variables() -> list[Variable]:
    """Every environment variable that is read, in the order of the fields."""
    found: list[Variable] = []
    for name, info in Settings.model_fields.items():
        group = info.annotation
        if isinstance(group, type) and issubclass(group, _Group):
            found += [_variable(f"{name}__{inner}", field) for inner, field in group.model_fields.items()]
        else:
            found.append(_variable(name, info))
    return found


def _variable(path: str, field: FieldInfo) -> Variable:
    if field.default_factory is not None:
        default = "~/.local/share/facies"
    elif field.default is None:
        default = ""
    elif isinstance(field.default, tuple):
        default = json.dumps([str(item) for item in field.default])
    else:
        default = str(field.default).lower() if isinstance(field.default, bool) else str(field.default)
    return Variable(f"{_PREFIX}{path}".upper(), default, _values(field), field.description or "")


def _values(field: FieldInfo) -> str:
    """What a field takes, where that is limited: its choices, or the bounds of a number."""
    if get_origin(field.annotation) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(field.annotation))
    bounds: dict[str, float] = {}
    for limit in field.metadata:
        for name in ("ge", "gt", "le", "lt"):
            if hasattr(limit, name):
                bounds[name] = getattr(limit, name)
    if {"ge", "le"} <= bounds.keys():
        return f"{bounds['ge']:,} to {bounds['le']:,}"
    words = {"ge": "{:,} or more", "gt": "above {:,}", "le": "up to {:,}", "lt": "below {:,}"}
    return ", ".join(words[name].format(value) for name, value in bounds.items())


def variable_names() -> set[str]:
    """The names that `load_settings` accepts."""
    return {variable.name for variable in variables()}


def load_settings() -> Settings:
    """Read the settings, refusing variables that no field takes.

    Raises:
        ConfigurationError: a ``FACIES_`` variable has no field, or a value does not fit.
    """
    known = variable_names()
    ours = [n for n in os.environ if n.upper().startswith(_PREFIX) and not n.upper().startswith(_TEST_PREFIX)]
    unknown = sorted(n for n in ours if n.upper() not in {*known, SEED_VARIABLE})
    if unknown:
        raise ConfigurationError(
            f"no such setting: {', '.join(unknown)}. docs/settings.md lists them all; did a name get misspelt?"
        )
    try:
        return Settings()
    except ValidationError as error:
        problems = "; ".join(
            f"{_PREFIX}{'__'.join(str(p) for p in e['loc']).upper()}: {e['msg']}, got {e['input']!r}"
            for e in error.errors()
        )
        raise ConfigurationError(f"a setting does not fit: {problems}. docs/settings.md gives each range.") from error
    except SettingsError as error:
        lists = ", ".join(
            f"{v.name}={os.environ[v.name]!r}" for v in variables() if v.default[:1] == "[" and v.name in os.environ
        )
        raise ConfigurationError(
            f'a setting that is a list must be written as JSON, e.g. ["/images"]; got {lists}.'
        ) from error
