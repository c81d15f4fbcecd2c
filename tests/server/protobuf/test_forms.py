"""Messages whose JSON is not simply their fields."""

from __future__ import annotations

from typing import Any

import pytest

from kregistry.runtime.errors import DecodeError
from kregistry.server.protobuf.forms import FORMS
from kregistry.server.protobuf.table import builtin_table

META = "apimachinery.pkg.apis.meta.v1."
SCHEMA = "apiextensions_apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps"


@pytest.mark.parametrize(
    ("name", "fields", "value"),
    [
        (f"{META}Time", {}, None),
        (f"{META}Time", {"seconds": 0}, "1970-01-01T00:00:00Z"),
        (f"{META}Time", {"nanos": 5}, "1970-01-01T00:00:00Z"),
        (f"{META}Time", {"seconds": -1, "nanos": 999_999_999}, "1969-12-31T23:59:59Z"),
        (f"{META}Time", {"seconds": 1767366245}, "2026-01-02T15:04:05Z"),
        (f"{META}Time", {"seconds": -62135596800, "nanos": 0}, None),
        (f"{META}Time", {"seconds": 253402300799}, "9999-12-31T23:59:59Z"),
        (f"{META}MicroTime", {}, None),
        (f"{META}MicroTime", {"seconds": 1, "nanos": 1999}, "1970-01-01T00:00:01.000001Z"),
        (f"{META}MicroTime", {"seconds": 1, "nanos": -1999}, "1970-01-01T00:00:00.999999Z"),
        (f"{META}MicroTime", {"seconds": -62135596800, "nanos": 999}, None),
        ("apimachinery.pkg.api.resource.Quantity", {}, "0"),
        ("apimachinery.pkg.api.resource.Quantity", {"string": "1Gi"}, "1Gi"),
        ("apimachinery.pkg.util.intstr.IntOrString", {}, 0),
        ("apimachinery.pkg.util.intstr.IntOrString", {"type": 0, "intVal": 7, "strVal": "x"}, 7),
        ("apimachinery.pkg.util.intstr.IntOrString", {"type": 1, "intVal": 7}, ""),
        ("apimachinery.pkg.util.intstr.IntOrString", {"type": 1, "strVal": "50%"}, "50%"),
        (f"{SCHEMA}OrBool", {}, False),
        (f"{SCHEMA}OrBool", {"allows": True}, True),
        (f"{SCHEMA}OrBool", {"allows": False, "schema": {"type": "x"}}, {"type": "x"}),
        (f"{SCHEMA}OrArray", {}, None),
        (f"{SCHEMA}OrArray", {"schema": {}}, {}),
        (f"{SCHEMA}OrArray", {"schema": {}, "jSONSchemas": [{}]}, [{}]),
        (f"{SCHEMA}OrStringArray", {"property": ["a"]}, ["a"]),
        (f"{SCHEMA}OrStringArray", {"schema": {"type": "x"}}, {"type": "x"}),
    ],
)
def test_each_has_the_value_that_go_writes(name: str, fields: dict[str, Any], value: Any) -> None:
    assert FORMS[name](fields) == value


@pytest.mark.parametrize(
    "seconds", [2**63 - 1, -(2**63), 253402300800, -62135596801, 10**15, -(10**15)]
)
@pytest.mark.parametrize("name", ["Time", "MicroTime"])
def test_a_time_that_no_calendar_has_is_refused(name: str, seconds: int) -> None:
    with pytest.raises(DecodeError, match="no time is"):
        FORMS[META + name]({"seconds": seconds})


def test_a_number_or_text_that_is_neither_is_refused() -> None:
    with pytest.raises(DecodeError, match=r"impossible IntOrString\.Type"):
        FORMS["apimachinery.pkg.util.intstr.IntOrString"]({"type": 2})


def test_every_form_is_of_a_message_that_there_is() -> None:
    for name in FORMS:
        assert builtin_table().message(name).form is FORMS[name]
