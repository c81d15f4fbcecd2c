"""Parameters of a request become options, as leniently and as strictly as in the API server."""

from __future__ import annotations

import pytest

from kregistry.meta.errors import BadRequest
from kregistry.meta.options import DeleteOptions, Preconditions
from kregistry.server.duration import parse_duration
from kregistry.server.query import MAX_PARAMETERS, Query


@pytest.mark.parametrize(
    ("raw", "flag"),
    [
        ("", False),
        ("w=0", False),
        ("w=false", False),
        ("w=False", False),
        ("w=FALSE", False),
        ("w", True),
        ("w=", True),
        ("w=1", True),
        ("w=no", True),
        ("w=false&w=true", False),
    ],
)
def test_whatever_is_there_and_says_not_no_says_yes(raw: str, flag: bool) -> None:
    assert Query(raw).flag("w") is flag


def test_a_flag_that_is_not_there_says_nothing() -> None:
    assert Query("").optional_flag("w") is None
    assert Query("w=0").optional_flag("w") is False


@pytest.mark.parametrize(
    ("text", "value"),
    [("5", 5), ("-1", -1), ("%2B7", 7), ("007", 7), ("9223372036854775807", 2**63 - 1)],
)
def test_numbers_are_read(text: str, value: int) -> None:
    assert Query(f"n={text}").number("n") == value


@pytest.mark.parametrize("text", ["", "x", "1.5", "1_0", "%201", "0x1", "٣", "--1", "1e3"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(BadRequest, match=r"strconv.ParseInt: parsing .*: invalid syntax"):
        Query(f"n={text}").number("n")


@pytest.mark.parametrize("text", ["9223372036854775808", "-9223372036854775809", "9" * 5000])
def test_numbers_beyond_64_bits_are_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="value out of range"):
        Query(f"n={text}").number("n")


def test_escapes_are_resolved_and_what_go_refuses_does_not_count() -> None:
    query = Query("a=x+y%26&b=1;c=2&%61b=3&d=%ff")
    assert query.text("a") == "x y&"
    assert "b" not in query
    assert query.text("ab") == "3"
    assert query.text("d") == "\ufffd"


def test_every_value_of_a_list_counts_and_the_first_of_everything_else() -> None:
    options = Query("dryRun=All&dryRun=x&fieldManager=a&fieldManager=b").create_options()
    assert options.dry_run == ("All", "x")
    assert options.field_manager == "a"


def test_a_delete_can_be_told_everything_in_the_query() -> None:
    raw = (
        "gracePeriodSeconds=0&propagationPolicy=Orphan&dryRun=All&uid=u&resourceVersion=7"
        "&orphanDependents=false"
    )
    assert Query(raw).delete_options() == DeleteOptions(
        grace_period_seconds=0,
        propagation_policy="Orphan",
        orphan_dependents=False,
        dry_run=("All",),
        preconditions=Preconditions(uid="u", resource_version="7"),
    )
    assert Query("").delete_options() == DeleteOptions()


def test_a_list_can_be_told_everything_in_the_query() -> None:
    options = Query(
        "labelSelector=a&fieldSelector=b&limit=3&continue=c&resourceVersion=4"
        "&resourceVersionMatch=Exact&timeoutSeconds=5&watch=1&allowWatchBookmarks=1"
        "&sendInitialEvents=0"
    ).list_options()
    assert (options.label_selector, options.field_selector) == ("a", "b")
    assert (options.limit, options.continue_, options.resource_version) == (3, "c", "4")
    assert (options.resource_version_match, options.timeout_seconds) == ("Exact", 5)
    assert (options.watch, options.allow_watch_bookmarks) == (True, True)
    assert options.send_initial_events is False


def test_more_parameters_than_anybody_needs_are_refused() -> None:
    assert Query("&".join(["a=1"] * MAX_PARAMETERS)).all("a") == ("1",) * MAX_PARAMETERS
    with pytest.raises(BadRequest, match="too many query parameters"):
        Query("&".join(["a=1"] * (MAX_PARAMETERS + 1)))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), ("5s", 5), ("1m30s", 90), ("1.5h", 5400), ("300ms", 0.3), ("-2s", -2), (".5s", 0.5)],
)
def test_durations_are_read_as_go_writes_them(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "5", "s", "1x", "1s2", "+", "9" * 400 + "h", "1 s", "９s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="time: "):
        parse_duration(text)
