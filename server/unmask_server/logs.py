"""Structured logs: one JSON object a line on standard error. No names of files, no codes, no tokens."""

import json
import logging
import sys
from datetime import datetime, timezone

from typing_extensions import override

# What every record has; the rest was given by `extra`.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class _Json(logging.Formatter):
    @override
    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **{key: value for key, value in vars(record).items() if key not in _STANDARD},
        }
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return json.dumps(fields, default=str)


def set_up() -> None:
    """Write the logs of the companion and of its libraries' warnings to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("unmask_server").setLevel(logging.INFO)
    # It warns of each request that waits a moment for a thread; what may wait is bounded elsewhere.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
