"""Envelope: what stands around a message and says of which kind it is.

Source: ``k8s.io/apimachinery/pkg/runtime/serializer/protobuf`` Serializer, ``runtime.Unknown``.
"""

from __future__ import annotations

from typing import Final, Self

import attrs

from kregistry.meta.wire import BYTES, WireError, tagged
from kregistry.runtime.errors import DecodeError

#: How every document begins.
MAGIC: Final = b"k8s\x00"

_TYPE_META, _RAW = 1, 2
_API_VERSION, _KIND = 1, 2


@attrs.frozen(kw_only=True)
class Envelope:
    """A document that was opened. What it says about its encoding says nothing to the API server.

    Attributes:
        api_version: Group and version, "" if it does not say.
        kind: Kind of the object, "" if it does not say.
        raw: Where in the document the message is: from the first to behind the last byte.
    """

    api_version: str
    kind: str
    raw: tuple[int, int]

    @classmethod
    def open(cls, data: bytes) -> Self:
        """Open a document.

        Raises:
            DecodeError: It is none.
        """
        if not data:
            raise DecodeError("empty data")
        if not data.startswith(MAGIC):
            shown = " ".join(map(str, MAGIC))
            raise DecodeError(
                f"provided data does not appear to be a protobuf message, expected prefix [{shown}]"
            )
        if len(data) == len(MAGIC):
            raise DecodeError("empty body")
        try:
            return cls._read(data)
        except WireError as error:
            raise DecodeError(f"proto: Unknown: {error}") from None
        except UnicodeDecodeError:
            raise DecodeError("proto: TypeMeta is not UTF-8") from None

    @classmethod
    def _read(cls, data: bytes) -> Self:
        said = {_API_VERSION: "", _KIND: ""}
        raw = (len(data), len(data))
        for number, kind, first, upto in tagged(data, len(MAGIC)):
            if number in (_TYPE_META, _RAW):
                _require(number, kind)
            if number == _RAW:
                raw = (first, upto)
            elif number == _TYPE_META:
                for member, inner, at, end in tagged(data, first, upto):
                    if member in said:
                        _require(member, inner)
                        said[member] = data[at:end].decode()
        return cls(api_version=said[_API_VERSION], kind=said[_KIND], raw=raw)


def _require(number: int, kind: int) -> None:
    if kind != BYTES:
        raise WireError(f"wrong wireType = {kind} for field {number}")
