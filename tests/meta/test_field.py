"""Field errors read as the API server writes them."""

from __future__ import annotations

from enum import Enum

import attrs
import pytest

from kregistry.meta.errors import Invalid
from kregistry.meta.field import (
    MAX_TOLD,
    OMIT_VALUE,
    ErrorList,
    FieldError,
    FieldErrorType,
    Path,
)
from kregistry.meta.goformat import Verbatim, list_text, quote, value_text
from kregistry.meta.gvk import GroupKind
from kregistry.meta.intstr import IntOrString
from kregistry.meta.objectmeta import OwnerReference
from kregistry.meta.quantity import Quantity
from kregistry.meta.time import Time

SPEC = Path("spec")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (Path("spec"), "spec"),
        (Path("spec", "containers"), "spec.containers"),
        (SPEC / "a" / "b", "spec.a.b"),
        (SPEC.child("a", "b"), "spec.a.b"),
        (SPEC.child("containers").index(0).child("name"), "spec.containers[0].name"),
        (SPEC.child("limits").key("cpu"), "spec.limits[cpu]"),
        (SPEC.child("m").key(""), "spec.m[]"),
        (Path(), "<nil>"),
        (Path().child("a"), "a"),
        (Path().key("<nil>").child("a"), "[<nil>].a"),
        (Path().index(3), "[3]"),
        (Path(""), "[]"),
        (Path("").index(1), "[][1]"),
    ],
)
def test_a_path_prints_as_in_go(path: Path, text: str) -> None:
    assert str(path) == text


def test_paths_are_values_and_know_their_root() -> None:
    assert Path("spec", "a") == SPEC / "a"
    assert hash(SPEC / "a") == hash(Path("spec", "a"))
    assert Path("spec", "b") != SPEC / "a"
    assert SPEC != "spec"
    assert (SPEC / "a").index(1).root() == SPEC
    assert repr(SPEC) == "<Path spec>"


def test_extending_a_path_leaves_it_alone() -> None:
    containers = SPEC / "containers"
    containers.index(0) / "name"
    assert str(containers) == "spec.containers"


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("plain", '"plain"'),
        ("", '""'),
        ('say "hi" \\', r'"say \"hi\" \\"'),
        ("\a\b\f\n\r\t\v", r'"\a\b\f\n\r\t\v"'),
        ("\x00\x1f\x7f", r'"\x00\x1f\x7f"'),
        ("é ß 世", '"é ß 世"'),
        ("\u00a0\u200b\u2028", r'"\u00a0\u200b\u2028"'),
        ("\U000e0001", r'"\U000e0001"'),
        ("\ud800", r'"\ufffd"'),
    ],
)
def test_text_is_quoted_as_go_does(text: str, quoted: str) -> None:
    assert quote(text) == quoted


class Colour(Enum):
    RED = "red"


@attrs.define
class Spec:
    size: int = 1
    colour: str = "red"
    tags: list[str] = attrs.field(factory=list)
    host_name: str | None = None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-1, "-1"),
        (True, "true"),
        (None, "null"),
        ("a", '"a"'),
        (1.5, "1.5"),
        (2.0, "2"),
        (1e6, "1e+06"),
        (123456789.0, "1.23456789e+08"),
        (1e21, "1e+21"),
        (1e-5, "1e-05"),
        (float("nan"), "NaN"),
        (float("inf"), "+Inf"),
        (["Some"], '["Some"]'),
        (("a", "b"), '["a","b"]'),
        ({"b": 1, "a": [True, None]}, '{"a":[true,null],"b":1}'),
        ([1.0, 2.5], "[1,2.5]"),
        ("<&>", '"<&>"'),
        (["<&>"], r'["\u003c\u0026\u003e"]'),
        (b"abc", '"YWJj"'),
        (Colour.RED, '"red"'),
        (Time("2001-01-01T00:00:00Z"), '"2001-01-01T00:00:00Z"'),
        (Quantity("0.5"), '"500m"'),
        (IntOrString(80), "80"),
        (IntOrString("http"), '"http"'),
        (Spec(size=0, colour="blue"), '{"size":0,"colour":"blue"}'),
        (Spec(host_name="x"), '{"size":1,"colour":"red","hostName":"x"}'),
        (
            OwnerReference(api_version="v1", kind="Event", name="a", uid="u"),
            '{"apiVersion":"v1","kind":"Event","name":"a","uid":"u"}',
        ),
        (Verbatim("<as is>"), "<as is>"),
    ],
)
def test_a_bad_value_is_printed_as_go_does(value: object, text: str) -> None:
    assert value_text(value) == text


def test_a_bad_value_that_contains_itself_is_printed_to_a_depth() -> None:
    endless: list[object] = []
    endless.append(endless)
    assert value_text(endless).startswith("[[[[")


def test_a_slice_of_strings_is_printed_as_go_syntax() -> None:
    assert list_text(["x.io/a", 'b"']) == r'[]string{"x.io/a", "b\""}'


@pytest.mark.parametrize(
    ("errs", "text"),
    [
        (ErrorList().required(SPEC), "spec: Required value"),
        (ErrorList().required(SPEC, "say it"), "spec: Required value: say it"),
        (ErrorList().invalid(SPEC, 0, "too small"), "spec: Invalid value: 0: too small"),
        (ErrorList().invalid(SPEC, ""), 'spec: Invalid value: ""'),
        (ErrorList().invalid(SPEC, OMIT_VALUE, "why"), "spec: Invalid value: why"),
        (
            ErrorList().not_supported(SPEC, "ICMP", ("SCTP", "TCP")),
            'spec: Unsupported value: "ICMP": supported values: "SCTP", "TCP"',
        ),
        (ErrorList().not_supported(SPEC, "x", ()), 'spec: Unsupported value: "x"'),
        (ErrorList().duplicate(SPEC, "a"), 'spec: Duplicate value: "a"'),
        (ErrorList().forbidden(SPEC, "not now"), "spec: Forbidden: not now"),
        (ErrorList().not_found(SPEC, "v"), 'spec: Not found: "v"'),
        (
            ErrorList().too_long(SPEC, "never shown", 3),
            "spec: Too long: may not be more than 3 bytes",
        ),
        (ErrorList().too_long(SPEC, "", 1), "spec: Too long: may not be more than 1 byte"),
        (ErrorList().too_long(SPEC, "", -1), "spec: Too long: value is too long"),
        (ErrorList().too_short(SPEC, "", 2), "spec: Too short: must be at least 2 bytes"),
        (ErrorList().too_many(SPEC, 3, 2), "spec: Too many: 3: must have at most 2 items"),
        (ErrorList().too_many(SPEC, 3, 1), "spec: Too many: 3: must have at most 1 item"),
        (ErrorList().too_many(SPEC, -1, -1), "spec: Too many: has too many items"),
        (ErrorList().too_few(SPEC, 0, 1), "spec: Too few: 0: must have at least 1 item"),
        (ErrorList().type_invalid(SPEC, 1, "no"), "spec: Invalid value: 1: no"),
        (ErrorList().internal(SPEC, ValueError("x")), "spec: Internal error: x"),
    ],
)
def test_each_type_of_error_has_its_words(errs: ErrorList, text: str) -> None:
    assert str(errs[0]) == text


def test_there_are_twelve_types_each_with_its_own_reason() -> None:
    assert len({kind.value for kind in FieldErrorType}) == 12
    assert FieldErrorType.INTERNAL.value == "InternalError"
    assert FieldErrorType.NOT_SUPPORTED.value == "FieldValueNotSupported"


def test_an_aggregate_tells_equal_errors_once_and_keeps_the_order() -> None:
    errs = ErrorList().required(SPEC).forbidden(Path("a")).required(SPEC)
    assert len(errs) == 3
    assert errs.to_aggregate() == "[spec: Required value, a: Forbidden]"


def test_an_aggregate_of_one_has_no_brackets_and_of_none_is_empty() -> None:
    assert ErrorList().required(SPEC).required(SPEC).to_aggregate() == "spec: Required value"
    assert ErrorList().to_aggregate() == ""
    assert not ErrorList()


def test_immutable_reports_a_change_and_nothing_else() -> None:
    errs = ErrorList().immutable(SPEC, 1, 1).immutable(SPEC, 2, 1)
    assert errs == [FieldError(FieldErrorType.INVALID, "spec", 2, "field is immutable")]


def test_what_does_not_fit_is_only_counted() -> None:
    shown = ["x" * 1000] * 100
    errs = ErrorList()
    for number in range(10_000):
        errs.invalid(SPEC.index(number), shown, "wrong")

    error = Invalid(GroupKind("", "Pod"), "a", errs)

    told = len(error.details.causes)
    assert told == len(errs.told()) == 10
    assert len(error.status.message) < 1.1 * MAX_TOLD
    assert error.status.message.endswith(f", and {10_000 - told} problems more]")
    assert error.errors == errs


def test_one_problem_is_told_however_long_it_is() -> None:
    errs = ErrorList().invalid(SPEC, "x" * (2 * MAX_TOLD)).required(SPEC)
    assert len(errs.told()) == 1
    assert errs.to_aggregate().endswith(", and 1 problem more]")
