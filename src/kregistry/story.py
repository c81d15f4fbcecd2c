"""Story: a Pod's way from the manifest to the disk, each step told as it happens.

Nothing here acts on the Pod: the steps are those of :class:`~kregistry.registry.Store`, told
by a strategy and a backend that say what passes through them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import attrs

from kregistry.core.pod import PODS, PodStrategy, set_pod_defaults
from kregistry.core.v1 import Pod
from kregistry.manifests import Manifest
from kregistry.meta.context import Context
from kregistry.meta.field import ErrorList
from kregistry.meta.object import ObjectList
from kregistry.meta.options import ListOptions
from kregistry.registry import Store
from kregistry.runtime import Codec
from kregistry.storage import Config, Event, Watch, factory
from kregistry.testing.forwarding import Forwarding

#: Seconds to wait for the event of a write that has been acknowledged.
EVENT_TIMEOUT = 10.0


@attrs.frozen
class Step:
    """One thing that happened.

    Attributes:
        name: What happened, in one word.
        detail: To what, and with which result; one line, as it came, so not safe to print.
    """

    name: str
    detail: str


Tell = Callable[[str, str], None]


class ToldPodStrategy(PodStrategy):
    """The rules of Pods, telling each as it is applied."""

    def __init__(self, tell: Tell, codec: Codec) -> None:
        super().__init__()
        self._tell = tell
        self._codec = codec

    def generate_name(self, base: str) -> str:
        name = super().generate_name(base)
        self._tell("name generated", f"{base} + 5 random characters: {name}")
        return name

    def prepare_for_create(self, ctx: Context, obj: Pod) -> None:
        before = self._codec.to_dict(obj)
        super().prepare_for_create(ctx, obj)
        self._tell("prepared", _changes(before, self._codec.to_dict(obj)))

    def validate(self, ctx: Context, obj: Pod) -> ErrorList:
        errors = super().validate(ctx, obj)
        self._tell("validated", f"{len(errors)} field errors" if errors else "no field errors")
        return errors

    def canonicalize(self, obj: Pod) -> None:
        before = self._codec.to_dict(obj)
        super().canonicalize(obj)
        self._tell("canonicalized", _changes(before, self._codec.to_dict(obj)))


class ToldBackend(Forwarding):
    """A backend that tells what is written to it."""

    def __init__(self, config: Config, tell: Tell) -> None:
        super().__init__(factory.create_backend(config))
        self._tell = tell
        self._place = _place(config)

    def put(self, key: str, value: bytes, *, expected: int, ttl: float | None = None) -> int:
        self._tell("key", key)
        self._tell("bytes", f"{len(value)} bytes of JSON: {value[:56].decode()}...")
        revision = super().put(key, value, expected=expected, ttl=ttl)
        self._tell("revision", f"{revision}, committed to {self._place}")
        return revision


class PodSaver:
    """Saves Pods into a store and tells how. A context manager that closes the store."""

    def __init__(self, config: Config) -> None:
        self._steps: list[Step] = []
        self._codec = Codec()
        backend = ToldBackend(config, self._tell)
        self._storage = factory.create(attrs.evolve(config, backend=backend))
        self.pods = Store(PODS, self._storage, ToldPodStrategy(self._tell, self._codec))

    def save(self, manifest: Manifest, namespace: str) -> Iterator[Step]:
        """Take one manifest through all steps; each is yielded once it has happened.

        Args:
            namespace: For a Pod that does not name one.

        Raises:
            DecodeError: The manifest is not a Pod.
            StatusError: The Pod is refused.
            BackendError: The store cannot take it.
        """
        pod = self._decode(manifest)
        yield from self._told()
        ctx = Context(namespace=pod.metadata.namespace or namespace)
        with self._follow(ctx) as watch:
            try:
                created = self.pods.create(ctx, pod)
            finally:
                yield from self._told()
            yield from (Step("warning", warning) for warning in ctx.warnings)
            event = _event_of(watch, created)
        yield Step(
            "watched",
            f"{event.type} {event.object.metadata.name} "
            f"at resourceVersion {event.object.metadata.resource_version}",
        )

    def stored(self) -> ObjectList[Pod]:
        """All Pods of all namespaces, now."""
        return self.pods.list(Context())

    def close(self) -> None:
        """Close the store."""
        self._storage.close()

    def __enter__(self) -> PodSaver:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _decode(self, manifest: Manifest) -> Pod:
        decoded = self._codec.decode_strict(manifest.data, Pod, unknown="Warn")
        pod = decoded.obj
        name = pod.metadata.name or f"{pod.metadata.generate_name}*"
        self._tell("decoded", f"{manifest.source}, {len(manifest.data)} bytes: v1 Pod {name}")
        for warning in decoded.warnings:
            self._tell("warning", warning)
        before = self._codec.to_dict(pod)
        set_pod_defaults(pod)
        self._tell("defaulted", _changes(before, self._codec.to_dict(pod)))
        return pod

    def _follow(self, ctx: Context) -> Watch[Pod]:
        now = self._storage.current_resource_version(ctx)
        return self.pods.watch(ctx, ListOptions(resource_version=str(now)))

    def _tell(self, name: str, detail: str) -> None:
        self._steps.append(Step(name, detail))

    def _told(self) -> Iterator[Step]:
        told, self._steps = self._steps, []
        return iter(told)


def _place(config: Config) -> str:
    """Where the bytes are once they are committed."""
    if config.type == "sqlite":
        return f"{config.path}, synchronous={config.synchronous}"
    return ",".join(config.endpoints) if config.type == "etcd3" else "memory"


def _event_of(watch: Watch[Pod], pod: Pod) -> Event[Pod]:
    """The event of *pod*'s creation; other writers of the file may come in between."""
    while (event := watch.next(timeout=EVENT_TIMEOUT)) is not None:
        if event.object.metadata.uid == pod.metadata.uid:
            return event
    raise TimeoutError(f"no event of Pod {pod.metadata.name} within {EVENT_TIMEOUT:.0f} seconds")


def _changes(before: dict[str, Any], after: dict[str, Any]) -> str:
    """What differs between two dicts: how many fields, and the first few."""
    old, new = dict(_leaves(before)), dict(_leaves(after))
    changed = [path for path in sorted(new) if old.get(path) != new[path]]
    changed += sorted(path for path in old if path not in new and path not in changed)
    if not changed:
        return "nothing to change"
    shown = ", ".join(f"{path}={new[path]}" if path in new else f"-{path}" for path in changed[:2])
    return f"{len(changed)} fields: {shown}{', ...' if len(changed) > 2 else ''}"


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from _leaves(item, f"{path}[{index}]")
    else:
        yield path, value
