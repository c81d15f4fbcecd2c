"""What /version and / say, and that documents can be asked for from many threads."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from shopkinds import GADGETS, OLD_GADGETS, resource

from kregistry.server.discovery import Discovery, VersionInfo, builtin_resources


def test_the_version_is_told_in_the_order_of_the_go_struct() -> None:
    told = json.loads(VersionInfo().document().body)
    assert list(told.items())[:7] == [
        ("major", "1"),
        ("minor", "36"),
        ("emulationMajor", "1"),
        ("emulationMinor", "36"),
        ("minCompatibilityMajor", "1"),
        ("minCompatibilityMinor", "35"),
        ("gitVersion", "v1.36.0"),
    ]
    assert all(isinstance(value, str) for value in told.values())


def test_the_version_is_indented_for_people() -> None:
    assert VersionInfo().document().body.startswith(b'{\n  "major": "1",\n  "minor": "36",\n')


@pytest.mark.parametrize(
    ("release", "minor"),
    [("v1.35.2", "35"), ("v1.30.0-rc.1", "30"), ("v1.29.4+k3s1", "29"), ("v2.0.0", "0")],
)
def test_the_numbers_follow_from_the_release(release: str, minor: str) -> None:
    info = VersionInfo(git_version=release)
    assert info.minor == minor
    assert info.tree()["minCompatibilityMinor"] == str(max(int(minor) - 1, 0))


@pytest.mark.parametrize("release", ["", "1.36.0", "v1.36", "v1.36.x", "v1.36.0\n", "v\u0661.36.0"])
def test_a_release_has_three_numbers(release: str) -> None:
    with pytest.raises(ValueError, match="is called like v1"):
        VersionInfo(git_version=release)


@pytest.mark.parametrize("facts", [{"git_version": None}, {"platform": 64}, {"git_commit": b""}])
def test_what_is_told_is_text(facts: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        VersionInfo(**facts)


def test_the_index_lists_every_path_once_and_sorted() -> None:
    discovery = Discovery([*builtin_resources(by_default=True), GADGETS, OLD_GADGETS])
    document = discovery.document("/")
    assert document is not None
    paths = json.loads(document.body)["paths"]
    assert paths == sorted(set(paths))
    assert {"/api", "/api/v1", "/apis", "/apis/", "/apis/apps", "/apis/apps/v1"} < set(paths)
    assert {"/apis/shop.example/v1", "/apis/shop.example/v1beta1", "/version"} < set(paths)
    assert discovery.document("/index.html") is not None


def test_the_index_lists_what_the_server_adds() -> None:
    document = Discovery([resource()], more_paths=["/metrics"]).document("/")
    assert document is not None
    assert json.loads(document.body) == {"paths": ["/api/v1", "/metrics"]}


def test_threads_that_ask_at_once_get_one_document() -> None:
    discovery = Discovery(builtin_resources())
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(discovery.document, ["/apis/apps/v1"] * 64, timeout=30))
    assert found[0] is not None
    assert {id(document) for document in found} == {id(found[0])}
