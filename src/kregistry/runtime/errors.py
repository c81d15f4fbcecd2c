"""What runtime raises: bytes that cannot be read, objects that cannot be written or placed.

::

    ValueError
     ├─ CodecError
     │   ├─ DecodeError          bytes or dicts that do not describe such an object
     │   └─ EncodeError          an object that no JSON document can describe
     ├─ SelectorError            a text that is no selector
     └─ SchemeError
         ├─ NotRegistered        the scheme does not know the kind or the class
         ├─ MissingKind
         └─ MissingVersion
"""

from __future__ import annotations

from typing import Final

from kregistry.meta.gvk import GroupVersionKind

_SUMMARY_BYTES: Final = 30


class CodecError(ValueError):
    """An object and its bytes do not come together."""


class EncodeError(CodecError):
    """The object cannot be written as JSON that could be read back."""


class DecodeError(CodecError):
    """The bytes do not describe such an object.

    Attributes:
        gvk: What the document says it is, None where it could not be read that far.
        problems: The single unknown and duplicate fields when these are the reason, else ().
    """

    def __init__(
        self,
        message: str,
        *,
        gvk: GroupVersionKind | None = None,
        problems: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.gvk = gvk
        self.problems = problems

    def about(self, gvk: GroupVersionKind) -> DecodeError:
        """The same error, knowing what the document says it is."""
        self.gvk = gvk
        return self

    def handled_as(self, kind: str, body: bytes = b"") -> str:
        """The message as the API server gives it to a client that sent this to *kind*.

        Args:
            kind: What the endpoint serves.
            body: What the client sent; its beginning is shown where no kind could be read.

        Source: ``handlers.transformDecodeError``.
        """
        if self.gvk is None or not self.gvk.kind:
            shown = _summary(body)
            return f"the object provided is unrecognized (must be of type {kind}): {self} ({shown})"
        return (
            f'{self.gvk.kind} in version "{self.gvk.version}" cannot be handled as a {kind}: {self}'
        )


class SelectorError(ValueError):
    """The text or the requirement selects nothing that could be understood."""


class SchemeError(ValueError):
    """The scheme has no answer."""


class NotRegistered(SchemeError):
    """The scheme does not know the kind, the version or the class. Source: ``notRegisteredErr``."""


class MissingKind(SchemeError):
    """A document does not say its kind. Source: ``missingKindErr``."""


class MissingVersion(SchemeError):
    """A document does not say its apiVersion. Source: ``missingVersionErr``."""


def _summary(body: bytes) -> str:
    """The first bytes, as hexadecimal digits unless they look like JSON.

    Source: ``handlers.summarizeData``.
    """
    if not body:
        return "<empty>"
    start = body[:_SUMMARY_BYTES]
    text = start.decode("utf-8", "replace") if start.startswith(b"{") else start.hex()
    return text if len(body) <= _SUMMARY_BYTES else f"{text} ..."


def missing_kind(where: str) -> MissingKind:
    """The error about a document or object that does not say its kind."""
    return MissingKind(f"Object 'Kind' is missing in '{where}'")


def missing_version(where: str) -> MissingVersion:
    """The error about a document or object that does not say its apiVersion."""
    return MissingVersion(f"Object 'apiVersion' is missing in '{where}'")
