"""Bring the types in the OpenAPI documents that kregistry serves to another release.

    python tools/refresh_schemas.py --openapi DOCUMENTS

*DOCUMENTS* is a directory with what a server of that release answers to
``kubectl get --raw /openapi/v3/api/v1`` and to the same for every other group and version
whose types are wanted. Types that none of them has are gone afterwards: their kinds are
described as objects with any fields.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from typegen.openapi import schemas_of

TARGET = Path(__file__).parents[1] / "src" / "kregistry" / "server" / "openapi" / "schemas.json"


def printed(schemas: dict[str, Any]) -> str:
    """One line per type, so that a difference between releases can be read."""
    lines = (
        f"{json.dumps(name)}:{json.dumps(schema, separators=(',', ':'), sort_keys=True)}"
        for name, schema in sorted(schemas.items())
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--openapi", type=Path, required=True, help="directory of the documents")
    parser.add_argument("--target", type=Path, default=TARGET)
    options = parser.parse_args(arguments)
    documents = sorted(options.openapi.glob("*.json"))
    if not documents:
        print(f"no documents in {options.openapi}", file=sys.stderr)
        return 2
    options.target.write_text(printed(schemas_of(documents)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
