"""What a write request asks for, as the value that the tag would be read with.

    convert(parse_json("100.0"), DataType("DINT"))    -> 100
    convert(parse_json("300"), DataType("BYTE"))      BadRequest: 300 does not fit BYTE, ...

Nothing is truncated, wrapped or guessed: what a type cannot hold is refused with a text that names
the value, the type and its range. Only a REAL or LREAL that was written with a point or an exponent
is rounded, to the nearest number there is. Pure: no PLC, no clock.

parsing     JSON text to numbers with all of their digits
numbers     which numbers a type takes
texts       which texts a type takes, dates and times among them
converting  arrays and structures, and what a sender is told
"""

from warlogix.conversion.converting import convert
from warlogix.conversion.parsing import parse_json

__all__ = ["convert", "parse_json"]
