"""Claims for storage that are made from a Pod."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kregistry.meta.labelselector import LabelSelector
from kregistry.meta.model import Model, field, model
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.meta.quantity import Quantity

if TYPE_CHECKING:
    from kregistry.core.v1.references import TypedLocalObjectReference, TypedObjectReference


@model
class VolumeResourceRequirements(Model):
    """How much storage a claim asks for and takes at most."""

    limits: dict[str, Quantity] = field(factory=dict)
    requests: dict[str, Quantity] = field(factory=dict)


@model
class PersistentVolumeClaimSpec(Model):
    """What storage is wanted: how much, of which class, for which access."""

    access_modes: list[str] = field(
        factory=list,
        list_type="atomic",
        enum=("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"),
    )
    selector: LabelSelector | None = None
    resources: VolumeResourceRequirements = field(factory=VolumeResourceRequirements, always=True)
    volume_name: str = ""
    storage_class_name: str | None = None
    volume_mode: str | None = field(default=None, enum=("Block", "Filesystem"))
    data_source: TypedLocalObjectReference | None = None
    data_source_ref: TypedObjectReference | None = None
    volume_attributes_class_name: str | None = None


@model
class PersistentVolumeClaimTemplate(Model):
    """The claim that is made together with a Pod and goes with it."""

    metadata: ObjectMeta = field(factory=ObjectMeta, always=True)
    spec: PersistentVolumeClaimSpec = field(factory=PersistentVolumeClaimSpec, always=True)
