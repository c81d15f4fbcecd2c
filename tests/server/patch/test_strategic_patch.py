from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patchcases import counted_calls, failure, strategic, unhurried

from kregistry.server.patch import PatchType, apply_patch

HIDDEN = "the server rejected our request due to an error in our request"


def pod(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "p"}, "spec": spec}


def named(*names: str) -> list[dict[str, Any]]:
    return [{"name": name} for name in names]


def containers(live: Any, patch: Any, **more: Any) -> Any:
    """The containers of a Pod after a patch of them."""
    changes = {"spec": {"containers": patch, **more}}
    return strategic(pod(containers=live), changes)["spec"]["containers"]


def names_of(items: list[dict[str, Any]]) -> str:
    return "".join(item["name"] for item in items)


def ordered(live: str, patch: list[dict[str, Any]], order: str) -> str:
    more = {"$setElementOrder/containers": named(*order)}
    live_list = {"containers": named(*live)} if live else {}
    made = strategic(pod(**live_list), {"spec": {"containers": patch, **more}})
    return names_of(made["spec"]["containers"])


def finalizers(live: Any, **patch: Any) -> Any:
    patch = {name.replace("_", "/").replace("set", "$set").replace("del", "$del"): value
             for name, value in patch.items()}  # fmt: skip
    made = strategic({"metadata": {"finalizers": live}}, {"metadata": patch})
    return made["metadata"].get("finalizers")


# Maps.


def test_maps_are_merged_and_null_deletes() -> None:
    made = strategic(
        {"metadata": {"labels": {"a": "1", "b": "2"}}},
        {"metadata": {"labels": {"a": None, "c": "3", "no": None}}},
    )
    assert made == {"metadata": {"labels": {"b": "2", "c": "3"}}}


def test_a_map_can_be_replaced_or_emptied() -> None:
    live = {"metadata": {"labels": {"a": "1"}, "annotations": {"x": "y"}}}
    made = strategic(live, {"metadata": {"labels": {"$patch": "replace", "z": "9"},
                                         "annotations": {"$patch": "delete"}}})  # fmt: skip
    assert made == {"metadata": {"labels": {"z": "9"}, "annotations": {}}}


def test_a_directive_for_what_is_not_there_leaves_nothing_behind() -> None:
    made = strategic({"metadata": {}}, {"metadata": {"labels": {"$patch": "replace", "z": "9"}}})
    assert made == {"metadata": {}}


def test_what_is_new_is_taken_without_its_nulls_and_directives() -> None:
    new = {"volumes": [{"name": "v", "secret": None}, {"name": "w", "$patch": "delete"}],
           "affinity": {"nodeAffinity": None, "podAffinity": {"$patch": "replace"}}}  # fmt: skip
    assert strategic(pod(), {"spec": new}) == pod(volumes=[{"name": "v"}], affinity={})


def test_a_value_of_another_type_takes_the_place() -> None:
    assert strategic(pod(volumes=[]), {"spec": {"volumes": {"a": None}}}) == pod(volumes={})
    assert strategic({"metadata": None}, {"metadata": {"name": "p"}}) == {"metadata": {"name": "p"}}


def test_a_map_whose_strategy_says_so_is_replaced() -> None:
    live = {"spec": {"selector": {"matchLabels": {"a": "1"}}, "maxUnavailable": 1}}
    patch = {"spec": {"selector": {"matchLabels": {"b": "2"}}}}
    made = strategic(live, patch, "policy/v1/PodDisruptionBudget")
    assert made == {"spec": {"selector": {"matchLabels": {"b": "2"}}, "maxUnavailable": 1}}


def test_retained_keys_clear_the_other_members_of_a_union() -> None:
    live = {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}}
    patch = {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}
    made = strategic(live, patch, "apps/v1/Deployment")
    assert made == {"spec": {"strategy": {"type": "Recreate"}}}


def test_retained_keys_clear_the_other_members_of_an_item() -> None:
    live = pod(volumes=[{"name": "v", "emptyDir": {}}, {"name": "w", "emptyDir": {}}])
    item = {"name": "v", "hostPath": {"path": "/"}, "$retainKeys": ["name", "hostPath"]}
    made = strategic(live, {"spec": {"volumes": [item]}})
    assert made["spec"]["volumes"] == [
        {"name": "v", "hostPath": {"path": "/"}},
        {"name": "w", "emptyDir": {}},
    ]


def test_deletions_need_not_be_retained_keys() -> None:
    live = {"metadata": {"name": "p", "labels": {"a": "1"}, "finalizers": ["x"]}}
    patch = {"metadata": {"$retainKeys": ["name", "finalizers"], "labels": None,
                          "$deleteFromPrimitiveList/finalizers": ["x"]}}  # fmt: skip
    assert strategic(live, patch) == {"metadata": {"name": "p", "finalizers": []}}


# Lists of maps.


def test_items_are_merged_by_key_and_new_ones_stand_where_the_patch_has_them() -> None:
    live = [{"name": "a", "image": "a:1"}, {"name": "b", "image": "b:1"}]
    assert containers(live, [{"name": "b", "image": "b:2"}]) == [
        {"name": "a", "image": "a:1"},
        {"name": "b", "image": "b:2"},
    ]
    assert names_of(containers(live, named("n", "b"))) == "nab"


def test_lists_in_items_are_merged_too() -> None:
    env = [{"name": "X", "value": "1"}, {"name": "Y", "value": "2"}]
    patch = [{"name": "a", "env": [{"name": "X", "$patch": "delete"}, {"name": "Z"}]}]
    assert containers([{"name": "a", "env": env}], patch) == [
        {"name": "a", "env": [{"name": "Z"}, {"name": "Y", "value": "2"}]}
    ]


def test_an_item_can_be_deleted_and_deleting_a_stranger_does_nothing() -> None:
    patch = [{"name": "b", "$patch": "delete"}, {"name": "z", "$patch": "delete"}]
    assert names_of(containers(named("a", "b", "c"), patch)) == "ac"


def test_all_items_of_one_key_are_deleted() -> None:
    ports = [{"containerPort": 53, "protocol": "TCP"}, {"containerPort": 53, "protocol": "UDP"}]
    patch = [{"name": "a", "ports": [{"containerPort": 53, "$patch": "delete"}]}]
    assert containers([{"name": "a", "ports": ports}], patch) == [{"name": "a", "ports": []}]


def test_a_list_can_be_replaced_wherever_in_it_the_directive_stands() -> None:
    assert containers(named("a", "b"), [*named("n"), {"$patch": "replace"}]) == named("n")
    assert containers(named("a", "b"), [{"$patch": "replace"}]) == []


def test_keys_are_told_apart_by_type() -> None:
    live = [{"name": "a", "ports": [{"containerPort": 1}]}]
    patch = [{"name": "a", "ports": [{"containerPort": True}, {"containerPort": 1.0}]}]
    ports = containers(live, patch)[0]["ports"]
    assert [type(each["containerPort"]) for each in ports] == [bool, float, int]


def test_a_list_without_a_strategy_is_replaced() -> None:
    live = pod(tolerations=[{"key": "a"}, {"key": "b"}])
    assert strategic(live, {"spec": {"tolerations": [{"key": "c"}]}}) == pod(
        tolerations=[{"key": "c"}]
    )


def test_null_deletes_a_whole_list() -> None:
    assert strategic(pod(containers=named("a"), volumes=[]), {"spec": {"containers": None}}) == pod(
        volumes=[]
    )


def test_an_empty_list_changes_a_merged_list_in_nothing() -> None:
    assert containers(named("a"), []) == named("a")


# The order of items.


@pytest.mark.parametrize(
    ("live", "patch", "order", "result"),
    [
        ("ab", [{"name": "a", "image": "a:3"}], "ba", "ba"),
        ("abc", [], "cab", "cab"),
        ("abxc", [], "cb", "axcb"),
        ("ab", named("n"), "anb", "anb"),
        ("axb", named("n"), "nab", "naxb"),
        ("ab", named("n"), "nba", "nba"),
        ("abx", [{"name": "n"}, {"name": "a", "$patch": "delete"}], "bn", "bxn"),
        ("abx", [*named("n", "m"), {"name": "a", "$patch": "delete"}], "bnm", "bxnm"),
        ("ab", named("b", "a"), "ba", "ba"),
        ("ab", named("x", "y"), "", "abyx"),
        ("", named("x", "y", "z"), "", "zyx"),
        ("abc", [{"$patch": "replace"}], "cz", ""),
        ("fad", [*named("d", "e"), {"$patch": "replace"}], "", "ed"),
    ],
)
def test_the_patch_says_in_which_order_items_stand(
    live: str, patch: Any, order: str, result: str
) -> None:
    """Each one is what the library of the API server makes of it.

    Where an item is deleted and one is new, the new one (n) has taken the place of the deleted
    one (a), so that what the server alone knows (x) stands before it.
    """
    assert ordered(live, patch, order) == result


def test_an_order_for_a_new_list_sorts_it() -> None:
    patch = {"$setElementOrder/volumes": named("b", "a"), "volumes": named("b", "a")}
    assert strategic(pod(), {"spec": patch}) == pod(volumes=named("b", "a"))


def test_an_order_alone_for_a_list_that_is_not_there_does_nothing() -> None:
    assert strategic(pod(), {"spec": {"$setElementOrder/volumes": named("a")}}) == pod()


def test_scalars_are_ordered_too() -> None:
    assert finalizers(["a", "b", "c"], setElementOrder_finalizers=["c", "a"]) == ["b", "c", "a"]


# Lists of scalars.


def test_scalars_are_united_without_duplicates_those_of_the_patch_first() -> None:
    assert finalizers(["a"], finalizers=["b"]) == ["b", "a"]
    assert finalizers(["a", "b"], finalizers=["b", "c", "c"]) == ["a", "b", "c"]
    assert finalizers(["a", "b", "a"], finalizers=[]) == ["a", "b"]


def test_scalars_can_be_deleted() -> None:
    assert finalizers(["a", "b", "a"], deleteFromPrimitiveList_finalizers=["a", "z"]) == ["b"]
    assert finalizers(["a"], deleteFromPrimitiveList_finalizers=["a"]) == []


def test_scalars_can_be_deleted_from_a_list_that_patches_replace() -> None:
    patch = [{"name": "a", "$deleteFromPrimitiveList/command": ["x"]}]
    assert containers([{"name": "a", "command": ["x", "y"]}], patch) == [
        {"name": "a", "command": ["y"]}
    ]


def test_deleting_from_a_list_that_is_not_there_does_nothing() -> None:
    made = strategic({"metadata": {}}, {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]}})
    assert made == {"metadata": {}}


def test_deletions_come_after_additions_in_whatever_order_the_patch_has_them() -> None:
    for patch in (
        {"$deleteFromPrimitiveList/finalizers": ["a"], "finalizers": ["a", "n"]},
        {"finalizers": ["a", "n"], "$deleteFromPrimitiveList/finalizers": ["a"]},
    ):
        made = strategic({"metadata": {"finalizers": ["x"]}}, {"metadata": patch})
        assert made == {"metadata": {"finalizers": ["n", "x"]}}


def test_a_null_in_place_of_the_scalars_to_delete_deletes_the_list() -> None:
    assert finalizers(["a"], deleteFromPrimitiveList_finalizers=None) is None


# What is wrong.

LIVE = {
    "metadata": {"finalizers": ["a"], "labels": {"a": "1"}},
    "spec": {
        "containers": [{"name": "a", "image": "i"}],
        "tolerations": [{"key": "k"}],
        "nodeSelector": {"a": "b"},
    },
}


@pytest.mark.parametrize(
    ("patch", "code", "message"),
    [
        ([], 400, "json: cannot unmarshal array into Go value of type map[string]interface {}"),
        ("x", 400, "json: cannot unmarshal string into Go value of type map[string]interface {}"),
        ({"spec": {"$retainKeys": "x"}}, 400, "invalid patch format of retainKeys"),
        ({"spec": {"$retainKeys": [{}]}}, 400, "invalid patch format of retainKeys"),
        ({"spec": {"$retainKeys": ["a"], "b": 1}}, 400, "invalid patch format of retainKeys"),
        ({"metadata": {"$deleteFromPrimitiveList": ["a"]}}, 400,
         "invalid patch format of primitive list"),
        ({"metadata": {"$deleteFromPrimitiveListX/finalizers": []}}, 400,
         "invalid patch format of primitive list"),
        ({"spec": {"$setElementOrder": []}}, 400, "invalid patch format of setElementOrder list"),
        ({"spec": {"$setElementOrder/containers": "x"}}, 500,
         "expected a []interface {}, but received a string"),
        ({"spec": {"$setElementOrder/containers": None}}, 500,
         "expected a []interface {}, but received a %!s(<nil>)"),
        ({"spec": {"$setElementOrder/containers": [], "containers": {}}}, 500,
         "expected a []interface {}, but received a map[string]interface {}"),
        ({"spec": {"$setElementOrder/nodeSelector": []}}, 500,
         "expected a []interface {}, but received a map[string]interface {}"),
        ({"spec": {"$setElementOrder/hostname": []}}, 500,
         "expected slice or array type, but got: struct"),
        ({"spec": {"$setElementOrder/zzz": []}}, 500,
         'unable to find api field in struct PodSpec for the json field "zzz"'),
        ({"spec": {"$setElementOrder/containers": [1]}}, 500, "value for key 0 is not a map"),
        ({"spec": {"$setElementOrder/containers": [{"name": "a"}, 1]}}, 500,
         "expected a map[string]interface {}, but received a int64"),
        ({"spec": {"$setElementOrder/containers": [{}]}}, 500,
         "map: map[] does not contain declared merge key: name"),
        ({"spec": {"$setElementOrder/containers": [{"name": "a"}],
                   "containers": [{"name": "b", "image": "i:1"}]}}, 500,
         "The order in patch list:\n[map[image:i:1 name:b]]\n doesn't match $setElementOrder "
         "list:\n[map[name:a]]\n"),
        ({"metadata": {"labels": {"$patch": "merge"}}}, 500,
         "unknown patch type: merge in map: map[$patch:merge]"),
        ({"metadata": {"labels": {"$patch": 5, "b": [None, True, 1.5, 1e21]}}}, 500,
         "unknown patch type: %!s(int64=5) in map: map[$patch:5 b:[<nil> true 1.5 1e+21]]"),
        ({"metadata": {"labels": {"$patch": None}}}, 500,
         "unknown patch type: %!s(<nil>) in map: map[$patch:<nil>]"),
        ({"spec": {"containers": [{"name": "a", "$patch": "merge"}]}}, 500,
         "merging lists cannot yet be specified in the patch"),
        ({"spec": {"containers": [{"name": "a", "$patch": "x"}]}}, 500,
         "unknown patch type: x in map: map[$patch:x name:a]"),
        ({"spec": {"containers": [{"image": "i", "$patch": "delete"}]}}, 500,
         "map: map[$patch:delete image:i] does not contain declared merge key: name"),
        ({"spec": {"containers": [{"image": "i"}]}}, 500,
         "map: map[image:i] does not contain declared merge key: name"),
        ({"spec": {"containers": ["a"]}}, 500,
         "list element types are not identical: [[map[image:i name:a]] [a]]"),
        ({"metadata": {"finalizers": ["b", 1]}}, 500,
         "list element types are not identical: [[a] [b 1]]"),
        ({"metadata": {"finalizers": [True, 1.0]}}, 500,
         "list element types are not identical: [[a] [true 1]]"),
        ({"spec": {"$deleteFromPrimitiveList/tolerations": [{"key": "k"}]}}, 500,
         "cannot merge lists without merge key for struct"),
        ({"spec": {"containers": [[]]}}, 500,
         "list element types are not identical: [[map[image:i name:a]] [[]]]"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_in_the_words_of_the_api_server(
    patch: Any, code: int, message: str
) -> None:
    status = failure(strategic, LIVE, patch).status
    assert (status.code, status.message) == (code, message)
    assert status.reason == ("BadRequest" if code == 400 else "")


def test_lists_of_lists_are_unprocessable() -> None:
    error = failure(strategic, pod(containers=[]), {"spec": {"containers": [[]]}})
    assert (error.status.code, error.status.message) == (422, HIDDEN)
    assert error.__notes__ == ["lists of lists are not supported"]


def test_a_map_of_lists_has_no_strategies() -> None:
    live = {"status": {"user": {"extra": {"k": ["v"]}}}}
    patch = {"status": {"user": {"extra": {"k": ["w"]}}}}
    status = failure(strategic, live, patch, "authentication.k8s.io/v1/TokenReview").status
    assert (status.code, status.message) == (
        500,
        "merging an object in json but data type is not struct, instead is: map",
    )


@pytest.mark.parametrize(
    "patch",
    [
        {"metadata": {"$deleteFromPrimitiveList/finalizers": [None]}},
        {"spec": {"containers": [{"name": {}}]}},
        {"spec": {"containers": [{"name": [], "$patch": "delete"}]}},
        {"spec": {"$setElementOrder/tolerations": [{"key": "k"}], "tolerations": [{"key": "k"}]}},
        {"spec": {"$setElementOrder/tolerations": [{"key": "k"}]}},
    ],
)
def test_what_makes_the_api_server_panic_is_a_bad_request(patch: Any) -> None:
    live = LIVE | {"metadata": {"finalizers": []}}
    status = failure(strategic, live, patch).status
    assert status.code == 400
    assert status.message.startswith("items of merged lists are compared by scalars, found a ")


def test_a_kind_of_which_nothing_is_known_has_no_such_patches() -> None:
    status = failure(lambda: apply_patch(PatchType.STRATEGIC, {"a": 1}, {"a": 2})).status
    assert (status.code, status.message) == (400, "strategic merge patch format is not supported")


@pytest.mark.parametrize("patch", [None, {}])
def test_no_changes_change_nothing(patch: Any) -> None:
    assert strategic(pod(containers=named("a")), patch) == pod(containers=named("a"))


# Cost.


def calls_for(count: int, *, deletes: bool, orders: bool) -> int:
    live = [{"name": f"c{n}", "image": "i"} for n in range(count)]
    wanted = [{"name": f"c{n}", "image": "j"} for n in reversed(range(0, count, 2))]
    wanted += [{"name": f"n{n}", "image": "j"} for n in range(count // 2)]
    order = [{"name": item["name"]} for item in wanted]
    if deletes:
        wanted += [{"name": f"c{n}", "$patch": "delete"} for n in range(1, count, 2)]
    changes: dict[str, Any] = {"containers": wanted}
    if orders:
        changes["$setElementOrder/containers"] = order
    document, patch = pod(containers=live), {"spec": changes}
    with counted_calls() as calls:
        strategic(document, patch)
    return calls[0]


@pytest.mark.parametrize("deletes", [False, True])
@pytest.mark.parametrize("orders", [False, True])
def test_the_cost_of_merging_lists_grows_with_their_length_not_its_square(
    deletes: bool, orders: bool
) -> None:
    few = calls_for(300, deletes=deletes, orders=orders)
    many = calls_for(2400, deletes=deletes, orders=orders)
    assert many < few * 8 * 1.5


def test_ten_thousand_items_are_merged_by_key() -> None:
    live = [{"name": f"c{n}", "image": "i"} for n in range(10_000)]
    patch = [{"name": f"c{n}", "image": "j"} for n in range(9_999, -1, -1)]
    assert containers(live, patch, **{"$setElementOrder/containers": patch}) == patch


def test_ten_thousand_scalars_are_merged_and_deleted() -> None:
    live = [f"a{n}" for n in range(10_000)]
    made = finalizers(live, finalizers=[f"b{n}" for n in range(10_000)])
    assert len(made) == 20_000
    assert finalizers(live, deleteFromPrimitiveList_finalizers=live) == []


# Twice is once.

KEYS = st.sampled_from("abcdef")
ITEMS = st.fixed_dictionaries({"name": KEYS}, optional={"image": st.sampled_from(["i", "j"])})
ITEM_LISTS = st.lists(ITEMS, max_size=5, unique_by=lambda item: item["name"])
DELETIONS = KEYS.map(lambda name: {"name": name, "$patch": "delete"})


@st.composite
def changes(draw: st.DrawFn) -> dict[str, Any]:
    """What kubectl would send: additions, changes, deletions, and the order of what it knows."""
    items = draw(ITEM_LISTS)
    kept = {item["name"] for item in items}
    gone = [each for each in draw(st.lists(DELETIONS, max_size=3)) if each["name"] not in kept]
    spec: dict[str, Any] = {"containers": items + gone}
    if draw(st.booleans()):
        spec["$setElementOrder/containers"] = named(*(item["name"] for item in items))
    labels = draw(st.dictionaries(KEYS, st.sampled_from(["1", None]), max_size=3))
    meta = {"labels": labels, "finalizers": draw(st.lists(KEYS, max_size=3))}
    return {"metadata": meta, "spec": spec}


@unhurried
@given(ITEM_LISTS, changes())
def test_a_patch_without_replacements_applied_twice_is_one_applied_once(
    live: Any, patch: Any
) -> None:
    document = {"metadata": {"labels": {"a": "1"}, "finalizers": ["x"]}} | {
        "spec": {"containers": live}
    }
    if not live and not patch["spec"]["containers"]:
        patch["spec"].pop("$setElementOrder/containers", None)
    once = strategic(document, patch)
    if not once["spec"]["containers"]:
        return
    assert strategic(once, patch) == once
