"""Rules for the name of an object, each also for the beginning of a name.

A kind picks one; the generic rule of every kind is :func:`path_segment_name`.

Source: ``k8s.io/apimachinery/pkg/api/validation/generic.go``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from kregistry.meta import names

#: ``rule(name, prefix)``: what is wrong with *name*, or, if *prefix*, with every name that
#: starts with it and goes on. Source: ``validation.ValidateNameFunc``.
NameRule: TypeAlias = Callable[[str, bool], Sequence[str]]


def path_segment_name(name: str, prefix: bool) -> Sequence[str]:
    """The name fits between two slashes. Source: ``path.ValidatePathSegmentName``."""
    return names.path_segment_name(name, prefix=prefix)


def dns_subdomain_name(name: str, prefix: bool) -> Sequence[str]:
    """The name is a DNS subdomain, as of most kinds. Source: ``NameIsDNSSubdomain``."""
    return names.dns1123_subdomain(names.mask_trailing_dash(name) if prefix else name)


def dns_label_name(name: str, prefix: bool) -> Sequence[str]:
    """The name is a DNS label, as of namespaces. Source: ``NameIsDNSLabel``."""
    return names.dns1123_label(names.mask_trailing_dash(name) if prefix else name)


def dns1035_label_name(name: str, prefix: bool) -> Sequence[str]:
    """The name is a DNS label that starts with a letter. Source: ``NameIsDNS1035Label``."""
    return names.dns1035_label(names.mask_trailing_dash(name) if prefix else name)
