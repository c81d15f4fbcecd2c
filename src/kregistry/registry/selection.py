"""Selection: from the options of a list or watch to a key and a predicate.

Source: ``genericregistry.Store`` ListPredicate and WatchPredicate; the parsing of selectors is
``k8s.io/apiserver/pkg/endpoints/handlers/get.go``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import attrs

from kregistry.meta import names
from kregistry.meta.context import Context
from kregistry.meta.errors import BadRequest
from kregistry.meta.goformat import quote
from kregistry.meta.object import Object
from kregistry.meta.options import GetOptions, ListOptions
from kregistry.registry.keys import Keys
from kregistry.registry.receiving import require_context
from kregistry.registry.strategy import RESTStrategy
from kregistry.registry.validation.options import require_valid, validate_list_options
from kregistry.runtime import fields, labels
from kregistry.runtime.resource import Resource
from kregistry.storage import interface
from kregistry.storage.predicate import Attributes, SelectionPredicate

T = TypeVar("T", bound=Object)

_SHARED = interface.GetOptions(shared=True)
_EVERY_KIND = frozenset({"metadata.name", "metadata.namespace"})


@attrs.frozen
class Selected:
    """What to ask storage for.

    Attributes:
        ctx: The request, narrowed to a namespace where the selector pins one.
        key: Of one object, or of what lies above all that may match.
        options: Storage's own.
    """

    ctx: Context
    key: str
    options: interface.ListOptions


class Selection(Generic[T]):
    """Reads the selectors of one resource.

    Args:
        resource: What is selected from.
        keys: Where it is kept.
        rules: Know by which fields objects can be selected.
    """

    def __init__(self, resource: Resource[T], keys: Keys, rules: RESTStrategy[T]) -> None:
        self._resource = resource
        self._keys = keys
        self._selectable_fields = rules.selectable_fields
        self._aliases = rules.field_aliases()
        self._literal_fields = frozenset(rules.literal_fields())
        self._indexed_fields = tuple(rules.indexed_fields())
        self._known: frozenset[str] | None = None

    def for_list(self, ctx: Context, options: ListOptions, *, shared: bool = False) -> Selected:
        """What to list, as shared objects or as fresh ones.

        Raises:
            Invalid: The options contradict each other.
            BadRequest: A selector cannot be understood.
        """
        return self._selected(ctx, options, watch=False, shared=shared)

    def for_watch(self, ctx: Context, options: ListOptions) -> Selected:
        """What to watch.

        Raises:
            Invalid: The options contradict each other.
            BadRequest: A selector cannot be understood.
        """
        return self._selected(ctx, options, watch=True)

    def attributes(self, obj: T) -> Attributes:
        """What *obj* can be selected by."""
        return obj.metadata.labels, self._selectable_fields(obj)

    def _selected(
        self, ctx: Context, options: ListOptions, *, watch: bool, shared: bool = False
    ) -> Selected:
        require_valid("ListOptions", validate_list_options(options, watch=watch))
        predicate = self._predicate(options)
        ctx, key, recursive = self._narrow(ctx, predicate)
        wanted = interface.ListOptions(
            resource_version=options.resource_version,
            resource_version_match=options.resource_version_match,
            predicate=predicate,
            recursive=recursive,
            send_initial_events=options.send_initial_events,
            shared=shared,
        )
        return Selected(ctx, key, wanted)

    def _predicate(self, options: ListOptions) -> SelectionPredicate:
        try:
            label = labels.parse(options.label_selector)
            field = fields.parse(options.field_selector)
        except ValueError as error:
            raise BadRequest(str(error)) from error
        if not field.empty:
            field = field.transform(self._convert)
        return SelectionPredicate(
            label=label,
            field=field,
            get_attrs=self.attributes,
            literal_labels=True,
            literal_fields=self._literal_fields,
            index_fields=self._indexed_fields,
            limit=options.limit,
            continue_=options.continue_,
            allow_watch_bookmarks=options.allow_watch_bookmarks,
        )

    def _convert(self, label: str, value: str) -> tuple[str, str]:
        """The field that a selector calls *label*; refuse one that the kind does not have.

        Source: ``Scheme.ConvertFieldLabel``.
        """
        if self._known is None:
            self._known = frozenset(self._selectable_fields(self._resource.new()))
        if label in self._aliases:
            return self._aliases[label], value
        if label in self._known:
            return label, value
        if self._known <= _EVERY_KIND:
            raise BadRequest(
                f"{quote(label)} is not a known field selector: only "
                '"metadata.name", "metadata.namespace"'
            )
        raise BadRequest(f"field label not supported: {label}")

    def _narrow(self, ctx: Context, predicate: SelectionPredicate) -> tuple[Context, str, bool]:
        """Look only where a match can be: in one namespace, at one key.

        Returns:
            The request, the key, and whether what lies below the key is meant.
        """
        require_context(ctx)
        if not ctx.namespace and self._keys.namespaced:
            namespace = predicate.matches_single_namespace()
            if namespace and not names.dns1123_label(namespace):
                ctx = attrs.evolve(ctx, namespace=namespace)
        name = predicate.matches_single()
        if name is not None:
            try:
                return ctx, self._keys.key(ctx, name), False
            except BadRequest:
                pass  # without a namespace, or for a name that no object can have
        return ctx, self._keys.root(ctx), True


def no_fields(obj: Any) -> Mapping[str, str]:
    """For a kind that can be selected by its labels only."""
    return {}


def read_options(options: GetOptions | None, *, shared: bool = False) -> interface.GetOptions:
    """Storage's own options for a get."""
    if options is None or not options.resource_version:
        return _SHARED if shared else interface.NO_GET_OPTIONS
    return interface.GetOptions(resource_version=options.resource_version, shared=shared)
