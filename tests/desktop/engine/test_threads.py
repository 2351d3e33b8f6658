from __future__ import annotations

import asyncio
import threading

import pytest

from desktop.engine.threads import in_thread


@pytest.mark.asyncio
async def test_a_result_comes_from_another_thread() -> None:
    assert await in_thread(threading.get_ident) != threading.get_ident()


@pytest.mark.asyncio
async def test_an_error_is_raised_where_it_is_waited_for() -> None:
    def fail() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await in_thread(fail)


@pytest.mark.asyncio
async def test_who_is_cancelled_waits_for_the_end() -> None:
    begun, go_on = threading.Event(), threading.Event()
    done: list[int] = []

    def work() -> None:
        begun.set()
        go_on.wait(20)
        done.append(1)

    task = asyncio.ensure_future(in_thread(work))
    await asyncio.to_thread(begun.wait, 20)
    task.cancel()
    await asyncio.sleep(0)
    was_done = task.done()
    go_on.set()
    results = await asyncio.gather(task, return_exceptions=True)

    assert not was_done
    assert isinstance(results[0], asyncio.CancelledError)
    assert done == [1]
