"""What the tests of patches share: short forms, JSON values to draw, and a count of calls."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from kregistry.meta.errors import StatusError
from kregistry.meta.gvk import GroupVersionKind
from kregistry.server.patch import PatchType, apply_patch, builtin_schema

#: Cases with what the API server's own libraries make of them (strategicpatch of
#: k8s.io/apimachinery and evanphx/json-patch v4). An error is a text, empty where clients do
#: not see it.
UPSTREAM = json.loads((Path(__file__).parent / "upstream_cases.json").read_text())

#: For properties: a busy machine is no failure.
unhurried = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)

NAMES = st.sampled_from(["a", "b", "c", "", "x/y", "m~n", "~1", "0", "-"])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from(["", "a", "1", "ä"])
    | st.sampled_from([0.5, 1e21, -2.25])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=5)


def json_patch(document: Any, *operations: Any) -> Any:
    return apply_patch(PatchType.JSON, document, list(operations))


def merge_patch(document: Any, patch: Any) -> Any:
    return apply_patch(PatchType.MERGE, document, patch)


def strategic(document: Any, patch: Any, kind: str = "v1/Pod") -> Any:
    api_version, _, name = kind.rpartition("/")
    schema = builtin_schema(GroupVersionKind.of(api_version, name))
    assert schema is not None
    return apply_patch(PatchType.STRATEGIC, document, patch, schema=schema)


def failure(call: Callable[..., Any], *arguments: Any) -> StatusError:
    """The error that the call raises; it must raise one."""
    try:
        made = call(*arguments)
    except StatusError as error:
        return error
    raise AssertionError(f"no error, but {made}")


def nested(depth: int, inner: Any = 1) -> Any:
    """*inner* in so many dicts."""
    for _ in range(depth):
        inner = {"a": inner}
    return inner


@contextmanager
def counted_calls() -> Iterator[list[int]]:
    """Counts calls of functions, in Python and in C; the list's item is the count."""
    count = [0]

    def saw(frame: Any, event: str, argument: Any) -> None:
        count[0] += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(saw)
    try:
        yield count
    finally:
        sys.setprofile(before)
