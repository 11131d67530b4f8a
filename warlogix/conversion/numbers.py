"""Which numbers each type takes, and as what.

A function here returns the value, or raises ValueError: a `BadValue` with the reason where the
type's range alone does not say it.
"""

from collections.abc import Callable
from decimal import Decimal
from math import isfinite

from warlogix.datatypes import DataType
from warlogix.tags import Value
from warlogix.values import S5TIME_UNITS, BadValue, nearest_real, shortest_real

_SIGNED = {"SINT": 8, "INT": 16, "DINT": 32, "LINT": 64, "TIME": 32, "LTIME": 64}
_UNSIGNED = {"BYTE": 8, "WORD": 16, "DWORD": 32, "LWORD": 64}
_UNSIGNED |= {"USINT": 8, "UINT": 16, "UDINT": 32, "ULINT": 64}
RANGES = {base: (-(1 << bits - 1), (1 << bits - 1) - 1) for base, bits in _SIGNED.items()}
RANGES |= {base: (0, (1 << bits) - 1) for base, bits in _UNSIGNED.items()}
RANGES |= {"COUNTER": (0, 999)}
LARGEST_REAL, _SMALLEST_REAL = 3.4028235e38, 1e-45
LARGEST_LREAL, _SMALLEST_LREAL = 1.7976931348623157e308, 5e-324
# The widest integers have 20 digits; a number with more is not spelled out.
_MOST_DIGITS = 20


def boolean(value: object, _kind: DataType) -> Value:
    """BOOL: itself, and the numbers 0 and 1."""
    if isinstance(value, bool):
        return value
    number = _whole(value)
    if number not in (0, 1):
        raise ValueError
    return number == 1


def integer(value: object, kind: DataType) -> Value:
    """Whole numbers within the type's range."""
    number = _whole(value)
    low, high = RANGES[kind.base]
    if not low <= number <= high:
        raise ValueError
    return number


def s5time(value: object, _kind: DataType) -> Value:
    """S5TIME in ms: three digits of one of four units."""
    number = _whole(value)
    if not any(number % unit == 0 and 0 <= number <= 999 * unit for unit in S5TIME_UNITS):
        raise ValueError
    return number


def real(value: object, _kind: DataType) -> Value:
    """REAL: the nearest 32-bit float."""
    return shortest_real(_nearest(value, nearest_real, _SMALLEST_REAL))


def lreal(value: object, _kind: DataType) -> Value:
    """LREAL: the nearest 64-bit float."""
    return _nearest(value, float, _SMALLEST_LREAL)


def _number(value: object) -> int | Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError
    if isinstance(value, Decimal) and not value.is_finite():
        raise ValueError
    return value


def _whole(value: object) -> int:
    """A number without a fraction, however it is written."""
    number = _number(value)
    if isinstance(number, int):
        return number
    if number and number.adjusted() > _MOST_DIGITS:
        raise ValueError
    whole = int(number)
    if whole != number:
        raise ValueError
    return whole


def _nearest(value: object, nearest: Callable[[Decimal], float], smallest: float) -> float:
    number = _number(value)
    found = nearest(Decimal(number))
    if not isfinite(found):
        raise ValueError
    if found == 0 and number != 0:
        raise BadValue(f"the smallest number above 0 it holds is {smallest!r}")
    if isinstance(number, int) and found != number:
        raise BadValue(
            f"it cannot hold that whole number exactly, the nearest is {found!r}, "
            "to which it is rounded when written with a decimal point"
        )
    return found
