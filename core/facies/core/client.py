"""The HTTP client of a facies service: used by the web interface, by ``--api URL``, and by anybody's own scripts.

Example:
    >>> from facies.core.client import Client
    >>> from facies.core.wire_search import Example, SearchBody
    >>> with Client("http://127.0.0.1:8000") as client:  # doctest: +SKIP
    ...     body = SearchBody(positive=[Example(upload=0)], k=5)
    ...     found = client.search("microfossils", body, files=[("grain.jpg", grain_bytes)])
    ...     [(n.label, n.similarity) for n in found.neighbours]
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import IO, Any, Self, TypeAlias, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError

from facies.core import errors, wire
from facies.core.jobs_client import JobsClient
from facies.core.label_files_client import LabelFilesClient
from facies.core.labels_client import LabelsClient
from facies.core.maps_client import MapsClient
from facies.core.records import MetadataValue
from facies.core.review_client import ReviewClient
from facies.core.taxonomy_client import TaxonomyClient
from facies.core.upkeep_client import UpkeepClient
from facies.core.wire_classify import ClassifyBody, ClassifyOut
from facies.core.wire_jobs import JobOut
from facies.core.wire_search import CountBody, CountOut, SearchBody, SearchOut, SideBySideOut

File: TypeAlias = tuple[str, bytes]
"""A file's name and its bytes."""

_Body = TypeVar("_Body")

USER_HEADER = "X-Facies-User"
DEFAULT_TIMEOUT_S = 60.0
"""Longer than a first query takes, which loads the network."""


class Client:
    """A connection to one service. Its methods raise the same classes of `facies.core.errors` as the service did."""

    def __init__(
        self,
        base_url: str,
        *,
        user: str | None = None,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Keep the address; nothing is sent until the first call.

        Args:
            base_url: for example ``http://127.0.0.1:8000``.
            user: who acts, for the history of labels; None: whom the service's settings name.
            timeout_s: longest wait for one answer.
            transport: the seam for tests.

        Raises:
            ConfigurationError: the address is not an http or https URL with a host.
        """
        _check_url(base_url)
        self.base_url = base_url.rstrip("/")
        self._timeout_s = timeout_s
        # Headers are ASCII, names are not.
        headers = {} if user is None else {USER_HEADER: quote(user)}
        self._http = httpx.Client(base_url=self.base_url, headers=headers, timeout=timeout_s, transport=transport)
        self.jobs = JobsClient(self)
        self.labels = LabelsClient(self)
        self.label_files = LabelFilesClient(self)
        self.taxonomy = TaxonomyClient(self)
        self.maps = MapsClient(self)
        self.review = ReviewClient(self)
        self.upkeep = UpkeepClient(self)

    def url(self, path: str) -> str:
        """The full address of a path that the service gave, such as ``ImageOut.thumbnail``."""
        return f"{self.base_url}{path}"

    def collection_path(self, name: str) -> str:
        """The path of a collection, for the parts of this client."""
        return _collection(name)

    def health(self) -> wire.HealthOut:
        """Whether the service lives."""
        return self.read(wire.HealthOut, "GET", "/v1/health")

    def models(self) -> list[wire.ModelOut]:
        """The model cards."""
        return self.read(list[wire.ModelOut], "GET", "/v1/models")

    def collections(self) -> list[wire.CollectionOut]:
        """All collections with their counts."""
        return self.read(list[wire.CollectionOut], "GET", "/v1/collections")

    def collection(self, name: str) -> wire.CollectionOut:
        """One collection with its counts and labels."""
        return self.read(wire.CollectionOut, "GET", _collection(name))

    def create_collection(self, body: wire.CollectionBody) -> wire.CollectionOut:
        """Make an empty collection."""
        return self.read(wire.CollectionOut, "POST", "/v1/collections", json=_dump(body))

    def optimize_collection(self, name: str) -> wire.StoredOut:
        """Have the graph of a collection built in the background; `collection` tells when that is over."""
        return self.read(wire.StoredOut, "POST", f"{_collection(name)}/optimize")

    def delete_collection(self, name: str) -> None:
        """Delete a collection with its vectors and labels."""
        self.send("DELETE", _collection(name))

    def images(self, name: str, *, offset: int = 0, limit: int = 100, label: str | None = None) -> wire.ImagePage:
        """Some images of a collection, in order of id."""
        params: dict[str, str | int] = {"offset": offset, "limit": limit}
        if label is not None:
            params["label"] = label
        return self.read(wire.ImagePage, "GET", f"{_collection(name)}/images", params=params)

    def image(self, name: str, image_id: str) -> wire.ImageOut:
        """One image."""
        return self.read(wire.ImageOut, "GET", _image(name, image_id))

    def delete_image(self, name: str, image_id: str) -> None:
        """Delete one image from the collection; its original file stays."""
        self.send("DELETE", _image(name, image_id))

    def original(self, name: str, image_id: str, *, render: bool = False) -> bytes:
        """The bytes of the original file; with ``render``, the decoded image as PNG."""
        params = {"render": "png"} if render else {}
        return self.send("GET", f"{_image(name, image_id)}/original", params=params).content

    def upload_images(
        self,
        name: str,
        files: Sequence[File],
        *,
        label: str | None = None,
        metadata: Mapping[str, MetadataValue] | None = None,
    ) -> wire.UploadOut:
        """Copy images into the service and index them."""
        form = {} if label is None else {"label": label}
        if metadata:
            form["metadata"] = json.dumps(dict(metadata))
        return self.read(wire.UploadOut, "POST", f"{_collection(name)}/images", data=form, files=_parts(files))

    def search(self, name: str, body: SearchBody, files: Sequence[File] = ()) -> SearchOut:
        """Find neighbours; the examples of ``body`` refer to ``files`` by position."""
        return self._ask(SearchOut, f"{_collection(name)}/search", body, files)

    def search_side_by_side(self, name: str, body: SearchBody, files: Sequence[File] = ()) -> SideBySideOut:
        """Find neighbours in each of the vectors that ``body`` names, apart; in all where it names none."""
        return self._ask(SideBySideOut, f"{_collection(name)}/search/side-by-side", body, files)

    def count(self, name: str, body: CountBody) -> CountOut:
        """Count images that pass a filter, and by value of some fields."""
        return self.read(CountOut, "POST", f"{_collection(name)}/count", json=_dump(body))

    def classify(self, name: str, body: ClassifyBody, files: Sequence[File] = ()) -> ClassifyOut:
        """Name images from their labelled neighbours."""
        return self._ask(ClassifyOut, f"{_collection(name)}/classify", body, files)

    def start_index(self, name: str, body: wire.IndexBody) -> JobOut:
        """Have a path on the service's own disk indexed; `jobs` follows the job."""
        return self.read(JobOut, "POST", f"{_collection(name)}/index", json=_dump(body))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(self, kind: type[_Body], method: str, path: str, **options: Any) -> _Body:
        """Send a request, and read its answer as a body of `facies.core.wire`; for the parts of this client.

        Raises:
            ServiceUnavailableError: the service does not answer, or as another version would.
            FaciesError: what the service raised.
        """
        response = self.send(method, path, **options)
        try:
            return TypeAdapter(kind).validate_json(response.content)
        except ValidationError as error:
            raise errors.ServiceUnavailableError(
                self.url(path), "its answer is not that of this version of facies"
            ) from error

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request; raises as `read` does."""
        with self._translated():
            response = self._http.request(method, path, **options)
        if response.is_error:
            raise _error_of(response)
        return response

    def download(self, path: str, target: IO[bytes], **options: Any) -> httpx.Headers:
        """Write what is at a path to an open file, a part at a time; gives the headers, raises as `read` does."""
        with self._translated(), self._http.stream("GET", path, **options) as response:
            if response.is_error:
                response.read()
                raise _error_of(response)
            for part in response.iter_bytes():
                target.write(part)
            return response.headers

    def lines(self, path: str, **options: Any) -> Iterator[str]:
        """The lines of an answer as they come, which may take long; raises as `read` does."""
        with self._translated(), self._http.stream("GET", path, **options) as response:
            if response.is_error:
                response.read()
                raise _error_of(response)
            yield from response.iter_lines()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except httpx.TimeoutException as error:
            raise errors.ServiceUnavailableError(self.base_url, f"no answer within {self._timeout_s:g} s") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise errors.ServiceUnavailableError(self.base_url, str(error) or type(error).__name__) from error

    def _ask(self, kind: type[_Body], path: str, body: BaseModel, files: Sequence[File]) -> _Body:
        if not files:
            return self.read(kind, "POST", path, json=_dump(body))
        form = {"query": body.model_dump_json(exclude_defaults=True)}
        return self.read(kind, "POST", f"{path}/upload", data=form, files=_parts(files))


def _check_url(url: str) -> None:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise errors.ConfigurationError(f"{url!r} is not a URL ({error}), expected http://HOST:PORT") from error
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise errors.ConfigurationError(f"expected the URL of a service as http://HOST:PORT, got {url!r}")


def _collection(name: str) -> str:
    return f"/v1/collections/{quote(name, safe='')}"


def _image(name: str, image_id: str) -> str:
    return f"{_collection(name)}/images/{quote(image_id, safe='')}"


def _dump(body: BaseModel) -> dict[str, Any]:
    return body.model_dump(mode="json", exclude_defaults=True)


def _parts(files: Sequence[File]) -> list[tuple[str, tuple[str, bytes]]]:
    return [("files", (name, data)) for name, data in files]


def _error_of(response: httpx.Response) -> errors.FaciesError:
    """Turn a problem document back into the class that the service raised."""
    try:
        problem = wire.Problem.model_validate_json(response.content)
    except ValidationError:
        return errors.ServiceUnavailableError(
            str(response.url), f"HTTP {response.status_code}, not an answer of facies"
        )
    kind = getattr(errors, problem.code, errors.FaciesError)
    if not (isinstance(kind, type) and issubclass(kind, errors.FaciesError)):
        kind = errors.FaciesError
    return kind.from_message(problem.detail)
