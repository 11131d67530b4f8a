"""JSON text to values, its numbers exactly as they were written."""

import json
from decimal import Decimal

from warlogix.errors import BadRequest

# Python reads an integer of thousands of digits slowly or not at all; no type holds so many.
_INTEGER_DIGITS = 400
# Decimals end at exponents of 18 digits; no request has the digits that would make up for 15.
_EXPONENT_DIGITS, _EXPONENT = 15, 10**15


def parse_json(raw: bytes | str) -> object:
    """What a JSON text says; a number is an int where neither point nor exponent is written.

    All others are Decimals, and so are integers of more than 400 digits. Raises `BadRequest` for
    what is no JSON, and for an object that has a member twice.
    """
    try:
        return _DECODER.decode(raw if isinstance(raw, str) else raw.decode())
    except RecursionError:
        raise BadRequest("the value is nested too deeply") from None
    except ValueError as exc:
        raise BadRequest(f"the value is no JSON: {exc}") from exc


def _integer(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= _INTEGER_DIGITS else Decimal(digits)


def _decimal(text: str) -> Decimal:
    mantissa, _, exponent = text.lower().partition("e")
    if len(exponent.lstrip("+-0")) > _EXPONENT_DIGITS:
        return Decimal(f"{mantissa}e{'-' if exponent[0] == '-' else ''}{_EXPONENT}")
    return Decimal(text)


def _no_number(name: str) -> Decimal:
    raise ValueError(f"{name} is no number")


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadRequest("the value has an object with a member twice")
    return found


_DECODER = json.JSONDecoder(
    object_pairs_hook=_members,
    parse_int=_integer,
    parse_float=_decimal,
    parse_constant=_no_number,
)
