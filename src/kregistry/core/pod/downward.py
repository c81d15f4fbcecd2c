"""Fields of a Pod by the names that its containers, and selectors, may ask for.

Source: ``pkg/apis/core/pods`` ConvertDownwardAPIFieldLabel, ``pkg/fieldpath``.
"""

from __future__ import annotations

from typing import Final

_LABELS: Final = frozenset(
    {
        "metadata.annotations",
        "metadata.labels",
        "metadata.name",
        "metadata.namespace",
        "metadata.uid",
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "status.hostIP",
        "status.hostIPs",
        "status.phase",
        "status.podIP",
        "status.podIPs",
    }
)
_WITH_KEYS: Final = ("metadata.annotations", "metadata.labels")


class DownwardError(ValueError):
    """There is no such field."""


def convert_field_label(version: str, label: str) -> str:
    """The present name of a field; ``spec.host`` is what ``spec.nodeName`` once was.

    Raises:
        DownwardError: Version or field is unknown.
    """
    if version != "v1":
        raise DownwardError(f"unsupported pod version: {version}")
    path, key = split_subscript(label)
    if key is not None:
        if path not in _WITH_KEYS:
            raise DownwardError(f"field label does not support subscript: {label}")
        return label
    if label == "spec.host":
        return "spec.nodeName"
    if label not in _LABELS:
        raise DownwardError(f"field label not supported: {label}")
    return label


def split_subscript(path: str) -> tuple[str, str | None]:
    """``metadata.labels['app']`` as ``("metadata.labels", "app")``; None without brackets.

    Source: ``fieldpath.SplitMaybeSubscriptedPath``.
    """
    if path.endswith("']"):
        name, bracket, key = path[:-2].partition("['")
        if bracket and name:
            return name, key
    return path, None
