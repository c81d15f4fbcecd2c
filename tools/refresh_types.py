"""Bring the classes of the built-in kinds to another release of Kubernetes.

    python tools/refresh_types.py --release v1.37.0 --openapi DOCUMENTS --go CHECKOUT

*DOCUMENTS* is a directory with what a server of that release answers to
``kubectl get --raw /openapi/v3/api/v1`` and to the same for ``apis/apps/v1``,
``apis/coordination.k8s.io/v1`` and ``apis/policy/v1``; the documents in the Kubernetes
repository will not do, because they leave out the documented values of fields. *CHECKOUT*
is a clone of https://github.com/kubernetes/api at that release.

Writes the data files in tools/types, then the classes. A new class needs a line in
tools/types/topics.json; the message says which.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import generate_types
from typegen.gofacts import facts_of
from typegen.openapi import schemas_of
from typegen.source import MADE, SourceError, reachable


def refresh(release: str, documents: Path, checkout: Path, data: Path) -> None:
    """Write the two data files that come from a release.

    Raises:
        SourceError: One of them lacks a type.
    """
    schemas = schemas_of(sorted(documents.glob("*.json")))
    kept = {name: schemas[name] for name in sorted(reachable(schemas))}
    facts = facts_of([name for name in kept if name.startswith(MADE)], checkout)
    _write(data / "schemas.json", kept)
    _write(data / "go_facts.json", {"release": release, "types": facts})


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n")


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--release", required=True, help="such as v1.37.0")
    parser.add_argument("--openapi", type=Path, required=True, help="directory of the documents")
    parser.add_argument("--go", type=Path, required=True, help="clone of kubernetes/api")
    parser.add_argument("--data", type=Path, default=generate_types.DATA)
    parser.add_argument("--target", type=Path, default=generate_types.TARGET)
    options = parser.parse_args(arguments)
    try:
        refresh(options.release, options.openapi, options.go, options.data)
    except SourceError as error:
        print(error, file=sys.stderr)
        return 2
    return generate_types.main(["--data", str(options.data), "--target", str(options.target)])


if __name__ == "__main__":
    sys.exit(main())
