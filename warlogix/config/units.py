"""Durations and sizes as people write them: texts with a unit, both ways.

    parse_duration("1m30s")  -> 90.0 seconds
    parse_size("100MB")      -> 100_000_000 bytes

Pure. A number without a unit is refused: 500 may be meant in ms or in s.
"""

import re

from warlogix.config.shown import shown
from warlogix.errors import Malformed

_NUMBER = r"([0-9]{1,15}(?:\.[0-9]{1,9})?)"
_DURATION = re.compile("".join(rf"(?:{_NUMBER}{unit})?" for unit in ("d", "h", "m", "s", "ms")))
_SECONDS = (86400.0, 3600.0, 60.0, 1.0, 0.001)
_LONGEST = 100 * 365 * 86400.0
_SIZE = re.compile(rf"{_NUMBER}\s?(B|[kKMGT]B|[KMGT]iB)")
_BYTES = {"B": 1}
_BYTES |= {f"{letter}B": 1000**power for power, letter in enumerate("KMGT", 1)} | {"kB": 1000}
_BYTES |= {f"{letter}iB": 1024**power for power, letter in enumerate("KMGT", 1)}
_LARGEST = 1000**6

DURATION_HINT = 'write a text with a unit (ms, s, m, h, d), for example "250ms", "2s" or "1m30s"'
SIZE_HINT = 'write a text with a unit (B, kB, MB, GB, TB, KiB, MiB, …), for example "100MB"'


def parse_duration(value: object) -> float:
    """Seconds of a text like `250ms`, `2s`, `1m30s` or `7d`; the largest unit comes first.

    Raises `Malformed`, for a bare number too.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise Malformed(f"{shown(value)} is a bare number, not a duration", DURATION_HINT)
    match = _DURATION.fullmatch(value) if isinstance(value, str) and value else None
    if match is None:
        raise Malformed(f"{shown(value)} is not a duration", DURATION_HINT)
    parts = zip(match.groups(), _SECONDS, strict=True)
    seconds = sum(float(number) * unit for number, unit in parts if number)
    if seconds > _LONGEST:
        raise Malformed(f"{shown(value)} is longer than 100 years", DURATION_HINT)
    return round(seconds, 9)


def parse_size(value: object) -> int:
    """Bytes of a text like `100MB` (10^6) or `64MiB` (2^20).

    Raises `Malformed`, for a bare number too.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise Malformed(f"{shown(value)} is a bare number, not a size", SIZE_HINT)
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise Malformed(f"{shown(value)} is not a size", SIZE_HINT)
    size = round(float(match[1]) * _BYTES[match[2]])
    if size > _LARGEST:
        raise Malformed(f"{shown(value)} is more than a million TB", SIZE_HINT)
    return size


def duration_text(seconds: float) -> str:
    """The shortest usual form of a duration: `250ms`, `2s`, `1m30s`, `7d`."""
    milliseconds = round(seconds * 1000)
    if milliseconds == 0:
        return "0ms"
    parts = []
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        count, milliseconds = divmod(milliseconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts)
