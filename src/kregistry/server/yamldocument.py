"""YAML: one document of a client as a tree, and a tree as such a document.

Source: ``sigs.k8s.io/yaml`` YAMLToJSONStrict, Marshal.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from kregistry.runtime.errors import DecodeError
from kregistry.runtime.yamltree import YAMLProblem, documents, resolved

#: No line is broken.
_WIDTH: Final = 2**30


def tree_of_yaml(data: bytes) -> tuple[Any, list[str]]:
    """The tree of the one document in *data*, and the keys that occur twice in a map.

    Raises:
        DecodeError: It is no YAML, has aliases, or says what JSON cannot.
    """
    try:
        found = list(documents(data))
    except YAMLProblem as error:
        raise DecodeError(f"error converting YAML to JSON: yaml: {error}") from None
    if len(found) > 1:
        raise DecodeError("error converting YAML to JSON: yaml: expected a single document")
    return (found[0].tree, found[0].repeated) if found else (None, [])


def yaml_of_tree(tree: Any) -> bytes:
    """The document that says the same, its members in order of their names."""
    import yaml

    text: str = yaml.dump(
        tree, Dumper=_dumper(), default_flow_style=False, allow_unicode=True, width=_WIDTH
    )
    return text.encode()


@cache
def _dumper() -> Any:
    """Writes every value where it stands, and quotes all texts that others would not read as such.

    To the API server's parser, ``y`` and ``1e3`` are none.
    """
    import yaml

    class Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
        def ignore_aliases(self, data: Any) -> bool:
            return True

    def of_text(dumper: Any, text: str) -> Any:
        style = None if isinstance(resolved(text), str) else "'"
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    Dumper.add_representer(str, of_text)
    return Dumper
