"""Pools of processes: what is left of them when their program is killed."""

import subprocess
import sys
import time
from pathlib import Path

PROGRAM = """
import os, time
from unmask_training.process_pool import process_pool

def told(seconds):
    time.sleep(seconds)
    return os.getpid()

if __name__ == "__main__":
    pool = process_pool(2)
    print(*set(pool.map(told, [1, 1])), flush=True)
    time.sleep(600)
"""


def test_workers_end_with_a_killed_program(tmp_path: Path) -> None:
    """They wait for work that never comes, and would do so for ever."""
    script = tmp_path / "program.py"
    script.write_text(PROGRAM, "utf-8")
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        workers = [int(pid) for pid in process.stdout.readline().split()]
        assert len(workers) == 2
        assert all(_lives(pid) for pid in workers)
        process.kill()
    deadline = time.monotonic() + 30
    while any(_lives(pid) for pid in workers):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _lives(pid: int) -> bool:
    """Whether a process runs; one that has ended is there until somebody asks for its exit status."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
