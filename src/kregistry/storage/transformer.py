"""Transformer: what may stand between objects' bytes and stored bytes, such as encryption.

Source: ``k8s.io/apiserver/pkg/storage/value/transformer.go``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod


class Transformer(ABC):
    """Changes bytes on their way to the backend and back. Safe to share between threads.

    Both methods get a context: the full key as bytes. Ciphers authenticate it, so that a
    value that is moved to another key cannot be read there.
    """

    @abstractmethod
    def to_storage(self, data: bytes, context: bytes) -> bytes:
        """The bytes to store for *data*. Runs once for every attempt to write.

        Source: ``Transformer.TransformToStorage``.
        """

    @abstractmethod
    def from_storage(self, data: bytes, context: bytes) -> tuple[bytes, bool]:
        """The bytes that were given to :meth:`to_storage`, and whether they are *stale*.

        Stale means: :meth:`to_storage` would write them differently today, with another key
        for example. The next update then writes them again, even if nothing else changed.

        Source: ``Transformer.TransformFromStorage``.
        """


class Identity(Transformer):
    """Changes nothing, and refuses to take encrypted bytes for plain ones.

    Source: ``encrypt/identity``.
    """

    def to_storage(self, data: bytes, context: bytes) -> bytes:
        return data

    def from_storage(self, data: bytes, context: bytes) -> tuple[bytes, bool]:
        if data.startswith(b"k8s:enc:"):
            raise ValueError("identity transformer tried to read encrypted data")
        return data, False


IDENTITY = Identity()
