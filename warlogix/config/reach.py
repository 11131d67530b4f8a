"""Whether a trigger's condition can change at all, with the values that a type has; pure.

undecided(DataType("INT"), "==", "Done")   # ('which cannot be compared with "Done"', a remedy)

settled(DataType("SINT"), ">", 300)    # "whose values (-128 to 127) are never > 300"
settled(DataType("UINT"), ">=", 0)     # "whose values (0 to 65535) are always >= 0"
settled(DataType("UINT"), ">=", 1)     # "": some are and some are not
"""

import operator
from collections.abc import Callable, Mapping

from warlogix.config.shown import shown
from warlogix.conversion.numbers import LARGEST_LREAL, LARGEST_REAL, RANGES
from warlogix.datatypes import DataType, Kind, can_meet
from warlogix.values import S5TIME_UNITS

# What is read: the durations of TwinCAT go beyond what may be written.
_ENDS: Mapping[str, tuple[float, float]] = RANGES | {
    "TIME": (-(2**31), 2**32 - 1),
    "LTIME": (-(2**63), 2**64 - 1),
    "S5TIME": (0, 999 * max(S5TIME_UNITS)),
    "REAL": (-LARGEST_REAL, LARGEST_REAL),
    "LREAL": (-LARGEST_LREAL, LARGEST_LREAL),
}
_ORDERS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ONE_CHARACTER = ("CHAR", "WCHAR")

# The remedies of a tag that is not of the type that a trigger needs.
ACK_HINT = "choose a BOOL or a signed number (SINT, INT, DINT, …)"
_COMPARABLE_HINT = "compare numbers with numbers, texts with texts, a BOOL with true or false"
_UNSETTLED_HINT = "write a condition that some of them meet, and others do not"


def undecided(kind: Kind | str, word: str, wanted: float | str) -> tuple[str, str] | None:
    """Why a condition on a tag of this type can never change, and what to do; None where it can.

    `kind` is in words where it is no type of ours.
    """
    if isinstance(kind, str) or not can_meet(kind, wanted):
        return f"which cannot be compared with {shown(wanted)}", _COMPARABLE_HINT
    why = settled(kind, word, wanted) if isinstance(kind, DataType) else ""
    return (why, _UNSETTLED_HINT) if why else None


def settled(kind: DataType, word: str, wanted: float | str) -> str:
    """That every value of the type is `word` (as ">=") `wanted`, or that none is; "" else.

    The type and `wanted` can be compared. A fraction within the values of whole numbers is taken
    for one of them.
    """
    if isinstance(wanted, str):
        longest = 1 if kind.base in _ONE_CHARACTER else kind.length
        if longest is None or len(wanted) <= longest:
            return ""
        which = f"texts (up to {longest} character{'s' if longest > 1 else ''})"
        return f"whose {which} are {_how_often(word)} {word} {shown(wanted)}"
    if kind.base not in _ENDS:
        return ""
    low, high = _ENDS[kind.base]
    if word in _ORDERS:
        at_ends = {_ORDERS[word](end, wanted) for end in (low, high)}
        if len(at_ends) > 1:
            return ""
        often = "always" if at_ends.pop() else "never"
    elif low <= wanted <= high:
        return ""
    else:
        often = _how_often(word)
    return f"whose values ({low!r} to {high!r}) are {often} {word} {shown(wanted)}"


def _how_often(word: str) -> str:
    """How often a value of a type is, or is not, one that the type does not have."""
    return "always" if word == "!=" else "never"
