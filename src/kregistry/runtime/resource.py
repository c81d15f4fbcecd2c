"""Resource: what is stored under one plural.

Source: ``schema.GroupVersionResource`` with what a ``genericregistry.Store`` and
``storagebackend.ConfigForResource`` say about it.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any, Final, Generic, TypeVar

import attrs

from kregistry.meta.goformat import quote
from kregistry.meta.gvk import (
    GroupKind,
    GroupResource,
    GroupVersion,
    GroupVersionKind,
    GroupVersionResource,
)
from kregistry.meta.names import dns1123_label
from kregistry.meta.object import Object
from kregistry.runtime.unstructured import Unstructured

T = TypeVar("T", bound=Object)

_BUILT_IN_SUFFIX: Final = ".k8s.io"


def _class_fact(cls: type[Object], name: str) -> str:
    """A ClassVar of the class; "" for an Unstructured, which has it per instance."""
    value = getattr(cls, name, "")
    return value if isinstance(value, str) else ""


def _group_of(resource: Resource[Any]) -> str:
    return GroupVersion.parse(_class_fact(resource.cls, "api_version")).group


def _version_of(resource: Resource[Any]) -> str:
    return GroupVersion.parse(_class_fact(resource.cls, "api_version")).version


def _kind_of(resource: Resource[Any]) -> str:
    return _class_fact(resource.cls, "kind")


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(names)


@attrs.frozen
class Resource(Generic[T]):
    """A kind of object together with its plural, scope and place in storage.

    ::

        WIDGETS = Resource(Widget, plural="widgets")
        GADGETS = Resource(Unstructured, plural="gadgets", group="shop.example",
                           version="v1", kind="Gadget")

    Attributes:
        cls: Class of the objects.
        plural: Name in paths and messages, such as ``widgets``.
        namespaced: Whether every object lives in a namespace.
        singular: Name of one; the kind in lower case when not given.
        short_names: Names for impatient people.
        categories: Groups of resources that it belongs to, such as ``all``.
        group: API group, "" for the core group; taken from *cls* when not given.
        version: API version; taken from *cls* when not given.
        kind: Name of the kind; taken from *cls* when not given.
        prefix: Place below the root of the store, without slashes around it. When not
            given: the plural in a built-in group, ``group/plural`` in any other.
        list_kind: Kind of a list of these; the kind with ``List`` when not given.

    Raises:
        TypeError: *cls* is no attrs class derived from Object, or one of its fields has no
            default.
        ValueError: A name is missing, contradicts what *cls* declares, or cannot be a name.
    """

    cls: type[T]
    plural: str
    namespaced: bool = attrs.field(default=True, kw_only=True)
    singular: str = attrs.field(default="", kw_only=True)
    short_names: tuple[str, ...] = attrs.field(default=(), kw_only=True, converter=_names)
    categories: tuple[str, ...] = attrs.field(default=(), kw_only=True, converter=_names)
    group: str = attrs.field(default=attrs.Factory(_group_of, takes_self=True), kw_only=True)
    version: str = attrs.field(default=attrs.Factory(_version_of, takes_self=True), kw_only=True)
    kind: str = attrs.field(default=attrs.Factory(_kind_of, takes_self=True), kw_only=True)
    prefix: str = attrs.field(default="", kw_only=True)
    list_kind: str = attrs.field(default="", kw_only=True)
    _gvk: GroupVersionKind = attrs.field(init=False, eq=False, repr=False)
    _api_version: str = attrs.field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        # Every create asks for both, and making them is 2 % of one.
        gvk = GroupVersionKind(self.group, self.version, self.kind)
        object.__setattr__(self, "_gvk", gvk)
        object.__setattr__(self, "_api_version", gvk.api_version)
        _check_class(self.cls)
        self._check_names()
        for name, value in (
            ("singular", self.kind.lower()),
            ("prefix", storage_prefix(self.group, self.plural)),
            ("list_kind", f"{self.kind}List"),
        ):
            if not getattr(self, name):
                object.__setattr__(self, name, value)

    @property
    def gvk(self) -> GroupVersionKind:
        """Group, version and kind."""
        return self._gvk

    @property
    def gvr(self) -> GroupVersionResource:
        """Group, version and plural."""
        return GroupVersionResource(self.group, self.version, self.plural)

    @property
    def group_resource(self) -> GroupResource:
        """Group and plural, for messages about this resource."""
        return GroupResource(self.group, self.plural)

    @property
    def group_kind(self) -> GroupKind:
        """Group and kind, for messages about invalid objects."""
        return GroupKind(self.group, self.kind)

    @property
    def api_version(self) -> str:
        """``v1`` or ``group/version``."""
        return self._api_version

    def new(self) -> T:
        """A fresh object in which nothing is set but its type."""
        if issubclass(self.cls, Unstructured):
            return self.cls(api_version=self.api_version, kind=self.kind)
        return self.cls()

    def _check_names(self) -> None:
        for name in ("plural", "version", "kind", "group", "singular", "prefix", "list_kind"):
            value = getattr(self, name)
            if not isinstance(value, str):
                raise TypeError(f"{name} of a resource is text, not {type(value).__name__}")
        for name in ("plural", "version", "kind"):
            if not getattr(self, name):
                raise ValueError(
                    f"a resource of {self.cls.__name__} needs a {name}: "
                    f"say it here, or as ClassVar api_version and kind of the class"
                )
        if problems := dns1123_label(self.plural):
            raise ValueError(f"plural {quote(self.plural)}: {problems[0]}")
        if self.prefix and not {"", ".", ".."}.isdisjoint(self.prefix.split("/")):
            raise ValueError(
                f"prefix {quote(self.prefix)} must be segments with single slashes between them"
            )
        declared = _class_fact(self.cls, "kind"), _class_fact(self.cls, "api_version")
        if any(declared) and declared != (self.kind, self.api_version):
            raise ValueError(
                f"{self.cls.__name__} declares itself to be {declared[1]} {declared[0]}; "
                f"a resource of it cannot be {self.api_version} {self.kind}"
            )
        if not any(declared) and not issubclass(self.cls, Unstructured):
            raise ValueError(
                f"{self.cls.__name__} must declare ClassVar api_version and kind: "
                f"without them its objects could not tell what they are"
            )


def _check_class(cls: Any) -> None:
    """Refuse what would fail only later, and in words that do not name the mistake."""
    if not (isinstance(cls, type) and issubclass(cls, Object)):
        raise TypeError(f"a resource needs a class derived from Object, not {cls!r}")
    if "__attrs_attrs__" not in vars(cls):
        for name, annotation in inspect.get_annotations(cls).items():
            if "ClassVar" not in str(annotation):
                raise TypeError(
                    f"{cls.__name__}.{name} is no attrs field: decorate {cls.__name__} with "
                    "@attrs.define"
                )
    for attribute in attrs.fields(cls):
        if attribute.default is attrs.NOTHING and attribute.init:
            raise TypeError(
                f"{cls.__name__}.{attribute.name} needs a default: storage makes empty objects "
                f"of the class"
            )


def storage_prefix(group: str, plural: str) -> str:
    """Where objects of a plural are stored when nobody says otherwise.

    Built-in groups, without a dot or below ``k8s.io``, share one level; the groups of
    strangers get a level of their own.
    """
    if "." not in group or group.endswith(_BUILT_IN_SUFFIX):
        return plural
    return f"{group}/{plural}"
