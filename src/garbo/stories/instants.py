"""Instants as a story writes them, in its own zone."""

import re
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

WRITTEN: Final = "an instant is written 2024-02-26 21:01, or 21:01 for the same day"

_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?")
_TIME: Final = re.compile(r"\d\d:\d\d(:\d\d)?")


def instant(text: str, zone: ZoneInfo, day: int | None = None) -> int | None:
    """`text` in ms since 1970; None if it is no instant.

    Args:
        day: an instant (ms) of the day that a time alone belongs to. None: a time alone is no instant.
    """
    if day is not None and _TIME.fullmatch(text):
        text = f"{local(day, zone)[:10]} {text}"
    if not _INSTANT.fullmatch(text):
        return None
    try:
        return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)
    except ValueError:
        return None


def local(at: int, zone: ZoneInfo) -> str:
    """`at` as a story writes it: "2024-02-26 21:01", with seconds where it has some."""
    when = datetime.fromtimestamp(at / 1000, zone)
    return when.strftime("%Y-%m-%d %H:%M:%S").removesuffix(":00")
