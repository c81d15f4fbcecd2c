"""Forms: the messages whose JSON is not simply their fields.

Each form makes the JSON value of a message from what was read of it: values by the names of the
fields in the ``.proto`` files, without those that the message does not have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

from kregistry.meta.time import MicroTime, Time
from kregistry.runtime.errors import DecodeError

#: ``form(fields)`` makes the value; None where there is nothing to tell.
Form: TypeAlias = Callable[[Mapping[str, Any]], Any]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: The first second of the first year, which is Go's word for no time.
_NEVER: Final = -62135596800
_TEXT: Final = 1


def _time(fields: Mapping[str, Any]) -> str | None:
    """To the second; what is finer does not count. Source: ``metav1.Time.Unmarshal``."""
    moment = _moment(fields, micros=0)
    return None if moment is None else str(Time.of(moment))


def _micro_time(fields: Mapping[str, Any]) -> str | None:
    """Source: ``metav1.MicroTime.Unmarshal``."""
    moment = _moment(fields, micros=int(fields.get("nanos", 0) / 1000))
    return None if moment is None else str(MicroTime.of(moment))


def _moment(fields: Mapping[str, Any], *, micros: int) -> datetime | None:
    if not fields:
        return None
    seconds = fields.get("seconds", 0)
    if seconds == _NEVER and not micros:
        return None
    try:
        return _EPOCH + timedelta(seconds=seconds, microseconds=micros)
    except OverflowError:
        raise DecodeError(f"no time is {seconds} seconds after 1970") from None


def _int_or_string(fields: Mapping[str, Any]) -> int | str:
    """Source: ``intstr.IntOrString.MarshalJSON``."""
    kind = fields.get("type", 0)
    if kind not in (0, _TEXT):
        raise DecodeError("impossible IntOrString.Type")
    found: int | str = fields.get("strVal", "") if kind == _TEXT else fields.get("intVal", 0)
    return found


def _quantity(fields: Mapping[str, Any]) -> str:
    text: str = fields.get("string", "0")
    return text


def _schema_or_bool(fields: Mapping[str, Any]) -> Any:
    return fields.get("schema", fields.get("allows", False))


def _schema_or_list(fields: Mapping[str, Any]) -> Any:
    return fields.get("jSONSchemas") or fields.get("schema")


def _schema_or_strings(fields: Mapping[str, Any]) -> Any:
    return fields.get("property") or fields.get("schema")


_META: Final = "apimachinery.pkg.apis.meta.v1"
_EXTENSIONS: Final = "apiextensions_apiserver.pkg.apis.apiextensions.v1"

#: By the name of the message, without ``k8s.io.``.
FORMS: Final[Mapping[str, Form]] = {
    f"{_META}.Time": _time,
    f"{_META}.MicroTime": _micro_time,
    "apimachinery.pkg.api.resource.Quantity": _quantity,
    "apimachinery.pkg.util.intstr.IntOrString": _int_or_string,
    f"{_EXTENSIONS}.JSONSchemaPropsOrBool": _schema_or_bool,
    f"{_EXTENSIONS}.JSONSchemaPropsOrArray": _schema_or_list,
    f"{_EXTENSIONS}.JSONSchemaPropsOrStringArray": _schema_or_strings,
}
