"""Lease, of the group ``coordination.k8s.io``."""

from __future__ import annotations

from typing import ClassVar

from kregistry.meta.model import Model, field, model
from kregistry.meta.object import Object
from kregistry.meta.time import MicroTime


@model
class LeaseSpec(Model):
    """Who holds a lease, since when, for how long."""

    holder_identity: str | None = None
    lease_duration_seconds: int | None = None
    acquire_time: MicroTime | None = None
    renew_time: MicroTime | None = None
    lease_transitions: int | None = None
    strategy: str | None = None
    preferred_holder: str | None = None


@model
class Lease(Object):
    """A claim on a role that expires unless its holder renews it."""

    api_version: ClassVar[str] = "coordination.k8s.io/v1"
    kind: ClassVar[str] = "Lease"

    spec: LeaseSpec = field(factory=LeaseSpec, always=True)
