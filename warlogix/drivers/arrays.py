"""Arrays as they lie in memory, one element after another, and as lists in lists. Pure."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from warlogix.datatypes import brackets
from warlogix.tags import Value
from warlogix.values import BadValue

T = TypeVar("T")


def nested(flat: list[Value], shape: tuple[int, ...]) -> Value:
    """The elements in rows, the last dimension innermost."""
    for size in reversed(shape[1:]):
        flat = [flat[start : start + size] for start in range(0, len(flat), size)]
    return flat


def flattened(value: Value, shape: tuple[int, ...]) -> list[Any]:
    """The opposite; `BadValue` for a value of another shape."""
    flat: list[Any] = [value]
    for size in shape:
        rows, flat = flat, []
        for row in rows:
            if not isinstance(row, list) or len(row) != size:
                raise BadValue(f"the value has not the shape {brackets(shape)}")
            flat += row
    return flat


def each(raws: Sequence[T], convert: Callable[[T], Value]) -> list[Value]:
    """Every element's value; where there are several, a `BadValue` says which one it is."""
    values: list[Value] = []
    for place, raw in enumerate(raws):
        try:
            values.append(convert(raw))
        except BadValue as exc:
            if len(raws) == 1:
                raise
            raise BadValue(f"element {place}: {exc}") from exc
    return values
