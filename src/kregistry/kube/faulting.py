"""Faulting: the fault that a test means, out of the words it says."""

from __future__ import annotations

from enum import Enum
from typing import TypeVar

from kregistry.kube.faults import Cut, Fault, Late, Loss, Lost, Refusal
from kregistry.kube.streams import Ending, OpenStreams

E = TypeVar("E", bound=Enum)


def fault_of(
    *,
    status: int | None,
    retry_after: int | None,
    message: str | None,
    lose: str | None,
    watch: str | None,
    events: int,
    delay: float | None,
    streams: OpenStreams,
) -> Fault:
    """The fault that :meth:`kregistry.kube.Kube.inject` is asked for.

    Args:
        status: See there, as for all the others.
        retry_after: Goes with *status*.
        message: Goes with *status*.
        lose: ``request`` or ``answer``.
        watch: ``end`` or ``break``.
        events: Goes with *watch*.
        delay: Seconds.
        streams: Waiting ends when these are closed.

    Raises:
        ValueError: Nothing is to go wrong, two things at once, or a word says nothing.
    """
    wanted = [
        fault
        for fault in (
            _refusal(status, retry_after, message),
            None if lose is None else Lost(_one_of(Loss, "lose", lose)),
            _cut(watch, events),
        )
        if fault is not None
    ]
    if len(wanted) > 1:
        told = "; ".join(map(str, wanted))
        raise ValueError(f"one thing goes wrong at a time, not: {told}")
    if delay is not None:
        return Late(delay, wanted[0] if wanted else None, streams)
    if not wanted:
        raise ValueError("say what is to go wrong: status, lose, watch or delay")
    return wanted[0]


def _refusal(status: int | None, retry_after: int | None, message: str | None) -> Fault | None:
    if status is not None:
        return Refusal(status=status, retry_after=retry_after, message=message)
    if retry_after is not None or message is not None:
        raise ValueError("retry_after and message belong to a status")
    return None


def _cut(watch: str | None, events: int) -> Fault | None:
    if watch is not None:
        return Cut(_one_of(Ending, "watch", watch), events)
    if events:
        raise ValueError("events belong to the end of a watch")
    return None


def _one_of(words: type[E], name: str, said: str) -> E:
    try:
        return words(said)
    except ValueError:
        known = " or ".join(repr(each.value) for each in words)
        raise ValueError(f"{name} must be {known}, not {said!r}") from None
