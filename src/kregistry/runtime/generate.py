"""Generated code: one function per class and purpose, made when first called.

A generic converter asks of every field what to do with it; a generated function knows. The
functions of nested classes call each other directly through one namespace. Each starts as
a stub that writes the real function over itself, so that only classes that occur in data
cost anything, and recursive types need no care.

*read* makes an instance from a dict fresh from a JSON parser, and *accept* does if the dict is
exactly what the class promises. *write* makes a dict from an instance, checking everything and
ordering members. *print* makes the text of it, and *echo* the text and what it says, if the
instance is exactly what the class promises. *copy* makes a deep copy. *head* is *write* with
``apiVersion`` and ``kind``, and so are *print_head* and *echo_head*.
"""

from __future__ import annotations

import linecache
import threading
from collections.abc import Callable
from typing import Any, Final

from kregistry.runtime import sources
from kregistry.runtime.dynamic import Dynamic, base_namespace
from kregistry.runtime.shapes import Struct, struct_of

_SOURCES: Final[dict[str, Callable[[Struct, sources.Names], str]]] = {
    "read": sources.read_source,
    "accept": sources.accept_source,
    "write": sources.write_source,
    "head": sources.head_source,
    "copy": sources.copy_source,
    "print": sources.print_source,
    "print_head": sources.print_head_source,
    "echo": sources.echo_source,
    "echo_head": sources.echo_head_source,
}


class Generator:
    """Makes and keeps the functions. Safe to use from any thread.

    Args:
        foreign: Gives the cattrs converter for types that nobody here knows; asked only when
            one occurs.
    """

    def __init__(self, foreign: Callable[[], Any]) -> None:
        self._lock = threading.RLock()
        self._dynamic = Dynamic(self, foreign)
        self._functions: dict[tuple[str, Any], Callable[..., Any]] = {}
        self._numbers: dict[Any, int] = {}
        self._structs: dict[Any, Struct] = {}
        self._namespace = base_namespace(self._dynamic)

    def struct(self, annotation: Any) -> Struct:
        """The class as it was read, once.

        Raises:
            TypeError: It is no attrs class.
        """
        found = self._structs.get(annotation)
        if found is None:
            found = self._structs.setdefault(annotation, struct_of(annotation))
        return found

    def function(self, purpose: str, annotation: Any) -> Callable[..., Any]:
        """The function of a class: ``read(dict)``, ``write(obj, room)``, ``copy(obj)``, and so on.

        ``accept(dict, counts)`` and ``print(obj, room, pieces)`` add to the lists they are given.

        Raises:
            TypeError: It is no attrs class.
        """
        found = self._functions.get((purpose, annotation))
        return found if found is not None else self._make(purpose, annotation)

    def name(self, purpose: str, annotation: Any) -> str:
        """The name under which generated code calls a function, made or not."""
        with self._lock:
            number = self._numbers.setdefault(annotation, len(self._numbers))
            name = f"{purpose}_{number}"
            if name not in self._namespace:
                self._namespace[name] = self._stub(purpose, annotation)
            return name

    def constant(self, value: Any) -> str:
        """The name under which generated code finds a value."""
        with self._lock:
            name = f"const_{len(self._namespace)}"
            self._namespace[name] = value
            return name

    def _stub(self, purpose: str, annotation: Any) -> Callable[..., Any]:
        def stub(*args: Any) -> Any:
            return self.function(purpose, annotation)(*args)

        return stub

    def _make(self, purpose: str, annotation: Any) -> Callable[..., Any]:
        with self._lock:
            known = self._functions.get((purpose, annotation))
            if known is not None:
                return known
            untyped = self._dynamic.function(purpose, annotation)
            if untyped is not None:
                return self._functions.setdefault((purpose, annotation), untyped)
            struct = self.struct(annotation)
            name = self.name(purpose, annotation)
            source = _SOURCES[purpose](struct, sources.Names(name, self.name, self.constant))
            self._execute(f"<kregistry {purpose} {struct.cls.__qualname__} {id(self)}>", source)
            made: Callable[..., Any] = self._namespace[name]
            self._functions[purpose, annotation] = made
            return made

    def _execute(self, filename: str, source: str) -> None:
        """Run the source, and let tracebacks and debuggers show its lines."""
        linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
        exec(compile(source, filename, "exec"), self._namespace)
