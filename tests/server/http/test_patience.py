"""Many waits share one timer, and one that takes too long is ended all the same."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from kregistry.server.patience import Patience


def run(work: Callable[[], Awaitable[None]]) -> None:
    async def within() -> None:
        async with asyncio.timeout(30):
            await work()

    asyncio.run(within())


def test_a_wait_that_takes_too_long_is_ended() -> None:
    async def work() -> None:
        patience = Patience(0.01)
        with pytest.raises(TimeoutError), patience:
            await asyncio.Event().wait()
        task = asyncio.current_task()
        assert task is not None
        assert not task.cancelling()

    run(work)


def test_a_wait_that_begins_late_gets_its_whole_time() -> None:
    async def work() -> None:
        loop = asyncio.get_running_loop()
        patience = Patience(0.05)
        await asyncio.sleep(0.03)
        begun = loop.time()
        with pytest.raises(TimeoutError), patience:
            await asyncio.Event().wait()
        assert loop.time() - begun >= 0.05

    run(work)


def test_many_short_waits_may_take_long_together() -> None:
    async def work() -> None:
        patience, loop = Patience(0.05), asyncio.get_running_loop()
        end = loop.time() + 0.2
        while loop.time() < end:
            with patience:
                await asyncio.sleep(0)
        patience.close()

    run(work)


def test_what_goes_on_between_the_waits_may_take_as_long_as_it_likes() -> None:
    async def work() -> None:
        patience = Patience(0.01)
        await asyncio.sleep(0.05)
        with patience:
            await asyncio.sleep(0)
        patience.close()

    run(work)


def test_who_is_cancelled_by_others_stays_so() -> None:
    async def waits(patience_made: asyncio.Event) -> None:
        with Patience(30):
            patience_made.set()
            await asyncio.Event().wait()

    async def work() -> None:
        waiting = asyncio.Event()
        task = asyncio.ensure_future(waits(waiting))
        await waiting.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(work)


def test_an_error_of_the_wait_itself_comes_out() -> None:
    async def work() -> None:
        patience = Patience(30)
        with pytest.raises(ZeroDivisionError), patience:
            raise ZeroDivisionError
        patience.close()

    run(work)


def test_what_is_closed_interrupts_nobody() -> None:
    async def work() -> None:
        patience = Patience(0.01)
        patience.close()
        with patience:
            await asyncio.sleep(0.05)

    run(work)
