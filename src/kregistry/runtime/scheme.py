"""Scheme: which class stands for which kind, and the seam through which that is asked.

Source: ``k8s.io/apimachinery/pkg/runtime`` Scheme and ObjectTyper.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, Self, TypeVar

from kregistry.meta.gvk import GroupVersion, GroupVersionKind
from kregistry.meta.object import Object
from kregistry.runtime.errors import NotRegistered, missing_kind, missing_version
from kregistry.runtime.resource import Resource
from kregistry.runtime.unstructured import Unstructured

T = TypeVar("T", bound=Object)


class ObjectTyper(ABC):
    """Tells kinds of objects. Source: ``runtime.ObjectTyper``."""

    @abstractmethod
    def object_kinds(self, obj: Object) -> tuple[list[GroupVersionKind], bool]:
        """Every kind that *obj* may be, and whether its class is the same in all versions.

        Raises:
            NotRegistered: Its class is unknown.
        """

    @abstractmethod
    def recognizes(self, gvk: GroupVersionKind) -> bool:
        """Whether objects of this kind can be made."""


class Scheme(ObjectTyper):
    """A registry of classes by kind. Empty when made; nothing registers itself at import.

    Safe to read from any thread; adding while others read is fine too.

    Args:
        name: Stands in messages about what is not registered.
        kinds: Classes and resources to add at once.
    """

    def __init__(
        self, kinds: Iterable[type[Object] | Resource[Any]] = (), *, name: str = "kregistry"
    ) -> None:
        self.name = name
        self._lock = threading.Lock()
        self._classes: dict[GroupVersionKind, type[Object]] = {}
        self._kinds: dict[type[Object], list[GroupVersionKind]] = {}
        self._defaults: dict[type[Object], Callable[[Any], None]] = {}
        for kind in kinds:
            self.add(kind)

    def add(self, what: type[Object] | Resource[Any]) -> Self:
        """Register a class under the kind it declares, or a resource under its own.

        Returns:
            The scheme, so that calls can be chained.

        Raises:
            ValueError: The class declares no kind or version, or the kind has another class.
        """
        if isinstance(what, Resource):
            self._add(what.gvk, what.cls)
            return self
        if not (isinstance(what, type) and issubclass(what, Object)):
            raise TypeError(f"only Object classes and resources can be registered, not {what!r}")
        if not (isinstance(what.kind, str) and what.kind and what.api_version):
            raise ValueError(
                f"{what.__name__} does not say api_version and kind; "
                f"declare both as ClassVar or register a Resource"
            )
        self._add(GroupVersionKind.of(what.api_version, what.kind), what)
        return self

    def add_defaults(self, cls: type[T], complete: Callable[[T], None]) -> Self:
        """Register what fills in the fields that a document of *cls* leaves open.

        Args:
            cls: Class of the objects.
            complete: Changes an object that was just decoded. Doing it twice must change
                nothing more. A second function for the same class replaces the first.

        Returns:
            The scheme, so that calls can be chained.

        Source: ``Scheme.AddTypeDefaultingFunc``.
        """
        with self._lock:
            self._defaults[cls] = complete
        return self

    def set_defaults(self, obj: Object) -> None:
        """Fill in what *obj* leaves open, if its class has defaults. Changes *obj*.

        To be called on what a client sent, before any strategy sees it.

        Source: ``Scheme.Default``.
        """
        complete = self._defaults.get(type(obj))
        if complete is not None:
            complete(obj)

    def new(self, gvk: GroupVersionKind) -> Object:
        """An empty object of the kind.

        Raises:
            NotRegistered: Nobody registered it.
        """
        cls = self.class_for(gvk)
        if issubclass(cls, Unstructured):
            return cls(api_version=gvk.api_version, kind=gvk.kind)
        return cls()

    def class_for(self, gvk: GroupVersionKind) -> type[Object]:
        """The class of the kind.

        Raises:
            NotRegistered: Nobody registered it.
        """
        found = self._classes.get(gvk)
        if found is None:
            raise self.not_registered(gvk)
        return found

    def recognizes(self, gvk: GroupVersionKind) -> bool:
        return gvk in self._classes

    def object_kinds(self, obj: Object) -> tuple[list[GroupVersionKind], bool]:
        if isinstance(obj, Unstructured):
            return [self._kind_of_unstructured(obj)], False
        kinds = self._kinds.get(type(obj))
        if not kinds:
            raise NotRegistered(
                f'no kind is registered for the type {type(obj).__name__} in scheme "{self.name}"'
            )
        return list(kinds), False

    def kinds(self) -> list[GroupVersionKind]:
        """Every registered kind, sorted."""
        return sorted(self._classes)

    def not_registered(self, gvk: GroupVersionKind) -> NotRegistered:
        """The error about a kind that is not registered.

        Source: ``runtime.notRegisteredErr``.
        """
        return NotRegistered(
            f'no kind "{gvk.kind}" is registered for version "{gvk.api_version}" '
            f'in scheme "{self.name}"'
        )

    def version_registered(self, group_version: GroupVersion) -> bool:
        """Whether any kind of the version is known."""
        return any(gvk.group_version == group_version for gvk in self._classes)

    def _kind_of_unstructured(self, obj: Unstructured) -> GroupVersionKind:
        if not obj.kind:
            raise missing_kind("unstructured object has no kind")
        if not obj.api_version:
            raise missing_version("unstructured object has no version")
        return GroupVersionKind.of(obj.api_version, obj.kind)

    def _add(self, gvk: GroupVersionKind, cls: type[Object]) -> None:
        with self._lock:
            known = self._classes.setdefault(gvk, cls)
            if known is not cls:
                raise ValueError(
                    f"Double registration of different types for {gvk}: "
                    f"{known.__qualname__} and {cls.__qualname__}"
                )
            kinds = self._kinds.setdefault(cls, [])
            if gvk not in kinds:
                kinds.append(gvk)
