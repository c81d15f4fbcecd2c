"""Write the classes of the built-in kinds, or check that the tree has them as they should be.

    python tools/generate_types.py            writes src/kregistry/core
    python tools/generate_types.py --check    exits 1 and names the files that differ

The data is in tools/types; tools/refresh_types.py brings it to another release of Kubernetes.
"""

from __future__ import annotations

import argparse
import ast
import sys
from pathlib import Path

from typegen.door import door
from typegen.render import Module
from typegen.source import SourceError, Topic, load

HERE = Path(__file__).resolve().parent
DATA = HERE / "types"
TARGET = HERE.parent / "src" / "kregistry"
PACKAGE = "core/v1"


def outputs(data: Path, target: Path) -> dict[Path, str]:
    """Every file to be written, with its text."""
    topics = load(data)
    homes = {
        name: "kregistry." + topic.module.replace("/", ".")
        for topic in topics
        for name in (*(each.name for each in topic.types), *topic.enums)
    }
    enums = {values: name for topic in topics for name, values in topic.enums.items()}
    files = {target / f"{topic.module}.py": Module(topic, homes, enums).text() for topic in topics}
    package = target / PACKAGE
    files[package / "__init__.py"] = door(PACKAGE, topics, _by_hand(package, topics))
    return files


def _by_hand(package: Path, topics: list[Topic]) -> dict[str, list[str]]:
    """Public classes of the modules that stand in the package and are not made."""
    made = {topic.module.rsplit("/", 1)[1] for topic in topics} | {"__init__"}
    found = {}
    for path in sorted(package.glob("*.py")):
        if path.stem in made:
            continue
        body = ast.parse(path.read_text()).body
        names = [node.name for node in body if isinstance(node, ast.ClassDef)]
        found[path.stem] = [name for name in names if not name.startswith("_")]
    return found


def differing(files: dict[Path, str]) -> list[Path]:
    """The files that are not there or read otherwise."""
    return [path for path, text in files.items() if not path.exists() or path.read_text() != text]


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--data", type=Path, default=DATA, help="directory of the data files")
    parser.add_argument("--target", type=Path, default=TARGET, help="directory of the package")
    options = parser.parse_args(arguments)
    try:
        files = outputs(options.data, options.target)
    except SourceError as error:
        print(error, file=sys.stderr)
        return 2
    changed = differing(files)
    for path in changed:
        print(path)
        if not options.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[path])
    return 1 if options.check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
