"""Documents: trees of JSON values as the bytes of an answer."""

from __future__ import annotations

import json
from typing import Any

from kregistry.runtime.engine import STDLIB, JSONEngine
from kregistry.server.negotiation import YAML, Negotiated
from kregistry.server.yamldocument import yaml_of_tree


def written(tree: Any, form: Negotiated, *, engine: JSONEngine = STDLIB) -> bytes:
    """*tree* in the form that was negotiated; ends with a line feed.

    Args:
        tree: Dicts, lists and scalars, as a codec makes them.
        form: How to write it.
        engine: Writes compact JSON.
    """
    if form.media_type == YAML:
        return yaml_of_tree(tree)
    if form.pretty:
        return (json.dumps(tree, indent=2, ensure_ascii=False) + "\n").encode()
    return engine.dumps(tree) + b"\n"
