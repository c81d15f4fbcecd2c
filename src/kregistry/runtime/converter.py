"""Conversion: generated code and the cattrs converter that agrees with it."""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any

import attrs

from kregistry.runtime.generate import Generator
from kregistry.runtime.limits import MAX_DEPTH
from kregistry.runtime.values import VALUE_TYPES, ValueType

if TYPE_CHECKING:
    from cattrs import Converter


class Conversion:
    """A generator, and a converter that is made, and cattrs imported, when first asked for.

    The generated functions are the converter's hooks for attrs classes, and its hooks are
    what generated code calls for types that it does not know; so the two always agree.

    Args:
        converter: The converter to complete; None makes one.
    """

    def __init__(self, converter: Converter | None = None) -> None:
        self.generator = Generator(lambda: self.converter)
        self._lock = threading.Lock()
        self._converter = converter
        self._configured = False

    @property
    def converter(self) -> Converter:
        """The converter with all hooks."""
        if not self._configured:
            with self._lock:
                self._configure()
        assert self._converter is not None
        return self._converter

    def _configure(self) -> None:
        if self._configured:
            return
        from cattrs import Converter
        from cattrs.strategies import configure_union_passthrough

        if self._converter is None:
            self._converter = Converter()
        self._converter.register_structure_hook_factory(attrs.has, self._structure_hook)
        self._converter.register_unstructure_hook_factory(attrs.has, self._unstructure_hook)
        for value in VALUE_TYPES.values():
            _register(self._converter, value)
        configure_union_passthrough(str | int | float | bool | None, self._converter)
        self._configured = True

    def _structure_hook(self, cls: Any) -> Any:
        read = self.generator.function("read", cls)
        return lambda data, _: read(data)

    def _unstructure_hook(self, cls: Any) -> Any:
        write = self.generator.function("head", cls)
        return lambda obj: write(obj, MAX_DEPTH)


@functools.cache
def shared_conversion() -> Conversion:
    """The conversion of all codecs that have no converter of their own."""
    return Conversion()


def _register(converter: Converter, value: ValueType) -> None:
    converter.register_structure_hook(value.cls, lambda data, _: value.read(data))
    converter.register_unstructure_hook(value.cls, value.write)
