"""Write what bodies in Protocol Buffers are read by, or check that the tree has it.

    python tools/generate_protobuf.py CHECKOUT...           writes messages.json
    python tools/generate_protobuf.py --check CHECKOUT...   exits 1 and names it if it differs

Each *CHECKOUT* is a clone, at the release that is wanted, of one of
https://github.com/kubernetes/api, apimachinery, apiextensions-apiserver and kube-aggregator. Of
them the kinds are taken whose group and version the server serves, and all that they are made of.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from typegen.protobuf import PREFIX, Package, reached, shortened
from typegen.source import SourceError

SOURCE = Path(__file__).resolve().parents[1] / "src"
SERVED = SOURCE / "kregistry" / "server" / "discovery" / "builtin.json"
TARGET = SOURCE / "kregistry" / "server" / "protobuf" / "messages.json"

sys.path.insert(0, str(SOURCE))

from kregistry.server.protobuf.forms import FORMS  # noqa: E402
from kregistry.server.protobuf.table import OPTIONS  # noqa: E402


def text_of(checkouts: list[Path], served: Path) -> str:
    """The generated file: the packages of group versions, and messages, one a line.

    Raises:
        SourceError: The checkouts are not what they should be, or one is missing.
    """
    formed = {PREFIX + name for name in FORMS}
    packages = [Package(path, formed) for path in _proto_files(checkouts)]
    versions = json.loads(served.read_text())
    wanted = {_api_version(each) for each in versions if each.get("servedByDefault", True)}
    kept = {each.api_version: each for each in packages if each.api_version in wanted}
    if missing := sorted(wanted - kept.keys()):
        raise SourceError(f"no messages for {', '.join(missing)}")
    roots = {name for package in kept.values() for name in package.roots()}
    found = reached(packages, roots | {PREFIX + OPTIONS})
    named = {version: each.name.removeprefix(PREFIX) for version, each in kept.items()}
    short = {name.removeprefix(PREFIX): shortened(name, fields) for name, fields in found.items()}
    return f'{{\n"packages": {_lines(named)},\n"messages": {_lines(short)}\n}}\n'


def _proto_files(checkouts: list[Path]) -> Iterator[Path]:
    for checkout in checkouts:
        found = sorted(checkout.rglob("generated.proto"))
        if not found:
            raise SourceError(f"no generated.proto below {checkout}")
        yield from found


def _api_version(facts: dict[str, str]) -> str:
    group, version = facts["group"], facts["version"]
    return f"{group}/{version}" if group else version


def _lines(table: dict[str, object] | dict[str, str] | dict[str, dict[str, str]]) -> str:
    """A JSON object with one member a line, so that changes can be read."""
    members = (
        f"{json.dumps(name)}: {json.dumps(value, separators=(',', ':'))}"
        for name, value in sorted(table.items())
    )
    return "{\n" + ",\n".join(members) + "\n}"


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkouts", nargs="+", type=Path, metavar="CHECKOUT")
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--served", type=Path, default=SERVED, help="file of what is served")
    parser.add_argument("--target", type=Path, default=TARGET, help="file to write")
    options = parser.parse_args(arguments)
    try:
        text = text_of(options.checkouts, options.served)
    except SourceError as error:
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
