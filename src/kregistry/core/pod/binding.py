"""BindingREST: how a Pod gets its node.

Source: ``pkg/registry/core/pod/storage`` BindingREST, LegacyBindingREST.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from kregistry.core.pod.conditions import update_condition
from kregistry.core.pod.validation.binding import validate_pod_binding
from kregistry.core.v1 import Binding, Pod, PodCondition
from kregistry.meta.context import Context
from kregistry.meta.errors import BadRequest, Conflict, Invalid
from kregistry.meta.field import ErrorList, Path
from kregistry.meta.goformat import quote
from kregistry.meta.gvk import GroupKind, GroupResource
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.meta.options import CreateOptions
from kregistry.meta.status import Status
from kregistry.registry import Store, translate
from kregistry.registry.translate import STORAGE_ERRORS
from kregistry.registry.validation.metatypes import validate_meta_types
from kregistry.registry.validation.options import require_valid, validate_create_options
from kregistry.storage.interface import ResponseMeta
from kregistry.storage.preconditions import UNCONDITIONAL, Preconditions

#: Last check of a request to create something: raises if it must not be.
ValidateBinding: TypeAlias = Callable[[Context, Binding], None]

_BINDINGS: Final = GroupResource("", "pods/binding")
_KIND: Final = GroupKind("", "Binding")


class _NotBindable(Exception):
    """The Pod is in no state to get a node. Never leaves this module."""


class BindingREST:
    """Puts Pods on nodes. Needs no permission to update Pods, and changes nothing else.

    The strategy of Pods is not asked: what a binding adds is stored without validation.

    Args:
        store: The Pods.
    """

    def __init__(self, store: Store[Pod]) -> None:
        self._store = store

    def create(
        self,
        ctx: Context,
        name: str,
        obj: Binding,
        *,
        validate: ValidateBinding | None = None,
        options: CreateOptions | None = None,
    ) -> Status:
        """Put the Pod on the node that *obj* names.

        Labels and annotations of the binding are added to those of the Pod. If it has a uid
        or resourceVersion, the Pod must have the same.

        Args:
            ctx: Says the namespace.
            name: Name of the Pod.
            obj: Its name must be *name*.
            validate: Last check; gets a copy.
            options: Dry run.

        Raises:
            BadRequest: *obj* is no binding, or not of this Pod (400).
            Invalid: It names no node (422).
            NotFound: There is no such Pod (404).
            Conflict: The Pod has a node, is being deleted, is not to be scheduled yet, or is
                not the one that is meant (409).
        """
        options = options if options is not None else CreateOptions()
        require_valid("CreateOptions", validate_create_options(options))
        binding = _received(obj)
        if binding.metadata.name != name:
            raise BadRequest("name in URL does not match name in Binding object")
        if errs := validate_pod_binding(binding):
            raise Invalid(_KIND, name, errs)
        if validate is not None:
            validate(ctx, self._store.codec.copy(binding))
        self._assign(ctx, binding, dry_run=bool(options.dry_run))
        return Status(status="Success")

    def new(self) -> Binding:
        """An empty binding."""
        return Binding()

    def _assign(self, ctx: Context, binding: Binding, *, dry_run: bool) -> None:
        """Write the node into the Pod. Source: ``BindingREST.assignPod``."""
        store, name = self._store, binding.metadata.name

        def bind(pod: Pod, meta: ResponseMeta) -> Pod:
            _check_bindable(pod)
            self._bind(pod, binding)
            return pod

        try:
            store.storage.guaranteed_update(
                ctx,
                store.keys.key(ctx, name),
                bind,
                preconditions=_preconditions(binding.metadata),
                dry_run=dry_run,
            )
        except _NotBindable as error:
            raise Conflict(_BINDINGS, name, error) from None
        except STORAGE_ERRORS as error:
            raise translate(error, "update", store.resource.group_resource, name) from error

    def _bind(self, pod: Pod, binding: Binding) -> None:
        pod.spec.node_name = binding.target.name
        pod.status.nominated_node_name = ""
        pod.metadata.annotations.update(binding.metadata.annotations)
        pod.metadata.labels.update(binding.metadata.labels)
        scheduled = PodCondition(type="PodScheduled", status="True")
        update_condition(pod.status, scheduled, self._store.system.now())


class LegacyBindingREST:
    """The same under ``bindings``, where the name of the Pod stands in the body only.

    Args:
        binding: Does the work.
    """

    def __init__(self, binding: BindingREST) -> None:
        self._binding = binding

    def create(
        self,
        ctx: Context,
        obj: Binding,
        *,
        validate: ValidateBinding | None = None,
        options: CreateOptions | None = None,
    ) -> Status:
        """Put the Pod of the same name on a node; see :meth:`BindingREST.create`."""
        name = _received(obj).metadata.name
        return self._binding.create(ctx, name, obj, validate=validate, options=options)

    def new(self) -> Binding:
        """An empty binding."""
        return Binding()


def _received(obj: object) -> Binding:
    """*obj*, if it is a binding with values of the declared types."""
    if not isinstance(obj, Binding):
        raise BadRequest(f"not a Binding object: {type(obj).__name__}")
    if not isinstance(obj.metadata, ObjectMeta):
        raise BadRequest("object does not implement the Object interfaces")
    errs = validate_meta_types(obj.metadata, Path("metadata"))
    _check_target_types(errs, obj)
    if errs:
        name = obj.metadata.name
        raise Invalid(_KIND, name if isinstance(name, str) else "", errs)
    return obj


def _check_target_types(errs: ErrorList, binding: Binding) -> None:
    for field in ("kind", "name"):
        value = getattr(binding.target, field, None)
        if not isinstance(value, str):
            errs.type_invalid(Path("target", field), value, "must be a string")


def _preconditions(meta: ObjectMeta) -> Preconditions:
    if not meta.uid and not meta.resource_version:
        return UNCONDITIONAL
    return Preconditions(uid=meta.uid or None, resource_version=meta.resource_version or None)


def _check_bindable(pod: Pod) -> None:
    name = pod.metadata.name
    if pod.metadata.deletion_timestamp is not None:
        raise _NotBindable(f"pod {name} is being deleted, cannot be assigned to a host")
    if pod.spec.node_name:
        node = quote(pod.spec.node_name)
        raise _NotBindable(f"pod {name} is already assigned to node {node}")
    if pod.spec.scheduling_gates:
        raise _NotBindable(f"pod {name} has non-empty .spec.schedulingGates")
