"""Write what strategic merge patches go by, or check that the tree has it as it should be.

    python tools/generate_patch_schemas.py            writes src/kregistry/server/patch/builtin.json
    python tools/generate_patch_schemas.py --check    exits 1 and names the file if it differs
    python tools/generate_patch_schemas.py --openapi DOCUMENTS
                                                      takes another release first

The data is in tools/patches/schemas.json: every schema of a release, without descriptions.
*DOCUMENTS* is a directory with what a server of that release answers to
``kubectl get --raw /openapi/v3/apis/apps/v1`` and to the same for every other group and version.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from typegen.openapi import schemas_of

HERE = Path(__file__).resolve().parent
DATA = HERE / "patches" / "schemas.json"
SOURCE = HERE.parent / "src"
TARGET = SOURCE / "kregistry" / "server" / "patch" / "builtin.json"

sys.path.insert(0, str(SOURCE))

from kregistry.server.patch.openapi import kinds_table, type_table  # noqa: E402


def text_of(schemas: dict[str, Any]) -> str:
    """The generated file: kinds and the types that can be reached from them, one a line.

    Raises:
        ValueError: A schema that is referred to is missing, or there is no kind at all.
    """
    kinds = kinds_table(schemas)
    if not kinds:
        raise ValueError("no schema says of which kind it is")
    try:
        types = type_table(schemas)
    except KeyError as error:
        raise ValueError(f"no schema for {error.args[0]}") from None
    reached = _reachable(types, set(kinds.values()))
    kept = {name: fields for name, fields in types.items() if name in reached}
    return f'{{\n"kinds": {_lines(kinds)},\n"types": {_lines(kept)}\n}}\n'


def _reachable(types: dict[str, dict[str, str]], names: set[str]) -> set[str]:
    """The names, and those of all types that their fields are made of."""
    found: set[str] = set()
    while names:
        found |= names
        named = {
            text.split()[0].removeprefix("[]")
            for name in names
            for text in types.get(name, {}).values()
        }
        names = (named & types.keys()) - found
    return found


def _lines(table: dict[str, Any]) -> str:
    """A JSON object with one member a line, so that changes can be read."""
    members = (
        f"{json.dumps(name)}: {json.dumps(value, separators=(',', ':'))}"
        for name, value in sorted(table.items())
    )
    return "{\n" + ",\n".join(members) + "\n}"


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--openapi", type=Path, help="directory of a release's documents")
    parser.add_argument("--data", type=Path, default=DATA, help="file of the schemas")
    parser.add_argument("--target", type=Path, default=TARGET, help="file to write")
    options = parser.parse_args(arguments)
    try:
        if options.openapi:
            schemas = schemas_of(sorted(options.openapi.glob("*.json")))
            options.data.write_text(_lines(schemas) + "\n")
        text = text_of(json.loads(options.data.read_text()))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    if options.target.exists() and options.target.read_text() == text:
        return 0
    print(options.target)
    if not options.check:
        options.target.write_text(text)
    return 1 if options.check else 0


if __name__ == "__main__":
    sys.exit(main())
