"""A line between a stream and who watches it, which tests cut, stall and spoil."""

import socket
from contextlib import suppress
from random import Random
from threading import Event, Thread


class Proxy:
    """Passes TCP connections on to a port of this machine.

    Attributes:
        target: the port, for connections from now on.
        port: where it listens.
        stalled: while set, nothing comes through from the other side.
        spoilt: while set, a byte in a thousand of what comes through is another one.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.stalled, self.spoilt = Event(), Event()
        self._refusing = Event()
        self._random = Random(1)
        self._open: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break all connections, and refuse others until `mend`."""
        self._refusing.set()
        for end in self._open:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def mend(self) -> None:
        """Let connections through again."""
        self._refusing.clear()

    def close(self) -> None:
        """End it."""
        self._listening.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            if self._refusing.is_set():
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self.target))
            self._open += [near, far]
            Thread(target=self._pass_on, args=(near, far, False), daemon=True).start()
            Thread(target=self._pass_on, args=(far, near, True), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket, spoilable: bool) -> None:
        with source, suppress(OSError):
            while data := bytearray(source.recv(65536)):
                if spoilable and self.stalled.is_set():
                    continue
                if spoilable and self.spoilt.is_set():
                    for _ in range(len(data) // 1000 + 1):
                        data[self._random.randrange(len(data))] ^= 0x55
                sink.sendall(data)
            sink.shutdown(socket.SHUT_RDWR)
