"""Each family's types at their limits: what the PLC holds, and what becomes of it in JSON.

A row is a tag of its own. `json` is its value as it is published, digit for digit, and as it is
written; `type` is the published name.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """One tag: as the program declares it, what it holds, and how it is published."""

    declared: str
    json: str
    type: str
    holds: Any


def _row(declared: str, json: str, holds: Any, published: str = "") -> Row:
    return Row(declared, json, published or declared, holds)


INTEGERS = (
    _row("SINT", "-128", -128),
    _row("SINT", "127", 127),
    _row("INT", "-32768", -(2**15)),
    _row("INT", "32767", 2**15 - 1),
    _row("DINT", "-2147483648", -(2**31)),
    _row("DINT", "2147483647", 2**31 - 1),
    _row("LINT", "-9223372036854775808", -(2**63)),
    _row("LINT", "9223372036854775807", 2**63 - 1),
    _row("LINT", "9007199254740993", 2**53 + 1),
)
UNSIGNED = (
    _row("USINT", "255", 255),
    _row("UINT", "65535", 65535),
    _row("UDINT", "4294967295", 2**32 - 1),
    _row("ULINT", "18446744073709551615", 2**64 - 1),
)
BIT_STRINGS = (
    _row("BYTE", "255", 255),
    _row("WORD", "65535", 65535),
    _row("DWORD", "4294967295", 2**32 - 1),
    _row("LWORD", "18446744073709551615", 2**64 - 1),
)
REALS = (
    _row("REAL", "3.14", 3.14),
    _row("REAL", "72.0", 72.0),
    _row("REAL", "-0.0", -0.0),
    _row("REAL", "1e-45", 1e-45),
    _row("REAL", "3.4028235e38", 3.4028235e38),
    _row("LREAL", "0.1", 0.1),
    _row("LREAL", "3.140000104904175", 3.140000104904175),
    _row("LREAL", "5e-324", 5e-324),
    _row("LREAL", "1.7976931348623157e308", 1.7976931348623157e308),
)
BOOLS = (_row("BOOL", "true", True), _row("BOOL", "false", False))
CUBE = "[[[1,2],[3,4],[5,-6]],[[7,8],[9,10],[11,12]]]"
_CUBE = [[[1, 2], [3, 4], [5, -6]], [[7, 8], [9, 10], [11, 12]]]
LINE = '{"Step":-32768,"Motors":[{"On":true,"Torque":3.14},{"On":false,"Torque":-1.5}]}'
_LINE = {
    "Step": -32768,
    "Motors": [{"On": True, "Torque": 3.14}, {"On": False, "Torque": -1.5}],
}

CIP_ARRAYS = (
    _row("DINT[3]", "[-1,0,2147483647]", [-1, 0, 2**31 - 1]),
    _row("INT[2,3,2]", CUBE, _CUBE),
    _row("Line", LINE, _LINE),
    _row("Line[2]", f"[{LINE},{LINE}]", [_LINE, _LINE]),
)

LOGIX = (
    *BOOLS,
    *INTEGERS,
    *REALS[:5],
    *CIP_ARRAYS,
    _row("BOOL[32]", f"[{','.join(['true', 'false'] * 16)}]", [True, False] * 16),
    _row("STRING", '"Höhe"', "Höhe"),
    _row("STRING", '""', ""),
    _row("STRING[2]", '["ab","xyz"]', ["ab", "xyz"]),
    _row("SHORT20", '"twenty characters ok"', "twenty characters ok", "STRING"),
)
MICRO800 = (*BOOLS, *INTEGERS, *UNSIGNED, *REALS, _row("INT[3]", "[-1,0,1]", [-1, 0, 1]))
OMRON_EIP = (
    *BOOLS,
    *INTEGERS,
    *UNSIGNED,
    *BIT_STRINGS,
    *REALS,
    *CIP_ARRAYS,
    _row("STRING(20)", '"grün €"', "grün €", "STRING"),
)
ADS = (
    *BOOLS,
    *INTEGERS,
    *UNSIGNED,
    *BIT_STRINGS,
    *REALS,
    _row("ARRAY [1..3] OF DINT", "[-1,0,2147483647]", [-1, 0, 2**31 - 1], "DINT[3]"),
    _row("ARRAY [0..1,1..3,-1..0] OF INT", CUBE, _CUBE, "INT[2,3,2]"),
    _row("ST_Line", LINE, _LINE),
    _row("ARRAY [1..2] OF ST_Line", f"[{LINE},{LINE}]", [_LINE, _LINE], "ST_Line[2]"),
    _row("STRING(20)", '"Höhe"', "Höhe", "STRING"),
    _row("WSTRING(20)", '"Ω≤grün"', "Ω≤grün", "WSTRING"),
    _row("ARRAY [1..2] OF STRING(5)", '["ab","xyz"]', ["ab", "xyz"], "STRING[2]"),
    _row("TIME", "2147483647", 2**31 - 1),
    _row("DATE", '"2024-01-15"', "2024-01-15"),
    _row("TOD", '"23:59:59.999"', "23:59:59.999"),
    _row("DT", '"2024-01-15T10:30:00.000"', "2024-01-15T10:30:00.000"),
    _row("LTIME", "9223372036854775807", 2**63 - 1),
    _row("E_Mode", "1", 1, "INT"),
)
FINS = (
    *INTEGERS[2:],
    *(row for row in UNSIGNED if row.declared != "USINT"),
    *(row for row in BIT_STRINGS if row.declared != "BYTE"),
    *REALS,
    _row("DINT[3]", "[-1,0,2147483647]", [-1, 0, 2**31 - 1]),
    _row("INT[2,3,2]", CUBE, _CUBE),
    _row("STRING[20]", '"Höhe"', "Höhe", "STRING"),
    _row("BOOL[5]", "[true,false,true,true,false]", [True, False, True, True, False]),
)
