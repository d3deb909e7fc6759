"""Runs the application behind waitress, on the loopback interface alone."""

import errno
import signal
import tempfile
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path

import click
import waitress
from flask import Flask
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask

from unmask_edge import Bundle, Detector, UnmaskError
from unmask_edge.detector import TFLiteFormat
from unmask_server.app import create_app
from unmask_server.problems import CONTENT_TYPE, problem_json
from unmask_server.uploads import too_large

HOST = "127.0.0.1"
# One upload is scored at a time; the other threads serve the page and health checks meanwhile.
THREADS = 8


def run(port: int, data_dir: Path | None, threads: int, format: TFLiteFormat, bundle: Path | None) -> None:
    """Serve until interrupted.

    Args:
        port: on the loopback interface; 0 takes any free one.
        data_dir: folder for uploads, made where it is missing; a temporary one if None.
        threads: of each of the detector's nets.
        format: which of the bundle's models to run.
        bundle: folder of the model bundle; the packaged one if None.

    Raises:
        UnmaskError: if the port is taken, the folder cannot be written to or the bundle is unfit.
    """
    detector = Detector(Bundle(bundle) if bundle else None, format, threads)
    with ExitStack() as stack:
        folder = _made(data_dir) if data_dir else Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = bind(create_app(detector, folder), port)
        # waitress keeps large bodies in temporary files while they arrive: these belong in the data folder too.
        tempfile.tempdir = str(folder)
        # `kill` then ends as Ctrl+C does, so that an unfinished upload is deleted.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        click.echo(f"Unmask listens on http://{HOST}:{server.effective_port}/ (this machine only). Ctrl+C stops it.")
        server.run()


def bind(app: Flask, port: int) -> TcpWSGIServer:
    """Listen on a port of this machine; the server's `run` answers, `effective_port` is the port that was had.

    Raises:
        UnmaskError: if the port cannot be had.
    """
    # waitress refuses bodies of its limit and more, the app those of more than its own.
    limit = app.config["MAX_CONTENT_LENGTH"] + 1
    try:
        server = waitress.create_server(app, host=HOST, port=port, threads=THREADS, max_request_body_size=limit)
    except OSError as error:
        reason = "another program listens there" if error.errno == errno.EADDRINUSE else error.strerror
        raise UnmaskError(
            f"Expected port {port} of {HOST} to be free. Received: {reason}. Choose another: unmask serve --port N"
        ) from error
    server.channel_class = _Channel
    return server


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


class _Channel(HTTPChannel):  # type: ignore[misc]
    error_task_class = _Refusal


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise UnmaskError(f"Expected a writable data folder. Received: {folder}: {error.strerror}.") from error
    return folder
