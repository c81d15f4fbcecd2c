"""What a Binding must say. Source: ``ValidatePodBinding``."""

from __future__ import annotations

from typing import Final

from kregistry.core.v1 import Binding
from kregistry.meta.field import ErrorList, Path

_TARGET: Final = Path("target")
_KINDS: Final = ("Node", "<empty>")


def validate_pod_binding(binding: Binding) -> ErrorList:
    """Everything that is wrong with *binding*; only reads it."""
    errs = ErrorList()
    if binding.target.kind not in ("", "Node"):
        errs.not_supported(_TARGET / "kind", binding.target.kind, _KINDS)
    if not binding.target.name:
        errs.required(_TARGET / "name")
    return errs
