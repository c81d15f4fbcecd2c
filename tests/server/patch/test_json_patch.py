from __future__ import annotations

from typing import Any

import jsonpatch
import jsonpointer
import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from patchcases import OBJECTS, VALUES, failure, json_patch, nested, unhurried

from kregistry.meta.errors import Invalid, RequestEntityTooLarge
from kregistry.server.patch import MAX_COPY_BYTES, PatchType, apply_patch, unknown_members
from kregistry.server.patch.values import same

HIDDEN = "the server rejected our request due to an error in our request"


def rejected(document: Any, *operations: Any) -> str:
    """Why the patch does not apply, which only the notes of the error tell."""
    error = failure(json_patch, document, *operations)
    status = error.status
    assert (status.code, status.reason, status.message) == (422, "Invalid", HIDDEN)
    return "".join(error.__notes__)


@pytest.mark.parametrize(
    ("document", "operation", "result"),
    [
        ({"a": 1}, {"op": "add", "path": "/b", "value": 2}, {"a": 1, "b": 2}),
        ({"a": 1}, {"op": "add", "path": "/a", "value": 2}, {"a": 2}),
        ({"a": [1, 2]}, {"op": "add", "path": "/a/1", "value": 9}, {"a": [1, 9, 2]}),
        ({"a": [1]}, {"op": "add", "path": "/a/1", "value": 9}, {"a": [1, 9]}),
        ({"a": [1]}, {"op": "add", "path": "/a/-", "value": [2]}, {"a": [1, [2]]}),
        ({"a": 1, "b": 2}, {"op": "remove", "path": "/a"}, {"b": 2}),
        ({"a": [1, 2]}, {"op": "remove", "path": "/a/0"}, {"a": [2]}),
        ({"a": 1}, {"op": "replace", "path": "/a", "value": {}}, {"a": {}}),
        ({"a": [1, 2]}, {"op": "replace", "path": "/a/1", "value": 3}, {"a": [1, 3]}),
        ({"a": {"b": 1}, "c": {}}, {"op": "move", "from": "/a/b", "path": "/c/d"},
         {"a": {}, "c": {"d": 1}}),
        ({"a": [1, 2, 3]}, {"op": "move", "from": "/a/0", "path": "/a/2"}, {"a": [2, 3, 1]}),
        ({"a": {"b": [1]}}, {"op": "copy", "from": "/a", "path": "/c"},
         {"a": {"b": [1]}, "c": {"b": [1]}}),
        ({"a": {"b": [1, None]}}, {"op": "test", "path": "/a", "value": {"b": [1, None]}},
         {"a": {"b": [1, None]}}),
        ({"m~n": 1, "x/y": 2}, {"op": "remove", "path": "/m~0n"}, {"x/y": 2}),
        ({"m~n": 1, "x/y": 2}, {"op": "remove", "path": "/x~1y"}, {"m~n": 1}),
        ({"~1": 1, "/": 2}, {"op": "remove", "path": "/~01"}, {"/": 2}),
        ({"": {"": 1}}, {"op": "remove", "path": "//"}, {"": {}}),
        ({"a": 1}, {"op": "replace", "path": "", "value": {"b": 2}}, {"b": 2}),
        ({"a": 1}, {"op": "test", "path": "", "value": {"a": 1}}, {"a": 1}),
    ],
)  # fmt: skip
def test_operations_do_what_the_rfc_says(document: Any, operation: Any, result: Any) -> None:
    assert same(json_patch(document, operation), result)
    assert same(jsonpatch.apply_patch(document, [operation]), result)


@pytest.mark.parametrize(
    ("operation", "problem"),
    [
        ({"op": "remove", "path": "/zzz"}, "Unable to remove nonexistent key: zzz: missing value"),
        ({"op": "add", "path": "/x/y", "value": 1}, 'doc is missing path: "/x/y"'),
        ({"op": "add", "path": "/a/b", "value": 1}, 'doc is missing path: "/a/b"'),
        ({"op": "add", "path": "/l/3", "value": 1}, "invalid index: 3"),
        ({"op": "remove", "path": "/l/2"}, "invalid index: 2"),
        ({"op": "remove", "path": "/l/-"}, 'parsing "-": invalid syntax'),
        ({"op": "replace", "path": "/l/2", "value": 1}, "invalid index: 2"),
        ({"op": "test", "path": "/a", "value": 2}, "testing value /a failed: test failed"),
        ({"op": "test", "path": "/l/x", "value": 2}, 'parsing "x": invalid syntax'),
        ({"op": "move", "from": "/zzz", "path": "/b"}, "nonexistent key: zzz"),
        ({"op": "move", "from": "/d", "path": "/d/e"}, 'doc is missing path: "/d/e"'),
        ({"op": "copy", "from": "/x/y", "path": "/b"}, 'doc is missing from: "/x/y"'),
        ({"op": "copy", "path": "/b"}, "copy operation failed to decode from: missing value"),
        ({"op": "add", "value": 1}, "add operation failed to decode path: missing value"),
        ({"op": "add", "path": "", "value": {}}, 'doc is missing path: ""'),
        ({"op": "remove", "path": ""}, 'doc is missing path: ""'),
        ({"op": "replace", "path": "", "value": 1}, "value must be object or array"),
        ({"op": "replace", "path": ""}, "value must be object or array"),
        ({"op": "nop", "path": "/a"}, "Unexpected kind: nop"),
        ({"path": "/a"}, "Unexpected kind: unknown"),
        (None, "Unexpected kind: unknown"),
    ],
)
def test_an_operation_that_does_not_apply_is_unprocessable(operation: Any, problem: str) -> None:
    assert problem in rejected({"a": 1, "l": [1, 2], "d": {}}, operation)


def test_a_patch_applies_whole_or_not_at_all() -> None:
    document = {"a": 1}
    rejected(document, {"op": "add", "path": "/b", "value": 1}, {"op": "remove", "path": "/c"})
    assert document == {"a": 1}


@pytest.mark.parametrize(
    ("document", "operation", "result", "why"),
    [
        ({}, {"op": "replace", "path": "/a", "value": 1}, {"a": 1}, "adds what is not there"),
        ({}, {"op": "copy", "from": "/a", "path": "/b"}, {"b": None}, "copies null"),
        ({}, {"op": "test", "path": "/a", "value": None}, {}, "absent is null"),
        ({"a": None}, {"op": "test", "path": "/a"}, {"a": None}, "no value is null"),
        ({}, {"op": "add", "path": "/a"}, {"a": None}, "no value is null"),
        ({"a": [1, 2]}, {"op": "remove", "path": "/a/-1"}, {"a": [1]}, "from the end"),
        ({"a": [1, 2]}, {"op": "add", "path": "/a/-1", "value": 3}, {"a": [1, 2, 3]},
         "before the end, which is one place later for add"),
        ({"a": [1, 2]}, {"op": "remove", "path": "/a/+1"}, {"a": [1]}, "a sign"),
        ({"a": [1, 2]}, {"op": "remove", "path": "/a/01"}, {"a": [1]}, "leading zeros"),
        ({"a": [1, 2]}, {"op": "remove", "path": "/a/-0"}, {"a": [2]}, "minus nothing"),
        ({"a": 1}, {"op": "remove", "path": "x/a"}, {}, "before the first slash"),
        ({"~2": 1}, {"op": "remove", "path": "/~2"}, {}, "a tilde that escapes nothing"),
    ],
)  # fmt: skip
def test_where_the_api_server_is_more_lenient_than_the_rfc(
    document: Any, operation: Any, result: Any, why: str
) -> None:
    """Each one checked against the library of the API server; a strict one refuses them all."""
    assert same(json_patch(document, operation), result), why
    with pytest.raises(
        (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, IndexError)
    ):
        jsonpatch.apply_patch(document, [operation])


@pytest.mark.parametrize(
    ("found", "tested"), [(1, True), (1, 1.0), (0, False), ([1], [1.0]), ({"b": 1}, {"b": True})]
)
def test_a_test_tells_types_apart_where_python_does_not(found: Any, tested: Any) -> None:
    assert found == tested
    assert "test failed" in rejected({"a": found}, {"op": "test", "path": "/a", "value": tested})


def test_a_test_compares_what_texts_mean_not_how_they_are_written() -> None:
    """The library of the API server compares bytes, and so fails where one side escapes ``<``."""
    assert json_patch({"a": "<&>"}, {"op": "test", "path": "/a", "value": "<&>"}) == {"a": "<&>"}


@pytest.mark.parametrize("value", [[None], {"a": None}, [[None, 1]]])
def test_nulls_in_tested_lists_and_objects_are_values_like_others(value: Any) -> None:
    """The library of the API server crashes on those in lists, and mistakes those in objects."""
    patch = ({"op": "add", "path": "/a", "value": value}, {"op": "test", "path": "/a",
                                                           "value": value})  # fmt: skip
    assert json_patch({}, *patch) == {"a": value}


@pytest.mark.parametrize(
    ("patch", "problem"),
    [
        ({"not": "a list"}, "json: cannot unmarshal object into Go value of type "
                            "[]handlers.jsonPatchOp"),
        ("x", "json: cannot unmarshal string into Go value of type []handlers.jsonPatchOp"),
        ([1], "json: cannot unmarshal number into Go value of type handlers.jsonPatchOp"),
        ([[]], "json: cannot unmarshal array into Go value of type handlers.jsonPatchOp"),
        ([{"op": 1}], "json: cannot unmarshal number into Go struct field jsonPatchOp.op "
                      "of type string"),
        ([{"op": "add", "path": {}}], "json: cannot unmarshal object into Go struct field "
                                      "jsonPatchOp.path of type string"),
        ([{"op": "move", "from": [], "path": "/a"}],
         "json: cannot unmarshal array into Go struct field jsonPatchOp.from of type string"),
    ],
)  # fmt: skip
def test_what_is_no_list_of_operations_is_a_bad_request(patch: Any, problem: str) -> None:
    status = failure(apply_patch, PatchType.JSON, {"a": 1}, patch).status
    assert (status.code, status.reason) == (400, "BadRequest")
    assert status.message == f"error decoding patch: {problem}"


@pytest.mark.parametrize("patch", [[], None])
def test_no_operations_change_nothing(patch: Any) -> None:
    assert apply_patch(PatchType.JSON, {"a": [1]}, patch) == {"a": [1]}


def test_members_that_no_operation_has_are_ignored_and_can_be_named() -> None:
    patch = [{"op": "add", "path": "/a", "value": 1, "foo": 2}, None, {"Path": "/a", "op": "test"}]
    assert json_patch({}, patch[0]) == {"a": 1}
    assert unknown_members(patch) == [
        'json patch unknown field "[0].foo"',
        'json patch unknown field "[2].Path"',
    ]
    assert unknown_members({"foo": 1}) == []


def test_ten_thousand_operations_are_taken_and_one_more_is_too_large() -> None:
    adding = [{"op": "add", "path": "/a/-", "value": number} for number in range(10_000)]
    assert json_patch({"a": []}, *adding) == {"a": list(range(10_000))}
    error = failure(json_patch, {"a": []}, *adding, adding[0])
    assert isinstance(error, RequestEntityTooLarge)
    assert error.status.message == (
        "Request entity too large: The allowed maximum operations in a JSON patch is 10000, "
        "got 10001"
    )


def test_copies_may_add_three_mebibytes_and_no_byte_more() -> None:
    half = MAX_COPY_BYTES // 2 - 2  # two quotes
    document = {"a": "x" * half}
    copies = [{"op": "copy", "from": "/a", "path": f"/{n}"} for n in range(2)]
    assert len(json_patch(document, *copies)) == 3
    assert "exceeding the limit 3145728" in rejected(
        document | {"n": 1}, *copies, {"op": "copy", "from": "/n", "path": "/m"}
    )


def test_copies_are_measured_as_the_api_server_writes_them() -> None:
    document = {"a": "<" * (MAX_COPY_BYTES // 6)}
    assert "exceeding" in rejected(document, {"op": "copy", "from": "/a", "path": "/b"})


def test_copies_that_double_each_time_are_stopped_early() -> None:
    doubling = [{"op": "copy", "from": "/a", "path": f"/a/{n}"} for n in range(60)]
    assert "exceeding the limit" in rejected({"a": {"x": "y" * 1000}}, *doubling)


def test_operations_cannot_nest_the_document_deeper_than_its_limit() -> None:
    deepening = [{"op": "add", "path": "/a" * n, "value": {}} for n in range(1, 2000)]
    assert rejected({}, *deepening) == "exceeded max depth"
    assert json_patch({}, *deepening[:127]) == nested(127, {})
    assert rejected({}, *deepening[:128]) == "exceeded max depth"


def test_copies_cannot_nest_the_document_deeper_than_its_limit() -> None:
    deepening = [{"op": "copy", "from": "/a", "path": "/a/a"} for _ in range(900)]
    assert rejected({"a": {}}, *deepening) == "exceeded max depth"


@pytest.mark.parametrize(
    "step",
    ["9" * 19, "9" * 5000, "-" + "9" * 30, "9223372036854775808", "1_0", "１", " 1", "1 ", "0x1",
     "1.0", "--1", "+-1", "+", "", "٣", "1e1"],
)  # fmt: skip
def test_an_index_that_is_none_or_beyond_the_list_does_not_apply(step: str) -> None:
    for name in ("add", "remove", "replace", "test"):
        assert rejected({"a": [1, 2]}, {"op": name, "path": f"/a/{step}", "value": 1})


def test_an_index_may_have_any_number_of_leading_zeros() -> None:
    made = json_patch({"a": [1, 2]}, {"op": "remove", "path": "/a/" + "0" * 6000 + "1"})
    assert made == {"a": [1]}


def test_a_list_in_place_of_the_object_is_no_object() -> None:
    error = failure(json_patch, {"a": 1}, {"op": "replace", "path": "", "value": [1]})
    assert isinstance(error, Invalid)
    assert error.status.code == 422
    assert error.status.message.startswith(' "" is invalid: patch: Invalid value: "[1]": ')
    assert error.errors[0].path == "patch"


def test_a_copy_and_what_it_was_copied_from_are_two() -> None:
    made = json_patch(
        {"a": {"l": []}},
        {"op": "copy", "from": "/a", "path": "/b"},
        {"op": "add", "path": "/b/l/-", "value": 1},
    )
    assert made == {"a": {"l": []}, "b": {"l": [1]}}


# Against another implementation, on the ground that both share.


def pointers(document: Any) -> list[str]:
    """Pointers to everything in a document, and to places next to it, as the RFC writes them."""
    found = []
    todo = [("", document)]
    while todo:
        path, node = todo.pop()
        if isinstance(node, dict):
            inner = [(key.replace("~", "~0").replace("/", "~1"), node[key]) for key in node]
            found.append(f"{path}/new")
        elif isinstance(node, list):
            inner = [(str(place), item) for place, item in enumerate(node)]
            found += [f"{path}/{len(node)}", f"{path}/-", f"{path}/{len(node) + 1}"]
        else:
            inner = []
        todo += [(f"{path}/{step}", item) for step, item in inner]
        found += [f"{path}/{step}" for step, _ in inner]
    return sorted(set(found))


@st.composite
def conversations(draw: st.DrawFn) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A document, and operations that mostly lead somewhere in it as it was at first."""
    document = draw(OBJECTS)
    path = st.sampled_from(pointers(document))
    operation = st.one_of(
        st.builds(lambda p, v: {"op": "add", "path": p, "value": v}, path, VALUES),
        st.builds(lambda p: {"op": "remove", "path": p}, path),
        st.builds(lambda p, v: {"op": "replace", "path": p, "value": v}, path, VALUES),
        st.builds(lambda f, p: {"op": "move", "from": f, "path": p}, path, path),
        st.builds(lambda f, p: {"op": "copy", "from": f, "path": p}, path, path),
        st.builds(lambda p, v: {"op": "test", "path": p, "value": v}, path, VALUES),
    )
    return document, draw(st.lists(operation, min_size=1, max_size=4))


def is_common_ground(document: Any, operation: dict[str, Any]) -> bool:
    """Whether both implementations mean to do the same; the differences have tests above.

    Left out is also what is simply a fault of the other one: it moves a value into itself, and
    looks up ``-`` and text in lists and strings by Python's rules.
    """
    name, value = operation["op"], operation.get("value")
    try:
        found = jsonpointer.resolve_pointer(document, operation.get("from", operation["path"]))
    except jsonpointer.JsonPointerException:
        return name not in ("replace", "copy", "test")
    if isinstance(found, jsonpointer.EndOfList):
        return name == "add"
    if name == "move":
        return not operation["path"].startswith(operation["from"])
    return name != "test" or same(found, value) or found != value


@unhurried
@given(conversations())
def test_another_implementation_agrees_where_the_rfc_rules(
    conversation: tuple[dict[str, Any], list[dict[str, Any]]],
) -> None:
    document, operations = conversation
    for operation in operations:
        if not is_common_ground(document, operation):
            event("left out")
            return
        try:
            expected = jsonpatch.apply_patch(document, [operation])
        except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException):
            event("refused")
            rejected(document, operation)
            return
        event("applied")
        made = json_patch(document, operation)
        assert same(made, expected)
        document = made


@unhurried
@given(OBJECTS, OBJECTS)
def test_patches_made_by_another_implementation_lead_from_one_to_the_other(
    old: Any, new: Any
) -> None:
    """The other one may take 1 and 1.0 for the same, and so may this comparison."""
    made = json_patch(old, *jsonpatch.make_patch(old, new).patch)
    assert made == new
