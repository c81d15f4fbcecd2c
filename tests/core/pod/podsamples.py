"""Pods for tests: written as a client writes them, judged as a new Pod is judged."""

from __future__ import annotations

import json
from typing import Any

from kregistry.core.pod import PodStrategy, set_pod_defaults
from kregistry.core.v1 import Pod
from kregistry.meta.context import Context
from kregistry.runtime import Codec

CODEC = Codec()
CONTEXT = Context(namespace="ns")

#: The words of rules that many errors end with.
LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex "
    "used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
    r"for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
QUALIFIED = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end "
    "with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
NO_NAME_PART = "name part must be non-empty"
LABEL_VALUE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',"
    "  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
MODE = "must be a number between 0 and 0777 (octal), both inclusive"
IDS = "must be between 0 and 2147483647, inclusive"


def document(
    spec: dict[str, Any] | None = None,
    *,
    container: dict[str, Any] | None = None,
    meta: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """A manifest: one container, changed by *container*; *spec* and *meta* on top."""
    main = {"name": "c", "image": "i", **(container or {})}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "namespace": "ns", **(meta or {})},
        "spec": {"containers": [main], **(spec or {})},
    }


def decoded(manifest: dict[str, Any]) -> Pod:
    """The Pod of a manifest, with defaults."""
    pod = CODEC.decode_strict(json.dumps(manifest).encode(), Pod, unknown="Strict").obj
    set_pod_defaults(pod)
    return pod


def made(
    spec: dict[str, Any] | None = None,
    *,
    container: dict[str, Any] | None = None,
    meta: dict[str, Any] | None = None,
) -> Pod:
    """The Pod of :func:`document`."""
    return decoded(document(spec, container=container, meta=meta))


def complaints(pod: Pod, *, privileged: bool = False) -> list[str]:
    """What is wrong with a new Pod, one line each."""
    strategy = PodStrategy(allow_privileged=privileged)
    strategy.prepare_for_create(CONTEXT, pod)
    return [str(error) for error in strategy.validate(CONTEXT, pod)]


def spec_complaints(spec: dict[str, Any], **more: Any) -> list[str]:
    """The same for a spec."""
    return complaints(made(spec), **more)


def container_complaints(container: dict[str, Any], **more: Any) -> list[str]:
    """The same for a container; without the path that leads to it."""
    found = complaints(made(container=container), **more)
    return [line.removeprefix("spec.containers[0].") for line in found]


def update_complaints(old: Pod, new: Pod) -> list[str]:
    """What is wrong with putting *new* in the place of *old*, one line each."""
    for pod in (old, new):
        pod.metadata.resource_version = pod.metadata.resource_version or "1"
    strategy = PodStrategy()
    strategy.prepare_for_update(CONTEXT, new, old)
    return [str(error) for error in strategy.validate_update(CONTEXT, new, old)]
