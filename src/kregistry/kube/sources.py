"""Sources: where a test's objects come from. Files, directories, text, dicts, lists of them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from kregistry.manifests import Manifest, ManifestError, parse, read

#: An object as a dict; the path of a file, or of a directory; YAML or JSON as text; or several.
Source: TypeAlias = "Mapping[str, Any] | str | os.PathLike[str] | Iterable[Source]"

_SUFFIXES = (".yaml", ".yml", ".json")


def documents(sources: Iterable[Source]) -> Iterator[dict[str, Any]]:
    """The objects in *sources*, in order; those in a List one by one.

    A text is a path unless it has several lines or is a JSON object. Of a directory the files
    that end in ``.yaml``, ``.yml`` or ``.json`` are read, in order of their names.

    Raises:
        ManifestError: A file cannot be read, or is neither YAML nor JSON.
        TypeError: A source is nothing of the sort.
        ValueError: A document is no object: it does not say its kind or its version.
    """
    for source in sources:
        for title, tree in _of(source):
            yield from _objects(title, tree)


def _of(source: Source) -> Iterator[tuple[str, Any]]:
    if isinstance(source, Mapping):
        yield "a dict", json.loads(json.dumps(dict(source)))
    elif isinstance(source, str) and _is_text(source):
        yield from _read(parse("the text", source.encode()))
    elif isinstance(source, str | os.PathLike):
        for file in _files(Path(source)):
            yield from _read(read(str(file)))
    elif isinstance(source, Iterable) and not isinstance(source, bytes):
        for each in source:
            yield from _of(each)
    else:
        raise TypeError(
            f"an object is a dict, a path, or a text of YAML or JSON, not a {type(source).__name__}"
        )


def _is_text(source: str) -> bool:
    return "\n" in source or source.lstrip().startswith("{")


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(each for each in path.iterdir() if each.suffix in _SUFFIXES)
    if not found:
        raise ManifestError(f"{path}: no file here ends in {', '.join(_SUFFIXES)}")
    return found


def _read(found: Iterable[Manifest]) -> Iterator[tuple[str, Any]]:
    for manifest in found:
        try:
            yield manifest.source, json.loads(manifest.data)
        except (ValueError, RecursionError) as error:
            raise ManifestError(f"{manifest.source}: not JSON: {error}") from None


def _objects(title: str, tree: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(tree, dict):
        raise ValueError(f"{title}: an object is expected, not a {type(tree).__name__}")
    for key in ("apiVersion", "kind"):
        if not isinstance(tree.get(key), str) or not tree[key]:
            raise ValueError(f"{title}: {key} is missing, so nobody can tell what this is")
    if tree["kind"].endswith("List") and isinstance(tree.get("items"), list):
        for number, item in enumerate(tree["items"], 1):
            yield from _objects(f"{title}, item {number}", item)
    elif not isinstance(tree.get("metadata", {}), dict):
        raise ValueError(f"{title}: metadata is an object, not a {type(tree['metadata']).__name__}")
    else:
        yield tree
