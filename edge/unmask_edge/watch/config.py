"""What `unmask watch` does: one value for each of its settings, as a TOML file says them."""

import os
import re
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import click
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from typing_extensions import Self

from unmask_edge.errors import UnmaskError
from unmask_edge.faults import in_one_line
from unmask_edge.formats import TFLiteFormat
from unmask_edge.watch.source import URL_SCHEMES, without_password

TOPIC = r"^[\w-]+(/[\w-]+)*$"

HOST_AND_PORT = r"^(.+:)?\d{1,5}$"
LOOPBACK = "127.0.0.1"

Fps = Annotated[float, Field(gt=0, le=60)]


class _Section(BaseModel):
    """Written with hyphens in files, `max-cpu`."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, populate_by_name=True, alias_generator=lambda name: name.replace("_", "-")
    )


class Secret(_Section):
    """A password, or where it is read when it is needed: `"it"`, `{ env = "NAME" }` or `{ file = "/path" }`."""

    value: SecretStr | None = None
    env: str | None = None
    file: Path | None = None

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, given: Any) -> Any:
        return {"value": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(part is not None for part in (self.value, self.env, self.file)) != 1:
            raise ValueError("Expected one of a string, { env = NAME } and { file = PATH }")
        return self

    def read(self) -> str:
        """The password itself.

        Raises:
            UnmaskError: if the variable is not set or the file cannot be read.
        """
        if self.value is not None:
            return self.value.get_secret_value()
        if self.env is not None:
            if self.env not in os.environ:
                raise UnmaskError(f"Expected a password in the environment variable {self.env}. Received: none.")
            return os.environ[self.env]
        assert self.file is not None
        try:
            return self.file.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise UnmaskError(f"Expected a password in the file {self.file}. Received: {error}") from error


class SourceConfig(_Section):
    """One source.

    Attributes:
        address: a camera's number, a device, a URL, a file or a folder.
        name: what events call it; its address without password if not given.
        fps: frames a second to look at, at most; that of all sources if not given.
        down_limit_s: for how long it may be without a frame before `/health` says so.
        journal: of a folder, notes what was told, so that a restart tells nothing twice.
    """

    address: str
    name: str = ""
    fps: Fps | None = None
    down_limit_s: float = Field(300, gt=0)
    journal: Path | None = None

    @field_validator("address")
    @classmethod
    def _is_source(cls, address: str) -> str:
        scheme, sign, _ = address.partition("://")
        if not address or (sign and scheme not in URL_SCHEMES):
            raise ValueError(f"Expected a camera's number, a path or a URL ({', '.join(URL_SCHEMES)})")
        return address

    @property
    def label(self) -> str:
        """What events call it."""
        if self.name:
            return self.name
        return f"camera {self.address}" if self.address.isdecimal() else without_password(self.address)

    @property
    def slug(self) -> str:
        """The same in letters, digits and underscores, for topics."""
        return re.sub(r"\W+", "_", self.label, flags=re.ASCII).strip("_").lower() or "source"


class MQTTConfig(_Section):
    """A broker that gets events.

    Attributes:
        host: of the broker.
        port: 8883 with TLS and 1883 without, if None.
        user, password: if it asks for them.
        tls: whether to encrypt, and to ask for a certificate that this machine trusts.
        ca_file: certificates to trust in place of the machine's.
        base_topic: what all topics begin with.
        discovery_prefix: where Home Assistant looks for devices; empty to tell it nothing.
    """

    host: str = Field(min_length=1)
    port: int | None = Field(None, ge=1, le=65535)
    user: str | None = None
    password: Secret | None = None
    tls: bool = False
    ca_file: Path | None = None
    base_topic: str = Field("unmask", pattern=TOPIC)
    discovery_prefix: str = Field("homeassistant", pattern=f"{TOPIC}|^$")

    @model_validator(mode="after")
    def _needs(self) -> Self:
        if self.password and not self.user:
            raise ValueError("Expected a user with the password")
        if self.ca_file and not self.tls:
            raise ValueError("Expected tls = true with a ca-file")
        return self


class WebhookConfig(_Section):
    """An address that each event is sent to.

    Attributes:
        url: http or https.
        secret: signs what is sent, as Standard Webhooks say: `whsec_` and 24 to 64 bytes in base64.
        max_events, max_mb: what is kept on disk while the address cannot be reached; the oldest goes first.
    """

    url: str
    secret: Secret
    max_events: int = Field(10_000, ge=1)
    max_mb: float = Field(16, gt=0)

    @field_validator("url")
    @classmethod
    def _is_url(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
            raise ValueError("Expected an http or https URL without a password")
        return url


class RecordConfig(_Section):
    """What is kept of verdicts of "likely manipulated".

    Attributes:
        dir: folder of a folder for each.
        keep_days, keep_mb: what of them is kept; the oldest goes first.
        per_minute: how many are made in a minute at most.
    """

    dir: Path
    keep_days: float = Field(7, gt=0, le=36500)
    keep_mb: float = Field(500, gt=0)
    per_minute: int = Field(6, ge=1)


def _state_dir() -> Path:
    """Where systemd says, or in the user's folder."""
    given = os.environ.get("STATE_DIRECTORY")
    return Path(given) if given else Path(click.get_app_dir("unmask")) / "watch"


class WatchConfig(_Section):
    """All of it.

    Attributes:
        sources: what is watched; no two of one name.
        fps: frames a second to look at, of each source, at most.
        max_cpu: percent of one core that all sources may use together, on average.
        threads: of each net of each source.
        affinity: the processors to run on; any if empty.
        format: which of the bundle's models to run; what `unmask bench --save` chose if None.
        delegate: library of an external TFLite delegate for both nets of each source.
        bundle: folder of the model bundle; the packaged one if None.
        mqtt: a broker that gets events too.
        webhooks: addresses that get them too, no two of one URL.
        record: where frames around verdicts are kept; nothing is, if None.
        metrics: address and port to answer `/metrics` and `/health` on; nowhere if None.
        state_dir: folder of what outlasts the program: events that could not be sent yet.
    """

    sources: tuple[SourceConfig, ...] = ()
    fps: Fps = 5.0
    max_cpu: float = Field(50.0, gt=0, le=6400)
    threads: int = Field(1, ge=1, le=64)
    affinity: tuple[Annotated[int, Field(ge=0)], ...] = ()
    format: TFLiteFormat | None = None
    delegate: str | None = None
    bundle: Path | None = None
    mqtt: MQTTConfig | None = None
    webhooks: tuple[WebhookConfig, ...] = ()
    record: RecordConfig | None = None
    metrics: str | None = Field(None, pattern=HOST_AND_PORT)
    state_dir: Path = Field(default_factory=_state_dir)

    @property
    def metrics_address(self) -> tuple[str, int]:
        """Host and port of `metrics`; of this machine alone where no host is given."""
        assert self.metrics is not None
        host, _, port = self.metrics.rpartition(":")
        return host.strip("[]") or LOOPBACK, int(port)

    @field_validator("metrics")
    @classmethod
    def _is_port(cls, metrics: str | None) -> str | None:
        if metrics is not None and int(metrics.rpartition(":")[2]) > 65535:
            raise ValueError("Expected a port up to 65535")
        return metrics

    @field_validator("webhooks")
    @classmethod
    def _urls_differ(cls, webhooks: tuple[WebhookConfig, ...]) -> tuple[WebhookConfig, ...]:
        if len({webhook.url for webhook in webhooks}) < len(webhooks):
            raise ValueError("Expected webhooks of different URLs. Received: one more than once")
        return webhooks

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        slugs = [source.slug for source in self.sources]
        if twice := sorted({slug for slug in slugs if slugs.count(slug) > 1}):
            raise ValueError(f"Expected sources of different names. Received: {', '.join(twice)} more than once")
        return self


def checked(values: dict[str, Any], origin: str) -> WatchConfig:
    """Settings out of a file and a command line.

    Args:
        values: by their names in files.
        origin: what to call where they come from.

    Raises:
        UsageError: if one is unknown or impossible; no value is repeated, since some are secret.
    """
    try:
        return WatchConfig.model_validate(values)
    except ValidationError as error:
        raise click.UsageError(
            f"Expected settings of `unmask watch` in {origin}. Received: {in_one_line(error, 'the whole')}."
        ) from error
