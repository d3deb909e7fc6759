"""What the companion counts, in Prometheus's text format; nobody is told but who asks on this machine."""

from collections.abc import Callable, Iterator

from flask import Flask, Response, request
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from typing_extensions import override

SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)


class Metrics(Collector):
    """Counters of one companion."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Counter(
            "unmask_requests", "Answered requests", ["method", "endpoint", "status"], registry=self.registry
        )
        self._jobs = Counter("unmask_jobs", "Finished jobs", ["state"], registry=self.registry)
        self._seconds = Histogram(
            "unmask_job_seconds",
            "Time from a worker's start on a file to its end",
            buckets=SECONDS,
            registry=self.registry,
        )
        self._restarts = Counter("unmask_worker_restarts", "Workers that were replaced", registry=self.registry)
        self._count: Callable[[], dict[str, int]] = dict

    def watch(self, count: Callable[[], dict[str, int]]) -> None:
        """Tell also how many jobs are in which state."""
        self._count = count
        self.registry.register(self)

    def finished(self, state: str, seconds: float) -> None:
        """A job is finished."""
        self._jobs.labels(state).inc()
        self._seconds.observe(seconds)

    def restarted(self) -> None:
        """A worker was replaced."""
        self._restarts.inc()

    def count_requests(self, app: Flask) -> None:
        """Count every answer of an app, by endpoint: addresses hold identifiers."""

        @app.after_request
        def count(response: Response) -> Response:
            self._requests.labels(request.method, request.endpoint or "none", response.status_code).inc()
            return response

    def text(self) -> bytes:
        """All of it."""
        return generate_latest(self.registry)

    @override
    def collect(self) -> Iterator[GaugeMetricFamily]:
        """What is counted when it is asked for."""
        jobs = GaugeMetricFamily("unmask_unfinished_jobs", "Jobs that wait or are being scored", labels=["state"])
        for state, count in self._count().items():
            jobs.add_metric([state], count)
        yield jobs
