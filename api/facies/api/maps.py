"""The use cases of maps: what there is, where its points lie, and what colours them."""

from __future__ import annotations

from dataclasses import asdict, replace
from urllib.parse import quote, urlencode

from facies.api.images import image_out
from facies.api.map_columns import Colouring, Column, category_column, number_column
from facies.api.map_views import MapView
from facies.api.service import Service
from facies.core.catalog import Catalog
from facies.core.errors import MapNotFoundError, QueryError, StaleMapError
from facies.core.maps import MapRecord, unpack_ids
from facies.core.records import CollectionRecord, LabelRows
from facies.core.taxonomy import Taxonomy
from facies.core.wire import ImageOut
from facies.core.wire_maps import LegendOut, MapOut, made_of


def list_maps(service: Service, name: str) -> list[MapOut]:
    """The maps of a collection, the newest first.

    Raises:
        CollectionNotFoundError: there is none of this name.
    """
    catalog = service.workspace.catalog
    record = catalog.collection(name)
    return [_map_out(record, one) for one in catalog.maps(name)]


def show_map(service: Service, name: str, number: int | None) -> MapOut:
    """One map; for None the newest.

    Raises:
        CollectionNotFoundError, MapNotFoundError: there is none.
    """
    return _map_out(service.workspace.catalog.collection(name), find_map(service, name, number))


def delete_map(service: Service, name: str, number: int) -> None:
    """Delete a map; images and labels stay.

    Raises:
        CollectionNotFoundError, MapNotFoundError: there is none.
    """
    service.workspace.catalog.delete_map(name, number)


def read_positions(service: Service, name: str, number: int, parts: int | None) -> bytes:
    """The positions of a map up to one of its parts, as they are sent.

    Raises:
        CollectionNotFoundError, MapNotFoundError: there is none.
    """
    return view_of(service, find_map(service, name, number), parts).packed


def show_legend(service: Service, name: str, number: int, colouring: Colouring) -> LegendOut:
    """What the colours of a map mean, with the counts.

    Raises:
        CollectionNotFoundError, MapNotFoundError: there is none.
        QueryError: there is no such field, or a rank is asked for without a taxonomy.
        TaxonomyError: the rank is none.
    """
    record = find_map(service, name, number)
    revision, column = column_of(service, record, colouring)
    asked = asdict(replace(colouring, parts=colouring.parts or record.parts))
    asked |= {"revision": revision, "made": made_of(record)}
    query = urlencode({key: value for key, value in asked.items() if value is not None})
    is_number = column.type == "f4"
    return LegendOut(
        by=colouring.by,
        rank=colouring.rank,
        kind="number" if is_number else "category",
        type=column.type,
        points=len(column.values),
        gone=column.gone,
        gone_code=None if is_number else int(column.gone_code),
        entries=list(column.entries),
        low=column.low,
        high=column.high,
        revision=revision,
        column=f"/v1/collections/{quote(name, safe='')}/maps/{record.number}/column?{query}",
    )


def read_column(service: Service, name: str, number: int, colouring: Colouring, revision: str) -> bytes:
    """The values that a legend speaks of.

    Raises:
        StaleMapError: labels have changed since.
        FaciesError: see `show_legend`.
    """
    now, column = column_of(service, find_map(service, name, number), colouring)
    if now != revision:
        raise StaleMapError(f"revision {revision}", now)
    return column.pack()


def show_point(service: Service, name: str, number: int, index: int) -> ImageOut:
    """The image of one point.

    Raises:
        CollectionNotFoundError, MapNotFoundError, ImageNotFoundError: there is none, or the image is gone.
        QueryError: the map has no point of this index.
    """
    return image_out(name, service.workspace.catalog.image(name, id_of_point(service, name, number, index)))


def id_of_point(service: Service, name: str, number: int, index: int) -> str:
    """The id of the image of one point; raises as `show_point`."""
    view = view_of(service, find_map(service, name, number), None)
    if not 0 <= index < len(view.points):
        raise QueryError(f"map {number} has no point {index}, expected 0 to {len(view.points) - 1}")
    return unpack_ids(view.points.ids[index : index + 1])[0]


def column_of(service: Service, record: MapRecord, colouring: Colouring) -> tuple[str, Column]:
    """The colours of a map, and the revision of labels and taxonomy that they are of; raises as `show_legend`."""
    catalog, name = service.workspace.catalog, record.collection
    fields = catalog.metadata_fields(name)
    if colouring.by not in {"label", "state", *fields}:
        there = ", ".join(["label", "state", *fields])
        raise QueryError(f"collection {name!r} has no field {colouring.by!r} to colour a map by; it has {there}")
    taxonomy, edition = (None, "") if colouring.rank is None else _taxonomy(catalog, name, colouring)
    revision = catalog.label_revision(name) + edition
    full = replace(colouring, parts=colouring.parts or record.parts)

    def make() -> Column:
        return _make_column(service, record, full, taxonomy, is_number=fields.get(full.by) in {"integer", "float"})

    return revision, service.maps.columns.get((name, record.number, record.created_at, full, revision), make)


def labels_of(service: Service, name: str) -> LabelRows:
    """The labels of a whole collection, read once for as long as none of them changes.

    Raises:
        CollectionNotFoundError: there is none of this name.
    """
    catalog = service.workspace.catalog
    made = catalog.collection(name).created_at  # another collection may have had this name
    key = (name, made, catalog.label_revision(name))
    return service.maps.labels.get(key, lambda: catalog.label_rows(name))


def _make_column(
    service: Service, record: MapRecord, colouring: Colouring, taxonomy: Taxonomy | None, *, is_number: bool
) -> Column:
    catalog, view = service.workspace.catalog, view_of(service, record, colouring.parts)
    if colouring.by in {"label", "state"}:
        rows = labels_of(service, record.collection)
        values = rows.labels if colouring.by == "label" else rows.states
        if taxonomy is not None and colouring.rank is not None:
            above = {name: _at_rank(taxonomy, name, colouring.rank) for name in set(values) if name is not None}
            values = [None if name is None else above[name] for name in values]
        return category_column(values, view.rows_of(rows.ids))
    ids, found = catalog.metadata_values(record.collection, colouring.by)
    if is_number:
        return number_column(found, view.rows_of(ids))
    return category_column([None if one is None else str(one) for one in found], view.rows_of(ids))


def _taxonomy(catalog: Catalog, name: str, colouring: Colouring) -> tuple[Taxonomy, str]:
    """The taxonomy of a collection, and what becomes another text when it is another one."""
    taxonomy = catalog.taxonomy_of(name)
    if colouring.by != "label" or taxonomy is None:
        raise QueryError(
            f"{colouring.by!r} of collection {name!r} cannot be brought to the rank {colouring.rank!r}: ranks are "
            "those of labels, where the collection uses a taxonomy (`facies taxonomy use`)."
        )
    since = next(one.imported_at for one in catalog.taxonomies() if one.name == taxonomy.name)
    return taxonomy, f"-{taxonomy.name}" + ("" if since is None else f"-{since.timestamp():.6f}")


def _at_rank(taxonomy: Taxonomy, label: str, rank: str) -> str | None:
    """The taxon of a rank that a label belongs to; a label that is no taxon stays itself."""
    found = taxonomy.find(label)
    return label if found is None else taxonomy.at_rank(found.name, rank)


def find_map(service: Service, name: str, number: int | None) -> MapRecord:
    """One map; for None the newest. Raises CollectionNotFoundError, MapNotFoundError."""
    catalog = service.workspace.catalog
    if number is not None:
        return catalog.map(name, number)
    found = catalog.maps(name)
    if not found:
        raise MapNotFoundError(name, None, [])
    return found[0]


def view_of(service: Service, record: MapRecord, parts: int | None) -> MapView:
    """The points of a map up to one of its parts, from memory where it was asked for lately."""
    wanted = min(parts or record.parts, record.parts)

    def read() -> MapView:
        return MapView(service.workspace.catalog.map_points(record.collection, record.number, parts=wanted))

    return service.maps.maps.get((record.collection, record.number, wanted, record.created_at), read)


def _map_out(collection: CollectionRecord, record: MapRecord) -> MapOut:
    vector = next((one for one in collection.vectors if one.name == record.facts.vector), None)
    return MapOut.of(record, current=vector is not None and vector.fingerprint.digest == record.facts.digest)
