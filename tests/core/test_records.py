from dataclasses import FrozenInstanceError, fields, replace

import pytest

from facies.core.records import Fingerprint, ImageRecord

FINGERPRINT = Fingerprint("lite0", "00ff", "squash 256, crop 224", "final, one view", "torch", "f32")


@pytest.mark.parametrize("name", [f.name for f in fields(Fingerprint)])
def test_each_field_changes_the_digest_and_is_named_as_different(name: str) -> None:
    other = replace(FINGERPRINT, **{name: "something else"})
    assert other.digest != FINGERPRINT.digest
    (difference,) = FINGERPRINT.differences(other)
    assert difference == f"{name}: stored {getattr(FINGERPRINT, name)}, now something else"


def test_the_digest_is_the_same_in_every_process() -> None:
    assert FINGERPRINT.digest == replace(FINGERPRINT).digest
    assert FINGERPRINT.differences(replace(FINGERPRINT)) == []
    # Fixed for good: collections on people's disks hold it.
    assert FINGERPRINT.digest == "542257c2765512be"


def test_records_are_frozen() -> None:
    record = ImageRecord("id", "00", None, "/a.png", 1, 1, "PNG", "uint8")
    with pytest.raises(FrozenInstanceError):
        record.label = "x"  # type: ignore[misc]  # the point of the test
