"""kregistry.testing opens without what only its suites need."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from kregistry import testing
from kregistry.testing import FakeClock


def test_importing_it_imports_neither_pytest_nor_hypothesis_nor_the_storage() -> None:
    code = (
        "import sys, kregistry.testing;"
        "print([m for m in ('pytest', 'hypothesis', 'sqlite3', 'kregistry.storage', "
        "'kregistry.core.v1') if m in sys.modules])"
    )

    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )

    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("name", testing.__all__)
def test_every_name_on_the_door_opens(name: str) -> None:
    assert getattr(testing, name).__name__ == name
    assert name in dir(testing)


def test_a_name_that_is_not_on_the_door_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        _ = testing.Nonsense


def test_a_fake_clock_stands_still_until_it_is_moved() -> None:
    clock = FakeClock()
    now, monotonic = clock.now(), clock.monotonic()

    clock.advance(1.5)

    assert clock.now() - now == timedelta(seconds=1.5)
    assert clock.monotonic() - monotonic == 1.5


def test_setting_a_fake_clock_lets_no_time_pass() -> None:
    clock = FakeClock(datetime(2024, 6, 1, tzinfo=UTC))

    clock.step(-3600)

    assert clock.now() == datetime(2024, 5, 31, 23, tzinfo=UTC)
    assert clock.monotonic() == 0


def test_a_fake_clock_tells_whoever_listens() -> None:
    clock = FakeClock()
    moves: list[float] = []
    forget = clock.subscribe(lambda: moves.append(clock.monotonic()))

    clock.advance(1)
    clock.step(5)
    forget()
    forget()
    clock.advance(1)

    assert moves == [1, 1]


def test_a_fake_clock_refuses_what_makes_no_sense() -> None:
    with pytest.raises(ValueError, match="backwards"):
        FakeClock().advance(-1)
    with pytest.raises(ValueError, match="time zone"):
        FakeClock(datetime(2024, 1, 1))
