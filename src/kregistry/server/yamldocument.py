"""YAML: one document of a client, as the tree that JSON would have given, and back.

Loaded where it is used; the extra ``yaml`` installs the parser. Names that stand for other parts
of the document are refused: nine lines of them can denote more than any memory holds.

Source: ``sigs.k8s.io/yaml`` YAMLToJSONStrict, Marshal.
"""

from __future__ import annotations

from typing import Any

from kregistry.runtime.errors import DecodeError


def tree_of_yaml(data: bytes) -> tuple[Any, list[str]]:
    """The tree of the one document in *data*, and the keys that occur twice in a map.

    Raises:
        DecodeError: It is no YAML, has aliases, or says what JSON cannot.
    """
    import yaml

    try:
        made = _loader(yaml)(data)
        return made.get_single_data(), made.problems
    except (yaml.YAMLError, RecursionError, ValueError, TypeError) as error:
        reason = " ".join(str(error).split()) or "nested too deeply"
        raise DecodeError(f"error converting YAML to JSON: yaml: {reason}") from None


def yaml_of_tree(tree: Any) -> bytes:
    """The document that says the same, its members in order of their names."""
    import yaml

    text: str = yaml.safe_dump(tree, default_flow_style=False, allow_unicode=True, width=2**31)
    return text.encode()


def _loader(yaml: Any) -> Any:
    """A safe loader that reads scalars as JSON has them and notes repeated keys."""

    class Loader(yaml.SafeLoader):  # type: ignore[misc]
        def __init__(self, stream: Any) -> None:
            super().__init__(stream)
            self.problems: list[str] = []

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                raise yaml.YAMLError("aliases are not accepted")
            return super().compose_node(parent, index)

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            seen = set()
            for key, _ in node.value:
                if not isinstance(key.value, str):
                    raise yaml.YAMLError("a key must be a scalar")
                if key.value in seen:
                    line = key.start_mark.line + 1
                    self.problems.append(f'line {line}: key "{key.value}" already set in map')
                seen.add(key.value)
            made = super().construct_mapping(node, deep)
            return {_key(key): value for key, value in made.items()}

    # A timestamp stays the text it is in JSON; `<<` is a key like any other.
    left_out = ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:merge")
    Loader.yaml_implicit_resolvers = {
        first: [entry for entry in entries if entry[0] not in left_out]
        for first, entries in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    return Loader


def _key(key: Any) -> str:
    """A key as JSON writes it."""
    match key:
        case str():
            return key
        case bool():
            return "true" if key else "false"
        case None:
            return "null"
    return str(key)
