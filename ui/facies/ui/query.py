"""A query as it is put together on the page: examples for and against, each a whole image or a crop of one.

Pure: nothing here knows of Streamlit or of the network.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from facies.core.client import File
from facies.core.wire_classify import ClassifyBody
from facies.core.wire_search import Crop, Example, SearchBody


@dataclass(frozen=True, slots=True)
class QueryExample:
    """One example of a query.

    Attributes:
        key: what tells it from the others: ``id:`` and the image's id, or ``upload:`` and a hash of the bytes.
        name: what a person calls it: the file's name, or the id.
        positive: True for "more like this", False for "less like this".
        image_id: the image of the collection; None for an upload.
        data: the bytes of an upload; None for an image of the collection.
        crop: the part that counts, in pixels of the image; None for all of it.
    """

    key: str
    name: str
    positive: bool = True
    image_id: str | None = None
    data: bytes | None = None
    crop: Crop | None = None


def example_of_id(image_id: str, *, positive: bool = True) -> QueryExample:
    """An image of the collection as an example; an id pasted in capitals is the same id."""
    image_id = image_id.strip().lower()
    return QueryExample(f"id:{image_id}", image_id, positive, image_id=image_id)


def example_of_upload(name: str, data: bytes) -> QueryExample:
    """An uploaded file as an example; the same bytes make the same key."""
    return QueryExample(f"upload:{hashlib.sha256(data).hexdigest()[:20]}", name, data=data)


@dataclass(frozen=True, slots=True)
class Query:
    """The examples of one search, and which of them is shown large.

    Attributes:
        examples: in the order they came; no key twice.
        focus: key of the example shown large; None where there is none.
    """

    examples: tuple[QueryExample, ...] = ()
    focus: str | None = None

    @property
    def focused(self) -> QueryExample | None:
        """The example shown large."""
        return next((e for e in self.examples if e.key == self.focus), None)

    @property
    def positive(self) -> tuple[QueryExample, ...]:
        """The examples for."""
        return tuple(e for e in self.examples if e.positive)

    @property
    def negative(self) -> tuple[QueryExample, ...]:
        """The examples against."""
        return tuple(e for e in self.examples if not e.positive)

    @property
    def is_searchable(self) -> bool:
        """Whether there is something to look for: at least one example for."""
        return bool(self.positive)

    def add(self, added: Iterable[QueryExample]) -> Query:
        """Take examples in; one whose key is there already only changes its sign. The first one ever gets the focus."""
        examples = {e.key: e for e in self.examples}
        for example in added:
            known = examples.get(example.key)
            examples[example.key] = replace(known, positive=example.positive) if known else example
        return _settled(tuple(examples.values()), self.focus)

    def remove(self, key: str) -> Query:
        """Leave one example out."""
        return _settled(tuple(e for e in self.examples if e.key != key), self.focus)

    def flip(self, key: str) -> Query:
        """Turn an example for into one against, or back."""
        return self._change(key, lambda e: replace(e, positive=not e.positive))

    def crop(self, key: str, crop: Crop | None) -> Query:
        """Let only a part of an example count, or all of it again."""
        return self._change(key, lambda e: replace(e, crop=crop))

    def look_at(self, key: str) -> Query:
        """Show this example large."""
        return _settled(self.examples, key)

    def _change(self, key: str, change: Callable[[QueryExample], QueryExample]) -> Query:
        return Query(tuple(change(e) if e.key == key else e for e in self.examples), self.focus)


def _settled(examples: tuple[QueryExample, ...], focus: str | None) -> Query:
    """Keep the focus on an example that exists: the wished one, else the first one for, else any."""
    keys = [e.key for e in examples]
    if focus not in keys:
        focus = next((e.key for e in examples if e.positive), keys[0] if keys else None)
    return Query(examples, focus)


def search_request(
    query: Query, *, k: int, offset: int = 0, where: Mapping[str, Any] | None = None, **options: Any
) -> tuple[SearchBody, list[File]]:
    """The body of a search and the files that its examples refer to by position.

    Args:
        query: with at least one example for.
        k: how many neighbours.
        offset: how many nearer ones to leave out.
        where: a filter in the JSON form of ``facies.core.filters``.
        options: further fields of the body.
    """
    files = [(e.name, e.data) for e in query.examples if e.data is not None]
    places = {e.key: place for place, e in enumerate(e for e in query.examples if e.data is not None)}
    body = SearchBody(
        positive=[_wire(e, places) for e in query.positive],
        negative=[_wire(e, places) for e in query.negative],
        k=k,
        offset=offset,
        where=dict(where) if where else None,
        **options,
    )
    return body, files


def classify_request(example: QueryExample, *, k: int, top: int | None = None) -> tuple[ClassifyBody, list[File]]:
    """The body that asks what one example shows, and its file where it is an upload."""
    files = [] if example.data is None else [(example.name, example.data)]
    return ClassifyBody(examples=[_wire(example, {example.key: 0})], k=k, top=top), files


def _wire(example: QueryExample, places: Mapping[str, int]) -> Example:
    if example.image_id is not None:
        return Example(id=example.image_id, crop=example.crop)
    return Example(upload=places[example.key], crop=example.crop)
