"""What ``exec`` may run. Nothing, unless the program that embeds this library says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TypeAlias

import attrs

from kregistry.core.pod.kubelet import KubeletError
from kregistry.meta.goformat import quote


def _words(words: object) -> tuple[str, ...]:
    if isinstance(words, str):
        raise TypeError("a command is a sequence of words, not one string")
    found: list[str] = []
    for word in words if isinstance(words, Iterable) else [words]:
        if not isinstance(word, str):
            raise TypeError(f"a command is made of strings, not {type(word).__name__}")
        found.append(word)
    return tuple(found)


def _variables(env: Mapping[str, str]) -> Mapping[str, str]:
    for each in (*env.keys(), *env.values()):
        if not isinstance(each, str):
            raise TypeError(f"an environment is made of strings, not {type(each).__name__}")
    return MappingProxyType(dict(env))


@attrs.frozen
class Run:
    """Start a local process.

    There is no shell, and of the environment of this program nothing is handed on but what
    stands here.

    Attributes:
        argv: Program and arguments.
        env: Its whole environment.
        cwd: Where it runs; None where this program runs.
        takes_arguments: In an :func:`allow_list`: what the caller wrote behind the command is
            put behind *argv*.
    """

    argv: tuple[str, ...] = attrs.field(converter=_words)
    env: Mapping[str, str] = attrs.field(
        default=MappingProxyType({}), converter=_variables, kw_only=True
    )
    cwd: str | None = attrs.field(default=None, kw_only=True)
    takes_arguments: bool = attrs.field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        """Raises ValueError without a program to run."""
        if not self.argv:
            raise ValueError("a command needs at least one word")


@attrs.frozen(kw_only=True)
class Reply:
    """Start nothing, but answer as if a process had written this and ended."""

    stdout: bytes = b""
    stderr: bytes = b""
    code: int = 0


@attrs.frozen(kw_only=True)
class ExecCall:
    """A command that somebody wants to run.

    Attributes:
        namespace: Namespace of the Pod.
        pod: Name of the Pod.
        container: Name of the container.
        command: The words, as the caller wrote them: not to be trusted.
    """

    namespace: str
    pod: str
    container: str
    command: tuple[str, ...]


#: Decides what a call runs; None refuses it. Runs in the thread of the request.
Handler: TypeAlias = Callable[[ExecCall], Run | Reply | None]


def refuse_all(call: ExecCall) -> None:
    """The handler of a program that configured none."""


def allow_list(commands: Mapping[str, Run | Reply | Handler]) -> Handler:
    """A handler that knows a few commands by their first word.

    ::

        allow_list({
            "date": Run(("/bin/date", "-u")),
            "echo": Run(("/bin/echo",), takes_arguments=True),
            "hostname": lambda call: Reply(stdout=call.pod.encode()),
        })
    """
    known = dict(commands)

    def handle(call: ExecCall) -> Run | Reply | None:
        entry = known.get(call.command[0])
        if entry is None or isinstance(entry, Reply):
            return entry
        if not isinstance(entry, Run):
            return entry(call)
        arguments = call.command[1:]
        if arguments and not entry.takes_arguments:
            raise KubeletError(500, f"exec: {quote(call.command[0])}: takes no arguments here")
        return attrs.evolve(entry, argv=(*entry.argv, *arguments))

    return handle
