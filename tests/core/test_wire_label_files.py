"""The bodies of labels in files."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from facies.core.errors import ConfigurationError
from facies.core.wire_label_files import LabelExportBody, RangeChartBody, format_of_name


def test_a_name_says_its_format() -> None:
    names = ("a.csv", "a.PARQUET", "a.json", "a.tsv", "folder")
    assert [format_of_name(name) for name in names] == ["csv", "parquet", "coco", "ecotaxa", "image-folder"]
    for name in ("a.zip", "a.xls"):
        with pytest.raises(ConfigurationError, match="does not say in which format"):
            format_of_name(name)


def test_what_is_no_format_state_or_order_is_refused() -> None:
    for document in ({"format": "xml"}, {"format": "csv", "states": ["sure"]}, {"format": "csv", "stats": []}):
        with pytest.raises(ValidationError):
            LabelExportBody.model_validate(document)
    with pytest.raises(ValidationError):
        RangeChartBody.model_validate({"field": "d", "order": "age"})
