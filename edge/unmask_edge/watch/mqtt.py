"""Publishes events to an MQTT broker, and beside them, retained, what stands of each source.

| topic | what |
|---|---|
| `BASE/status` | `online`, or `offline` by the broker itself once the connection breaks; retained |
| `BASE/SOURCE/state` | `SourceState` as JSON; retained |
| `BASE/SOURCE/event` | each event as JSON |
| `BASE/event` | each event of an output as JSON |
"""

import json
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

from paho.mqtt.client import Client, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from unmask_edge.errors import UnmaskError
from unmask_edge.watch.config import MQTTConfig, SourceConfig
from unmask_edge.watch.events import AnyEvent, OutputEvent
from unmask_edge.watch.home_assistant import discovery
from unmask_edge.watch.outputs import Standing
from unmask_edge.watch.state import SeenSource, SourceState

QOS = 1
# Events kept in memory while the broker is away; newer ones are dropped then.
MAX_QUEUED = 1000
LONGEST_WAIT_S = 60
FAREWELL_S = 2.0


class MQTT:
    """A connection to a broker, which is made again whenever it breaks."""

    def __init__(
        self, config: MQTTConfig, sources: Sequence[SourceConfig], tell: Callable[[OutputEvent], None]
    ) -> None:
        """Begin to connect.

        Args:
            config: which broker.
            sources: all that is watched.
            tell: told when the connection breaks and when it is there again.

        Raises:
            UnmaskError: if its password or certificates cannot be read.
        """
        self._config = config
        self._slugs = {source.label: source.slug for source in sources}
        self._seen = {source.label: SeenSource(source.label) for source in sources}
        self._lock = Lock()
        port = config.port or (8883 if config.tls else 1883)
        self.standing = Standing(f"mqtt {config.host}:{port}", tell)
        self._client = self._made()
        self._client.connect_async(config.host, port)
        self._client.loop_start()

    def tell(self, event: AnyEvent) -> None:
        """Publish an event, or keep it until the broker is there."""
        if isinstance(event, OutputEvent):
            self._publish("event", event.model_dump_json())
            return
        self._publish(f"{self._slugs[event.source]}/event", event.model_dump_json())
        with self._lock:
            state = self._seen[event.source].update(event)
        if self._client.is_connected():
            self._publish_state(state)

    def close(self) -> None:
        """Say that this ends, and wait for it to be heard if the broker is there."""
        last = self._publish("status", "offline", retain=True)
        if self._client.is_connected() and last.rc == MQTTErrorCode.MQTT_ERR_SUCCESS:
            last.wait_for_publish(FAREWELL_S)
        self._client.disconnect()
        self._client.loop_stop()

    def _made(self) -> Client:
        config = self._config
        client = Client(CallbackAPIVersion.VERSION2)
        client.max_queued_messages_set(MAX_QUEUED)
        client.reconnect_delay_set(1, LONGEST_WAIT_S)
        client.will_set(f"{config.base_topic}/status", "offline", QOS, retain=True)
        if config.user:
            client.username_pw_set(config.user, config.password.read() if config.password else None)
        if config.tls:
            try:
                client.tls_set(ca_certs=str(config.ca_file) if config.ca_file else None)
            except OSError as error:
                raise UnmaskError(f"Expected certificates in {config.ca_file}. Received: {error}") from error
        client.on_connect = self._connected
        client.on_connect_fail = lambda *_: self.standing.failing("the broker cannot be reached")
        client.on_disconnect = self._disconnected
        return client

    def _connected(self, _client: Client, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        if code.is_failure:
            self.standing.failing(str(code))
            return
        config = self._config
        self._publish("status", "online", retain=True)
        for source, slug in self._slugs.items():
            if config.discovery_prefix:
                made = discovery(config.discovery_prefix, config.base_topic, source, slug)
                for topic, payload in made.items():
                    self._client.publish(topic, json.dumps(payload), QOS, retain=True)
            with self._lock:
                state = self._seen[source].now()
            self._publish_state(state)
        self.standing.working()

    def _disconnected(self, _client: Client, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        if code.is_failure:
            self.standing.failing(str(code))

    def _publish_state(self, state: SourceState) -> None:
        self._publish(f"{self._slugs[state.source]}/state", state.model_dump_json(), retain=True)

    def _publish(self, topic: str, payload: str, retain: bool = False) -> MQTTMessageInfo:
        sent = self._client.publish(f"{self._config.base_topic}/{topic}", payload, QOS, retain)
        if sent.rc == MQTTErrorCode.MQTT_ERR_QUEUE_SIZE:
            self.standing.dropped(1, f"{MAX_QUEUED} events wait for the broker")
        return sent
