"""Scheme, codec, untyped objects and selectors: everything about objects but their storage."""

from __future__ import annotations

from kregistry.runtime.codec import Codec, Decoded, UnknownFields
from kregistry.runtime.engine import JSONEngine
from kregistry.runtime.errors import (
    CodecError,
    DecodeError,
    EncodeError,
    MissingKind,
    MissingVersion,
    NotRegistered,
    SchemeError,
    SelectorError,
)
from kregistry.runtime.limits import Limits
from kregistry.runtime.resource import Resource
from kregistry.runtime.scheme import ObjectTyper, Scheme
from kregistry.runtime.unstructured import Unstructured

__all__ = [
    "Codec",
    "CodecError",
    "DecodeError",
    "Decoded",
    "EncodeError",
    "JSONEngine",
    "Limits",
    "MissingKind",
    "MissingVersion",
    "NotRegistered",
    "ObjectTyper",
    "Resource",
    "Scheme",
    "SchemeError",
    "SelectorError",
    "UnknownFields",
    "Unstructured",
]
