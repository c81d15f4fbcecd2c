"""Condition: one thing that is true, false or unknown of an object.

Source: ``k8s.io/apimachinery/pkg/apis/meta/v1`` Condition.
"""

from __future__ import annotations

from kregistry.meta.model import Model, field, model
from kregistry.meta.time import Time


@model
class Condition(Model):
    """A condition as kinds of today have it; there is one per *type*.

    Attributes:
        type: What it is about, such as ``Available``.
        status: ``True``, ``False`` or ``Unknown``.
        observed_generation: Of which generation this was found; 0 when nobody said.
        last_transition_time: When *status* became what it is.
        reason: Machine-readable, never empty.
        message: For people.
    """

    type: str = field(default="", always=True)
    status: str = field(default="", always=True)
    observed_generation: int = 0
    last_transition_time: Time | None = field(default=None, always=True)
    reason: str = field(default="", always=True)
    message: str = field(default="", always=True)
