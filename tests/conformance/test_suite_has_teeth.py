"""The suite of backends is proved on backends that are wrong on purpose."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kregistry.storage.backend import Backend
from kregistry.testing import BackendSuite, ModelBackend
from kregistry.testing.faults import FAULTS


class Impatient(BackendSuite):
    """Loses no time on events that never come."""

    patience = 0.5


def cases() -> Iterator[Callable[[Callable[[], Backend]], None]]:
    """Every case of the suite, with every set of its arguments, without pytest around it."""
    for owner in BackendSuite.__mro__:
        for name, function in vars(owner).items():
            if name.startswith("test_"):
                for arguments in argument_sets(function):
                    yield case(function, arguments)


def argument_sets(function: Any) -> Iterator[dict[str, Any]]:
    """What the parametrize marks of *function* say."""
    tables = []
    for mark in getattr(function, "pytestmark", []):
        names, rows = mark.args
        if isinstance(names, str):
            rows = [(row,) for row in rows]
            names = (names,)
        tables.append([dict(zip(names, row, strict=True)) for row in rows])
    for sets in itertools.product(*tables):
        yield {name: value for each in sets for name, value in each.items()}


def case(function: Any, arguments: dict[str, Any]) -> Callable[[Callable[[], Backend]], None]:
    """One case, to be called with a maker of backends."""

    def run(make: Callable[[], Backend]) -> None:
        if "make_backend" in inspect.signature(function).parameters:
            function(Impatient(), make_backend=make, **arguments)
            return
        with make() as backend:
            function(Impatient(), backend=backend, **arguments)

    return run


def failures(make: Callable[[], Backend]) -> Iterator[Exception]:
    """What the suite has to say against backends made by *make*."""
    for run in cases():
        try:
            run(make)
        except Exception as error:
            yield error
        except pytest.fail.Exception as failed:
            yield RuntimeError(str(failed))


def test_a_sound_backend_is_green() -> None:
    assert sum(1 for _ in cases()) > 50
    assert list(failures(ModelBackend)) == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_planted_fault_is_red(fault: Callable[[], Backend]) -> None:
    assert next(failures(fault), None) is not None


def test_at_least_fourteen_faults_are_planted() -> None:
    assert len(FAULTS) >= 14
