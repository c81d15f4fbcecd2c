"""The Pod that everything is measured with: 4.3 KB, two containers, 55 objects in one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kregistry.core.pod.strategy import PODS
from kregistry.core.v1 import Pod
from kregistry.runtime import Codec
from kregistry.storage import Config, Interface, factory

#: As a client sends it, already decoded.
TREE: dict[str, Any] = json.loads((Path(__file__).parent / "pod.json").read_text())
#: What the bars are about, unless they say "fast".
STDLIB = Codec(engine="stdlib")

_BARE = STDLIB.from_dict(TREE, Pod)
_BARE.metadata.resource_version = ""
#: The stored bytes of the Pod.
DATA = STDLIB.encode(_BARE)


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
    return f"/pods/{namespace}/p{number:07}"


def pods_in(config: Config) -> Interface[Pod]:
    """The Pods of a fresh store. Its backend is :attr:`ObjectStorage.backend`."""
    return factory.create(config).for_resource(PODS)
