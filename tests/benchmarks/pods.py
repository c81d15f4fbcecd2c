"""The Pod that everything is measured with: 4.3 KB, two containers, 55 objects in one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kregistry.core.pod.strategy import PODS
from kregistry.core.v1 import Pod
from kregistry.meta.context import Context
from kregistry.runtime import Codec
from kregistry.storage import Backend, Config, Interface, factory
from kregistry.storage.objects import ObjectStorage

CONTEXT = Context()

#: As a client sends it, already decoded.
TREE: dict[str, Any] = json.loads((Path(__file__).parent / "pod.json").read_text())
#: What the bars are about, unless they say "fast".
STDLIB = Codec(engine="stdlib")

_BARE = STDLIB.from_dict(TREE, Pod)
_BARE.metadata.resource_version = ""
#: The stored bytes of the Pod.
DATA = STDLIB.encode(_BARE)

_NAME = b'"name":"%s"' % _BARE.metadata.name.encode()
assert DATA.count(_NAME) == 1


def pod(name: str = "", namespace: str = "", node: str = "", labels: Any = None) -> Pod:
    """A fresh Pod without resourceVersion, with what is given in place of what it has."""
    made = STDLIB.copy(_BARE)
    made.metadata.name = name or made.metadata.name
    made.metadata.namespace = namespace or made.metadata.namespace
    made.spec.node_name = node or made.spec.node_name
    made.metadata.labels |= labels or {}
    return made


def key(number: int, namespace: str = "default") -> str:
    """A key of a Pod, for :class:`~kregistry.storage.Interface`."""
    return f"/pods/{namespace}/{name(number)}"


@contextmanager
def pods_in(config: Config) -> Iterator[Interface[Pod]]:
    """The Pods of a store that is open for the length of a block."""
    with factory.create(config) as storage:
        yield storage.for_resource(PODS)


def backend_of(pods: Interface[Pod]) -> Backend:
    """Where the bytes of *pods* are."""
    assert isinstance(pods, ObjectStorage)
    return pods.backend


def data(number: int) -> bytes:
    """The stored bytes of the Pod of that number: as many as :data:`DATA` has, but its name."""
    return DATA.replace(_NAME, b'"name":"%s"' % name(number).encode())


def name(number: int) -> str:
    """The name of the Pod of that number."""
    return f"web-7d4b9c6f5d-{number:07}"
