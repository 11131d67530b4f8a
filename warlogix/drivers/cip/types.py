"""The elementary types by the codes that every CIP device gives them, and what has none.

Pure.
"""

BOOL = 0xC1
DWORD = 0xD3
# Those whose values are numbers or bit strings, little-endian and of a fixed size.
NUMBERS = {
    0xC2: "SINT",
    0xC3: "INT",
    0xC4: "DINT",
    0xC5: "LINT",
    0xC6: "USINT",
    0xC7: "UINT",
    0xC8: "UDINT",
    0xC9: "ULINT",
    0xCA: "REAL",
    0xCB: "LREAL",
    0xD1: "BYTE",
    0xD2: "WORD",
    DWORD: "DWORD",
    0xD4: "LWORD",
}


class Unreadable(Exception):
    """No value can be made of what is there; the text says why, and what to do."""
