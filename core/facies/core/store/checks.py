"""What both backends check before anything reaches an engine.

Engines write a batch point by point, so one bad point in the middle would leave half of it behind; and some accept
what they can never find again (a vector with NaN). Hence every point is checked before the first is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, get_args

import numpy as np

from facies.core.errors import (
    CollectionExistsError,
    ConfigurationError,
    DimensionMismatchError,
    InvalidPointError,
    QueryError,
)
from facies.core.filters import is_field_name, is_field_value
from facies.core.records import FieldKind
from facies.core.store.base import MAX_BATCH, CollectionSchema, Payload, Point, Vector, VectorQuery, WithVectors

UNIT_TOLERANCE: Final = 1e-3
"""How far the length of a vector may lie from 1."""

MAX_DIMENSION: Final = 65_536
MAX_FETCH: Final = 1_000_000
"""Most neighbours one query may reach, counting those passed over."""

_UUID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}")


def check_collection_name(name: str) -> None:
    """Refuse names that could not be a folder, a URL segment and a Qdrant collection alike.

    Raises:
        ConfigurationError: the name does not fit.
    """
    if not is_collection_name(name):
        raise ConfigurationError(
            f"{name!r} cannot name a collection; expected 1 to 100 of A-Z, a-z, 0-9, '_', '-' and '.', no leading dot."
        )


def is_collection_name(name: str) -> bool:
    """Tell whether a collection may have this name."""
    return _NAME.fullmatch(name) is not None


def check_schema(schema: CollectionSchema) -> None:
    """Refuse a schema without vectors, or with names, dimensions or kinds that do not fit.

    Raises:
        ConfigurationError: says which part.
    """
    if not schema.vectors:
        raise ConfigurationError("a collection needs at least one named vector, got none.")
    for name, dim in schema.vectors.items():
        check_new_vector_name(name)
        if isinstance(dim, bool) or not isinstance(dim, int) or not 1 <= dim <= MAX_DIMENSION:
            raise ConfigurationError(f"vector {name!r} has dimension {dim!r}, expected 1 to {MAX_DIMENSION}.")
    for name, kind in schema.indexes.items():
        if not is_field_name(name):
            raise ConfigurationError(
                f"{name!r} cannot name a field; expected 1 to 200 characters, no double quote or backslash."
            )
        if kind not in get_args(FieldKind):
            raise ConfigurationError(f"field {name!r} has kind {kind!r}, expected {', '.join(get_args(FieldKind))}.")


def check_new_vector_name(name: str) -> None:
    """Refuse what cannot name a vector; the rule is that of collections.

    Raises:
        ConfigurationError: the name does not fit.
    """
    if not is_collection_name(name):
        raise ConfigurationError(
            f"{name!r} cannot name a vector; expected 1 to 100 of A-Z, a-z, 0-9, '_', '-' and '.', no leading dot."
        )


def without_vector(collection: str, schema: CollectionSchema, name: str) -> CollectionSchema:
    """Take a named vector out of a schema; the same schema where it has none of this name.

    Raises:
        ConfigurationError: no other would be left.
    """
    if name not in schema.vectors:
        return schema
    if len(schema.vectors) == 1:
        raise ConfigurationError(
            f"{name!r} is the only named vector of collection {collection!r}; add another one first, or delete the "
            "collection."
        )
    return CollectionSchema({one: dim for one, dim in schema.vectors.items() if one != name}, schema.indexes)


def merge_schemas(collection: str, old: CollectionSchema, new: CollectionSchema) -> CollectionSchema:
    """Complete a schema with new vectors and indexes; the new kind of an index holds.

    Raises:
        CollectionExistsError: a named vector has another dimension.
    """
    for name, dim in new.vectors.items():
        if old.vectors.get(name, dim) != dim:
            raise CollectionExistsError(
                collection, f"its vector {name!r} has dimension {old.vectors[name]}, asked for {dim}"
            )
    return CollectionSchema({**old.vectors, **new.vectors}, {**old.indexes, **new.indexes})


def check_points(schema: CollectionSchema, points: Sequence[Point]) -> None:
    """Refuse points that could not be stored faithfully.

    Raises:
        InvalidPointError: id, vectors or payload; the message names the point.
        DimensionMismatchError: a vector does not fit the schema.
    """
    for point in points:
        if not is_point_id(point.id):
            raise InvalidPointError(f"point id {point.id!r} is no UUID in its canonical form (8-4-4-4-12 hexadecimal).")
        if not point.vectors or not point.vectors.keys() <= schema.vectors.keys():
            raise InvalidPointError(
                f"point {point.id} has the vectors {sorted(point.vectors)}, expected one or more of "
                f"{sorted(schema.vectors)}."
            )
        for name, vector in point.vectors.items():
            _check_shape(f"vector {name!r} of point {point.id}", vector, schema.vectors[name])
        check_payload(f"point {point.id}", point.payload)
    for name in schema.vectors:
        _check_lengths(name, [(point.id, point.vectors[name]) for point in points if name in point.vectors])


def check_rows(schema: CollectionSchema, name: str, rows: Mapping[str, Vector]) -> None:
    """Refuse vectors (id -> vector) that could not be stored faithfully under this name.

    Raises:
        QueryError: the schema has no such vector.
        InvalidPointError: an id or a vector; the message names the point.
        DimensionMismatchError: a vector does not fit the schema.
    """
    check_vector_name(schema, name)
    for one, vector in rows.items():
        if not is_point_id(one):
            raise InvalidPointError(f"point id {one!r} is no UUID in its canonical form (8-4-4-4-12 hexadecimal).")
        _check_shape(f"vector {name!r} of point {one}", vector, schema.vectors[name])
    _check_lengths(name, list(rows.items()))


def check_payload(what: str, payload: Payload) -> None:
    """Refuse fields whose name or value no filter could find.

    Raises:
        InvalidPointError: names the field.
    """
    for name, value in payload.items():
        if not is_field_name(name):
            raise InvalidPointError(
                f"{what} has a field named {name!r}; expected 1 to 200 characters without a double quote or backslash."
            )
        if not is_field_value(value):
            raise InvalidPointError(
                f"field {name!r} of {what} is {value!r} ({type(value).__name__}); expected text, a finite number, or "
                "an integer of at most 10**15. Flags are kept as 0 and 1 or as text."
            )


def is_point_id(text: object) -> bool:
    """Tell whether a text is a UUID in its canonical form, the only form that is stored."""
    return isinstance(text, str) and _UUID.fullmatch(text) is not None


def possible_ids(ids: Iterable[str]) -> list[str]:
    """Keep, once each and in order, the ids that a point could have; the others are unknown to every store."""
    return [one for one in dict.fromkeys(ids) if is_point_id(one)]


def check_query(schema: CollectionSchema, query: VectorQuery) -> None:
    """Refuse a query that makes no sense for this collection.

    Raises:
        QueryError: k, offset, the vector's name, or the examples.
        DimensionMismatchError: an example does not fit the named vector.
    """
    if query.k < 1 or query.offset < 0 or query.k + query.offset > MAX_FETCH:
        raise QueryError(
            f"k = {query.k} with offset = {query.offset}: expected k >= 1, offset >= 0, together at most {MAX_FETCH:,}."
        )
    check_vector_name(schema, query.vector_name)
    if not query.positive:
        raise QueryError("a search needs at least one positive example, got none.")
    if query.ef is not None and query.ef < 1:
        raise QueryError(f"ef = {query.ef}: expected at least 1.")
    if query.strategy not in ("average", "best_score"):
        raise QueryError(f"strategy {query.strategy!r} is unknown; expected average or best_score.")
    for example in (*query.positive, *query.negative):
        try:
            _check_shape("the query's vector", example, schema.vectors[query.vector_name])
        except InvalidPointError as error:
            raise QueryError(str(error)) from error
        if not abs(float(np.linalg.norm(example)) - 1.0) <= UNIT_TOLERANCE:  # not >, which NaN would pass
            raise QueryError(
                "the query's vector is not finite or not of length 1; embed it with the collection's model."
            )


def check_queries(schema: CollectionSchema, queries: Iterable[VectorQuery]) -> None:
    """Refuse queries of which one makes no sense, as `check_query` does."""
    for query in queries:
        check_query(schema, query)


def check_lacking(schema: CollectionSchema, name: str | None) -> None:
    """Refuse to look for points that lack a vector which the collection does not know; None looks for nothing."""
    if name is not None:
        check_vector_name(schema, name)


def check_wanted(schema: CollectionSchema, vectors: WithVectors) -> None:
    """Refuse to fetch vectors under a name that the collection does not know.

    Raises:
        QueryError: names those that there are.
    """
    for name in () if isinstance(vectors, bool) else vectors:
        check_vector_name(schema, name)


def check_vector_name(schema: CollectionSchema, name: str) -> None:
    """Refuse a vector's name that the collection does not know.

    Raises:
        QueryError: names those that there are.
    """
    if name not in schema.vectors:
        raise QueryError(f"no named vector {name!r}; the collection has {', '.join(sorted(schema.vectors))}.")


def check_facet(schema: CollectionSchema, field_name: str, limit: int) -> None:
    """Refuse to count the values of a field that has no keyword index, which engines cannot do.

    Raises:
        QueryError: the field has no such index, or the limit is below 1.
    """
    if schema.indexes.get(field_name) != "keyword":
        keywords = sorted(name for name, kind in schema.indexes.items() if kind == "keyword")
        raise QueryError(
            f"no keyword index on {field_name!r}; values can be counted of: {', '.join(keywords) or 'none'}."
        )
    if limit < 1:
        raise QueryError(f"limit = {limit} for the values of {field_name!r}, expected at least 1.")


def _check_shape(what: str, vector: Vector, dim: int) -> None:
    if not isinstance(vector, np.ndarray) or vector.ndim != 1 or vector.dtype.kind != "f":
        raise InvalidPointError(f"{what} is not a one-dimensional array of floats.")
    if vector.shape[0] != dim:
        raise DimensionMismatchError(what, expected=dim, got=vector.shape[0])


def _check_lengths(name: str, rows: Sequence[tuple[str, Vector]]) -> None:
    for start in range(0, len(rows), MAX_BATCH):
        batch = rows[start : start + MAX_BATCH]
        good = _are_unit(np.stack([vector for _, vector in batch]))
        if good.all():
            continue
        one, vector = batch[int(np.argmin(good))]
        length = float(np.linalg.norm(vector.astype(np.float64)))
        raise InvalidPointError(
            f"vector {name!r} of point {one} has length {length:.6g}, expected 1 within {UNIT_TOLERANCE}."
        )


def _are_unit(rows: Vector) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    squares = np.einsum("nd,nd->n", rows, rows, dtype=np.float64)
    near: np.ndarray[tuple[int], np.dtype[np.bool_]] = np.abs(np.sqrt(squares) - 1.0) <= UNIT_TOLERANCE
    return near
