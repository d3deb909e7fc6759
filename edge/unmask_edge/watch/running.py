"""Builds what the settings ask for and runs it until it is told to stop."""

import os
from collections.abc import Sequence
from contextlib import ExitStack
from threading import Event, Timer

from unmask_edge.bundle import DEFAULT_BUNDLE_DIR, Bundle
from unmask_edge.detector import Detector
from unmask_edge.errors import UnmaskError
from unmask_edge.preferences import preferred_format
from unmask_edge.watch.config import RecordConfig, WatchConfig
from unmask_edge.watch.jobs import Job, run_all
from unmask_edge.watch.loop import OnFrame
from unmask_edge.watch.outputs import Outputs, Printer, Standing
from unmask_edge.watch.pace import Budget, Pace
from unmask_edge.watch.spool import Spool
from unmask_edge.watch.supervisor import Supervisor


def run(config: WatchConfig, stop: Event, on_frame: Sequence[OnFrame] = (), seconds: float | None = None) -> None:
    """Watch all sources until each has ended, time is up or `stop` is set.

    Args:
        config: what to do.
        stop: ends everything in order.
        on_frame: each takes every frame that was looked at.
        seconds: when to stop; None for never.

    Raises:
        UnmaskError: if the processors are not there.
        BundleError: if the bundle is unfit.
    """
    _pin(config.affinity)
    outputs = Outputs(Printer(stop))
    jobs = _jobs(config, on_frame)
    standings, spools = _add_outputs(config, outputs)
    if config.record:
        standings.append(_record(config.record, jobs, outputs))
    if seconds is not None:
        timer = Timer(seconds, stop.set)
        timer.daemon = True
        timer.start()
    sources = [job.stats for job in jobs]
    with ExitStack() as stack:
        stack.callback(outputs.close)
        if config.metrics:
            from unmask_edge.watch.metrics import Metrics, MetricsServer

            metrics = Metrics(sources, standings, spools)
            stack.callback(MetricsServer(*config.metrics_address, metrics).close)
        supervisor = Supervisor(sources)
        supervisor.start()
        stack.callback(supervisor.close)
        run_all(jobs, outputs.tell, stop)


def _jobs(config: WatchConfig, on_frame: Sequence[OnFrame]) -> list[Job]:
    bundle, budget = Bundle(config.bundle or DEFAULT_BUNDLE_DIR), Budget(config.max_cpu / 100)
    format_ = config.format or preferred_format()
    return [
        Job(
            source,
            Detector(bundle, format_, config.threads, delegate=config.delegate),
            Pace(source.fps or config.fps, budget),
            list(on_frame),
        )
        for source in config.sources
    ]


def _add_outputs(config: WatchConfig, outputs: Outputs) -> tuple[list[Standing], dict[str, Spool]]:
    """Make what the settings ask for; returns which outputs may fail, and what waits for each that keeps it."""
    standings, spools = [], {}
    if config.mqtt:
        from unmask_edge.watch.mqtt import MQTT

        mqtt = MQTT(config.mqtt, config.sources, outputs.tell)
        outputs.add(mqtt)
        standings.append(mqtt.standing)
    if config.webhooks:
        from unmask_edge.watch.webhook import Webhook

        for one in config.webhooks:
            webhook = Webhook(one, config.state_dir, outputs.tell)
            outputs.add(webhook)
            standings.append(webhook.standing)
            spools[webhook.standing.output] = webhook.spool
    return standings, spools


def _record(config: RecordConfig, jobs: Sequence[Job], outputs: Outputs) -> Standing:
    from unmask_edge.watch.recorder import Recorder, Recordings

    recordings = Recordings(config, outputs.tell)
    for job in jobs:
        recorder = Recorder(recordings, job.config.label, job.config.slug)
        job.on_frame.append(recorder.see)
        outputs.add(recorder)
    return recordings.standing


def _pin(processors: Sequence[int]) -> None:
    """Keep this process, and the threads that it will start, to some processors."""
    if not processors:
        return
    if not hasattr(os, "sched_setaffinity"):
        raise UnmaskError("Expected a system that pins processes for --affinity. Received: one that does not.")
    there = range(os.cpu_count() or 1)
    if missing := sorted(set(processors) - set(there)):
        raise UnmaskError(f"Expected processors from 0 to {there[-1]} for --affinity. Received: {missing}.")
    os.sched_setaffinity(0, processors)
