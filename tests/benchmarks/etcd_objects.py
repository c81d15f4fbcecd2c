"""A Pod created, read and listed: by a bare call and the codec, and by the whole storage."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path

from etcd_transport import Transport

from kregistry.core.pod.strategy import PODS
from kregistry.core.v1 import Pod
from kregistry.meta.context import Context
from kregistry.runtime import Codec
from kregistry.storage import Interface, ListOptions, SelectionPredicate
from kregistry.storage.backend import Record

CODEC = Codec(engine="auto")
POD = CODEC.from_dict(json.loads((Path(__file__).parent / "pod.json").read_text()), Pod)
POD.metadata.resource_version = ""

#: What everybody writes.
VALUE = CODEC.encode(POD)

PAGE = 500
ROOT = f"/registry/{PODS.prefix}"
PAGE_START, PAGE_END = f"{ROOT}/page/".encode(), f"{ROOT}/page0".encode()
FIRST_KEY = b"%b%06d" % (PAGE_START, 0)

#: The Pod that updates change.
UPDATED = "/updated/web"

_numbers = count()
_CONTEXT = Context()
_OPTIONS = ListOptions(recursive=True, predicate=SelectionPredicate(limit=PAGE))


def fresh_key() -> str:
    """A place below :data:`ROOT` where nothing is yet."""
    return f"/fresh/{next(_numbers):08}"


def change(pod: Pod) -> Pod:
    """*pod*, unlike before, and with no version to be stored."""
    pod.metadata.resource_version = ""
    pod.metadata.annotations["example.com/turn"] = f"{next(_numbers):08}"
    return pod


class Bare:
    """What nobody gets around: encode, call, and decode, as a create answers with an object."""

    def __init__(self, way: Transport) -> None:
        self.name = f"{way.name} + codec"
        self._way = way

    def create(self) -> Pod:
        data = CODEC.encode(POD)
        created = CODEC.decode(data, Pod)
        revision = self._way.put((ROOT + fresh_key()).encode(), data, 0)
        created.metadata.resource_version = str(revision)
        return created

    def get(self) -> Pod:
        return _pod(self._way.get(FIRST_KEY))

    def update(self) -> Pod:
        key = (ROOT + UPDATED).encode()
        record = self._way.get(key)
        data = CODEC.encode(change(_pod(record)))
        updated = CODEC.decode(data, Pod)
        revision = self._way.put(key, data, record.mod_revision)
        updated.metadata.resource_version = str(revision)
        return updated

    def page(self) -> list[Pod]:
        return [_pod(record) for record in self._way.page(PAGE_START, PAGE_END, PAGE)]


class Whole:
    """Interface, as ``factory.create`` makes it."""

    name = "Interface"

    def __init__(self, view: Interface[Pod]) -> None:
        self._view = view

    def create(self) -> Pod:
        return self._view.create(_CONTEXT, f"/{PODS.prefix}{fresh_key()}", POD)

    def get(self) -> Pod:
        return self._view.get(_CONTEXT, f"/{PODS.prefix}/page/000000")

    def update(self) -> Pod:
        key = f"/{PODS.prefix}{UPDATED}"
        return self._view.guaranteed_update(_CONTEXT, key, lambda pod, _: change(pod))

    def page(self) -> list[Pod]:
        return list(self._view.get_list(_CONTEXT, f"/{PODS.prefix}/page", _OPTIONS).items)


def _pod(record: Record) -> Pod:
    pod = CODEC.decode(record.value, Pod)
    pod.metadata.resource_version = str(record.mod_revision)
    return pod
