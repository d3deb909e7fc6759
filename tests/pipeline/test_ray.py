"""On a Ray cluster of two nodes all comes out as on one machine, though a worker is killed in the middle of it."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from shutil import rmtree
from tempfile import gettempdir, mkdtemp
from typing import NamedTuple

import pytest
from tests.edge.media_files import portrait_clip

from unmask_training import evaluate
from unmask_training.data import extract

CLIPS = 12
Command = Callable[..., "subprocess.CompletedProcess[str]"]
# Runs a command with few files a part and a block, so that a few clips make many.
COMMAND = """
import sys
from unmask_edge.cli import cli
from unmask_training import evaluate
from unmask_training.data import extract
if __name__ == "__main__":
    extract.FILES_A_PART = evaluate.BLOCK = 2
    cli(sys.argv[1:])
"""
# Starts a cluster of two nodes with a core each, tells its address and its raylets, and ends it with its own input.
CLUSTER = """
import sys
from ray.cluster_utils import Cluster
if __name__ == "__main__":
    settings = {"num_cpus": 1, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args={**settings, "temp_dir": sys.argv[1]})
    nodes = [cluster.head_node, cluster.add_node(**settings)]
    cluster.wait_for_nodes()
    print(cluster.address, *(node.all_processes["raylet"][0].process.pid for node in nodes), flush=True)
    sys.stdin.read()
    cluster.shutdown()
"""


class Nodes(NamedTuple):
    """A cluster: its address, and the processes that start workers, one of each node."""

    address: str
    raylets: list[str]


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    """A cluster of two nodes."""
    folder = mkdtemp(prefix="ray-")  # short, because sockets lie in it
    # Ray also notes the address in its usual folder, which it then takes for granted.
    (Path(gettempdir()) / "ray").mkdir(exist_ok=True)
    environment = {**os.environ, "RAY_USAGE_STATS_ENABLED": "0"}
    command = [sys.executable, "-c", CLUSTER, folder]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as cluster:
        assert cluster.stdout is not None
        address, *pids = cluster.stdout.readline().split()
        yield Nodes(address, pids)
        cluster.communicate("")
    rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """As few files a part and a block as in the command."""
    monkeypatch.setattr(extract, "FILES_A_PART", 2)
    monkeypatch.setattr(evaluate, "BLOCK", 2)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real and fake clips of five frames, among them one that is damaged."""
    folder = tmp_path_factory.mktemp("clips")
    for label in ("real", "fake"):
        (folder / label).mkdir()
    content = portrait_clip(folder / "clip.mp4", seconds=0.5).read_bytes()
    for number in range(CLIPS):
        # A box that decoders pass over tells them apart, since files of the same content are scored once.
        path = folder / ("fake" if number % 2 else "real") / f"{number:02}.mp4"
        path.write_bytes(content + b"\x00\x00\x00\x09free" + bytes([number]))
    (folder / "fake" / "01.mp4").write_bytes(b"no clip")
    return folder


def test_a_store_is_the_same(clips: Path, nodes: Nodes, unmask: Command, tmp_path: Path) -> None:
    """Byte for byte, from an object store; the damaged clip costs itself alone."""
    here, there = tmp_path / "here", tmp_path / "there"
    arguments = ["data", "faces", "folder"]
    assert unmask(*arguments, str(clips), "--out", str(here), "--workers", "1").returncode == 0
    with _on_ray(tmp_path, nodes, *arguments, clips.as_uri(), "--out", str(there)) as process:
        _kill_a_worker(process, nodes, lambda: len(list(there.rglob("*.parquet"))))
    assert process.returncode == 0
    assert _contents(there) == _contents(here)
    assert len(_contents(here)) == CLIPS // 2 + 2


def test_a_table_is_the_same(clips: Path, nodes: Nodes, unmask: Command, tmp_path: Path) -> None:
    """Every figure, and every score of a file, from clips and from a store of their faces."""
    here, there, kept = tmp_path / "here.json", tmp_path / "there.json", tmp_path / "report" / "scores.sqlite"
    store = str(tmp_path / "store")
    assert unmask("data", "faces", "folder", str(clips), "--out", store, "--workers", "1").returncode == 0
    arguments = ["evaluate", "--data", str(clips), "--data", store, "--json"]
    assert unmask(*arguments, str(here), "--workers", "1").returncode == 0
    with _on_ray(tmp_path, nodes, *arguments, str(there), "--out", str(kept.parent)) as process:
        _kill_a_worker(process, nodes, lambda: _scores(kept))
    assert process.returncode == 0
    told = json.loads(here.read_text("utf-8"))
    assert json.loads(there.read_text("utf-8")) == told
    assert (told[0]["reals"], told[0]["fakes"], told[0]["unscored"]) == (CLIPS // 2, CLIPS // 2 - 1, 1)


def test_kept_scores_need_no_cluster(
    clips: Path, unmask: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor a net: neither is looked for before there is a file to score."""
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    arguments = ["evaluate", "--data", str(clips), "--out", str(tmp_path), "--json", "-"]
    assert "RAY_ADDRESS=127.0.0.1:1" in unmask(*arguments, "--engine", "ray").stderr
    first = unmask(*arguments, "--workers", "1")
    monkeypatch.setattr("unmask_training.evaluation.scorers._bundle_scores", None)
    again = unmask(*arguments, "--engine", "ray")
    assert (again.returncode, json.loads(again.stdout)) == (0, json.loads(first.stdout))


def test_it_says_how_ray_is_installed(
    clips: Path, unmask: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no part of what training needs."""
    monkeypatch.delitem(sys.modules, "unmask_training.ray_engine", raising=False)
    monkeypatch.setitem(sys.modules, "ray", None)
    done = unmask("data", "faces", "folder", str(clips), "--out", str(tmp_path / "store"), "--engine", "ray")
    assert done.returncode == 1
    assert "pip install 'unmask[ray]'" in done.stderr


def test_a_cluster_that_is_not_there_is_named(
    clips: Path, unmask: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once, where Ray would wait for it."""
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    done = unmask("data", "faces", "folder", str(clips), "--out", str(tmp_path / "store"), "--engine", "ray")
    assert done.returncode == 1
    assert "RAY_ADDRESS=127.0.0.1:1" in done.stderr


def _on_ray(folder: Path, nodes: Nodes, *arguments: str) -> "subprocess.Popen[bytes]":
    script = folder / "command.py"
    script.write_text(COMMAND)
    command = [sys.executable, str(script), *arguments, "--engine", "ray"]
    return subprocess.Popen(command, env={**os.environ, "RAY_ADDRESS": nodes.address})


def _kill_a_worker(process: "subprocess.Popen[bytes]", nodes: Nodes, results: Callable[[], int]) -> None:
    """Kill one as soon as some of the results are there."""
    while process.poll() is None and results() < 2:
        time.sleep(0.02)
    os.kill(next(_workers(nodes)), signal.SIGKILL)
    assert process.poll() is None


def _workers(nodes: Nodes) -> Iterator[int]:
    """Processes that Ray has started for the items of a data set."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended
            command, status = (process / "cmdline").read_bytes(), (process / "status").read_text()
            if command.startswith(b"ray::MapWorker") and any(f"PPid:\t{pid}\n" in status for pid in nodes.raylets):
                yield int(process.name)


def _scores(kept: Path) -> int:
    """How many are kept: none as long as there is no file, or the file has no table yet."""
    if not kept.exists():
        return 0
    with closing(sqlite3.connect(f"{kept.as_uri()}?mode=ro", uri=True)) as database:
        if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'outcomes'").fetchall():
            return 0
        count: int = database.execute("SELECT count(*) FROM outcomes").fetchone()[0]
        return count


def _contents(store: Path) -> dict[str, bytes]:
    return {path.relative_to(store).as_posix(): path.read_bytes() for path in store.rglob("*") if path.is_file()}
