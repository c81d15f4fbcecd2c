"""Parameters of subresources that take more than the verb does, from the classes of options."""

from __future__ import annotations

from typing import Any, Final

import attrs

from kregistry.core import v1
from kregistry.meta.gvk import GroupVersionResource
from kregistry.meta.model import field_types, wire_name
from kregistry.meta.time import Time
from kregistry.server.openapi.parameters import Parameter
from kregistry.server.served import ServedResource, ServedSubresource

#: What takes options and answers with text, though its kind is that of its resource.
_READ_AS_TEXT: Final = {(GroupVersionResource("", "v1", "pods"), "log"): v1.PodLogOptions}

_CONNECT_OPTIONS: Final = {
    options.kind: options
    for options in (
        v1.NodeProxyOptions,
        v1.PodAttachOptions,
        v1.PodExecOptions,
        v1.PodPortForwardOptions,
        v1.PodProxyOptions,
        v1.ServiceProxyOptions,
    )
}

_TYPES: Final[dict[Any, dict[str, Any]]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    str | None: {"type": "string"},
    int | None: {"type": "integer"},
    Time | None: {"type": "string", "format": "date-time"},
    tuple[str, ...]: {"type": "array", "items": {"type": "string"}},
    tuple[int, ...]: {"type": "array", "items": {"type": "integer"}},
}


def answers_text(resource: ServedResource, subresource: ServedSubresource) -> bool:
    """Whether reading the subresource answers with text instead of an object."""
    return (resource.gvr, subresource.name) in _READ_AS_TEXT


def option_parameters(
    resource: ServedResource, subresource: ServedSubresource
) -> tuple[Parameter, ...]:
    """What the options of a subresource say in the query; nothing for one that has none."""
    options: Any = _READ_AS_TEXT.get((resource.gvr, subresource.name))
    if subresource.connects and subresource.gvk(resource).api_version == "v1":
        options = _CONNECT_OPTIONS.get(subresource.kind)
    if options is None:
        return ()
    types = field_types(options)
    return tuple(
        {
            "name": wire_name(attribute),
            "in": "query",
            "description": f"Member {wire_name(attribute)} of {options.kind}.",
            "schema": dict(_TYPES[types[attribute.name]]),
        }
        for attribute in attrs.fields(options)
    )
