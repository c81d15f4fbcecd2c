"""Are the values of metadata of their declared types at all?

What comes from a decoder always is. Objects built by hand may hold anything, and the rules
that follow would stumble over it; in Go the compiler answers this.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from kregistry.meta.field import ErrorList, Path
from kregistry.meta.model import camel_case
from kregistry.meta.objectmeta import ManagedFieldsEntry, ObjectMeta, OwnerReference
from kregistry.meta.time import Time

_TEXTS = ("name", "generate_name", "namespace", "uid", "resource_version", "self_link")
_texts_of = attrgetter(*_TEXTS)
_TIMES = ("creation_timestamp", "deletion_timestamp")


def validate_meta_types(meta: ObjectMeta, path: Path) -> ErrorList:
    """An error for each value that is of another type than declared."""
    errs = ErrorList()
    texts = _texts_of(meta)
    if any(text.__class__ is not str for text in texts):
        for name, text in zip(_TEXTS, texts, strict=True):
            _expect(errs, path, name, text, str, "a string")
    for name in _TIMES:
        value = getattr(meta, name)
        if value is not None:
            _expect(errs, path, name, value, Time, "a time")
    if type(meta.generation) is not int:
        errs.type_invalid(path / "generation", meta.generation, "must be an integer")
    grace = meta.deletion_grace_period_seconds
    if grace is not None and type(grace) is not int:
        errs.type_invalid(path / "deletionGracePeriodSeconds", grace, "must be an integer")
    _expect_map(errs, path / "labels", meta.labels)
    _expect_map(errs, path / "annotations", meta.annotations)
    _expect_items(errs, path / "finalizers", meta.finalizers, str)
    _expect_items(errs, path / "ownerReferences", meta.owner_references, OwnerReference)
    _expect_items(errs, path / "managedFields", meta.managed_fields, ManagedFieldsEntry)
    return errs


def _expect(errs: ErrorList, path: Path, name: str, value: Any, kind: type, called: str) -> None:
    if not isinstance(value, kind):
        errs.type_invalid(path / camel_case(name), value, f"must be {called}")


def _expect_map(errs: ErrorList, path: Path, value: Any) -> None:
    if not isinstance(value, dict):
        errs.type_invalid(path, value, "must be a map of strings")
        return
    for key, text in value.items():
        if not isinstance(key, str):
            errs.type_invalid(path, key, "must be a string")
        elif not isinstance(text, str):
            errs.type_invalid(path.key(key), text, "must be a string")


def _expect_items(errs: ErrorList, path: Path, value: Any, kind: type) -> None:
    if not isinstance(value, list | tuple):
        errs.type_invalid(path, value, "must be a list")
        return
    for index, item in enumerate(value):
        if not isinstance(item, kind):
            errs.type_invalid(path.index(index), item, "is of the wrong type")
