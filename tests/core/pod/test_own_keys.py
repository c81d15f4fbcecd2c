"""Annotations that mean something are told from others by one look at all keys."""

from __future__ import annotations

import pytest

from kregistry.core.pod import warnings
from kregistry.core.pod.apparmor import APP_ARMOR_PREFIX
from kregistry.core.pod.ownkeys import has_own_keys
from kregistry.core.pod.validation import annotations as rules

KEYS = (
    APP_ARMOR_PREFIX + "c",
    rules.MIRROR,
    rules.TOLERATIONS,
    rules.DELETION_COST,
    rules.SECCOMP_POD,
    rules.SECCOMP_CONTAINER + "c",
    *warnings._ANNOTATIONS,
)


@pytest.mark.parametrize("key", KEYS)
def test_every_key_that_a_rule_is_about_is_found(key: str) -> None:
    assert has_own_keys({"example.com/a": "b", key: "", "z": ""})


def test_keys_of_others_are_not_looked_into() -> None:
    assert not has_own_keys({})
    assert not has_own_keys({"example.com/owner": "kubernetes.io/x", "app": "web"})
