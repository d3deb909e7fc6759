"""A camera as a stream of JPEG pictures over HTTP, which tests cut, stall, resize and spoil."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import numpy as np
from numpy.typing import NDArray

from unmask_edge.opencv import cv2

INTERVAL_S = 0.05


class Camera:
    """What the stream shows, frame by frame.

    Attributes:
        picture: `(H, W, 3)` uint8 RGB to show from now on.
        cut: while set, clients are hung up on and refused.
        stalled: while set, nothing is sent.
        spoilt: while set, bytes that are no picture are sent.
        connections: how many clients came so far.
    """

    def __init__(self, picture: NDArray[np.uint8]) -> None:
        self.picture = picture
        self.cut, self.stalled, self.spoilt, self.closed = Event(), Event(), Event(), Event()
        self.connections = 0
        self.url = ""

    def part(self) -> bytes:
        """The next part of the stream."""
        _, jpeg = cv2.imencode(".jpg", self.picture[..., ::-1])
        body = b"\0" * 1000 if self.spoilt.is_set() else jpeg.tobytes()
        return b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%b\r\n" % (len(body), body)


@contextmanager
def serve(camera: Camera) -> Iterator[Camera]:
    """Serve a camera on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if camera.cut.is_set():
                self.send_error(503)
                return
            camera.connections += 1
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
            self.end_headers()
            while not (camera.cut.is_set() or camera.closed.is_set()):
                try:
                    if not camera.stalled.is_set():
                        self.wfile.write(camera.part())
                except OSError:
                    return
                camera.closed.wait(INTERVAL_S)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    camera.url = f"http://127.0.0.1:{server.server_port}/camera.mjpg"
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield camera
    finally:
        camera.closed.set()
        server.shutdown()
        server.server_close()
