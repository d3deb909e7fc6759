"""Sends each event to an address, signed, in order and at least once.

Signed as https://www.standardwebhooks.com/ says: HMAC-SHA256 over id, time and body.
"""

import base64
import binascii
import hashlib
import hmac
import random
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from urllib.parse import urlsplit

import urllib3

from unmask_edge.errors import UnmaskError
from unmask_edge.version import __version__
from unmask_edge.watch.config import WebhookConfig
from unmask_edge.watch.events import AnyEvent, OutputEvent
from unmask_edge.watch.outputs import Standing
from unmask_edge.watch.spool import Spool

PREFIX = "whsec_"
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 300.0
TIMEOUT = urllib3.Timeout(connect=10, read=20)
FAREWELL_S = 3.0
# What is wrong with these is the event itself: it would keep those behind it waiting for ever.
REFUSED = {400, 413, 422}
SUCCESS = range(200, 300)


def signing_key(secret: str) -> bytes:
    """The key out of a secret as Standard Webhooks write it.

    Raises:
        UnmaskError: if it is none; it is not repeated.
    """
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True) if secret.startswith(PREFIX) else b""
    except binascii.Error:
        key = b""
    if not 24 <= len(key) <= 64:
        raise UnmaskError(
            "Expected a webhook's secret of whsec_ and 24 to 64 bytes in base64. Received: another one. "
            'Make one: echo "whsec_$(head -c 32 /dev/urandom | base64)"'
        )
    return key


def signature(key: bytes, id: str, time_s: int, body: bytes) -> str:
    """The value of the header `webhook-signature`."""
    digest = hmac.digest(key, f"{id}.{time_s}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"


class Webhook:
    """Sends events, in a thread of its own, as long as it takes."""

    def __init__(self, config: WebhookConfig, state_dir: Path, tell: Callable[[OutputEvent], None]) -> None:
        """Begin with what is left of an earlier run.

        Args:
            config: where to.
            state_dir: folder of what waits.
            tell: told when the address cannot be reached and when it can again.

        Raises:
            UnmaskError: if the secret cannot be read or is none.
        """
        self._url = config.url
        self._key = signing_key(config.secret.read())
        parts = urlsplit(config.url)
        # Not all of the address: many hold a token.
        self.standing = Standing(f"webhook {parts.scheme}://{parts.netloc}", tell)
        name = hashlib.sha256(config.url.encode()).hexdigest()[:16]
        self.spool = Spool(state_dir / f"webhook-{name}.sqlite", config.max_events, int(config.max_mb * 2**20))
        self._http = urllib3.PoolManager(timeout=TIMEOUT, retries=False)
        self._came, self._closing = Event(), Event()
        self._thread = Thread(target=self._run, name=self.standing.output, daemon=True)
        self._thread.start()

    def tell(self, event: AnyEvent) -> None:
        """Put an event where it outlasts the program, to be sent."""
        if dropped := self.spool.add(event.model_dump_json().encode()):
            self.standing.dropped(dropped, f"more than {self.spool.events} events wait to be sent")
        self._came.set()

    def close(self) -> None:
        """Send what can be sent at once; the rest is sent by the next run."""
        self._closing.set()
        self._came.set()
        self._thread.join(FAREWELL_S)
        if not self._thread.is_alive():  # one that still waits for an answer ends with the program
            self.spool.close()

    def _run(self) -> None:
        wait_s = FIRST_WAIT_S
        while True:
            self._came.clear()
            waiting = self.spool.first()
            if waiting is None:
                if self._closing.is_set():
                    return
                self._came.wait()
                continue
            status, reason, asked_s = self._send(waiting.id, waiting.body)
            if status in SUCCESS or status in REFUSED:
                self.spool.remove(waiting)
                wait_s = FIRST_WAIT_S
                if status in REFUSED:
                    self.standing.dropped(1, reason)
                else:
                    self.standing.working()
                continue
            self.standing.failing(reason)
            # Half of it by chance, lest all that watch come back at once.
            if self._closing.wait(max(random.uniform(wait_s / 2, wait_s), asked_s)):  # noqa: S311  (no secret)
                return
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    def _send(self, id: str, body: bytes) -> tuple[int, str, float]:
        """Send once; status, 0 if there is none, why it failed, and how long the receiver asks to wait."""
        time_s = int(time.time())
        headers = {
            "content-type": "application/json",
            "user-agent": f"unmask/{__version__}",
            "webhook-id": id,
            "webhook-timestamp": str(time_s),
            "webhook-signature": signature(self._key, id, time_s, body),
        }
        try:
            answer = self._http.request("POST", self._url, body, headers=headers, redirect=False, preload_content=False)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            return 0, str(error), 0
        answer.close()
        asked = answer.headers.get("retry-after", "")
        return (
            answer.status,
            f"it answers {answer.status}",
            min(float(asked), LONGEST_WAIT_S) if asked.isdecimal() else 0,
        )
