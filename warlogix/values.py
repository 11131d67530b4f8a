"""What PLC values look like in JSON: exact REALs, dates and times as text, and what is no value.

Pure arithmetic, shared by every family. Bytes are the business of each family's codec.
"""

import re
import struct
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import copysign, frexp, inf, isfinite, isnan, nextafter

_REAL = struct.Struct(">f")
_LREAL = struct.Struct(">d")
_SMALLEST_NORMAL = 2.0**-126
# The middle of two neighbouring floats has one bit more than their 24.
_MIDDLE_BITS = 2.0**25
_EPOCH = datetime(1970, 1, 1)
# An S5TIME counts one of these, in ms.
S5TIME_UNITS = (10, 100, 1000, 10_000)
_FIRST_DATE = date(1990, 1, 1).toordinal()
DAY_MS = 86_400_000
DAY_NS = DAY_MS * 1_000_000
_DATE = r"(\d{4})-(\d\d)-(\d\d)"
_TIME = r"(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?"
_DATE_FORM = re.compile(_DATE, re.ASCII)
_TIME_FORM = re.compile(_TIME, re.ASCII)
_MOMENT_FORM = re.compile(f"{_DATE}T{_TIME}", re.ASCII)


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


def nearest_real(number: Decimal) -> float:
    """The 32-bit float that is nearest to a number, an infinity beyond the last one.

    By way of a double it is rounded twice, which misses where the double is the middle of two
    floats; a double that was rounded to an odd last bit never is.
    """
    double = float(number)
    exact = Decimal(double)
    if isfinite(double) and exact != number and not _LREAL.pack(double)[-1] & 1:
        double = nextafter(double, inf if number > exact else -inf)
    try:
        raw = _REAL.pack(double)
    except OverflowError:
        return copysign(inf, double)
    nearest: float = _REAL.unpack(raw)[0]
    return nearest


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


def days_since_1990(text: str) -> int:
    """The opposite of `date_text`; `BadValue` for what is no date."""
    form = _DATE_FORM.fullmatch(text)
    if form is None:
        raise BadValue("it is no date")
    try:
        return date(*map(int, form.groups())).toordinal() - _FIRST_DATE
    except ValueError as exc:
        raise BadValue("there is no such day") from exc


def ns_since_midnight(text: str) -> int:
    """The opposite of `time_text`; the fraction may have 1 to 9 digits or be missing."""
    form = _TIME_FORM.fullmatch(text)
    if form is None:
        raise BadValue("it is no time of day")
    hour, minute, second = map(int, form.groups()[:3])
    if hour > 23 or minute > 59 or second > 59:
        raise BadValue("there is no such time of day")
    return (hour * 3600 + minute * 60 + second) * 1_000_000_000 + _nanoseconds(form[4])


def calendar(text: str) -> tuple[datetime, int]:
    """The opposite of `calendar_text`: the moment to the second, and its nanoseconds."""
    form = _MOMENT_FORM.fullmatch(text)
    if form is None:
        raise BadValue("it is no date and time")
    year, month, day, hour, minute, second = map(int, form.groups()[:6])
    try:
        moment = datetime(year, month, day, hour, minute, second)
    except ValueError as exc:
        raise BadValue("there is no such moment") from exc
    return moment, _nanoseconds(form[7])


def ns_since_1970(text: str) -> int:
    """The opposite of `moment_text`; `BadValue` for what is no moment."""
    moment, nanosecond = calendar(text)
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000_000 + nanosecond


def _nanoseconds(digits: str | None) -> int:
    return int((digits or "0").ljust(9, "0"))


def _fraction(nanoseconds: int) -> str:
    digits = f"{nanoseconds:09d}"
    while len(digits) > 3 and digits.endswith("000"):
        digits = digits[:-3]
    return digits
