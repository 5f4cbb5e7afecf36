from __future__ import annotations

from facies.indexer.maps.steps import PlainSteps


def test_a_making_without_attempts_keeps_nothing_and_tells_whoever_wants_to_hear() -> None:
    told: list[tuple[str, int, int | None]] = []
    steps = PlainSteps("r", lambda *step: told.append(step))
    steps.progress("reading")
    steps.progress("placing", 3, 9)
    steps.save("layout", b"x")
    assert steps.load("layout") is None
    assert told == [("reading", 0, None), ("placing", 3, 9)]
    PlainSteps("r").progress("reading")
