"""LabelSelector as a field of an object.

Source: ``k8s.io/apimachinery/pkg/apis/meta/v1`` LabelSelector, LabelSelectorRequirement.
"""

from __future__ import annotations

from typing import ClassVar

from kregistry.meta.model import Model, field, model


@model
class LabelSelectorRequirement(Model):
    """One condition on one label.

    ``In`` and ``NotIn`` compare with *values*, which must not be empty then; ``Exists`` and
    ``DoesNotExist`` must have none.
    """

    key: str = field(default="", always=True)
    operator: str = field(default="", always=True)
    values: list[str] = field(factory=list, list_type="atomic")


@model
class LabelSelector(Model):
    """Which objects belong: those that meet every entry of both fields.

    An empty selector takes all objects; where a field holds None instead, no object.
    """

    map_type: ClassVar[str] = "atomic"

    match_labels: dict[str, str] = field(factory=dict)
    match_expressions: list[LabelSelectorRequirement] = field(factory=list, list_type="atomic")
