"""Runs the application behind waitress."""

import errno
import logging
import signal
import tempfile
from contextlib import suppress
from http import HTTPStatus
from types import FrameType
from typing import NoReturn

import click
import waitress
from flask import Flask
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask
from waitress.utilities import Error

from unmask_edge.errors import UnmaskError
from unmask_server.app import create_app
from unmask_server.companion import Companion
from unmask_server.heap import keep_heap_small
from unmask_server.problems import CONTENT_TYPE, DISK_FULL, FULL, problem_json
from unmask_server.settings import MAX_STREAMS, Settings
from unmask_server.uploads import too_large
from unmask_server.worker_process import WorkerProcess

log = logging.getLogger(__name__)

# For the page and short questions, while the others wait for results and stream events.
SPARE_THREADS = 8


def run(settings: Settings, worker: WorkerProcess) -> None:
    """Serve until interrupted.

    Args:
        settings: how to run.
        worker: the first one.

    Raises:
        UnmaskError: if the port is taken, the folder cannot be written to or the bundle is unfit.
    """
    keep_heap_small()
    # `kill` then ends as Ctrl+C does, so that workers end and unfinished files are found again.
    signal.signal(signal.SIGTERM, _interrupt)
    companion = Companion(settings, _announce, worker)
    # Where waitress and werkzeug keep large bodies while they arrive.
    tempfile.tempdir = str(companion.uploads.folder)
    with companion:
        server = bind(create_app(companion), settings)
        port = int(server.effective_port)
        _greet(settings, port)
        companion.pairings.announce_code()
        log.info("started", extra={"port": port, "model": companion.model.version})
        server.run()
        log.info("stopping")
    log.info("stopped")


def bind(app: Flask, settings: Settings) -> TcpWSGIServer:
    """Listen; the server's `run` answers, `effective_port` is the port that was had.

    Raises:
        UnmaskError: if the port cannot be had.
    """
    # waitress refuses bodies of its limit and more, the app those of more than its own.
    limit = app.config["MAX_CONTENT_LENGTH"] + 1
    threads = settings.workers + settings.queue + MAX_STREAMS + SPARE_THREADS
    try:
        server = waitress.create_server(
            app, host=settings.host, port=settings.port, threads=threads, max_request_body_size=limit, ident=None
        )
    except OSError as error:
        reason = "another program listens there" if error.errno == errno.EADDRINUSE else error.strerror
        raise UnmaskError(
            f"Expected port {settings.port} of {settings.host} to be free. Received: {reason}. "
            "Choose another: unmask serve --port N"
        ) from error
    server.channel_class = _Channel
    return server


def _greet(settings: Settings, port: int) -> None:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    if settings.on_loopback:
        click.echo(f"Unmask listens on http://{host}:{port}/ (this machine only). Ctrl+C stops it.")
        return
    click.echo(f"Unmask listens on http://{host}:{port}/. Ctrl+C stops it.")
    click.echo(
        "Every machine that reaches this address can open the page and, with the code, have files scored and read the "
        "history. What is sent is not encrypted: use it in a network that you trust, or behind a proxy with TLS.",
        err=True,
    )


def _announce(code: str) -> None:
    click.echo(
        f"To pair the browser extension or another program, enter the code {code} there (once, within 10 minutes)."
    )


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one does not interrupt the ending
    raise KeyboardInterrupt


class _Refusal(ErrorTask):  # type: ignore[misc]  # waitress has no types
    """What waitress refuses before the app sees it, such as a body over the limit, in the app's error shape."""

    def execute(self) -> None:
        error = self.request.error
        limit = self.channel.server.adj.max_request_body_size - 1
        detail = too_large(limit) if error.code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else error.body
        body = problem_json(error.code, error.reason, detail).encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers.append(("Content-Type", CONTENT_TYPE))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _DiskFullError(Error):  # type: ignore[misc]
    code, reason = HTTPStatus.INSUFFICIENT_STORAGE.value, HTTPStatus.INSUFFICIENT_STORAGE.phrase


class _Parser(HTTPRequestParser):  # type: ignore[misc]
    """Bodies arrive in temporary files: where the disk is full, the sender is told and not just cut off."""

    error: Error | None = None
    _unread_bytes = 0

    def received(self, data: bytes) -> int:
        if self.error:
            return self._pass_over(data)
        try:
            return int(super().received(data))
        except OSError as error:
            if error.errno not in FULL:
                raise
            with suppress(OSError):  # what was not yet written still finds no room
                self.close()
            self.error = _DiskFullError(DISK_FULL)
            # Who is still sending does not listen; of a body without a stated length there is no telling its end.
            self._unread_bytes = 0 if self.chunked else self.content_length - self.body_bytes_received
            return self._pass_over(data)

    def _pass_over(self, data: bytes) -> int:
        passed = min(len(data), self._unread_bytes)
        self._unread_bytes -= passed
        self.completed = self._unread_bytes == 0
        return passed or len(data)


class _Channel(HTTPChannel):  # type: ignore[misc]
    error_task_class = _Refusal
    parser_class = _Parser
