from __future__ import annotations

import pytest

from kregistry.meta.gvk import (
    GroupKind,
    GroupResource,
    GroupVersion,
    GroupVersionKind,
    GroupVersionResource,
)


def test_names_print_as_in_go() -> None:
    assert str(GroupResource("", "pods")) == "pods"
    assert str(GroupResource("apps", "deployments")) == "deployments.apps"
    assert str(GroupKind("", "Pod")) == "Pod"
    assert str(GroupKind("apps", "Deployment")) == "Deployment.apps"
    assert str(GroupVersion("", "v1")) == "v1"
    assert str(GroupVersion("apps", "v1")) == "apps/v1"
    assert str(GroupVersionKind("", "v1", "Pod")) == "/v1, Kind=Pod"
    assert str(GroupVersionResource("apps", "v1", "pods")) == "apps/v1, Resource=pods"


def test_an_api_version_is_taken_apart() -> None:
    assert GroupVersion.parse("v1") == ("", "v1")
    assert GroupVersion.parse("apps/v1") == ("apps", "v1")
    assert GroupVersion.parse("") == ("", "")
    assert GroupVersion.parse("/") == ("", "")


def test_two_slashes_are_no_api_version() -> None:
    with pytest.raises(ValueError, match="unexpected GroupVersion string: a/b/c"):
        GroupVersion.parse("a/b/c")


def test_parts_and_wholes_convert() -> None:
    gvk = GroupVersionKind.of("apps/v1", "Deployment")
    assert gvk.api_version == "apps/v1"
    assert gvk.group_version.with_kind("Deployment") == gvk
    assert gvk.group_kind.with_version("v1") == gvk
    gvr = gvk.group_version.with_resource("deployments")
    assert gvr.group_resource.with_version("v1") == gvr
    assert gvr.group_version == gvk.group_version
