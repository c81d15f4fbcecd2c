"""ScaleStorage: the size of a Deployment, or of its like, as an object of its own.

It is stored nowhere: a Scale is made of the deployment, and an update of one becomes an update
of the other, with all its rules.

Source: ``k8s.io/kubernetes/pkg/registry/apps/deployment/storage`` ScaleREST.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

import attrs

from kregistry.core.apps_v1 import Deployment
from kregistry.core.autoscaling_v1 import Scale, ScaleSpec, ScaleStatus
from kregistry.meta.context import Context
from kregistry.meta.errors import BadRequest, Conflict, Invalid, NotFound
from kregistry.meta.field import Path
from kregistry.meta.gvk import GroupKind, GroupResource
from kregistry.meta.object import Object, ObjectList
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.meta.options import GetOptions, UpdateOptions
from kregistry.meta.table import Table, TableOptions
from kregistry.registry.outcome import Updated
from kregistry.registry.store import Store, ValidateObject, ValidateObjectUpdate
from kregistry.registry.tables import AGE, NAME, Column, Columns
from kregistry.registry.updatedobject import ModifiedObject, UpdatedObjectInfo
from kregistry.registry.validation import path_segment_name, validate_object_meta
from kregistry.runtime import labels
from kregistry.storage.preconditions import Preconditions

T = TypeVar("T", bound=Object)

_KIND: Final = GroupKind("autoscaling", "Scale")

COLUMNS: Final[tuple[Column[Scale], ...]] = (
    Column("Name", NAME.cell, description=NAME.description),
    Column(
        "Desired",
        lambda scale, now: scale.spec.replicas,
        type="integer",
        description="How many are wanted.",
    ),
    Column(
        "Available",
        lambda scale, now: scale.status.replicas,
        type="integer",
        description="How many there are.",
    ),
    AGE,
)


@attrs.frozen(kw_only=True)
class Scalable(Generic[T]):
    """How objects of one kind are scaled.

    Attributes:
        resource: Names the subresource in errors.
        read: Makes the scale of an object.
        resize: Writes the number of replicas into one.
    """

    resource: GroupResource
    read: Callable[[T], Scale]
    resize: Callable[[T, int], None]


class ScaleStorage(Generic[T]):
    """Reads and writes the size of Deployments, or of what is scaled like them.

    Args:
        store: Where they are.
        kind: How they are scaled.
    """

    def __init__(self, store: Store[T], kind: Scalable[T]) -> None:
        self._store = store
        self._kind = kind
        self._tables: Columns[Scale] = Columns(kind.resource, COLUMNS)

    def new(self) -> Scale:
        """An empty scale."""
        return Scale()

    def get(self, ctx: Context, name: str, options: GetOptions | None = None) -> Scale:
        """The size of the deployment of that name.

        Raises:
            NotFound: There is none (404).
            BadRequest: Its selector cannot be told in a line (400).
        """
        try:
            found = self._store.get(ctx, name, options)
        except NotFound as error:
            raise NotFound(self._kind.resource, name) from error
        return self._kind.read(found)

    def update(
        self,
        ctx: Context,
        name: str,
        info: UpdatedObjectInfo[Scale],
        *,
        create_validation: ValidateObject[Scale] | None = None,
        update_validation: ValidateObjectUpdate[Scale] | None = None,
        force_allow_create: bool = False,
        options: UpdateOptions | None = None,
    ) -> Updated[Scale]:
        """Store the size that *info* makes of the present one; everything else stays.

        Args:
            ctx: Says the namespace.
            name: Which deployment.
            info: Makes the new scale; called again when another writer comes between.
            create_validation: Never called: no deployment is made this way.
            update_validation: Last check of new and old scale.
            force_allow_create: Ignored, for the same reason.
            options: Dry run and field manager.

        Raises:
            NotFound: There is no such deployment (404).
            Conflict: The scale was made from an old version, or of another one (409).
            Invalid: The size breaks rules (422).
        """
        updated = self._store.update(
            ctx,
            name,
            _Scaled(self._store, self._kind, name, info),
            update_validation=_on_scales(self._kind, update_validation),
            options=options,
        )
        return Updated(self._kind.read(updated.obj), created=False)

    def modify(
        self,
        ctx: Context,
        name: str,
        change: Callable[[Scale], Scale | None],
        *,
        options: UpdateOptions | None = None,
    ) -> Scale:
        """Apply *change* to the present size, again if another writer comes between."""
        info = ModifiedObject(change, codec=self._store.codec)
        return self.update(ctx, name, info, options=options).obj

    def convert_to_table(
        self, obj: Scale | ObjectList[Scale], options: TableOptions | None = None
    ) -> Table:
        """One scale as a row for people to read."""
        now: datetime = self._store.system.now().datetime
        return self._tables.convert_to_table(obj, now=now, options=options or TableOptions())


class _Scaled(UpdatedObjectInfo[T]):
    """Deployment to scale, scale to new scale, and back.

    Source: ``scaleUpdatedObjectInfo``.
    """

    def __init__(
        self, store: Store[T], kind: Scalable[T], name: str, info: UpdatedObjectInfo[Scale]
    ) -> None:
        self._store = store
        self._kind = kind
        self._name = name
        self._info = info

    def preconditions(self) -> Preconditions:
        return self._info.preconditions()

    def updated_object(self, ctx: Context, old: T) -> T:
        if not old.metadata.resource_version:
            raise NotFound(self._kind.resource, self._name)
        obj = self._store.codec.copy(old)
        scale = self._info.updated_object(ctx, self._kind.read(obj))
        self._check(scale, obj.metadata.uid)
        self._kind.resize(obj, scale.spec.replicas)
        obj.metadata.resource_version = scale.metadata.resource_version
        return obj

    def _check(self, scale: Any, uid: str) -> None:
        if not isinstance(scale, Scale):
            kind = type(scale).__name__
            raise BadRequest(f"expected input object type to be Scale, but {kind}")
        errs = validate_object_meta(scale.metadata, namespaced=True, name_rule=path_segment_name)
        replicas = scale.spec.replicas
        at = Path("spec", "replicas")
        if isinstance(replicas, bool) or not isinstance(replicas, int):
            errs.type_invalid(at, replicas, "must be an integer")
        elif replicas < 0:
            errs.invalid(at, replicas, "must be greater than or equal to 0")
        if errs:
            raise Invalid(_KIND, self._name, errs)
        if scale.metadata.uid and scale.metadata.uid != uid:
            detail = (
                f"Precondition failed: UID in precondition: {scale.metadata.uid}, "
                f"UID in object meta: {uid}"
            )
            raise Conflict(self._kind.resource, self._name, detail)


def scale_of(deployment: Deployment) -> Scale:
    """The size of *deployment*. Source: ``scaleFromDeployment``.

    Raises:
        BadRequest: Its selector cannot be told in a line (400).
    """
    meta, spec = deployment.metadata, deployment.spec
    try:
        selector = labels.from_label_selector(spec.selector)
    except ValueError as error:
        raise BadRequest(str(error)) from error
    return Scale(
        metadata=ObjectMeta(
            name=meta.name,
            namespace=meta.namespace,
            uid=meta.uid,
            resource_version=meta.resource_version,
            creation_timestamp=meta.creation_timestamp,
        ),
        spec=ScaleSpec(replicas=spec.replicas or 0),
        status=ScaleStatus(replicas=deployment.status.replicas, selector=str(selector)),
    )


def _resize(deployment: Deployment, replicas: int) -> None:
    deployment.spec.replicas = replicas


#: How Deployments are scaled.
SCALED_DEPLOYMENTS: Final = Scalable(
    resource=GroupResource("apps", "deployments/scale"), read=scale_of, resize=_resize
)


def _on_scales(
    kind: Scalable[T], validate: ValidateObjectUpdate[Scale] | None
) -> ValidateObjectUpdate[T] | None:
    """A check of scales as a check of the objects that they stand for."""
    if validate is None:
        return None
    check = validate

    def on_objects(ctx: Context, obj: T, old: T) -> None:
        check(ctx, kind.read(obj), kind.read(old))

    return on_objects
