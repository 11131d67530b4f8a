"""What PLC values look like in JSON: exact REALs, dates and times as text, and what is no value.

Pure arithmetic, shared by every family. Bytes are the business of each family's codec.
"""

import struct
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import copysign, frexp, isfinite, isnan

_REAL = struct.Struct(">f")
_SMALLEST_NORMAL = 2.0**-126
# The middle of two neighbouring floats has one bit more than their 24.
_MIDDLE_BITS = 2.0**25
_EPOCH = datetime(1970, 1, 1)
_FIRST_DATE = date(1990, 1, 1).toordinal()
DAY_MS = 86_400_000
DAY_NS = DAY_MS * 1_000_000


class BadValue(ValueError):
    """What was read is no value of its type; the text is the reason that a message carries."""


def finite(value: float) -> float:
    """The value itself; `BadValue` names NaN and the infinities, which JSON cannot carry."""
    if isfinite(value):
        return value
    if isnan(value):
        raise BadValue("the value is NaN")
    raise BadValue("the value is +infinity" if value > 0 else "the value is -infinity")


def shortest_real(value: float) -> float:
    """The double with the fewest digits that gives the same 32-bit float back.

    `value` must be a 32-bit float. 3.140000104904175 becomes 3.14. `BadValue` if it is not finite.
    """
    if finite(value).is_integer() and abs(value) < 1e6:
        return value
    if abs(frexp(value)[0]) == 0.5 or abs(value) < _SMALLEST_NORMAL:
        return _shortest_odd_real(value)
    raw = _REAL.pack(value)
    # Two decimals of six digits never give the same float, so fewer than six need no look.
    for template in ("%.5e", "%.6e", "%.7e"):
        short = float(template % value)
        if _REAL.pack(short) == raw and _is_read_alike(short, value):
            return short
    return float(f"{value:.8e}")


def _shortest_odd_real(value: float) -> float:
    """The same for powers of two and for floats below the normal range.

    The float below a power of two is nearer than the one above it, so that the nearest decimal
    can miss while the next one away from zero does not.
    """
    raw = _REAL.pack(value)
    for digits in range(1, 9):
        for short in (float(f"{value:.{digits - 1}e}"), _away_from_zero(value, digits)):
            if _REAL.pack(short) == raw and _is_read_alike(short, value):
                return short
    return float(f"{value:.8e}")


def _is_read_alike(short: float, value: float) -> bool:
    """Whether a decimal that is read as this float by way of a double is so read directly too.

    A decimal beside the middle of two floats may become that middle when it is made a double.
    """
    if not (frexp(short)[0] * _MIDDLE_BITS).is_integer():
        return True
    mirrored = 2 * short - value
    if mirrored == value or _REAL.unpack(_REAL.pack(mirrored))[0] != mirrored:
        return True
    return Fraction(repr(short)) == Fraction(short)


def _away_from_zero(value: float, digits: int) -> float:
    mantissa, exponent = f"{abs(value):.{digits - 1}e}".split("e")
    scale = Fraction(10) ** int(exponent)
    nearest = Fraction(mantissa) * scale
    above = nearest if nearest > abs(value) else nearest + scale / 10 ** (digits - 1)
    return copysign(float(above), value)


def date_text(days: int) -> str:
    """A day counted from 1990-01-01, as `2024-01-15`."""
    return date.fromordinal(_FIRST_DATE + days).isoformat()


def time_text(nanoseconds: int) -> str:
    """A time of day in ns since midnight, as `10:30:00.123`: 3, 6 or 9 digits, what it takes."""
    if not 0 <= nanoseconds < DAY_NS:
        raise BadValue(f"{nanoseconds / 1e9:g} s after midnight is no time of day")
    seconds, fraction = divmod(nanoseconds, 1_000_000_000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02d}:{minute:02d}:{second:02d}.{_fraction(fraction)}"


def moment_text(nanoseconds: int) -> str:
    """A moment in ns since 1970 by a clock without zone, as `2024-01-15T10:30:00.123`."""
    seconds, fraction = divmod(nanoseconds, 1_000_000_000)
    moment = _EPOCH + timedelta(seconds=seconds)
    return f"{moment.isoformat()}.{_fraction(fraction)}"


def calendar_text(
    year: int, month: int, day: int, hour: int, minute: int, second: int, nanosecond: int
) -> str:
    """A moment given by its parts, as `2024-01-15T10:30:00.123`; `BadValue` if there is none."""
    try:
        moment = datetime(year, month, day, hour, minute, second)
    except ValueError as exc:
        raise BadValue(
            f"{year:04d}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:{second:02d} "
            "is no date and time"
        ) from exc
    if not 0 <= nanosecond < 1_000_000_000:
        raise BadValue(f"{nanosecond} ns is no part of a second")
    return f"{moment.isoformat()}.{_fraction(nanosecond)}"


def _fraction(nanoseconds: int) -> str:
    digits = f"{nanoseconds:09d}"
    while len(digits) > 3 and digits.endswith("000"):
        digits = digits[:-3]
    return digits
