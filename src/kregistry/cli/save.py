"""``python -m kregistry``: saves Pods and tells how. The main job."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from kregistry.cli.stores import add_store_options, config_of, describe
from kregistry.cli.text import count, printable
from kregistry.manifests import Manifest, ManifestError, read, sample
from kregistry.meta.errors import Invalid, StatusError
from kregistry.runtime import DecodeError
from kregistry.storage.errors import BackendError
from kregistry.story import PodSaver, Step

#: Exit statuses.
OK, FAILED, INVALID = 0, 1, 2


def parser() -> argparse.ArgumentParser:
    """What can be said on the command line."""
    made = argparse.ArgumentParser(
        prog="kregistry",
        description="Save Pods as the Kubernetes API server would, and tell each step.",
        epilog="There are two more commands: kregistry serve serves a store over HTTP, and "
        "kregistry migrate FROM TO copies one.",
    )
    made.add_argument(
        "manifests",
        nargs="*",
        metavar="FILE",
        help="a Pod as JSON, or YAML with kregistry[yaml]; - is standard input; "
        "without any, a sample that ships with kregistry",
    )
    made.add_argument("--namespace", "-n", default="default", help="for Pods that name none")
    made.add_argument("--output", "-o", choices=("text", "json"), default="text")
    add_store_options(made)
    return made


def main(arguments: Sequence[str]) -> int:
    """Run the command.

    Returns:
        Exit status: 0 all saved, 2 a Pod is invalid, 1 anything else went wrong.
    """
    options = parser().parse_args(arguments)
    report: Report = JSONReport() if options.output == "json" else TextReport()
    try:
        config = config_of(options)
        with PodSaver(config) as saver:
            report.begin(describe(config), saver)
            status = max(
                save(saver, found, options.namespace, report)
                for found in manifests(options.manifests)
            )
            report.end(saver)
    except (BackendError, StatusError, ValueError, OSError) as error:
        print(f"kregistry: {printable(str(error))}", file=sys.stderr)
        return FAILED
    return status


def manifests(names: Sequence[str]) -> Iterator[Manifest | ManifestError]:
    """The manifests named, or the sample; what cannot be read takes its own place."""
    if not names:
        yield sample()
    for name in names:
        try:
            yield from read(name)
        except ManifestError as error:
            yield error


def save(saver: PodSaver, found: Manifest | ManifestError, namespace: str, report: Report) -> int:
    """Save one manifest, report it, and say how it went."""
    if isinstance(found, ManifestError):
        report.unreadable(str(found))
        return FAILED
    report.pod(found)
    try:
        for step in saver.save(found, namespace):
            report.step(step)
    except DecodeError as error:
        report.unreadable(f"{found.source}: {error}")
        return FAILED
    except Invalid as error:
        report.refused(error)
        return INVALID
    except StatusError as error:
        report.refused(error)
        return FAILED
    return OK


class Report:
    """What is told, in order. This one says nothing."""

    def begin(self, store: str, saver: PodSaver) -> None:
        """The store is open."""

    def pod(self, manifest: Manifest) -> None:
        """A manifest was read and is about to be saved."""

    def step(self, step: Step) -> None:
        """A step was taken."""

    def refused(self, error: StatusError) -> None:
        """The Pod may not be stored."""

    def unreadable(self, message: str) -> None:
        """There is no Pod."""

    def end(self, saver: PodSaver) -> None:
        """All manifests are done."""


class TextReport(Report):
    """Tells people, in colour on a terminal."""

    def __init__(self) -> None:
        self._colours = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self._number = 0

    def begin(self, store: str, saver: PodSaver) -> None:
        found = saver.stored()
        names = ", ".join(pod.metadata.name for pod in found.items[:3])
        more = ", ..." if len(found) > 3 else ""
        held = f"already holds {count(len(found), 'Pod')}: {names}{more}" if names else "is empty"
        version = found.metadata.resource_version
        print(printable(f"The {store} {held}, at resourceVersion {version}."))

    def pod(self, manifest: Manifest) -> None:
        self._number = 0
        print()
        print(self._paint("1", printable(f"Saving {manifest.source}")))

    def step(self, step: Step) -> None:
        self._number += 1
        name = self._paint("33" if step.name == "warning" else "36", f"{step.name:<14}")
        print(f"{self._number:>4}  {name}  {printable(step.detail)}")

    def refused(self, error: StatusError) -> None:
        sys.stdout.flush()
        print(printable(str(error)), file=sys.stderr)
        details = error.status.details
        causes = details.causes if details is not None else []
        for cause in causes:
            where = f"{cause.field}: " if cause.field else ""
            print(f"  * {printable(where + cause.message)}", file=sys.stderr)

    def unreadable(self, message: str) -> None:
        sys.stdout.flush()
        print(f"kregistry: {printable(message)}", file=sys.stderr)

    def end(self, saver: PodSaver) -> None:
        found = saver.stored()
        version = found.metadata.resource_version
        print()
        stored = count(len(found), "Pod")
        print(self._paint("1", f"Stored now: {stored}, at resourceVersion {version}"))
        rows = [("NAMESPACE", "NAME", "STATUS", "QOS", "VERSION", "CREATED")]
        for pod in found:
            rows.append(
                (
                    pod.metadata.namespace,
                    pod.metadata.name,
                    pod.status.phase,
                    pod.status.qos_class,
                    pod.metadata.resource_version,
                    str(pod.metadata.creation_timestamp),
                )
            )
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        for row in rows if len(rows) > 1 else ():
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            print(printable(f"  {'  '.join(cells)}".rstrip()))

    def _paint(self, colour: str, text: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._colours else text


class JSONReport(Report):
    """Tells programs: one JSON document at the end."""

    def __init__(self) -> None:
        self._told: list[dict[str, Any]] = []

    def pod(self, manifest: Manifest) -> None:
        self._told.append({"source": manifest.source, "steps": []})

    def step(self, step: Step) -> None:
        self._told[-1]["steps"].append({"name": step.name, "detail": step.detail})

    def refused(self, error: StatusError) -> None:
        from kregistry.runtime import Codec

        self._told[-1]["status"] = Codec().to_dict(error.status)

    def unreadable(self, message: str) -> None:
        if not self._told or self._told[-1]["steps"] or "error" in self._told[-1]:
            self._told.append({"steps": []})
        self._told[-1]["error"] = message

    def end(self, saver: PodSaver) -> None:
        found = saver.stored()
        pods = [
            {
                "namespace": pod.metadata.namespace,
                "name": pod.metadata.name,
                "uid": pod.metadata.uid,
                "resourceVersion": pod.metadata.resource_version,
            }
            for pod in found
        ]
        version = found.metadata.resource_version
        document = {"manifests": self._told, "pods": pods, "resourceVersion": version}
        json.dump(document, sys.stdout, indent=2)
        print()
