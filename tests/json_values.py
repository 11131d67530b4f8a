"""JSON texts to be written to a tag of any type.

KINDS            types, arrays too
json_for(kind)   values that fit the type, values beside it, anything
"""

import json
from datetime import datetime, timedelta
from math import prod

from hypothesis import strategies as st

from tests.asked import FLOATS, LIMITS
from warlogix.datatypes import BASES, DataType

KINDS = st.builds(
    lambda base, length, shape: DataType(base, length if base.endswith("STRING") else None, shape),
    st.sampled_from(sorted(BASES)),
    st.integers(1, 9) | st.just(254),
    st.sampled_from([(), (), (1,), (3,), (9,), (2, 3), (3, 1, 2), (2, 17)]),
).filter(lambda kind: kind.length != 254 or not kind.shape)


def json_for(kind: DataType) -> st.SearchStrategy[str]:
    """JSON texts; most arrays have the right shape, most elements something of the type."""
    element = _element(kind)
    if not kind.shape:
        return element
    good = st.lists(element, min_size=prod(kind.shape), max_size=prod(kind.shape))
    sure = _fitting(kind.base, kind.length or 254)
    best = st.lists(sure, min_size=prod(kind.shape), max_size=prod(kind.shape))
    return st.one_of(
        best.map(lambda flat: _nested(flat, kind.shape)),
        good.map(lambda flat: _nested(flat, kind.shape)),
        st.lists(element, max_size=12).map(lambda flat: f"[{','.join(flat)}]"),
        element,
    )


def _nested(flat: list[str], shape: tuple[int, ...]) -> str:
    for size in reversed(shape):
        flat = [f"[{','.join(flat[at : at + size])}]" for at in range(0, len(flat), size)]
    return flat[0]


def _element(kind: DataType) -> st.SearchStrategy[str]:
    fitting = _fitting(kind.base, kind.length or 254)
    return st.one_of(fitting, fitting, fitting, _beside(kind), _ANYTHING)


_EXACT = {
    "REAL": st.floats(allow_nan=False, allow_infinity=False, width=32).map(repr),
    "LREAL": st.floats(allow_nan=False, allow_infinity=False).map(repr),
}
_NUMBERS = st.one_of(
    st.integers(-(2**65), 2**65).map(str),
    st.integers(-70_000, 70_000).map(str),
    *_EXACT.values(),
    st.from_regex(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,40})?([eE][-+]?[0-9]{1,2})?", fullmatch=True),
    st.sampled_from(["1e400", "-1e400", "1e-400", "3.4028235e38", "3.4028236e38", "1e-45", "-0.0"]),
).filter(lambda text: text not in ("-0",))
_TEXTS = st.one_of(st.text(max_size=12), st.characters(categories=["Cs"]), st.just("\0")).map(
    json.dumps
)
_ANYTHING = st.one_of(
    _NUMBERS, _TEXTS, st.sampled_from(["null", "true", "false", "[]", "{}", "[1]", '{"a":1}'])
)


def _beside(kind: DataType) -> st.SearchStrategy[str]:
    """What nearly fits: a number just outside, a text that is a little too long."""
    if kind.base in LIMITS:
        low, high = LIMITS[kind.base]
        return st.builds(_written, st.sampled_from([low - 1, low, high, high + 1]), _FORMS)
    return st.text(max_size=(kind.length or 254) + 2).map(json.dumps) if kind.length else _ANYTHING


_FORMS = st.sampled_from(
    ["{}", "{}", "{}.0", "{}.00E0", "{}e0", "{}E+0", "{}.5", "{}.0000000000000000000000000001"]
)


def _written(number: int, form: str) -> str:
    return form.format(number)


def _fitting(base: str, length: int) -> st.SearchStrategy[str]:
    if base == "BOOL":
        return st.sampled_from(["true", "false", "0", "1", "1.0", "1e0"])
    if base == "S5TIME":
        steps = st.sampled_from([10, 100, 1000, 10_000])
        return st.builds(lambda step, count: str(step * count), steps, st.integers(0, 999))
    if base in LIMITS:
        return st.builds(_written, st.integers(*LIMITS[base]), _FORMS) | st.integers(
            *LIMITS[base]
        ).map(lambda number: f"{number * 100}e-2")
    if base in FLOATS:
        return st.one_of(_EXACT[base], st.integers(-(2**25), 2**25).map(str), _NUMBERS)
    return _fitting_text(base, length).map(json.dumps)


def _fitting_text(base: str, length: int) -> st.SearchStrategy[str]:
    latin = st.characters(max_codepoint=255)
    plane = st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"])
    fraction = st.one_of(
        st.just(""), st.integers(0, 999).map(".{:03d}".format), st.from_regex(r"\.[0-9]{1,9}\Z")
    )
    clock = st.builds("{:%H:%M:%S}{}".format, st.times(), fraction)
    match base:
        case "CHAR":
            return latin
        case "WCHAR":
            return plane
        case "STRING":
            return st.text(latin, max_size=length)
        case "WSTRING":
            return st.text(plane, max_size=length)
        case "DATE":
            days = st.integers(-3, 65_540)
            return days.map(lambda n: f"{datetime(1990, 1, 1) + timedelta(days=n):%Y-%m-%d}")
        case "TOD" | "LTOD":
            return clock
    year = st.integers(1675, 2265) | st.integers(1988, 2091) | st.integers(1, 9999)
    day = st.builds("{:04d}-{:02d}-{:02d}".format, year, st.integers(1, 12), st.integers(1, 29))
    return st.builds("{}T{}".format, day, clock)
