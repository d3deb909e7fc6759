"""Pools of worker processes that end with the program, however that ends."""

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import Any

# Forked processes hang once TensorFlow has started its threads.
SPAWN = get_context("spawn")


def process_pool(workers: int, start: Callable[..., object] | None = None, *arguments: Any) -> ProcessPoolExecutor:
    """Processes that wait for work.

    A pool's own wait on when the program is killed, since each of them holds the other end of what it waits for.

    Args:
        workers: how many.
        start: prepares each of them.
        arguments: of `start`.
    """
    return ProcessPoolExecutor(workers, SPAWN, _start, (start, arguments))


def _start(start: Callable[..., object] | None, arguments: tuple[Any, ...]) -> None:
    Thread(target=_end_with_parent, daemon=True).start()
    if start:
        start(*arguments)


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent
    parent.join()
    os._exit(1)
