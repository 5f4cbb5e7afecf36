"""The base of the tree."""

from facies.core.error_base import FaciesError
from facies.core.errors import FaciesError as Known


def test_a_message_is_what_a_person_reads() -> None:
    error = FaciesError("what, expected, got, remedy")
    assert error.message == str(error) == "what, expected, got, remedy"
    assert Known is FaciesError
