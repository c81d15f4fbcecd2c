"""Sources of generated functions.

The texts are made of attribute names, of names that the generator gave, and, through ``repr``, of
what classes declare: wire names, types, simple defaults. Nothing that comes from data is ever part
of one.
"""

from __future__ import annotations

from kregistry.runtime.sources.copying import copy_source
from kregistry.runtime.sources.names import Names
from kregistry.runtime.sources.printing import (
    echo_head_source,
    echo_source,
    print_head_source,
    print_source,
)
from kregistry.runtime.sources.reading import accept_source, read_source
from kregistry.runtime.sources.writing import head_source, write_source

__all__ = [
    "Names",
    "accept_source",
    "copy_source",
    "echo_head_source",
    "echo_source",
    "head_source",
    "print_head_source",
    "print_source",
    "read_source",
    "write_source",
]
