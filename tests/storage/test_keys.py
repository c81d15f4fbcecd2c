from __future__ import annotations

import pytest

from kregistry.storage.keys import (
    KeySpace,
    cluster_key,
    namespaced_key,
    path_prefix,
    path_segment,
    resource_prefix,
)

PODS = KeySpace("/registry/", "/pods/")


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ("custom/prefix", "/custom/prefix/"),
        ("/custom//prefix//", "/custom/prefix/"),
        ("/registry", "/registry/"),
        ("", "/"),
        ("/", "/"),
    ],
)
def test_a_path_prefix_has_one_slash_around_every_segment(given: str, normal: str) -> None:
    assert path_prefix(given) == normal


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("", "resourcePrefix cannot be empty"),
        ("/", "resourcePrefix cannot be /"),
        ("pods", "resourcePrefix needs to start from /"),
    ],
)
def test_bad_resource_prefixes_are_refused(given: str, problem: str) -> None:
    with pytest.raises(ValueError) as caught:
        resource_prefix(given)
    assert str(caught.value) == problem


def test_a_resource_prefix_ends_in_a_slash_so_that_podsx_is_not_pods() -> None:
    assert resource_prefix("/pods") == "/pods/"
    with pytest.raises(ValueError, match="lacks resource prefix"):
        PODS.prepare("/podsx")


@pytest.mark.parametrize(
    "key",
    [
        "/pods/",
        "/pods/x",
        "/pods/x/",
        "/pods/x/y",
        "/pods/bar..baz",
        "/pods/bar..",
        "/pods/..bar",
        "/pods/a.b.c",
        "/pods//x",
        "/pods/é",
    ],
)
def test_any_key_below_the_prefix_is_fine(key: str) -> None:
    assert PODS.prepare(key) == f"/registry{key}"
    slashed = key if key.endswith("/") else f"{key}/"
    assert PODS.prepare(key, recursive=True) == f"/registry{slashed}"


@pytest.mark.parametrize("recursive", [False, True])
@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("", 'empty key: ""'),
        ("/", 'empty key: "/"'),
        (".", 'invalid key: "."'),
        ("..", 'invalid key: ".."'),
        ("/pods/..", 'invalid key: "/pods/.."'),
        ("/pods/../x", 'invalid key: "/pods/../x"'),
        ("/pods/.", 'invalid key: "/pods/."'),
        ("/pods/./x", 'invalid key: "/pods/./x"'),
        ("../pods/x", 'invalid key: "../pods/x"'),
        ("./pods/x", 'invalid key: "./pods/x"'),
        ("/pods.apps/x/", 'invalid key: "/pods.apps/x/" lacks resource prefix: "/pods/"'),
        ("pods/x/", 'invalid key: "pods/x/" lacks resource prefix: "/pods/"'),
        ("/foo/", 'invalid key: "/foo/" lacks resource prefix: "/pods/"'),
        ("/pods/\ud800/", 'invalid key: "/pods/\\ufffd/" cannot be written as UTF-8'),
    ],
)
def test_bad_keys_are_refused(key: str, problem: str, recursive: bool) -> None:
    with pytest.raises(ValueError) as caught:
        PODS.prepare(key, recursive=recursive)
    assert str(caught.value) == problem


def test_the_prefix_itself_needs_its_slash_unless_the_call_is_recursive() -> None:
    assert PODS.prepare("/pods", recursive=True) == "/registry/pods/"
    with pytest.raises(ValueError, match="lacks resource prefix"):
        PODS.prepare("/pods")


@pytest.mark.parametrize("key", [None, 7, b"/pods/x"])
def test_keys_that_are_no_text_are_refused(key: object) -> None:
    with pytest.raises(ValueError, match="a key is text"):
        PODS.prepare(key)  # type: ignore[arg-type]


def test_keys_are_built_from_namespace_and_name() -> None:
    assert namespaced_key("/pods/", "ns", "a") == "/pods/ns/a"
    assert namespaced_key("/pods/", "", "a") == "/pods//a"
    assert cluster_key("/nodes/", "a") == "/nodes/a"
    for build in (lambda: namespaced_key("/pods", "ns", "a"), lambda: cluster_key("/nodes", "a")):
        with pytest.raises(ValueError, match="prefix should have '/' suffix"):
            build()


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        (".", "invalid name: [may not be '.']"),
        ("..", "invalid name: [may not be '..']"),
        ("a/b", "invalid name: [may not contain '/']"),
        ("a/", "invalid name: [may not contain '/']"),
        ("a%", "invalid name: [may not contain '%']"),
        ("/%", "invalid name: [may not contain '/' may not contain '%']"),
    ],
)
def test_names_that_are_no_path_segment_are_refused(name: str, problem: str) -> None:
    for build in (
        lambda: path_segment(name),
        lambda: cluster_key("/nodes/", name),
        lambda: namespaced_key("/pods/", "ns", name),
        lambda: namespaced_key("/pods/", name, "a"),
    ):
        with pytest.raises(ValueError) as caught:
            build()
        assert str(caught.value) == problem
