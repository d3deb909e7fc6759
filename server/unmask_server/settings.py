"""How a companion runs: one value for each option of `unmask serve`."""

from dataclasses import dataclass, field
from pathlib import Path

from platformdirs import user_data_path

from unmask_edge.formats import TFLiteFormat

DEFAULT_PORT = 8427
LOOPBACK = "127.0.0.1"
# Streams of events at a time: each holds one of the server's threads.
MAX_STREAMS = 8


@dataclass(frozen=True)
class Settings:
    """What `unmask serve` was told.

    Attributes:
        host: address to listen on; anything but loopback makes every page ask for the pairing code.
        port: 0 takes any free one.
        data_dir: holds uploads while they wait, the history and the pairings.
        threads: of each net of each worker.
        format: which of the bundle's models to run.
        bundle: folder of the model bundle; the packaged one if None.
        workers: processes that decode and score.
        queue: files that may wait for a worker; more are refused with 429.
        max_upload_mb: largest request body, in MiB.
        max_duration_s: longest clip.
        max_pixels: largest picture or frame.
        memory_mb: address space of a worker, in MiB.
        cpu_s: CPU time of a worker for one file.
        timeout_s: time from a worker's start on a file to its end.
        history: whether results outlive the process.
        keep_days, keep_results: what of the history is kept.
    """

    host: str = LOOPBACK
    port: int = DEFAULT_PORT
    data_dir: Path = field(default_factory=lambda: user_data_path("unmask"))
    threads: int = 1
    format: TFLiteFormat = "float16"
    bundle: Path | None = None
    workers: int = 2
    queue: int = 16
    max_upload_mb: int = 1024
    max_duration_s: float = 4 * 3600
    max_pixels: int = 50_000_000
    memory_mb: int = 2048
    cpu_s: int = 120
    timeout_s: float = 300
    history: bool = True
    keep_days: int = 30
    keep_results: int = 1000

    @property
    def max_upload_bytes(self) -> int:
        """Largest request body in bytes."""
        return self.max_upload_mb * 2**20

    @property
    def on_loopback(self) -> bool:
        """Whether only programs of this machine can reach it."""
        return self.host in {LOOPBACK, "localhost", "::1"}
