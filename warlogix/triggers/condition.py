"""What a trigger waits for: a tag that is equal to, above or below a value."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from warlogix.tags import Value

_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison of a tag's value with `value`, by one of `== != > < >= <=`."""

    operator: str
    value: bool | int | float | str

    def __str__(self) -> str:
        wanted = f'"{self.value}"' if isinstance(self.value, str) else str(self.value)
        if isinstance(self.value, bool):
            wanted = wanted.lower()
        return f"{self.operator} {wanted}"

    def holds(self, value: Value) -> bool:
        """Whether it is met. `value` must be `comparable`."""
        return _COMPARE[self.operator](value, self.value)

    def comparable(self, value: Value) -> bool:
        """Whether the value can be compared: numbers, texts and booleans among themselves.

        A BOOL may also be compared with 0 and 1, as it may be written with them.
        """
        wanted = self.value
        if isinstance(value, bool):
            return isinstance(wanted, bool) or wanted in (0, 1)
        if isinstance(value, int | float):
            return isinstance(wanted, int | float) and not isinstance(wanted, bool)
        return isinstance(value, str) and isinstance(wanted, str)
