"""ServedResource: what clients are told about one resource of the API.

Source: ``metav1.APIResource`` with what an ``APIService`` says about its group and version.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import attrs

from kregistry.meta.goformat import quote
from kregistry.meta.gvk import GroupVersion, GroupVersionKind, GroupVersionResource
from kregistry.meta.names import dns1035_label, dns1123_label, dns1123_subdomain
from kregistry.meta.object import Object
from kregistry.runtime.resource import Resource
from kregistry.runtime.unstructured import Unstructured

#: Every verb there is, in the order in which the API server lists those of built-in kinds.
VERBS: Final = (
    "create",
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "update",
    "watch",
)

#: Priority of a group and of a version about which nothing is known, as of custom resources.
GROUP_PRIORITY: Final = 1000
VERSION_PRIORITY: Final = 100


def _texts(values: Iterable[str]) -> tuple[str, ...]:
    if isinstance(values, str):
        raise TypeError(f"a list of names is wanted, not the one text {quote(values)}")
    return tuple(values)


def _verbs(values: Iterable[str]) -> tuple[str, ...]:
    verbs = _texts(values)
    for verb in verbs:
        if verb not in VERBS:
            raise ValueError(f"unknown verb {verb!r}: the verbs are {', '.join(VERBS)}")
    if len(set(verbs)) < len(verbs):
        raise ValueError(f"a verb is given twice: {', '.join(verbs)}")
    return verbs


def _subresources(values: Iterable[ServedSubresource]) -> tuple[ServedSubresource, ...]:
    found = tuple(values)
    for value in found:
        if not isinstance(value, ServedSubresource):
            raise TypeError(f"a subresource is a ServedSubresource, not {value!r}")
    return found


_YES_OR_NO: Final = attrs.validators.instance_of(bool)
_NUMBER: Final = attrs.validators.instance_of(int)


@attrs.frozen(kw_only=True)
class ServedSubresource:
    """A door below the objects of a resource, such as ``pods/status``.

    Attributes:
        name: Last segment of its path, such as ``status``.
        kind: What is sent and answered there; the options, where a connection is made.
        verbs: What can be done there, in the order in which clients are told.
        group: API group of the kind; None for the group and version of the resource.
        version: API version of the kind; None with *group*.
        connects: Whether requests are passed on to something that runs, as those of
            ``pods/exec`` are.

    Raises:
        TypeError: A value is of another type.
        ValueError: A name cannot be a name, or only one of *group* and *version* is given.
    """

    name: str
    kind: str
    verbs: tuple[str, ...] = attrs.field(converter=_verbs)
    group: str | None = None
    version: str | None = None
    connects: bool = attrs.field(default=False, validator=_YES_OR_NO)

    def __attrs_post_init__(self) -> None:
        _check_name(self.name, "a subresource", dns1123_label)
        _check_kind(self.kind)
        if (self.group is None) != (self.version is None):
            raise ValueError(f"subresource {self.name}: say both group and version, or neither")
        if self.group is not None:
            _check_group_version(self.group, self.version)

    def gvk(self, parent: ServedResource) -> GroupVersionKind:
        """Group, version and kind of what is sent and answered below *parent*."""
        if self.group is None or self.version is None:
            return parent.group_version.with_kind(self.kind)
        return GroupVersionKind(self.group, self.version, self.kind)


@attrs.frozen(kw_only=True)
class ServedResource:
    """One resource of one version of the API, as clients are told about it.

    ::

        GADGETS = ServedResource(group="shop.example", version="v1", kind="Gadget",
                                 plural="gadgets", verbs=VERBS, custom=True)

    Attributes:
        group: API group, "" for the core group.
        version: API version.
        kind: Kind of the objects.
        plural: Name in paths, such as ``deployments``.
        verbs: What can be done with the objects, in the order in which clients are told.
        singular: Name of one; the kind in lower case when not given.
        list_kind: Kind of a list of these; the kind with ``List`` when not given.
        namespaced: Whether every object lives in a namespace.
        short_names: Names for impatient people.
        categories: Groups of resources that it belongs to, such as ``all``.
        subresources: The doors below the objects, in the order in which clients are told.
        storage_version_hash: Tells in which version the objects are stored; "" if they are not
            stored. See :func:`storage_version_hash`.
        custom: Whether the kind came at run time: clients are told a little differently, and
            nothing is known that a strategic merge could go by.
        field_selectors: What may be selected by, besides ``metadata.name`` and
            ``metadata.namespace``.
        group_priority: Groups are listed from the highest to the lowest.
        version_priority: Versions of a group likewise; clients prefer the first.

    Raises:
        TypeError: A value is of another type.
        ValueError: A name is missing or cannot be a name, or a subresource is given twice.
    """

    group: str = ""
    version: str
    kind: str
    plural: str
    verbs: tuple[str, ...] = attrs.field(converter=_verbs)
    singular: str = ""
    list_kind: str = ""
    namespaced: bool = attrs.field(default=True, validator=_YES_OR_NO)
    short_names: tuple[str, ...] = attrs.field(default=(), converter=_texts)
    categories: tuple[str, ...] = attrs.field(default=(), converter=_texts)
    subresources: tuple[ServedSubresource, ...] = attrs.field(default=(), converter=_subresources)
    storage_version_hash: str = ""
    custom: bool = attrs.field(default=False, validator=_YES_OR_NO)
    field_selectors: tuple[str, ...] = attrs.field(default=(), converter=_texts)
    group_priority: int = attrs.field(default=GROUP_PRIORITY, validator=_NUMBER)
    version_priority: int = attrs.field(default=VERSION_PRIORITY, validator=_NUMBER)

    def __attrs_post_init__(self) -> None:
        _check_group_version(self.group, self.version)
        _check_kind(self.kind)
        _check_name(self.plural, "a plural", dns1123_label)
        for name, value in (("singular", self.kind.lower()), ("list_kind", f"{self.kind}List")):
            if not getattr(self, name):
                object.__setattr__(self, name, value)
        _check_kind(self.list_kind)
        for name in (self.singular, *self.short_names, *self.categories):
            _check_name(name, f"a name of {self.plural}", dns1123_label)
        doors = [subresource.name for subresource in self.subresources]
        if len(set(doors)) < len(doors):
            raise ValueError(f"{self.plural} has a subresource twice: {', '.join(doors)}")

    @classmethod
    def of(
        cls,
        resource: Resource[Any],
        *,
        verbs: Sequence[str] = VERBS,
        subresources: Iterable[ServedSubresource] = (),
        custom: bool = False,
    ) -> ServedResource:
        """What to tell about a resource that a Store keeps, in the version it is stored in."""
        return cls(
            group=resource.group,
            version=resource.version,
            kind=resource.kind,
            plural=resource.plural,
            verbs=tuple(verbs),
            singular=resource.singular,
            list_kind=resource.list_kind,
            namespaced=resource.namespaced,
            short_names=resource.short_names,
            categories=resource.categories,
            subresources=tuple(subresources),
            storage_version_hash=storage_version_hash(resource.gvk),
            custom=custom,
        )

    def resource(self, cls: type[Object] = Unstructured) -> Resource[Any]:
        """How Stores and routes call it, with objects of that class."""
        return Resource(
            cls,
            self.plural,
            group=self.group,
            version=self.version,
            kind=self.kind,
            namespaced=self.namespaced,
            singular=self.singular,
            short_names=self.short_names,
            categories=self.categories,
            list_kind=self.list_kind,
        )

    @property
    def group_version(self) -> GroupVersion:
        """Group and version."""
        return GroupVersion(self.group, self.version)

    @property
    def gvk(self) -> GroupVersionKind:
        """Group, version and kind."""
        return GroupVersionKind(self.group, self.version, self.kind)

    @property
    def gvr(self) -> GroupVersionResource:
        """Group, version and plural."""
        return GroupVersionResource(self.group, self.version, self.plural)

    @property
    def api_version(self) -> str:
        """``v1`` or ``group/version``."""
        return str(self.group_version)

    def subresource(self, name: str) -> ServedSubresource | None:
        """The subresource of that name; None if there is none."""
        return next((found for found in self.subresources if found.name == name), None)


def storage_version_hash(gvk: GroupVersionKind) -> str:
    """Eight bytes of a digest, as text, of the version in which a kind is stored.

    Source: ``discovery.StorageVersionHash``.
    """
    import hashlib  # where it is used: it loads OpenSSL, and the built-in table has its hashes

    digest = hashlib.sha256(f"{gvk.group}/{gvk.version}/{gvk.kind}".encode()).digest()
    return base64.b64encode(digest[:8]).decode()


def _check_name(name: object, what: str, rule: Callable[[str], list[str]]) -> None:
    if not isinstance(name, str):
        raise TypeError(f"{what} is text, not {type(name).__name__}")
    if problems := rule(name):
        raise ValueError(f"{what} cannot be {quote(name)}: {problems[0]}")


def _check_kind(kind: object) -> None:
    if not isinstance(kind, str):
        raise TypeError(f"a kind is text, not {type(kind).__name__}")
    # Not str.lower(): that would let letters through of which only the small form is ASCII.
    if not kind.isascii() or dns1035_label(kind.lower()):
        raise ValueError(f"a kind cannot be {quote(kind)}: {dns1035_label(kind)[0]}")


def _check_group_version(group: object, version: object) -> None:
    if group != "":
        _check_name(group, "a group", dns1123_subdomain)
    _check_name(version, "a version", dns1035_label)
