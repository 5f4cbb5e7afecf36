"""What the errors of jobs say."""

from facies.core import errors


def test_the_state_that_is_in_the_way_is_told_once() -> None:
    error = errors.JobStateError("0b9a", "done", "failed or cancelled")
    assert error.message == "job 0b9a is done, expected failed or cancelled. Nothing was changed."
    assert isinstance(error, errors.JobConflictError)


def test_an_unknown_kind_names_its_near_ones_and_all() -> None:
    message = errors.UnknownJobKindError("segmnt", ["index", "segment"]).message
    assert message == "no jobs of kind 'segmnt'. Did you mean segment? There are: index, segment."


def test_a_dead_worker_says_how_to_go_on() -> None:
    assert "died or stood still once," in errors.JobWorkerDiedError("a", 1).message
    assert "`facies jobs retry a`" in errors.JobWorkerDiedError("a", 3).message


def test_what_breaks_an_attempt_off_is_known_by_one_class() -> None:
    for error in (errors.JobCancelledError("a"), errors.JobReleasedError("a"), errors.JobTakenOverError("a", 2)):
        assert isinstance(error, errors.JobBrokenOffError)
