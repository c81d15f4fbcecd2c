"""Operations: what each verb takes and answers, as OpenAPI describes it.

The identifiers are those of the API server, so that clients generated from its documents and
from these have the same methods.

Source: ``k8s.io/apiserver/pkg/endpoints`` installer.go registerResourceHandlers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import attrs

from kregistry.meta.gvk import GroupVersionKind
from kregistry.server.openapi import bodies, parameters
from kregistry.server.openapi.connect import answers_text, option_parameters
from kregistry.server.openapi.naming import door_name, operation_id, tag
from kregistry.server.openapi.parameters import Parameter
from kregistry.server.openapi.schemas import GVK_EXTENSION, gvk_tree
from kregistry.server.openapi.types import KindTypes, list_kind
from kregistry.server.served import ServedResource, ServedSubresource

Operation = dict[str, Any]

#: The methods by which requests are passed on, by the verbs that they count as.
_CONNECT_METHODS: Final = {
    "get": "get",
    "create": "post",
    "update": "put",
    "patch": "patch",
    "delete": "delete",
}


@attrs.frozen
class Subject:
    """What the operations at some paths are about: a resource, or a subresource of it.

    Attributes:
        resource: The resource.
        door: The subresource; None for the resource itself.
        types: The types of the document.
    """

    resource: ServedResource
    door: ServedSubresource | None
    types: KindTypes

    @property
    def gvk(self) -> GroupVersionKind:
        """What is sent and answered."""
        return self.door.gvk(self.resource) if self.door else self.resource.gvk

    @property
    def type_name(self) -> str:
        """Component that is the type of what is sent and answered."""
        return self.types.name_of(self.gvk)

    @property
    def list_type_name(self) -> str:
        """Component that is the type of a list."""
        return self.types.name_of(list_kind(self.resource))

    @property
    def called(self) -> str:
        """What it is called in identifiers, such as ``NamespacedPodStatus``."""
        scope = "Namespaced" if self.resource.namespaced else ""
        return f"{scope}{self.resource.kind}{door_name(self.door.name) if self.door else ''}"

    @property
    def words(self) -> str:
        """What it is called in descriptions, such as ``status of the Pod``."""
        kind = f"the {self.resource.kind}"
        return f"{self.door.name} of {kind}" if self.door else kind


def list_operation(subject: Subject, *, everywhere: bool = False) -> Operation:
    """GET of a collection; *everywhere* is the one over all namespaces."""
    kind = subject.resource.kind
    return _operation(
        subject,
        "list",
        ("list", f"{kind}ForAllNamespaces" if everywhere else subject.called),
        f"list or watch objects of kind {kind}",
        takes=parameters.LIST,
        responses=bodies.list_answers(subject.list_type_name),
    )


def create_operation(subject: Subject) -> Operation:
    """POST to a collection or to a subresource."""
    return _operation(
        subject,
        "post",
        ("create", subject.called),
        f"create {subject.words}",
        takes=parameters.CREATE,
        body=bodies.request_body(subject.type_name),
        responses=bodies.object_answers(subject.type_name, 200, 201, 202),
    )


def delete_collection_operation(subject: Subject) -> Operation:
    """DELETE of a collection."""
    return _operation(
        subject,
        "deletecollection",
        ("delete", f"Collection{subject.called}"),
        f"delete objects of kind {subject.resource.kind}",
        takes=parameters.DELETE_COLLECTION,
        body=bodies.request_body(bodies.DELETE_OPTIONS, required=False),
        responses=bodies.deletion_answers(subject.list_type_name, 200),
    )


def read_operation(subject: Subject) -> Operation:
    """GET of an object, or of something about it."""
    door = subject.door
    text = door is not None and answers_text(subject.resource, door)
    return _operation(
        subject,
        "get",
        ("read", subject.called),
        f"read {subject.words}",
        takes=option_parameters(subject.resource, door) if door else (),
        responses=bodies.text_answers("text/plain")
        if text
        else bodies.object_answers(subject.type_name, 200),
    )


def replace_operation(subject: Subject) -> Operation:
    """PUT of an object or of a subresource."""
    return _operation(
        subject,
        "put",
        ("replace", subject.called),
        f"replace {subject.words}",
        takes=parameters.UPDATE,
        body=bodies.request_body(subject.type_name),
        responses=bodies.object_answers(subject.type_name, 200, 201),
    )


def patch_operation(subject: Subject) -> Operation:
    """PATCH of an object or of a subresource.

    Clients look here for ``fieldValidation`` and ``dryRun`` before they use them, and for the
    strategic merge patch before they send one.
    """
    strategic = subject.types.is_known(subject.gvk) and not subject.resource.custom
    return _operation(
        subject,
        "patch",
        ("patch", subject.called),
        f"change parts of {subject.words}",
        takes=parameters.PATCH,
        body=bodies.patch_body(strategic=strategic),
        responses=bodies.object_answers(subject.type_name, 200, 201),
    )


def delete_operation(subject: Subject) -> Operation:
    """DELETE of an object or of a subresource."""
    return _operation(
        subject,
        "delete",
        ("delete", subject.called),
        f"delete {subject.words}",
        takes=parameters.DELETE,
        body=bodies.request_body(bodies.DELETE_OPTIONS, required=False),
        responses=bodies.deletion_answers(subject.type_name, 200, 202),
    )


def connect_operations(
    subject: Subject, door: ServedSubresource, *, with_path: bool = False
) -> dict[str, Operation]:
    """Every method by which requests are passed on; *with_path* with a path behind."""
    return {
        method: _connect_operation(subject, door, method, with_path)
        for verb, method in _CONNECT_METHODS.items()
        if verb in door.verbs
    }


def _connect_operation(
    subject: Subject, door: ServedSubresource, method: str, with_path: bool
) -> Operation:
    behind = "WithPath" if with_path else ""
    return _operation(
        subject,
        "connect",
        ("connect", f"{method.capitalize()}{subject.called}{behind}"),
        f"pass {method.upper()} requests on to {subject.words}",
        takes=option_parameters(subject.resource, door),
        responses=bodies.text_answers("*/*"),
    )


def _operation(
    subject: Subject,
    action: str,
    name: tuple[str, str],
    description: str,
    *,
    takes: Sequence[Parameter],
    responses: dict[str, Any],
    body: dict[str, Any] | None = None,
) -> Operation:
    """*name* is what stands before and behind the group and version in the identifier."""
    group_version = subject.resource.group_version
    operation: Operation = {
        "tags": [tag(group_version)],
        "description": description,
        "operationId": operation_id(name[0], group_version, name[1]),
    }
    if takes:
        operation["parameters"] = list(takes)
    if body is not None:
        operation["requestBody"] = body
    operation["responses"] = responses
    operation["x-kubernetes-action"] = action
    operation[GVK_EXTENSION] = gvk_tree(subject.gvk)
    return operation
