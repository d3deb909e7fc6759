"""A server that webhooks are sent to, which tests switch off and make refuse."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from typing import Any

from tests.edge.watch.broker import LONG_S, free_port

KEY = b"0123456789abcdef0123456789abcdef"
SECRET = "whsec_" + base64.b64encode(KEY).decode()


@dataclass
class Received:
    """One request.

    Attributes:
        id: of the event.
        event: its body.
        signed: whether its signature is that of its body.
        answer: what it was answered.
    """

    id: str
    event: dict[str, Any]
    signed: bool
    answer: int


class Receiver:
    """Takes webhooks on a port of its own, which stays the same when it is off for a while.

    Attributes:
        answers: statuses of the next requests; 204 once there are none.
        received: all requests in order.
    """

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/hook?token=hidden"
        self.answers: list[int] = []
        self.received: list[Received] = []
        self._came = Condition()

    def start(self) -> None:
        """Switch it on."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                answer = receiver.answers.pop(0) if receiver.answers else 204
                receiver.take(Received(self.headers["webhook-id"], json.loads(body), self._signed(body), answer))
                self.send_response(answer)
                self.end_headers()

            def _signed(self, body: bytes) -> bool:
                signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + body
                digest = hmac.new(KEY, signed, hashlib.sha256).digest()
                return self.headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        """Switch it off."""
        self._server.shutdown()
        self._server.server_close()

    def take(self, received: Received) -> None:
        """Note a request."""
        with self._came:
            self.received.append(received)
            self._came.notify_all()

    @property
    def taken(self) -> list[dict[str, Any]]:
        """Events that were accepted, those sent twice once."""
        return list({one.id: one.event for one in self.received if one.answer < 300}.values())

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        """The first events, once so many were accepted."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.taken) >= count, LONG_S), self.received
        return self.taken
