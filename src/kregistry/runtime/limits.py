"""Limits: how big and how deep a document may be."""

from __future__ import annotations

from typing import Final

import attrs
from attrs.validators import ge, le

#: What the JSON of one object may nest. Far below what would exhaust the interpreter's stack.
MAX_DEPTH: Final = 128

#: What it may be raised to: copying and comparing are recursive, and so is much else.
HIGHEST_MAX_DEPTH: Final = 200

INT64_MIN: Final = -(2**63)
INT64_MAX: Final = 2**63 - 1


@attrs.frozen(kw_only=True)
class Limits:
    """What a codec accepts.

    Attributes:
        max_depth: Arrays and objects inside each other; the object itself is the first level.
        max_body_bytes: Bytes of one document from a client.
        max_problems: Unknown and duplicate fields that are reported; the rest is only counted
            as there.
        max_structs: Instances that one document may make. A few bytes make an instance with
            dozens of fields, so that the length of a document does not bound its cost.
    """

    max_depth: int = attrs.field(default=MAX_DEPTH, validator=[ge(1), le(HIGHEST_MAX_DEPTH)])
    max_body_bytes: int = attrs.field(default=3 * 1024 * 1024, validator=ge(1))
    max_problems: int = attrs.field(default=100, validator=ge(1))
    max_structs: int = attrs.field(default=100_000, validator=ge(1))


DEFAULT_LIMITS: Final = Limits()
