"""A value for a type: arrays element by element, structures member by member.

And what a sender is told who asks for another.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TypeAlias

from warlogix.conversion import numbers, texts
from warlogix.datatypes import DEFAULT_LENGTH, DataType, Kind, Structure
from warlogix.errors import BadRequest
from warlogix.tags import Value
from warlogix.values import BadValue

_Take: TypeAlias = "Callable[[object, DataType], Value]"

# So many characters of a value are repeated in an error.
_SHOWN = 100
# And so many members of a structure.
_MOST_LISTED = 10

_TAKES: dict[str, _Take] = dict.fromkeys(numbers.RANGES, numbers.integer) | {
    "BOOL": numbers.boolean,
    "S5TIME": numbers.s5time,
    "REAL": numbers.real,
    "LREAL": numbers.lreal,
    "CHAR": texts.char,
    "WCHAR": texts.wchar,
    "STRING": texts.string,
    "WSTRING": texts.wstring,
    "DATE": texts.date,
    "TOD": texts.tod,
    "LTOD": texts.ltod,
    "DT": texts.dt,
    "LDT": texts.ldt,
    "DTL": texts.dtl,
}
_NS = '"2024-01-15T10:30:00.123456789"'
_RANGES = {
    "BOOL": "true, false, 1 and 0",
    "TIME": "whole numbers of ms from {} to {}",
    "LTIME": "whole numbers of ns from {} to {}",
    "S5TIME": "whole numbers of ms from 0 to 9990 in steps of 10, to 99900 in steps of 100, "
    "to 999000 in steps of 1000 and to 9990000 in steps of 10000",
    "REAL": f"numbers from {-numbers.LARGEST_REAL!r} to {numbers.LARGEST_REAL!r}",
    "LREAL": f"numbers from {-numbers.LARGEST_LREAL!r} to {numbers.LARGEST_LREAL!r}",
    "CHAR": "text of one character",
    "WCHAR": "text of one UTF-16 character",
    "DATE": f'dates like "2024-01-15" from {texts.DATE[0]} to {texts.DATE[1]}',
    "TOD": 'times of day like "10:30:00.123", to the millisecond',
    "LTOD": 'times of day like "10:30:00.123456789"',
    "DT": 'moments like "2024-01-15T10:30:00.123", to the millisecond, '
    f"from {texts.DT[0]} to {texts.DT[1]}",
    "LDT": f"moments like {_NS} from {texts.LDT[0]} to {texts.LDT[1]}",
    "DTL": f"moments like {_NS} from {texts.DTL[0]} to {texts.DTL[1]}",
}


def convert(value: object, kind: Kind) -> Value:
    """The value as a read of such a tag would give it, from what `parse_json` has read.

    Raises `BadRequest` where the type does not take exactly this value.
    """
    return _within(value, kind, "")


def _within(value: object, kind: Kind, path: str) -> Value:
    """The value of an array, a structure or neither, that is at this path of the whole."""
    if kind.shape:
        return _list(value, kind, replace(kind, shape=()), path, ())
    if isinstance(kind, Structure):
        return _object(value, kind, path)
    try:
        return _single(value, kind)
    except BadRequest as exc:
        raise BadRequest(f"{_place(path)}{exc}") from None


def _list(value: object, kind: Kind, element: Kind, path: str, at: tuple[int, ...]) -> Value:
    where = f"{path}[{','.join(map(str, at))}]" if at else path
    if len(at) == len(kind.shape):
        return _within(value, element, where)
    size = kind.shape[len(at)]
    if not isinstance(value, list) or len(value) != size:
        parts = "elements" if len(at) + 1 == len(kind.shape) else "lists"
        taken = f"{kind} takes a list of {size} {parts} there"
        raise BadRequest(f"{_place(where)}{_shown(value)} does not fit; {taken}")
    return [_list(each, kind, element, path, (*at, number)) for number, each in enumerate(value)]


def _object(value: object, kind: Structure, path: str) -> Value:
    names = [name for name, _ in kind.members]
    if (
        not isinstance(value, dict)
        or len(value) != len(names)
        or any(n not in value for n in names)
    ):
        fault = _difference(value, names) if isinstance(value, dict) else ""
        taken = f"{kind} takes an object with exactly the members {_listed(names)}"
        raise BadRequest(f"{_place(path)}{_shown(value)} does not fit{fault}; {taken}")
    before = f"{path}." if path else ""
    return {name: _within(value[name], member, f"{before}{name}") for name, member in kind.members}


def _difference(value: dict[str, object], names: Sequence[str]) -> str:
    """Which members an object lacks, or which it has that nobody knows."""
    if missing := [name for name in names if name not in value]:
        return f": it lacks {_listed(missing)}"
    return f": there is no member {_listed([name for name in value if name not in names])}"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_LISTED
    listed = ", ".join(_shown(name)[1:-1] for name in names[:_MOST_LISTED])
    return f"{listed} and {more} more" if more > 0 else listed


def _place(path: str) -> str:
    if not path:
        return ""
    return f"{'member' if path.strip('[0123456789,]') else 'element'} {path}: "


def _single(value: object, kind: DataType) -> Value:
    if isinstance(value, float):
        value = Decimal(repr(value))
    try:
        return _TAKES[kind.base](value, kind)
    except BadValue as exc:
        reason = f": {exc}"
    except ValueError:
        reason = ""
    raise BadRequest(
        f"{_shown(value)} does not fit {kind.spelled}{reason}; it takes {_range(kind)}"
    )


def _range(kind: DataType) -> str:
    if kind.base in ("STRING", "WSTRING"):
        return f"text of at most {kind.length or DEFAULT_LENGTH} characters"
    taken = _RANGES.get(kind.base, "whole numbers from {} to {}")
    return taken.format(*numbers.RANGES.get(kind.base, ()))


def _shown(value: object) -> str:
    """The value for an error's text: never long, and nothing in it that text cannot carry."""
    if isinstance(value, list):
        return f"a list of {len(value)} element{'s' * (len(value) != 1)}"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, str):
        text = json.dumps(value[:_SHOWN], ensure_ascii=False)
        text = text.encode("utf-8", "backslashreplace").decode()
    elif value is None or isinstance(value, bool):
        text = json.dumps(value)
    else:
        text = str(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
