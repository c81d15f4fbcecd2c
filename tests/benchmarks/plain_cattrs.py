"""What the codec does, done with nothing but cattrs: the yardstick for speed and equality."""

from __future__ import annotations

from typing import Any

import attrs
from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from kregistry.meta.model import facts_of, field_types, wire_name
from kregistry.runtime.values import VALUE_TYPES


def plain_converter() -> Converter:
    """A converter with wire names, omission and value types, and none of the generated code."""
    converter = Converter()
    converter.register_structure_hook_factory(attrs.has, lambda cls: _structure(cls, converter))
    converter.register_unstructure_hook_factory(attrs.has, lambda cls: _unstructure(cls, converter))
    for value in VALUE_TYPES.values():
        converter.register_structure_hook(value.cls, lambda data, _, read=value.read: read(data))
        converter.register_unstructure_hook(value.cls, value.write)
    return converter


def _structure(cls: type, converter: Converter) -> Any:
    _resolve(cls)
    structure = make_dict_structure_fn(cls, converter, **_names(cls))
    return lambda data, _: structure({k: v for k, v in data.items() if v is not None}, cls)


def _unstructure(cls: type, converter: Converter) -> Any:
    _resolve(cls)
    overrides = {
        each.name: override(
            rename=wire_name(each),
            omit_if_default=not facts_of(each).always and _omittable(each.default),
        )
        for each in attrs.fields(cls)
    }
    return make_dict_unstructure_fn(cls, converter, **overrides)


def _omittable(default: Any) -> bool:
    value = default.factory() if isinstance(default, attrs.Factory) else default
    return value is None or (isinstance(value, str | bytes | int | list | dict) and not value)


def _names(cls: type) -> dict[str, Any]:
    return {each.name: override(rename=wire_name(each)) for each in attrs.fields(cls)}


def _resolve(cls: type) -> None:
    """Give attrs the types that the model finds lazily."""
    types = field_types(cls)
    for each in attrs.fields(cls):
        object.__setattr__(each, "type", types[each.name])
