from __future__ import annotations

import pytest

from kregistry.storage.keys import (
    KeySpace,
    below,
    cluster_key,
    namespaced_key,
    only,
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
    with pytest.raises(ValueError) as caught:
        PODS.range(key, recursive=recursive)
    assert str(caught.value) == problem


def test_a_range_is_one_key_or_all_that_is_below_it_however_often_it_is_asked_for() -> None:
    space = KeySpace("/registry/", "/pods/")
    for _ in range(2):
        assert space.range("/pods/a", recursive=False) == only("/registry/pods/a")
        assert space.range("/pods/a", recursive=True) == below("/registry/pods/a/")
        assert space.range("/pods/a/", recursive=True) == below("/registry/pods/a/")
        assert space.range("/pods", recursive=True) == space.everything


def test_ranges_are_right_when_more_were_asked_for_than_are_remembered() -> None:
    space = KeySpace("/registry/", "/pods/")
    for number in [*range(5000), *range(5)]:
        assert space.range(f"/pods/{number}", recursive=True) == below(f"/registry/pods/{number}/")


def test_the_prefix_itself_needs_its_slash_unless_the_call_is_recursive() -> None:
    assert PODS.prepare("/pods", recursive=True) == "/registry/pods/"
    with pytest.raises(ValueError, match="lacks resource prefix"):
        PODS.prepare("/pods")


@pytest.mark.parametrize("key", [None, 7, b"/pods/x", ["/pods/x"]])
def test_keys_that_are_no_text_are_refused(key: object) -> None:
    with pytest.raises(ValueError, match="a key is text"):
        PODS.prepare(key)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="a key is text"):
        PODS.range(key, recursive=True)  # type: ignore[arg-type]


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
