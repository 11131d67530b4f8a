"""Which texts each type takes, dates and times among them, and as what.

A function here returns the value, or raises ValueError: a `BadValue` with the reason where the
type's range alone does not say it.
"""

from collections.abc import Callable

from warlogix.datatypes import DEFAULT_LENGTH, DataType
from warlogix.tags import Value
from warlogix.values import (
    BadValue,
    calendar,
    calendar_text,
    date_text,
    days_since_1990,
    moment_text,
    ns_since_1970,
    ns_since_midnight,
    time_text,
)

_MS = 1_000_000
_LDT_LIMIT = 1 << 63
_LAST_DATE = 65_535
DATE = (date_text(0), date_text(_LAST_DATE))
DT = ("1990-01-01T00:00:00.000", "2089-12-31T23:59:59.999")
LDT = (moment_text(-_LDT_LIMIT), moment_text(_LDT_LIMIT - 1))
DTL = (moment_text(0), LDT[1])


def char(value: object, _kind: DataType) -> Value:
    """CHAR: one character; whether the PLC's code page has it, the driver knows."""
    text = _text(value)
    if len(text) != 1:
        raise ValueError
    return text


def wchar(value: object, _kind: DataType) -> Value:
    """WCHAR: one character that is one word of UTF-16."""
    text = _text(value)
    if _utf16_length(text) != 1:
        raise ValueError
    return text


def string(value: object, kind: DataType) -> Value:
    """STRING: not more characters than it is long."""
    return _limited(_text(value), kind, len)


def wstring(value: object, kind: DataType) -> Value:
    """WSTRING: not more words of UTF-16 than it is long."""
    return _limited(_text(value), kind, _utf16_length)


def date(value: object, _kind: DataType) -> Value:
    """DATE: a day from 1990 on."""
    days = days_since_1990(_text(value))
    if not 0 <= days <= _LAST_DATE:
        raise ValueError
    return date_text(days)


def tod(value: object, _kind: DataType) -> Value:
    """TOD: a time of day in whole ms."""
    nanoseconds = ns_since_midnight(_text(value))
    if nanoseconds % _MS:
        raise ValueError
    return time_text(nanoseconds)


def ltod(value: object, _kind: DataType) -> Value:
    """LTOD: a time of day in ns."""
    return time_text(ns_since_midnight(_text(value)))


def dt(value: object, _kind: DataType) -> Value:
    """DT: a moment in whole ms, its year in two digits."""
    moment, nanosecond = calendar(_text(value))
    if nanosecond % _MS or not 1990 <= moment.year <= 2089:
        raise ValueError
    return calendar_text(*moment.timetuple()[:6], nanosecond)


def ldt(value: object, _kind: DataType) -> Value:
    """LDT: a moment that 64 bits of ns around 1970 reach."""
    return _moment(_text(value), -_LDT_LIMIT)


def dtl(value: object, _kind: DataType) -> Value:
    """DTL: a moment of LDT from 1970 on."""
    return _moment(_text(value), 0)


def _moment(text: str, first: int) -> Value:
    nanoseconds = ns_since_1970(text)
    if not first <= nanoseconds < _LDT_LIMIT:
        raise ValueError
    return moment_text(nanoseconds)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError
    try:
        value.encode()
    except UnicodeEncodeError as exc:
        raise BadValue("it holds half a surrogate pair, which is no character") from exc
    return value


def _limited(text: str, kind: DataType, count: Callable[[str], int]) -> str:
    length = count(text)
    if length > (kind.length or DEFAULT_LENGTH):
        raise BadValue(f"it has {length} characters")
    return text


def _utf16_length(text: str) -> int:
    return len(text.encode("utf-16-be")) // 2
