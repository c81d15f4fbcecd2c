"""retry_on_conflict starts over after a conflict and after nothing else."""

from __future__ import annotations

import pytest

from kregistry.meta.errors import Conflict, NotFound
from kregistry.meta.gvk import GroupResource
from kregistry.registry import retry_on_conflict

PODS = GroupResource("", "pods")


class Attempts:
    """Fails a number of times before it succeeds."""

    def __init__(self, failures: int, error: Exception) -> None:
        self.left = failures
        self.error = error
        self.made = 0

    def __call__(self) -> str:
        self.made += 1
        if self.made <= self.left:
            raise self.error
        return "done"


def conflict() -> Conflict:
    return Conflict(PODS, "web", "stale")


def test_it_tries_until_it_succeeds_and_waits_between() -> None:
    attempts, waited = Attempts(3, conflict()), []
    done = retry_on_conflict(attempts, sleep=waited.append, chance=lambda: 0.5)
    assert (done, attempts.made) == ("done", 4)
    assert waited == pytest.approx([0.0105] * 3)


def test_the_last_conflict_comes_out() -> None:
    attempts = Attempts(9, conflict())
    with pytest.raises(Conflict):
        retry_on_conflict(attempts, sleep=lambda seconds: None)
    assert attempts.made == 5


def test_other_errors_come_out_at_once() -> None:
    attempts = Attempts(1, NotFound(PODS, "web"))
    with pytest.raises(NotFound):
        retry_on_conflict(attempts)
    assert attempts.made == 1


def test_one_attempt_is_the_least() -> None:
    attempts = Attempts(1, conflict())
    with pytest.raises(Conflict):
        retry_on_conflict(attempts, attempts=1)
    with pytest.raises(ValueError, match="at least 1"):
        retry_on_conflict(attempts, attempts=0)
