"""What is counted, for Prometheus at `/metrics`, and whether all is well, for anyone who asks, at `/health`."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from socket import AF_INET6
from socketserver import ThreadingMixIn
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, ProcessCollector, make_wsgi_app
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from typing_extensions import override

from unmask_edge.errors import UnmaskError
from unmask_edge.watch.outputs import Standing
from unmask_edge.watch.spool import Spool
from unmask_edge.watch.stats import Stats

# Of one source each.
COUNTERS: dict[str, tuple[str, Callable[[Stats], float]]] = {
    "frames_seen": ("Frames that came; of a folder, files", lambda stats: stats.seen),
    "frames_scored": ("Frames that faces were looked for in", lambda stats: stats.looked_at),
    "frames_dropped": ("Frames that were not looked at", lambda stats: max(stats.seen - stats.looked_at, 0)),
    "faces_scored": ("Faces that were scored", lambda stats: stats.faces),
    "reconnects": ("Times that a source was opened again", lambda stats: max(stats.opened - 1, 0)),
}
GAUGES: dict[str, tuple[str, Callable[[Stats], float]]] = {
    "source_up": ("Whether frames come", lambda stats: stats.live),
    "source_down_seconds": ("For how long no frame has come", lambda stats: stats.down_s()),
    "lag_seconds": ("Age of the last frame that was looked at once this was done", lambda stats: stats.lag_s),
}
PREFIX = "unmask_watch_"


class Metrics(Collector):
    """Reads counts when it is asked for them."""

    def __init__(self, sources: Sequence[Stats], outputs: Sequence[Standing], spools: Mapping[str, Spool]) -> None:
        """Take what counts.

        Args:
            sources: all of them.
            outputs: those that may fail.
            spools: what waits, by output.
        """
        self._sources, self._outputs, self._spools = sources, outputs, spools
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)  # processor time and memory
        self.registry.register(self)

    @override
    def collect(self) -> Iterator[Metric]:
        """All but what the process uses."""
        for name, (meaning, count) in COUNTERS.items():
            counter = CounterMetricFamily(PREFIX + name, meaning, labels=["source"])
            for source in self._sources:
                counter.add_metric([source.name], count(source))
            yield counter
        for name, (meaning, value) in GAUGES.items():
            values = {source.name: value(source) for source in self._sources}
            yield _gauge(name, meaning, "source", values)
        up = {output.output: float(output.works) for output in self._outputs}
        yield _gauge("output_up", "Whether an output takes events", "output", up)
        dropped = CounterMetricFamily(PREFIX + "events_dropped", "Events lost to an output", labels=["output"])
        for output in self._outputs:
            dropped.add_metric([output.output], output.dropped_in_all)
        yield dropped
        waiting = {output: spool.events for output, spool in self._spools.items()}
        yield _gauge("spool_events", "Events that wait to be sent", "output", waiting)
        size = {output: spool.bytes for output, spool in self._spools.items()}
        yield _gauge("spool_bytes", "Size of events that wait to be sent", "output", size)
        unsaved = {output: spool.unsaved for output, spool in self._spools.items()}
        yield _gauge("spool_unsaved_events", "Those of them that the disk does not take", "output", unsaved)

    def health(self) -> tuple[bool, dict[str, Any]]:
        """Whether no source was down for longer than it may be and all loops turn, and how each is."""
        sources = {
            source.name: {"live": source.live, "down_s": round(source.down_s(), 1), "turns": source.turns()}
            for source in self._sources
        }
        well = not any(source.is_down() or not source.turns() for source in self._sources)
        return well, {"status": "ok" if well else "failing", "sources": sources}


class MetricsServer:
    """Answers `/metrics` and `/health` in threads of its own."""

    def __init__(self, host: str, port: int, metrics: Metrics) -> None:
        """Begin to listen.

        Raises:
            UnmaskError: if the port is taken or the address is none of this machine.
        """
        self._metrics = metrics
        self._prometheus = make_wsgi_app(metrics.registry)
        try:
            self._server = make_server(host, port, self._answer, _Server6 if ":" in host else _Server, _Handler)
        except OSError as error:
            raise UnmaskError(
                f"Expected port {port} of {host} to be free for --metrics. Received: {error.strerror}."
            ) from error
        self.port = self._server.server_port
        Thread(target=self._server.serve_forever, name="metrics", daemon=True).start()

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/metrics":
            answer: Iterable[bytes] = self._prometheus(environ, start_response)
            return answer
        status, body = "404 Not Found", {"status": "Expected /metrics or /health."}
        if environ["PATH_INFO"] == "/health":
            well, body = self._metrics.health()
            status = "200 OK" if well else "503 Service Unavailable"
        start_response(status, [("content-type", "application/json"), ("cache-control", "no-store")])
        return [json.dumps(body).encode() + b"\n"]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Server6(_Server):
    address_family = AF_INET6


class _Handler(WSGIRequestHandler):
    timeout = 10  # for who connects and says nothing

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: it is asked every few seconds."""


def _gauge(name: str, meaning: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(PREFIX + name, meaning, labels=[label])
    for labelled, value in values.items():
        gauge.add_metric([labelled], value)
    return gauge
