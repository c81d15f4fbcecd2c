"""The smallest objects that are taken, of every kind that is served."""

from __future__ import annotations

import copy
from typing import Any

#: What the kinds with rules of their own insist on, besides a name.
_NEEDED: dict[str, dict[str, Any]] = {
    "Binding": {"target": {"kind": "Node", "name": "n1"}},
    "Deployment": {
        "spec": {
            "selector": {"matchLabels": {"a": "b"}},
            "template": {
                "metadata": {"labels": {"a": "b"}},
                "spec": {"containers": [{"name": "c", "image": "i"}]},
            },
        }
    },
    "Event": {"involvedObject": {"namespace": "default"}},
    "LocalSubjectAccessReview": {
        "spec": {"user": "u", "resourceAttributes": {"namespace": "default", "verb": "get"}}
    },
    "Pod": {"spec": {"containers": [{"name": "c", "image": "i"}]}},
    "Scale": {"spec": {"replicas": 2}},
    "SelfSubjectAccessReview": {"spec": {"resourceAttributes": {"verb": "get"}}},
    "SelfSubjectRulesReview": {"spec": {"namespace": "default"}},
    "Service": {"spec": {"ports": [{"port": 80}]}},
    "SubjectAccessReview": {"spec": {"user": "u", "resourceAttributes": {"verb": "get"}}},
    "TokenReview": {"spec": {"token": "t"}},
}
_NEEDED_IN: dict[tuple[str, str], dict[str, Any]] = {
    ("events.k8s.io/v1", "Event"): {"regarding": {"namespace": "default"}},
}


def minimal(api_version: str, kind: str, name: str) -> dict[str, Any]:
    """An object of that kind and name, to be changed at will."""
    needed = _NEEDED_IN.get((api_version, kind), _NEEDED.get(kind, {}))
    document = {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}}
    return {**document, **copy.deepcopy(needed)}
