"""Adds up the time that each stage of a work takes."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TypeVar

Item = TypeVar("Item")


class Stopwatch:
    """Times of stages, by name."""

    def __init__(self) -> None:
        self._spent_s: dict[str, float] = defaultdict(float)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count what runs inside towards a stage, also where it fails."""
        start = perf_counter()
        try:
            yield
        finally:
            self._spent_s[name] += perf_counter() - start

    def each(self, name: str, items: Iterable[Item]) -> Iterator[Item]:
        """Count what it takes to make each item towards a stage, and not what is done with it."""
        iterator = iter(items)
        while True:
            with self.stage(name):
                item = next(iterator, None)
            if item is None:
                return
            yield item

    def milliseconds(self) -> dict[str, float]:
        """What each stage has taken so far."""
        return {name: round(1000 * spent, 2) for name, spent in self._spent_s.items()}
