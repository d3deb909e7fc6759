"""The settings of `unmask watch`: a file, options that beat it, what is shown of them and what is refused."""

import re
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pydantic import BaseModel

from unmask_edge.errors import UnmaskError
from unmask_edge.watch.commands import watch
from unmask_edge.watch.config import Secret, SourceConfig, checked

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

README = Path(__file__).parents[3] / "edge" / "README.md"


def shown(file: Path, *arguments: str) -> Result:
    """What `unmask watch --show-config` says of a file."""
    return CliRunner().invoke(watch, ["--config", str(file), *arguments, "--show-config"])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Two sources and some settings."""
    path = tmp_path / "watch.toml"
    path.write_text(
        """
        fps = 2
        max-cpu = 30
        affinity = [0]
        [[sources]]
        name = "door"
        address = "rtsp://user:secret@10.0.0.2/stream?channel=1&pwd=secret"
        fps = 1
        down-limit-s = 60
        [[sources]]
        address = "/dev/video0"
        """
    )
    return path


def test_options_beat_the_file(file: Path) -> None:
    """What is shown is a file again, without passwords."""
    output = shown(file, "--fps", "3", "--affinity", "0,1", "0").output
    values = tomllib.loads(output)
    assert (values["fps"], values["max-cpu"], values["affinity"], values["threads"]) == (3, 30, [0, 1], 1)
    door, device, camera = values["sources"]
    assert door == {
        "address": "rtsp://***@10.0.0.2/stream?channel=1&pwd=***",
        "name": "door",
        "fps": 1,
        "down-limit-s": 60,
    }
    assert (device["address"], camera["address"]) == ("/dev/video0", "0")
    assert "secret" not in output
    file.write_text(output)
    assert tomllib.loads(shown(file).output) == values


def test_no_password_is_shown(tmp_path: Path) -> None:
    """Wherever it stands; that there is one is."""
    path = tmp_path / "watch.toml"
    path.write_text(
        """
        [mqtt]
        host = "broker"
        user = "me"
        password = "secret"
        [[webhooks]]
        url = "https://example.org/services/secret?token=secret"
        secret = "secret"
        """
    )
    output = shown(path, "0").output
    assert "password = not shown" in output
    assert 'url = "https://example.org/***"' in output
    assert "secret" not in output.replace("# secret = not shown", "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("prot = 1", "Expected settings of `unmask watch` in .*watch.toml. Received: prot: Extra inputs"),
        ("fps = ", "Expected a readable TOML file. Received: .*watch.toml"),
        ("fps = 0", "fps: Input should be greater than 0"),
        ("sources = 1", "sources: Input should be"),
        ("[[sources]]", r"sources\.0\.address: Field required"),
        ("[[sources]]\naddress = 'ftp://u:secret@host/'", r"sources\.0\.address: .*Expected a camera's number"),
        (
            "[[sources]]\naddress = '0'\n[[sources]]\naddress = 'camera_0'",
            "Expected sources of different names.*camera_0",
        ),
        ("", "Expected a source, on the command line or in the file"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """Exit code 2 and one line that says where and repeats no password."""
    path = tmp_path / "watch.toml"
    path.write_text(text)
    result = CliRunner().invoke(watch, ["--config", str(path)])
    assert (result.exit_code == 2) or isinstance(result.exception, UnmaskError)
    said = result.output or str(result.exception)
    assert re.search(message, said), said
    assert "secret" not in said


def test_passwords_come_from_where_they_are_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file, the environment, or the settings themselves."""
    (tmp_path / "password").write_text("of a file\n")
    monkeypatch.setenv("PASSWORD", "of the environment")
    assert secret("here") == "here"
    assert secret({"file": str(tmp_path / "password")}) == "of a file"
    assert secret({"env": "PASSWORD"}) == "of the environment"
    for absent in ({"file": str(tmp_path / "none")}, {"env": "NO_PASSWORD"}):
        with pytest.raises(UnmaskError, match="Expected a password in the"):
            secret(absent)


def secret(value: object) -> str:
    """What a password is read as."""
    return Secret.model_validate(value).read()


def test_sources_without_names_are_called_by_their_address() -> None:
    """And by letters alone where topics want that."""
    source = SourceConfig(address="rtsp://user:secret@10.0.0.2/stream")
    assert (source.label, source.slug) == ("rtsp://***@10.0.0.2/stream", "rtsp_10_0_0_2_stream")
    assert SourceConfig(address="0").label == "camera 0"
    assert SourceConfig(address="0", name="Front door").slug == "front_door"


def test_processors_that_are_not_there_are_named() -> None:
    """Before anything is loaded."""
    result = CliRunner().invoke(watch, ["0", "--affinity", "4096"])
    assert isinstance(result.exception, UnmaskError)
    assert re.fullmatch(r"Expected processors from 0 to \d+ for --affinity. Received: \[4096\].", str(result.exception))


def test_every_option_and_setting_is_documented() -> None:
    """Options in the README's table, settings in its example, which is one that may be given."""
    text = README.read_text("utf-8")
    section = text[text.index("## Watch") : text.index("## Measure")]
    options = [option.opts[0] for option in watch.params if option.param_type_name == "option"]
    assert [option for option in options if f"`{option}" not in section] == []
    (example,) = re.findall(r"```toml\n(.*?)```", section, re.DOTALL)
    config = checked(tomllib.loads(example), "the README")
    assert unset(config) <= {"threads", "format", "delegate", "bundle"}


def unset(section: BaseModel) -> set[str]:
    """Settings that a file does not name, also of what is inside."""
    if isinstance(section, Secret):
        return set()
    names = type(section).model_fields.keys() - section.model_fields_set
    for value in dict(section).values():
        of_this_kind = [value] if isinstance(value, BaseModel) else value if isinstance(value, tuple) else []
        inside = [unset(item) for item in of_this_kind if isinstance(item, BaseModel)]
        names |= set.intersection(*inside) if inside else set()
    return names
