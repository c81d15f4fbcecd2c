"""Event."""

from __future__ import annotations

from typing import ClassVar

from kregistry.core.v1.references import ObjectReference
from kregistry.meta.model import Model, field, model
from kregistry.meta.object import Object
from kregistry.meta.time import MicroTime, Time


@model
class EventSource(Model):
    """Which component reported, and on which node."""

    component: str = ""
    host: str = ""


@model
class EventSeries(Model):
    """How often and until when the same thing happened again."""

    count: int = 0
    last_observed_time: MicroTime | None = field(default=None, always=True)


@model
class Event(Object):
    """Something that happened to an object; kept for a while, for people."""

    api_version: ClassVar[str] = "v1"
    kind: ClassVar[str] = "Event"

    involved_object: ObjectReference = field(factory=ObjectReference, always=True)
    reason: str = ""
    message: str = ""
    source: EventSource = field(factory=EventSource, always=True)
    first_timestamp: Time | None = field(default=None, always=True)
    last_timestamp: Time | None = field(default=None, always=True)
    count: int = 0
    type: str = ""
    event_time: MicroTime | None = field(default=None, always=True)
    series: EventSeries | None = None
    action: str = ""
    related: ObjectReference | None = None
    reporting_component: str = field(default="", always=True)
    reporting_instance: str = field(default="", always=True)
