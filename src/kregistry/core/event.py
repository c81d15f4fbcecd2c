"""Events: what happened to objects, kept for a while.

Source: ``k8s.io/kubernetes/pkg/registry/core/event``, legacyValidateEvent.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from typing_extensions import Unpack

from kregistry.core.builtin import BuiltinStore, BuiltinStrategy, StoreOptions, selectable
from kregistry.core.pod.validation.checks import follow
from kregistry.core.v1 import Event
from kregistry.meta import names as rules
from kregistry.meta.context import Context
from kregistry.meta.field import ErrorList, Path
from kregistry.registry.ages import UNKNOWN, age
from kregistry.registry.gcpolicy import GarbageCollectionPolicy
from kregistry.registry.names import NameGenerator
from kregistry.registry.tables import NAME, Column, Columns
from kregistry.registry.validation import path_segment_name
from kregistry.runtime.resource import Resource
from kregistry.storage.interface import Interface

#: Where Events live.
EVENTS: Final = Resource(Event, "events", short_names=("ev",))

#: Seconds that an event is kept when nobody says otherwise.
DEFAULT_TTL: Final = 3600

_NAMESPACE: Final = Path("involvedObject", "namespace")
#: What errors call ``reportingComponent``: it has another name in the newer group of events.
_CONTROLLER: Final = Path("reportingController")
_MISMATCH: Final = "does not match event.namespace"

#: Source: ``ReportingInstanceLengthLimit`` and its like.
_MAX_SHORT: Final = 128
_MAX_MESSAGE: Final = 1024


class EventStrategy(BuiltinStrategy[Event]):
    """The rules of Events, which are few, because nobody wants to lose one."""

    def __init__(self, *, names: NameGenerator | None = None) -> None:
        super().__init__(EVENTS, names=names, name_rule=path_segment_name)

    def selectable_fields(self, obj: Event) -> Mapping[str, str]:
        about = obj.involved_object
        fields = {
            "involvedObject.kind": about.kind,
            "involvedObject.namespace": about.namespace,
            "involvedObject.name": about.name,
            "involvedObject.uid": about.uid,
            "involvedObject.apiVersion": about.api_version,
            "involvedObject.resourceVersion": about.resource_version,
            "involvedObject.fieldPath": about.field_path,
            "reason": obj.reason,
            "reportingComponent": obj.reporting_component,
            "source": obj.source.component or obj.reporting_component,
            "type": obj.type,
        }
        return selectable(obj, fields, namespaced=True)

    def literal_fields(self) -> Collection[str]:
        """All of them: nothing is computed, and what is left out is empty."""
        return self.selectable_fields(Event())

    def validate(self, ctx: Context, obj: Event) -> ErrorList:
        errs = ErrorList()
        if obj.event_time is None:
            _check_old(errs, obj)
        else:
            _check_new(errs, obj)
        follow(errs, Path("namespace"), obj.metadata.namespace, rules.dns1123_subdomain)
        return errs

    def allow_create_on_update(self) -> bool:
        return True

    def validate_update(self, ctx: Context, obj: Event, old: Event) -> ErrorList:
        return self.validate(ctx, obj)

    def default_garbage_collection_policy(self, ctx: Context) -> GarbageCollectionPolicy:
        """Nothing depends on an event, so nothing waits for its dependents."""
        return GarbageCollectionPolicy.UNSUPPORTED


def _check_old(errs: ErrorList, event: Event) -> None:
    """An event as it was first invented lies beside what it is about."""
    about = event.involved_object.namespace
    fits = (
        event.metadata.namespace in ("", "default")
        if not about
        else (about == event.metadata.namespace)
    )
    if not fits:
        errs.invalid(_NAMESPACE, about, _MISMATCH)


def _check_new(errs: ErrorList, event: Event) -> None:
    """An event with a time of its own says who reports, and what was done."""
    about = event.involved_object.namespace
    if not about and event.metadata.namespace not in ("default", "kube-system"):
        errs.invalid(_NAMESPACE, about, _MISMATCH)
    component = event.reporting_component
    if not component:
        errs.required(_CONTROLLER)
    follow(errs, _CONTROLLER, component, rules.qualified_name)
    _check_text(errs, Path("reportingInstance"), event.reporting_instance)
    _check_text(errs, Path("action"), event.action)
    _check_text(errs, Path("reason"), event.reason)
    _check_length(errs, Path("message"), event.message, _MAX_MESSAGE)


def _check_text(errs: ErrorList, path: Path, text: str) -> None:
    if not text:
        errs.required(path)
    _check_length(errs, path, text, _MAX_SHORT)


def _check_length(errs: ErrorList, path: Path, text: str, limit: int) -> None:
    if len(text.encode("utf-8", "surrogatepass")) > limit:
        errs.invalid(path, "", f"can have at most {limit} characters")


def _first_seen(event: Event, now: datetime) -> str:
    return age(event.first_timestamp or event.event_time, now)


def _last_seen(event: Event, now: datetime) -> str:
    if event.series is not None:
        return age(event.series.last_observed_time, now)
    if event.last_timestamp is None:
        return _first_seen(event, now)
    return age(event.last_timestamp, now)


def _count(event: Event, now: datetime) -> int:
    return event.series.count if event.series is not None else event.count or 1


def _object(event: Event, now: datetime) -> str:
    about = event.involved_object
    kind = about.kind.lower()
    return f"{kind}/{about.name}" if about.name else kind


def _source(event: Event, now: datetime) -> str:
    component = event.source.component or event.reporting_component
    instance = event.source.host or event.reporting_instance
    return f"{component}, {instance}" if instance else component


COLUMNS: Final[tuple[Column[Event], ...]] = (
    Column("Last Seen", _last_seen, description=f"How long ago it last happened, or {UNKNOWN}."),
    Column("Type", lambda event, now: event.type, description="Normal or Warning."),
    Column("Reason", lambda event, now: event.reason, description="What happened, in a word."),
    Column("Object", _object, description="What it happened to."),
    Column(
        "Subobject",
        lambda event, now: event.involved_object.field_path,
        priority=1,
        description="Which part of it.",
    ),
    Column("Source", _source, priority=1, description="Who reported it."),
    Column("Message", lambda event, now: event.message.strip(), description="What happened."),
    Column("First Seen", _first_seen, priority=1, description="How long ago it first happened."),
    Column("Count", _count, priority=1, description="How often it happened."),
    Column("Name", NAME.cell, priority=1, description=NAME.description),
)


class EventStore(BuiltinStore[Event]):
    """Events in *storage*, each for *ttl* seconds after it was last written; 0 for ever."""

    def __init__(
        self,
        storage: Interface[Any],
        *,
        ttl: int = DEFAULT_TTL,
        **options: Unpack[StoreOptions],
    ) -> None:
        tables = Columns(EVENTS.group_resource, COLUMNS)
        super().__init__(EVENTS, storage, EventStrategy(), tables=tables, **options)
        self._ttl = ttl

    def time_to_live(self, obj: Event, existing: int, *, update: bool) -> int:
        return self._ttl
