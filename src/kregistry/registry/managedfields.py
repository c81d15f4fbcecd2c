"""Managed fields as far as a Store has to do with them.

Source: ``k8s.io/apiserver/pkg/endpoints/handlers/fieldmanager/equality.go``.
"""

from __future__ import annotations

import copy

from kregistry.meta.object import Object
from kregistry.meta.objectmeta import ManagedFieldsEntry


def keep_timestamps(obj: Object, old: Object) -> None:
    """Give *obj* the timestamps of *old*'s managers if nothing but timestamps differs.

    So an update that changes nothing stays one, and is not written.

    Source: ``IgnoreManagedFieldsTimestampsTransformer``.
    """
    new_entries, old_entries = obj.metadata.managed_fields, old.metadata.managed_fields
    if new_entries == old_entries or not _differ_in_time_only(new_entries, old_entries):
        return
    obj.metadata.managed_fields = old_entries
    if obj != old:
        obj.metadata.managed_fields = new_entries


def _differ_in_time_only(new: list[ManagedFieldsEntry], old: list[ManagedFieldsEntry]) -> bool:
    return len(new) == len(old) and all(map(_same_but_for_time, new, old))


def _same_but_for_time(one: ManagedFieldsEntry, other: ManagedFieldsEntry) -> bool:
    timed = copy.copy(one)
    timed.time = other.time
    return timed == other
