"""Names: from the camelCase of the wire to the snake_case of Python."""

from __future__ import annotations

import keyword
import re

#: A run of capitals is one word, with the s of its plural; so is a capital with what follows.
_WORDS = re.compile(r"[A-Z]{2,}s(?![a-z])|[A-Z]+(?![a-z])|[A-Z][a-z0-9]*|[a-z0-9]+", re.ASCII)
#: Names that would hide the function ``field`` in the body of a class.
_TAKEN = {"field", "model"}


def snake_case(wire: str) -> str:
    """``podIPs`` becomes ``pod_ips``, ``continue`` becomes ``continue_``."""
    name = "_".join(word.lower() for word in _WORDS.findall(wire))
    return f"{name}_" if keyword.iskeyword(name) or name in _TAKEN else name


def camel_case(name: str) -> str:
    """What ``kregistry.meta.model`` makes of a name when nothing else is declared."""
    head, *tail = name.rstrip("_").split("_")
    return head + "".join(word[:1].upper() + word[1:] for word in tail)
