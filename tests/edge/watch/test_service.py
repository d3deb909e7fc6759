"""The systemd service: its unit, and what it is told of a program that runs, hangs or ends."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from getpass import getuser
from pathlib import Path
from time import sleep

import pytest
from click.testing import CliRunner

from tests.edge.media_files import portrait
from tests.edge.watch.mjpeg_server import Camera, serve
from unmask_edge import service
from unmask_edge.errors import UnmaskError
from unmask_edge.watch import install
from unmask_edge.watch.commands import watch
from unmask_edge.watch.stats import Stats
from unmask_edge.watch.supervisor import Supervisor

LONG_S = 60


class Systemd:
    """The socket that a service tells things to."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address)
        self._socket.settimeout(LONG_S)

    def hear(self, *until: str) -> list[str]:
        """Messages, once each of these was among them."""
        heard: list[str] = []
        while not set(until) <= set(heard):
            heard.append(self._socket.recv(4096).decode())
        return heard

    def waiting(self) -> list[str]:
        """Messages that have come already."""
        self._socket.setblocking(False)
        heard = []
        while True:
            try:
                heard.append(self._socket.recv(4096).decode())
            except BlockingIOError:
                return heard

    def close(self) -> None:
        """Hear no more."""
        self._socket.close()


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Systemd]:
    """One whose watchdog wants to hear of this process every 0.6 s."""
    address = str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    monkeypatch.setenv("WATCHDOG_USEC", "600000")
    listening = Systemd(address)
    yield listening
    listening.close()


def test_a_service_says_how_it_is(systemd: Systemd) -> None:
    """Ready once it watches, then alive as long as it turns, and that it stops."""
    with serve(Camera(portrait())) as camera:
        command = [str(Path(sys.executable).with_name("unmask")), "watch", camera.url]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        heard = systemd.hear("READY=1", "STATUS=1 of 1 sources live", "WATCHDOG=1")
        assert heard[0] == "READY=1"
        process.send_signal(signal.SIGTERM)
        assert systemd.hear("STOPPING=1")[-1] == "STOPPING=1"
        assert process.communicate(timeout=LONG_S)[1] == b""
    assert process.returncode == 0


@pytest.mark.parametrize("loop", ["reading", "looking"])
def test_the_watchdog_hears_nothing_of_a_loop_that_hangs(systemd: Systemd, loop: str) -> None:
    """Whichever it is, though the others turn; it is named."""
    well, ill = Stats("well"), Stats("ill")
    well.looking.beat(LONG_S)
    getattr(ill, loop).beat(0)
    supervisor = Supervisor([well, ill])
    supervisor.start()
    sleep(0.5)
    supervisor.close()
    heard = systemd.waiting()
    assert "WATCHDOG=1" not in heard
    assert "STATUS=0 of 2 sources live; hangs: ill" in heard


def test_sockets_without_a_file_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the abstract name space, as containers have them."""
    monkeypatch.setenv("NOTIFY_SOCKET", f"@unmask-test-{os.getpid()}")
    listening = Systemd(f"\0unmask-test-{os.getpid()}")
    supervisor = Supervisor([])
    supervisor.start()
    assert listening.hear("READY=1")
    supervisor.close()
    listening.close()


@pytest.mark.parametrize("root", [True, False], ids=["of the machine", "of the user"])
def test_the_unit_starts_what_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root: bool) -> None:
    """One that systemd finds nothing wrong with, with the options that were given, and only its folders to write to."""
    monkeypatch.setattr(service, "SYSTEM_FOLDER", tmp_path / "system")
    monkeypatch.setattr(service, "RUNNING", tmp_path / "not running")
    monkeypatch.setattr(service, "runs_as_root", lambda: root)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("SUDO_USER", getuser())
    monkeypatch.chdir(tmp_path)
    config, state = tmp_path / "100 %.toml", tmp_path / "state"
    config.write_text(f'state-dir = "{state}"\n[[sources]]\naddress = "{tmp_path}"\njournal = "told/journal"\n')
    options = ["--config", str(config), "--affinity", "0", "--fps", "2", "--install-service"]
    result = CliRunner().invoke(watch, ["0", *options])
    assert result.exit_code == 0, result.output
    path = tmp_path / ("system" if root else "config/systemd/user") / "unmask-watch.service"
    unit = path.read_text("utf-8")
    assert f"watch --config '{tmp_path}/100 %%.toml' --affinity 0 --fps 2.0 -- 0\n" in unit
    for line in ("Type=notify", "WatchdogSec=60", "Restart=always", "ProtectSystem=strict", "NoNewPrivileges=yes"):
        assert line in unit
    for folder in (state, tmp_path / "told"):
        assert f"ReadWritePaths={folder}\n" in unit
        assert folder.is_dir()
    assert (f"User={getuser()}\n" in unit) == ("DeviceAllow=char-video4linux rw" in unit) == root
    user = [] if root else ["--user"]
    assert f"Start it by: {' '.join(['systemctl', *user])} enable --now unmask-watch.service" in result.output
    if systemd_analyze := shutil.which("systemd-analyze"):
        verify = [systemd_analyze, *user, "verify", str(path)]
        verified = subprocess.run(verify, capture_output=True, text=True, check=False)
        assert "unmask-watch" not in verified.stderr, verified.stderr


def test_the_unit_keeps_a_folders_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it each restart of the service would tell all files again; where no user is to own it, root is told."""
    monkeypatch.setattr(service, "SYSTEM_FOLDER", tmp_path / "system")
    monkeypatch.setattr(service, "RUNNING", tmp_path / "not running")
    monkeypatch.setattr(service, "runs_as_root", lambda: True)
    monkeypatch.delenv("SUDO_USER", raising=False)
    folder, elsewhere, path = tmp_path / "arriving", tmp_path / "told" / "journal", tmp_path / "system" / install.NAME
    folder.mkdir()
    result = CliRunner().invoke(watch, [str(folder), "--journal", str(elsewhere), "--install-service"])
    assert isinstance(result.exception, UnmaskError)
    assert "Expected a user who calls sudo" in str(result.exception)
    assert not path.exists()
    journal = install.STATE / "journal"
    result = CliRunner().invoke(watch, [str(folder), "--journal", str(journal), "--install-service"])
    assert result.exit_code == 0, result.output
    unit = path.read_text("utf-8")
    assert f"watch --journal {journal} -- {folder}\n" in unit
    assert "DynamicUser=yes\n" in unit
    assert "ReadWritePaths" not in unit


@pytest.mark.parametrize("name", ["machine", "user"])
def test_the_unit_bounds_what_it_may_do(name: str, tmp_path: Path) -> None:
    """By systemd's own measure of exposure, from 0 to 10; a user's unit may set fewer bounds."""
    systemd_analyze = shutil.which("systemd-analyze")
    if systemd_analyze is None:
        pytest.skip("systemd-analyze is not installed")
    path = tmp_path / "unmask-watch.service"
    path.write_text(install.unit([sys.executable], [tmp_path], name == "machine"), "utf-8")
    limit = "25" if name == "machine" else "86"  # in tenths
    measure = [systemd_analyze, "security", "--offline=true", f"--threshold={limit}", "--no-pager", str(path)]
    measured = subprocess.run(measure, capture_output=True, text=True, check=False)
    if "unrecognized option" in measured.stderr:
        pytest.skip("this systemd-analyze measures no files")
    assert measured.returncode == 0, measured.stdout[-200:] + measured.stderr
