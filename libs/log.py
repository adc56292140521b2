"""Structured events: one JSON line each, made of names and counts, never of cell values."""

import json
import logging
import sys
from typing import Any

from libs.errors import SettingsError

_LOGGER = logging.getLogger("cancollaborate")

# An event may carry these fields and no others: what is not listed can't leak through a log line.
FIELDS = frozenset(
    {
        "as_at", "commits", "env", "error", "feed", "file", "file_id", "files", "kind", "missing", "path", "reason",
        "rows", "rows_changed", "rows_rejected", "run_id", "seconds", "sequence", "status", "step", "system", "table",
        "trust", "url_scheme", "watermark",
    }
)  # fmt: skip


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON: when, level, event and its fields."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S"),
            "level": record.levelname,
            "event": record.getMessage(),
        }
        line.update(getattr(record, "fields", {}))
        return json.dumps(line, default=str)


def configure(level: str = "WARNING") -> None:
    """Send events of at least `level` to standard error as JSON lines. Raises SettingsError for what is no level."""
    levels = logging.getLevelNamesMapping()
    if level.upper() not in levels:
        raise SettingsError(f"--log-level {level!r} is no level", do="Use INFO or WARNING.")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    _LOGGER.handlers = [handler]
    _LOGGER.setLevel(levels[level.upper()])
    _LOGGER.propagate = False


def event(name: str, *, level: str = "INFO", **fields: str | int | float | None) -> None:
    """Log one event. Raises ValueError for a field that is not in `FIELDS`."""
    unknown = sorted(set(fields) - FIELDS)
    if unknown:
        raise ValueError(f"log event {name!r} carries fields that are not on the list: {', '.join(unknown)}")
    _LOGGER.log(logging.getLevelNamesMapping()[level], name, extra={"fields": fields})
