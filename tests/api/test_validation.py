from __future__ import annotations

import pytest

from facies.api.validation import describe_validation, make_body, parse_body
from facies.core.errors import QueryError
from facies.core.wire_search import Example, SearchBody


def test_a_body_that_fits_is_made() -> None:
    body = make_body(SearchBody, positive=[Example(id="0b9a1a4e-5f43-5c5e-9d5e-2a0f3f6c1d2e")], k=3)
    assert body == parse_body(SearchBody, body.model_dump_json(), "query")


def test_a_value_that_does_not_fit_is_named_with_what_came() -> None:
    with pytest.raises(QueryError, match="k: Input should be greater than or equal to 1, got 0"):
        make_body(SearchBody, positive=[Example(id="0b9a1a4e-5f43-5c5e-9d5e-2a0f3f6c1d2e")], k=0)
    with pytest.raises(QueryError, match="either an id or an upload"):
        parse_body(SearchBody, '{"positive": [{}]}', "query")


@pytest.mark.parametrize("text", ["", "{", "[]", "nonsense", '{"positive": []}', "[" * 100_000])
def test_a_form_field_that_is_no_query_is_refused(text: str) -> None:
    with pytest.raises(QueryError, match="query"):
        parse_body(SearchBody, text, "query")


def test_what_is_not_json_is_told_where_and_how() -> None:
    with pytest.raises(QueryError, match=r"^query: not JSON: expected value at line 1 column 1$"):
        parse_body(SearchBody, "xx", "query")
    told = describe_validation([{"loc": ("body",), "msg": "wrong", "input": b"{}", "type": "model_attributes_type"}])
    assert told == "body: expected JSON; send it with the header `content-type: application/json`"
    told = describe_validation([{"loc": ("body", 7), "type": "json_invalid", "ctx": {"error": "no value"}}])
    assert told == "body: not JSON: no value at character 7"


def test_long_values_are_cut() -> None:
    line = describe_validation([{"loc": ("a", 0), "msg": "wrong", "input": "x" * 1000}])
    assert line.startswith("a.0: wrong, got 'xxx")
    assert len(line) < 120
