"""The order of groups, versions and resources."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shopkinds import GADGETS, OLD_GADGETS, SHELVES, resource

from kregistry.server.discovery import builtin_resources, served_groups
from kregistry.server.discovery.groups import version_order

#: As the API server of 1.36 lists them at /apis.
BUILT_IN_GROUPS = """\
apiregistration.k8s.io apps events.k8s.io authentication.k8s.io authorization.k8s.io autoscaling
batch certificates.k8s.io networking.k8s.io policy rbac.authorization.k8s.io storage.k8s.io
admissionregistration.k8s.io apiextensions.k8s.io scheduling.k8s.io coordination.k8s.io node.k8s.io
discovery.k8s.io resource.k8s.io flowcontrol.apiserver.k8s.io internal.apiserver.k8s.io
storagemigration.k8s.io
"""


def test_built_in_groups_stand_in_the_order_of_their_priority() -> None:
    names = [group.name for group in served_groups(builtin_resources()) if group.name]
    assert names == BUILT_IN_GROUPS.split()


def test_groups_of_strangers_come_last_by_the_alphabet() -> None:
    strangers = [resource(group=group) for group in ("zoo.example", "b.example", "a")]
    names = [group.name for group in served_groups([*strangers, *builtin_resources()])]
    assert names[-3:] == ["a", "b.example", "zoo.example"]


def test_versions_are_ordered_by_priority_before_maturity() -> None:
    (autoscaling,) = (g for g in served_groups(builtin_resources()) if g.name == "autoscaling")
    assert [v.group_version.version for v in autoscaling.versions] == ["v2", "v1"]
    assert str(autoscaling.preferred) == "autoscaling/v2"


def test_the_priority_of_a_group_is_the_highest_of_its_resources() -> None:
    low = resource("lows", group="a.example", group_priority=1)
    high = resource("highs", group="a.example", group_priority=3000)
    groups = served_groups([low, high, resource(group="b.example", group_priority=2000)])
    assert [group.name for group in groups] == ["a.example", "b.example"]


def test_resources_are_ordered_by_plural() -> None:
    (shop,) = served_groups([SHELVES, OLD_GADGETS, GADGETS])
    assert [str(version.group_version) for version in shop.versions] == [
        "shop.example/v1",
        "shop.example/v1beta1",
    ]
    assert [found.plural for found in shop.versions[0].resources] == ["gadgets", "shelves"]


def test_a_resource_is_served_once() -> None:
    with pytest.raises(ValueError, match=r"shop\.example/v1, Resource=gadgets is served twice"):
        served_groups([GADGETS, SHELVES, resource("gadgets", group="shop.example")])


def test_nothing_served_is_no_groups() -> None:
    assert served_groups([]) == ()


#: From the documentation of custom resources, the most mature first.
IN_ORDER = "v10 v2 v1 v0 v11beta2 v10beta3 v3beta1 v1beta0 v12alpha1 v11alpha2 foo1 foo10"


def test_versions_are_ordered_as_kubernetes_documents_it() -> None:
    assert sorted(IN_ORDER.split(), key=version_order) == IN_ORDER.split()


@settings(deadline=None)
@given(st.permutations(builtin_resources()[:30]))
def test_the_order_in_which_resources_are_given_does_not_matter(given_order: list[object]) -> None:
    assert served_groups(given_order) == served_groups(builtin_resources()[:30])  # type: ignore[arg-type]


def test_a_number_that_is_too_long_is_none() -> None:
    assert sorted(["v" + "9" * 5000, "v1"], key=version_order)[0] == "v1"


@settings(deadline=None)
@given(st.lists(st.text(max_size=8)))
def test_any_texts_can_be_ordered(versions: list[str]) -> None:
    once = sorted(versions, key=version_order)
    random.Random(1).shuffle(versions)
    assert sorted(versions, key=version_order) == once
