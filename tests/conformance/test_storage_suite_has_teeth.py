"""The suites of storages are proved on storages that are wrong on purpose."""

from __future__ import annotations

import pytest

from kregistry.testing.storage_faults import STORAGE_FAULTS, Faulty
from kregistry.testing.suites import storage, watch  # noqa: F401  (so that each run need not)

pytest_plugins = ["pytester"]

SUITE = """
import pytest
from kregistry.storage.objects import StorageSettings
from kregistry.testing import StorageSuite, WatchSuite
from kregistry.testing.storage_faults import {fault}


class TestPlanted(StorageSuite, WatchSuite):
    patience = 2.0

    @pytest.fixture
    def make_storage(self):
        def make(config):
            settings = StorageSettings(prefix=config.prefix, transformer=config.transformer)
            return {fault}(settings)

        return make
"""


def outcomes(pytester: pytest.Pytester, fault: type[Faulty], cases: str) -> tuple[int, int]:
    """How many of the cases passed and failed."""
    path = pytester.makepyfile(SUITE.format(fault=fault.__name__))
    wanted = " or ".join(cases.split())
    result = pytester.inline_run(path, "-q", "-k", wanted, "-p", "no:cacheprovider")
    passed, _, failed = result.countoutcomes()
    return passed, failed


def test_a_sound_storage_is_green(pytester: pytest.Pytester) -> None:
    passed, failed = outcomes(pytester, Faulty, " ".join(STORAGE_FAULTS.values()))

    assert failed == 0
    assert passed >= len(STORAGE_FAULTS)


@pytest.mark.parametrize("fault", STORAGE_FAULTS, ids=lambda fault: fault.__name__)
def test_a_planted_fault_is_red(pytester: pytest.Pytester, fault: type[Faulty]) -> None:
    _, failed = outcomes(pytester, fault, STORAGE_FAULTS[fault])

    assert failed > 0
