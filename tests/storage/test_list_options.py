from __future__ import annotations

import pytest

from kregistry.meta.errors import BadRequest
from kregistry.storage.interface import ListOptions
from kregistry.storage.predicate import SelectionPredicate
from kregistry.storage.reading.continuation import encode_continue
from kregistry.storage.reading.plan import ReadPlan, plan_list

PREFIX = "/registry/pods/"


def options(
    version: str = "",
    match: str = "",
    *,
    recursive: bool = True,
    limit: int = 0,
    token: str = "",
) -> ListOptions:
    return ListOptions(
        resource_version=version,
        resource_version_match=match,
        recursive=recursive,
        predicate=SelectionPredicate(limit=limit, continue_=token),
    )


def token(revision: int) -> str:
    return encode_continue(f"{PREFIX}key", PREFIX, revision)


def test_a_version_with_a_token_is_refused() -> None:
    with pytest.raises(BadRequest) as caught:
        plan_list(options("1", token=token(5)), PREFIX)
    assert str(caught.value) == ("specifying resource version is not allowed when using continue")


def test_the_token_is_checked_before_the_version_beside_it() -> None:
    with pytest.raises(BadRequest, match="invalid continue token: continue key is not valid"):
        plan_list(options("1", token="bad"), PREFIX)


def test_a_token_without_revision_is_refused() -> None:
    with pytest.raises(BadRequest, match="incorrect encoded start resourceVersion"):
        plan_list(options(token=token(0)), PREFIX)


@pytest.mark.parametrize("version", ["abc", "-1", " "])
def test_a_bad_version_is_refused(version: str) -> None:
    with pytest.raises(BadRequest, match="invalid resource version: resourceVersion: Invalid"):
        plan_list(options(version), PREFIX)


def test_an_unknown_match_rule_is_refused_but_only_with_a_version() -> None:
    with pytest.raises(ValueError, match="unknown ResourceVersionMatch value: Fuzzy"):
        plan_list(options("1", "Fuzzy"), PREFIX)
    assert plan_list(options("", "Fuzzy"), PREFIX) == ReadPlan(0, 0, "")
    assert plan_list(options("", "Fuzzy", token=token(5)), PREFIX).revision == 5


@pytest.mark.parametrize(
    ("given", "plan"),
    [
        (options(token=token(5)), ReadPlan(5, 0, f"{PREFIX}key")),
        (options("0", token=token(5)), ReadPlan(5, 0, f"{PREFIX}key")),
        (options(token=token(-1)), ReadPlan(0, 0, f"{PREFIX}key")),
        (options(), ReadPlan(0, 0, "")),
        (options("0"), ReadPlan(0, 0, "")),
        (options("0", "Exact"), ReadPlan(0, 0, "")),
        (options("5", "NotOlderThan"), ReadPlan(0, 5, "")),
        (options("5", "NotOlderThan", limit=1), ReadPlan(0, 5, "")),
        (options("5", "Exact"), ReadPlan(5, 5, "")),
        (options("5", recursive=False, limit=1), ReadPlan(0, 5, "")),
        (options("5"), ReadPlan(0, 5, "")),
        (options("5", limit=1), ReadPlan(5, 5, "")),
        (options("0", limit=1), ReadPlan(0, 0, "")),
        (options("5", recursive=False, token="ignored"), ReadPlan(0, 5, "")),
    ],
)
def test_options_say_where_and_when_to_read(given: ListOptions, plan: ReadPlan) -> None:
    assert plan_list(given, PREFIX) == plan
