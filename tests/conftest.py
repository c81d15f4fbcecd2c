"""Lets tests be chosen by the number of the case that they cover: ``pytest -k RS04``."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for mark in item.iter_markers("case"):
            item.extra_keyword_matches.update(mark.args)
