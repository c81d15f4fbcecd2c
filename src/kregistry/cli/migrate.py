"""``python -m kregistry migrate FROM TO``: copies a whole store into an empty one."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence

import attrs

from kregistry.cli.progress import shown_on
from kregistry.cli.stores import add_etcd_options, etcd_config, refuse_etcd_options
from kregistry.cli.text import count, printable
from kregistry.storage import Config, factory
from kregistry.storage.errors import BackendError
from kregistry.storage.migration import Migrated, migrate

#: Exit statuses.
OK, FAILED, INTERRUPTED = 0, 1, 130

_FORMS = "sqlite:PATH or etcd3:URL[,URL...]"


def parser() -> argparse.ArgumentParser:
    """What can be said on the command line."""
    made = argparse.ArgumentParser(
        prog="kregistry migrate",
        description="Copy every key of a store, as of one revision, into an empty one, and "
        "compare the two. If it is cut off, run it again: it goes on where it was.",
        epilog="Exit status: 0 done and compared, 1 failed, 130 interrupted.",
    )
    made.add_argument("source", metavar="FROM", help=f"{_FORMS}; only read")
    made.add_argument("target", metavar="TO", help=f"{_FORMS}; empty, or left from a run before")
    made.add_argument("--output", "-o", choices=("text", "json"), default="text")
    made.add_argument("--quiet", "-q", action="store_true", help="show no progress")
    add_etcd_options(made)
    return made


def main(arguments: Sequence[str]) -> int:
    """Run the command.

    Returns:
        Exit status: 0 done, 1 failed, 130 interrupted.
    """
    options = parser().parse_args(arguments)
    try:
        done = _migrate(options)
    except KeyboardInterrupt:
        _complain("interrupted; run the same command again, and it goes on where it was")
        return INTERRUPTED
    except (BackendError, ValueError, OSError) as error:
        _complain(str(error))
        return FAILED
    report = _tell_json if options.output == "json" else _tell_text
    report(options, done)
    return OK


def _migrate(options: argparse.Namespace) -> Migrated:
    places = options.source, options.target
    source, target = (_config(place, options) for place in places)
    if "etcd3" not in (source.type, target.type):
        refuse_etcd_options(options)
    _check_source(source)
    _refuse_same(source, target)
    with (
        factory.create_backend(source) as reading,
        factory.create_backend(target) as writing,
        shown_on(sys.stderr, quiet=options.quiet) as shown,
    ):
        return migrate(reading, writing, on_progress=shown)


def _config(place: str, options: argparse.Namespace) -> Config:
    """The store at *place*. Neither is compacted by time: the past of one is being read."""
    kind, _, rest = place.partition(":")
    match kind:
        case "sqlite" if rest.startswith("//"):
            raise ValueError(f"{place!r}: write sqlite:PATH, which is no URL")
        case "sqlite":
            return Config(type=kind, path=rest, compaction_interval=0.0)
        case "etcd3":
            return attrs.evolve(etcd_config(rest, options), compaction_interval=0.0)
        case "memory":
            raise ValueError(
                "a memory store lives in one program and cannot be reached from here; in that "
                "program, use kregistry.storage.migration.migrate"
            )
        case _:
            raise ValueError(f"{place!r} is no store; say {_FORMS}")


def _check_source(config: Config) -> None:
    """Refuse to open what would be made a store by being opened."""
    if config.type != "sqlite":
        return
    from kregistry.storage.sqlite.schema import is_marked

    if not os.path.lexists(config.path):
        raise ValueError(f"there is no file {config.path!r} to copy from")
    if not os.path.isfile(config.path):
        raise ValueError(f"{config.path!r} is no file; name the file of a store")
    if not is_marked(config.path):
        raise ValueError(f"{config.path!r} is no store of kregistry")


def _refuse_same(source: Config, target: Config) -> None:
    if source.type != target.type:
        return
    if source.type == "sqlite":
        same = os.path.realpath(source.path) == os.path.realpath(target.path)
    else:
        same = not set(source.endpoints).isdisjoint(target.endpoints)
    if same:
        raise ValueError("FROM and TO are the same store")


def _tell_text(options: argparse.Namespace, done: Migrated) -> None:
    source, target = printable(options.source), printable(options.target)
    print(f"Copied {count(done.keys, 'key')} from {source}, as of revision {done.source_revision}.")
    if done.found:
        print(f"Found there already, from an earlier run: {done.found}.")
    if done.expired:
        print(f"Left out, because their time to live was over: {done.expired}.")
    print("Compared all of them, byte by byte: no difference.")
    print(f"{target} goes on at revision {done.target_revision}.")


def _tell_json(options: argparse.Namespace, done: Migrated) -> None:
    document = {
        "from": options.source,
        "to": options.target,
        "sourceRevision": done.source_revision,
        "targetRevision": done.target_revision,
        "keys": done.keys,
        "found": done.found,
        "expired": done.expired,
        "verified": True,
    }
    json.dump(document, sys.stdout, indent=2)
    print()


def _complain(message: str) -> None:
    print(f"kregistry: {printable(message)}", file=sys.stderr)
