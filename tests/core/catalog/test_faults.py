"""Errors of the database never leave as they are."""

from __future__ import annotations

import inspect

import pytest
import sqlalchemy.exc
from sqlalchemy import create_engine, text

from facies.core.catalog.faults import translated
from facies.core.errors import CatalogError, FaciesError, QueryError


@pytest.mark.parametrize(
    "kind",
    [
        kind
        for _, kind in inspect.getmembers(sqlalchemy.exc, inspect.isclass)
        if issubclass(kind, sqlalchemy.exc.SQLAlchemyError)
    ],
)
def test_every_class_of_sqlalchemy_is_mapped(kind: type[sqlalchemy.exc.SQLAlchemyError]) -> None:
    error = kind.__new__(kind)
    Exception.__init__(error, "reason")
    error.orig = ValueError("reason")  # type: ignore[attr-defined]  # what __init__, skipped for its many forms, sets
    with pytest.raises(FaciesError, match=r"catalog\.sqlite.*reason") as caught, translated("catalog.sqlite"):
        raise error
    assert caught.value.__cause__ is error


def test_the_statement_stays_out_of_the_message() -> None:
    engine = create_engine("sqlite://")
    with pytest.raises(CatalogError, match="no such table: nowhere") as caught, translated("x"), engine.connect() as c:
        c.execute(text("SELECT secret FROM nowhere"))
    assert "secret" not in caught.value.message
    engine.dispose()


def test_our_own_errors_pass() -> None:
    with pytest.raises(QueryError), translated("x"):
        raise QueryError("k is 0")
