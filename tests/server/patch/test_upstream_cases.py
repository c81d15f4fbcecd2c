from __future__ import annotations

from typing import Any

import pytest
from patchcases import UPSTREAM, failure

from kregistry.meta.gvk import GroupVersionKind
from kregistry.server.patch import PatchType, apply_patch, builtin_schema
from kregistry.server.patch.values import same

TYPES = {
    "json": PatchType.JSON,
    "merge": PatchType.MERGE,
    "strategic": PatchType.STRATEGIC,
}
BAD_REQUESTS = (
    "invalid patch format of primitive list",
    "invalid patch format of retainKeys",
    "invalid patch format of setElementOrder list",
)
HIDDEN = "the server rejected our request due to an error in our request"


def applied(case: dict[str, Any]) -> Any:
    schema = builtin_schema(GroupVersionKind("", "v1", "Pod"))
    return apply_patch(TYPES[case["type"]], case["document"], case["patch"], schema=schema)


def expected_failure(case: dict[str, Any]) -> tuple[int, str]:
    """What the handler of the API server makes of an error of the library."""
    text = case["error"]
    if case["type"] == "json" or text == "lists of lists are not supported":
        return 422, HIDDEN
    return (400 if text in BAD_REQUESTS else 500), text


@pytest.mark.parametrize("number", range(len(UPSTREAM)))
def test_a_patch_does_what_the_libraries_of_the_api_server_do(number: int) -> None:
    case = UPSTREAM[number]
    if "result" in case:
        assert same(applied(case), case["result"])
    else:
        error = failure(applied, case)
        assert (error.status.code, error.status.message) == expected_failure(case)


def test_the_cases_are_many_of_each_type_and_both_outcomes() -> None:
    for name in TYPES:
        cases = [case for case in UPSTREAM if case["type"] == name]
        assert len(cases) >= 50
        assert sum("result" in case for case in cases) >= 20
    failing = {
        case["error"][:20] for case in UPSTREAM if case["type"] == "strategic" and "error" in case
    }
    assert len(failing) >= 12
