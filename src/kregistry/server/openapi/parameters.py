"""Parameters of operations: which there are, and which verb takes which.

Source: ``metav1.ListOptions``, ``CreateOptions``, ``UpdateOptions``, ``PatchOptions``,
``DeleteOptions``; ``k8s.io/apiserver/pkg/endpoints`` installer.go.
"""

from __future__ import annotations

from typing import Any, Final

Parameter = dict[str, Any]


def _query(name: str, kind: str, description: str) -> Parameter:
    return {
        "name": name,
        "in": "query",
        "description": description,
        "schema": {"type": kind},
    }


def path_parameter(name: str, description: str) -> Parameter:
    """A part of the path; always wanted."""
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": {"type": "string"},
    }


PRETTY: Final = _query("pretty", "string", "Whether to indent the answer for people to read.")

_DRY_RUN: Final = _query(
    "dryRun", "string", "With the value All, nothing is stored; the answer is as if it were."
)
_FIELD_MANAGER: Final = _query(
    "fieldManager",
    "string",
    "Name under which the changes are remembered; at most 128 printable characters.",
)
_FIELD_VALIDATION: Final = _query(
    "fieldValidation",
    "string",
    "What becomes of unknown and repeated fields: Ignore drops them, Warn drops them and says "
    "so in Warning headers, Strict refuses the request.",
)
_FORCE: Final = _query("force", "boolean", "Take fields over from other managers, when applying.")

_SELECTION: Final = (
    _query("continue", "string", "Token of the previous page of a list."),
    _query("fieldSelector", "string", "Only objects with these values of fields."),
    _query("labelSelector", "string", "Only objects with these labels."),
    _query("limit", "integer", "At most so many objects in one page."),
    _query("resourceVersion", "string", "Version of the store that the answer starts from."),
    _query("resourceVersionMatch", "string", "Exact or NotOlderThan: how to take resourceVersion."),
    _query(
        "sendInitialEvents",
        "boolean",
        "Whether a watch begins with an event for each object there is.",
    ),
    _query("timeoutSeconds", "integer", "End a watch after so many seconds."),
)
_DELETION: Final = (
    _query("gracePeriodSeconds", "integer", "How long the object may take to end; 0 for at once."),
    _query(
        "ignoreStoreReadErrorWithClusterBreakingPotential",
        "boolean",
        "Delete an object that cannot be read, without regard to its finalizers.",
    ),
    _query("orphanDependents", "boolean", "Old form of propagationPolicy."),
    _query(
        "propagationPolicy",
        "string",
        "Orphan, Background or Foreground: what becomes of dependents.",
    ),
)

LIST: Final = (
    _query("allowWatchBookmarks", "boolean", "Whether a watch may tell how far it has come."),
    *_SELECTION,
    _query("watch", "boolean", "Tell changes as they happen, instead of a list."),
)
CREATE: Final = (_DRY_RUN, _FIELD_MANAGER, _FIELD_VALIDATION)
UPDATE: Final = CREATE
PATCH: Final = (*CREATE, _FORCE)
DELETE: Final = (_DRY_RUN, *_DELETION)
DELETE_COLLECTION: Final = (*DELETE, *_SELECTION)

NAMESPACE: Final = path_parameter("namespace", "Namespace of the objects.")
REST: Final = path_parameter("path", "Path of the request that is passed on.")
