"""Options of `unmask serve`: where their values come from, what is shown of them, the service that they make."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from unmask_server import commands
from unmask_server.commands import serve

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

README = Path(__file__).parents[2] / "server" / "README.md"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No settings of whoever runs the tests."""
    monkeypatch.setattr(commands, "CONFIG", tmp_path / "serve.toml")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    return tmp_path


def shown(*arguments: str, **environment: str) -> Result:
    """What `unmask serve --show-config` says."""
    return CliRunner().invoke(serve, [*arguments, "--show-config"], env=environment)


def test_the_command_line_beats_the_environment_beats_the_file(home: Path) -> None:
    """Each value says where it comes from, and the whole is a file that can be given back."""
    (home / "serve.toml").write_text('port = 1\nworkers = 3\nqueue = 5\nformat = "int8"\n')
    output = shown("--port", "9", UNMASK_PORT="8", UNMASK_QUEUE="7").output
    values = tomllib.loads(output)
    assert (values["port"], values["queue"], values["workers"], values["format"]) == (9, 7, 3, "int8")
    for line in ("port = 9  # commandline", "queue = 7  # environment", "workers = 3  # default map"):
        assert line in output
    (home / "again.toml").write_text(output)
    assert tomllib.loads(shown("--config", str(home / "again.toml")).output) == values


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("prot = 1", r"Expected in .*serve.toml some of .*'port'.* Received: \['prot'\]"),
        ("port = ", "Expected a readable TOML file. Received: .*serve.toml"),
        ("port = 70000", "Invalid value for '--port'"),
        ('history = "sometimes"', "Invalid value for '--history'"),
        ("show-config = true", r"Received: \['show-config'\]"),
    ],
)
def test_a_wrong_file_is_refused(home: Path, text: str, message: str) -> None:
    """Exit code 2 and what is wrong."""
    (home / "serve.toml").write_text(text)
    result = shown()
    assert result.exit_code == 2
    assert re.search(message, result.output)


def test_a_wrong_environment_is_refused() -> None:
    """As a wrong option is."""
    result = shown(UNMASK_WORKERS="many")
    assert result.exit_code == 2
    assert "'--workers'" in result.output


def test_every_option_is_documented() -> None:
    """In the README's table."""
    documented = set(re.findall(r"^\| `(--[a-z-]+)", README.read_text("utf-8"), re.MULTILINE))
    assert documented == {option.opts[0] for option in serve.params}


def test_the_service_starts_what_was_asked_for(home: Path) -> None:
    """A unit that systemd finds nothing wrong with, hardened, with the options that place it."""
    data, config = home / "my data", home / "a.toml"
    config.write_text("workers = 1\n")
    arguments = ["--install-service", "--data-dir", str(data), "--port", "9000", "--config", str(config)]
    result = CliRunner().invoke(serve, arguments)
    assert result.exit_code == 0, result.output
    path = home / "config/systemd/user/unmask.service"
    unit = path.read_text("utf-8")
    assert f"serve --data-dir '{data}' --host 127.0.0.1 --port 9000 --config {config}" in unit
    assert "NoNewPrivileges=yes" in unit
    assert "systemctl --user enable --now unmask.service" in result.output
    if systemd_analyze := shutil.which("systemd-analyze"):
        verified = subprocess.run(
            [systemd_analyze, "--user", "verify", str(path)], capture_output=True, text=True, check=False
        )
        assert str(path) not in verified.stderr, verified.stderr
