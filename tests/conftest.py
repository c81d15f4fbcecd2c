"""For all tests: etcd for those that need one, and the choice of tests by their cases' numbers.

``pytest -k RS04`` runs the tests that cover the case RS04.
"""

from __future__ import annotations

import hypothesis
import pytest
from etcdfixtures import cluster, etcd, fresh_etcd, fresh_etcds, module_etcd

__all__ = ["cluster", "etcd", "fresh_etcd", "fresh_etcds", "module_etcd"]

# The first example makes code, and other programs want the processor, too: no test is timed.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for mark in item.iter_markers("case"):
            item.extra_keyword_matches.update(mark.args)
