from __future__ import annotations

import gc

import pytest

from kregistry.meta.context import Cancellation


class Interrupted(BaseException):
    """What no ``except Exception`` stops."""


def test_every_callback_runs_whatever_the_others_raise() -> None:
    cancellation = Cancellation()
    ran: list[str] = []

    def fail() -> None:
        ran.append("fails")
        raise Interrupted

    cancellation.on_cancel(lambda: ran.append("first"))
    cancellation.on_cancel(fail)
    cancellation.on_cancel(lambda: ran.append("last"))
    with pytest.raises(Interrupted):
        cancellation.cancel()
    cancellation.cancel()
    assert ran == ["first", "fails", "last"]
    assert cancellation.cancelled


def test_a_callback_that_comes_late_runs_at_once_and_a_forgotten_one_never() -> None:
    cancellation = Cancellation()
    ran: list[str] = []
    forget = cancellation.on_cancel(lambda: ran.append("forgotten"))
    forget()
    cancellation.cancel()
    cancellation.on_cancel(lambda: ran.append("late"))()
    assert ran == ["late"]


def test_what_the_collector_drops_may_forget_its_callback_at_any_moment() -> None:
    cancellation = Cancellation()

    class Listener:
        def __init__(self) -> None:
            self.me = self  # only the collector can drop this
            self.forget = cancellation.on_cancel(lambda: None)

        def __del__(self) -> None:
            self.forget()

    Listener()
    with cancellation._lock:  # as if the collector ran while a thread was in there
        gc.collect()
    assert not cancellation._callbacks
