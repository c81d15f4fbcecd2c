"""Manifests: files and standard input, JSON or YAML, as JSON documents ready to decode."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

#: More than the API server accepts as a request body is not read at all. Bytes.
MAX_BYTES = 3 * 1024 * 1024


class ManifestError(Exception):
    """A manifest cannot be read; the message is one line that says which and why."""


class Manifest(NamedTuple):
    """One document of a file.

    Attributes:
        source: What to call it: the file's name, with a number if the file holds several.
        data: The document as JSON text in UTF-8, not yet checked.
    """

    source: str
    data: bytes


def sample() -> Manifest:
    """The Pod that ships with kregistry."""
    found = resources.files("kregistry").joinpath("sample-pod.json")
    return Manifest("sample-pod.json", found.read_bytes())


def read(name: str) -> Iterator[Manifest]:
    """The documents of the file *name*, or of standard input for ``-``.

    Raises:
        ManifestError: The file cannot be read, is too large, or is YAML that cannot be.
    """
    source, data = (
        ("standard input", _limited(sys.stdin.buffer.read, "-"))
        if name == "-"
        else (
            name,
            _file(name),
        )
    )
    yield from parse(source, data)


def parse(source: str, data: bytes) -> Iterator[Manifest]:
    """The documents in *data*.

    Args:
        source: What to call it in messages; a name that ends in ``.yaml``, ``.yml`` or
            ``.json`` says which of the two it is.
        data: JSON or YAML in UTF-8. JSON is not yet looked at.

    Raises:
        ManifestError: It is YAML that cannot be read.
    """
    if _looks_like_json(source, data):
        yield Manifest(source, data)
    else:
        yield from _yaml_documents(source, data)


def _file(name: str) -> bytes:
    try:
        with Path(name).open("rb") as file:
            return _limited(file.read, name)
    except OSError as error:
        raise ManifestError(f"{name}: {error.strerror or error}") from None
    except ValueError as error:  # a NUL in the name
        raise ManifestError(f"{name!r}: {error}") from None


def _limited(read_bytes: Any, name: str) -> bytes:
    data: bytes = read_bytes(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ManifestError(f"{name}: larger than {MAX_BYTES} bytes")
    return data


def _looks_like_json(source: str, data: bytes) -> bool:
    if source.endswith((".yaml", ".yml")):
        return False
    return source.endswith(".json") or data.lstrip()[:1] in (b"{", b"[", b"")


def _yaml_documents(source: str, data: bytes) -> Iterator[Manifest]:
    from kregistry.runtime.yamltree import YAMLProblem, documents

    try:
        found = [each for each in documents(data) if each.tree is not None]
    except ImportError:
        raise ManifestError(f"{source}: not JSON; to read YAML, install kregistry[yaml]") from None
    except YAMLProblem as error:
        raise ManifestError(f"{source}: neither JSON nor YAML: {error}") from None
    for number, document in enumerate(found, 1):
        title = source if len(found) == 1 else f"{source} (document {number})"
        if document.repeated:
            raise ManifestError(f"{title}: {document.repeated[0]}")
        yield Manifest(title, _as_json(title, document.tree))


def _as_json(title: str, document: Any) -> bytes:
    try:
        return json.dumps(document).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise ManifestError(f"{title}: YAML that JSON cannot say: {error}") from None
