"""Today: the date of a verdict, which reproducible runs can set, and that of what is read of the world."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime


def today() -> date:
    """Return today's date, or that of SOURCE_DATE_EPOCH in UTC (seconds since 1970; reproducible-builds.org)."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if given.isascii() and given.isdecimal():
        try:
            return datetime.fromtimestamp(int(given), UTC).date()
        except (OverflowError, ValueError, OSError):
            pass  # out of range: ignore it
    return date.today()  # noqa: DTZ011 - waivers expire in the user's time zone


def day_of_reading() -> str:
    """Return the date of facts that this run reads of an account or a cluster: today in UTC, ISO 8601."""
    return datetime.now(UTC).date().isoformat()
