from __future__ import annotations

import pytest
from patchcases import failure

from kregistry.server.patch import (
    BUILTIN_PATCH_TYPES,
    CUSTOM_PATCH_TYPES,
    PatchType,
    patch_type_of,
)

LISTED = (
    "the body of the request was in an unknown format - accepted media types include: "
    "application/json-patch+json, application/merge-patch+json, "
)


@pytest.mark.parametrize("kind", BUILTIN_PATCH_TYPES)
def test_a_type_is_known_by_its_header_with_or_without_parameters(kind: PatchType) -> None:
    assert patch_type_of(str(kind)) is kind
    assert patch_type_of(f"{kind};charset=utf-8") is kind


@pytest.mark.parametrize("kind", CUSTOM_PATCH_TYPES)
def test_custom_resources_take_the_types_that_need_no_strategies(kind: PatchType) -> None:
    assert patch_type_of(str(kind), custom=True) is kind


@pytest.mark.parametrize(
    "header", [PatchType.STRATEGIC, "application/json", "", ";", "application/merge-patch+json "]
)
def test_a_custom_resource_says_which_types_it_takes(header: str) -> None:
    status = failure(lambda: patch_type_of(header, custom=True)).status
    assert (status.code, status.reason) == (415, "UnsupportedMediaType")
    assert status.message == LISTED + "application/apply-patch+yaml"
    assert status.details is None


@pytest.mark.parametrize(
    "header", ["", ";", "application/json", "text/plain;application/merge-patch+json", "*/*",
               "Application/Merge-Patch+JSON", "application/merge-patch+json\n/x"],
)  # fmt: skip
def test_a_built_in_resource_is_not_reached_with_another_type(header: str) -> None:
    status = failure(patch_type_of, header).status
    assert (status.code, status.message) == (415, "415: Unsupported Media Type")


@pytest.mark.parametrize(
    "header", [f"{PatchType.MERGE} ;charset=utf-8", f"text/plain, {PatchType.MERGE}"]
)
def test_what_only_the_router_forgives_is_told_which_types_there_are(header: str) -> None:
    status = failure(patch_type_of, header).status
    assert status.message == (
        LISTED + "application/strategic-merge-patch+json, application/apply-patch+yaml"
    )
