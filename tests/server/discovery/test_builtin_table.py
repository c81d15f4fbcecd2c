"""The table of built-in resources: what is in it, and that it costs nothing until it is read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kregistry.core.scheme import core_resources
from kregistry.meta.gvk import GroupVersionKind
from kregistry.server.discovery import builtin_resources
from kregistry.server.served import VERBS, storage_version_hash


def test_all_resources_of_the_release_are_in_it() -> None:
    table = builtin_resources()
    assert len(table) == len({found.gvr for found in table}) == 95
    assert sum(len(found.subresources) for found in table) == 55
    assert len({found.group for found in table}) == 23


#: The same facts as a release of Kubernetes publishes them, one entry for each resource.
PUBLISHED: list[dict[str, Any]] = json.loads(
    Path(__file__).with_name("builtin_resources.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize(
    "facts", PUBLISHED, ids=lambda facts: f"{facts['group']}/{facts['version']}/{facts['plural']}"
)
def test_a_resource_is_described_as_the_release_does(facts: dict[str, Any]) -> None:
    """Names, short names, categories, verbs, doors and priorities, each in its order."""
    gvr = (facts["group"], facts["version"], facts["plural"])
    (found,) = [each for each in builtin_resources() if tuple(each.gvr) == gvr]
    assert (found in builtin_resources(by_default=True)) == facts["servedByDefault"]
    assert {
        "group": found.group,
        "version": found.version,
        "kind": found.kind,
        "plural": found.plural,
        "singular": found.singular,
        "shortNames": list(found.short_names),
        "namespaced": found.namespaced,
        "verbs": list(found.verbs),
        "categories": list(found.categories),
        "groupPriority": found.group_priority,
        "versionPriority": found.version_priority,
        "storageVersionHash": found.storage_version_hash,
        "extraFieldSelectors": list(found.field_selectors),
        "subresources": [
            {
                "name": door.name,
                "kind": door.kind,
                "verbs": list(door.verbs),
                **({"group": door.group, "version": door.version} if door.version else {}),
            }
            for door in found.subresources
        ],
        "preferred": facts["preferred"],
        "servedByDefault": facts["servedByDefault"],
    } == {"storageVersionHash": "", "extraFieldSelectors": [], **facts}


def test_the_release_publishes_nothing_else() -> None:
    assert len(PUBLISHED) == len(builtin_resources())


def test_what_is_served_by_default_is_stable() -> None:
    versions = {found.api_version for found in builtin_resources(by_default=True)}
    assert len(versions) == 22
    assert not [version for version in versions if "alpha" in version or "beta" in version]


def test_every_kind_that_has_a_store_is_described_like_its_store() -> None:
    table = {found.gvr: found for found in builtin_resources()}
    for stored in core_resources():
        served = table[stored.gvr]
        assert (served.kind, served.singular, served.list_kind, served.namespaced) == (
            stored.kind,
            stored.singular,
            stored.list_kind,
            stored.namespaced,
        )
        assert served.short_names == stored.short_names, stored.plural
        assert served.categories == stored.categories, stored.plural


def test_what_can_be_written_is_stored_and_says_in_which_version() -> None:
    for found in builtin_resources():
        assert bool(found.storage_version_hash) == ("update" in found.verbs), found.gvr


def test_the_hashes_are_those_of_the_kinds_in_some_version() -> None:
    versions = ["v1", "v2", "v1beta1", "v1alpha3"]
    for found in builtin_resources():
        group = "" if found.group == "events.k8s.io" else found.group
        of_versions = {
            storage_version_hash(GroupVersionKind(group, version, found.kind))
            for version in (found.version, *versions)
        }
        assert not found.storage_version_hash or found.storage_version_hash in of_versions


def test_verbs_stand_in_the_order_of_the_alphabet() -> None:
    for found in builtin_resources():
        assert found.verbs == tuple(verb for verb in VERBS if verb in found.verbs)
        for door in found.subresources:
            assert list(door.verbs) == sorted(door.verbs)


def test_only_what_passes_requests_on_has_options_as_its_kind() -> None:
    connecting = {
        f"{found.plural}/{door.name}"
        for found in builtin_resources()
        for door in found.subresources
        if door.connects
    }
    assert connecting == {
        "nodes/proxy",
        "pods/attach",
        "pods/exec",
        "pods/portforward",
        "pods/proxy",
        "services/proxy",
    }


def test_the_table_is_read_once() -> None:
    assert builtin_resources() is builtin_resources()


def test_importing_the_door_loads_nothing_of_the_server() -> None:
    code = "import sys, kregistry; print([name for name in sys.modules if 'server' in name])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert "kregistry.server" not in done.stdout
