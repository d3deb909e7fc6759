"""How Home Assistant is told of sources: its MQTT discovery, a binary sensor and a sensor each.

https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery
"""

from typing import Any

from unmask_edge.version import __version__


def discovery(prefix: str, base: str, source: str, slug: str) -> dict[str, dict[str, Any]]:
    """Topics and payloads that make a source's device.

    Args:
        prefix: where Home Assistant looks.
        base: topic of this program.
        source: the source's name.
        slug: the same as topics have it.
    """
    node = base.replace("/", "_")
    device = f"{node}_{slug}"
    state = f"{base}/{slug}/state"
    common = {
        "state_topic": state,
        "json_attributes_topic": state,
        "availability": [
            {"topic": f"{base}/status"},
            {"topic": state, "value_template": "{{ 'online' if value_json.live else 'offline' }}"},
        ],
        "availability_mode": "all",
        "device": {
            "identifiers": [device],
            "name": f"Unmask {source}",
            "manufacturer": "Unmask",
            "model": "Detector of forged faces",
            "sw_version": __version__,
        },
        "origin": {"name": "Unmask", "sw_version": __version__},
    }
    return {
        # No device class: "problem" would call a face that shows no trace of forgery OK.
        f"{prefix}/binary_sensor/{node}/{slug}_manipulated/config": {
            "name": "Manipulated face",
            "unique_id": f"{device}_manipulated",
            "icon": "mdi:face-recognition",
            "value_template": "{{ value_json.manipulated }}",
            **common,
        },
        f"{prefix}/sensor/{node}/{slug}_score/config": {
            "name": "Score",
            "unique_id": f"{device}_score",
            "icon": "mdi:gauge",
            "state_class": "measurement",
            "suggested_display_precision": 2,
            "value_template": "{{ value_json.score }}",
            **common,
        },
    }
