"""Runs work on a Ray cluster: Ray Data streams items past actors, each prepared once, and outlives the death of any.

RAY_ADDRESS names the cluster, as everywhere in Ray; without it one is started on this machine, and ended with the work.
On every machine of it unmask must be installed, in the same release.
"""

import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from socket import create_connection
from typing import Any, Generic, NamedTuple, TypeVar

from unmask_edge.errors import UnmaskError

# Read when Ray is imported: it reports to nobody, and leaves GPUs as the environment has them, as it warns it will.
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")

try:
    import ray
    import ray.data
    from ray import cloudpickle
    from ray.exceptions import RayError
except ModuleNotFoundError as error:
    raise UnmaskError(
        f"Expected Ray for --engine ray. Run: pip install 'unmask[ray]'. Received: no module {error.name}."
    ) from error

# An item whose process dies so often over it is given up: it may well be what kills them.
TRIES = 3
CONNECT_S = 10

T = TypeVar("T")
R = TypeVar("R")


class Lost(NamedTuple):
    """In place of a result: why there is none."""

    reason: str


@contextmanager
def cluster(workers: int) -> Iterator[None]:
    """Join the cluster, or start one with a core for each worker.

    Raises:
        UnmaskError: if there is none at RAY_ADDRESS.
    """
    address = os.environ.get("RAY_ADDRESS")
    own = {} if address else {"num_cpus": workers, "include_dashboard": False}
    # Ray tells on standard output what befalls its processes; that is for results.
    with redirect_stdout(sys.stderr):
        try:
            _reach(address or "local")
            ray.init(address=address or "local", log_to_driver=False, logging_level=logging.ERROR, **own)
        except (OSError, ValueError) as error:
            raise UnmaskError(f"Expected a Ray cluster at RAY_ADDRESS={address}. Received: {error}") from error
        try:
            yield
        finally:
            ray.shutdown()


def each(prepare: Callable[[], Callable[[T], R]], items: Sequence[T], workers: int) -> Iterator[tuple[int, R | Lost]]:
    """Work on every item, on the cluster that was joined.

    An actor that dies is started again, on another machine if need be, and its item goes to it once more.

    Args:
        prepare: what an actor does first, as to load a detector; returns what it does with an item.
        items: what one call does each; an actor holds one at a time.
        workers: actors, of a core each.

    Yields:
        The number of an item and its result as soon as it is there, in any order.

    Raises:
        UnmaskError: if an actor cannot be prepared, or the cluster is gone.
    """
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.max_errored_blocks = -1  # an item that is given up ends no other's work
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)  # what goes wrong is told by `Lost`
    # As bytes, because Arrow's own columns would make lists of tuples and texts of paths.
    rows = [{"number": number, "item": cloudpickle.dumps(item)} for number, item in enumerate(items)]
    results = ray.data.from_items(rows, override_num_blocks=len(rows)).map(
        _Actor,
        fn_constructor_args=(cloudpickle.dumps(prepare),),
        # One at a time, so that an item that kills its process takes no other's tries along.
        compute=ray.data.ActorPoolStrategy(size=min(workers, len(rows)), max_tasks_in_flight_per_actor=1),
        num_cpus=1,
        max_task_retries=TRIES - 1,
    )
    missing = set(range(len(rows)))
    try:
        for row in results.iter_rows():
            missing.remove(row["number"])
            yield row["number"], cloudpickle.loads(row["result"])
    except RayError as error:
        reason = str(error).strip().splitlines()[-1]
        raise UnmaskError(f"Expected machines on which this command would run too. Received: {reason}") from error
    for number in sorted(missing):
        yield number, Lost("its process died")


def _reach(address: str) -> None:
    """Make sure that there is something at HOST:PORT, for which Ray itself waits many minutes."""
    host, _, port = address.rpartition(":")
    if host and "://" not in address:
        create_connection((host, int(port)), CONNECT_S).close()


class _Actor(Generic[T, R]):
    """A process of the cluster, and what it was prepared for."""

    def __init__(self, prepare: bytes) -> None:
        self._work: Callable[[T], R] = cloudpickle.loads(prepare)()

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        try:
            result: R | Lost = self._work(cloudpickle.loads(row["item"]))
        except Exception as error:  # whatever it is, it costs this item alone
            result = Lost(f"{type(error).__name__}: {error}")
        return {"number": row["number"], "result": cloudpickle.dumps(result)}
