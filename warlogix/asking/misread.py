"""What to type instead, where a value was read as something else than its tag takes; pure.

misread(b'".5"', '".5" does not fit REAL; it takes numbers from ...')
    -> '".5" was read as a text; write 0.5'
"""

import re

import msgspec

from warlogix.console import shortened
from warlogix.datatypes import DATES, TEXTS

_LONGEST = 40
_REFUSED = re.compile(r"^\S.{0,200}? does not fit(?: ([A-Z0-9]+)|; )")
_NUMBER = re.compile(r"([+-]?)(0*)([0-9]*)\.?([0-9]*)([eE][+-]?[0-9]+)?")
# What is wrong inside a list or an object was not misread as a whole.
_INSIDE = ("element ", "member ")
_BOOLS = ("true", "false")
_NUMBERS = "numbers are written like 100, -5, 0.5 or 1e3"
_LISTS = "lists are written like [1,2]"
_OBJECTS = 'structures are written like {"Speed":1,"Name":"a"}'


def misread(value: bytes, error: str) -> str:
    """What to type instead of a value that was refused, "" where it was read as it was meant.

    `value` is JSON in UTF-8, `error` the answer.
    """
    refused = _REFUSED.match(error)
    if refused is None or error.startswith(_INSIDE):
        return ""
    base, shown = refused[1], shortened(value.decode(), _LONGEST)
    if base in TEXTS:
        if value.startswith(b'"'):
            return ""
        return f"{shown} was read as JSON, not as a text; --string sends it as a text"
    if base in DATES or not value.startswith(b'"'):
        return ""
    if base is None:
        return f"{shown} was read as a text; {_OBJECTS if ' takes an object ' in error else _LISTS}"
    return f"{shown} was read as a text; {_instead(msgspec.json.decode(value, type=str), base)}"


def _instead(text: str, base: str) -> str:
    meant = _bool(text) if base == "BOOL" else _number(text)
    if meant and meant == text:
        return f"write {meant} without quotation marks and without --string"
    if meant:
        return f"write {meant}"
    return "write true or false" if base == "BOOL" else _NUMBERS


def _bool(text: str) -> str:
    word = text.strip().lower()
    return word if word in _BOOLS else _number(text)


def _number(text: str) -> str:
    """The number as JSON has it, "" where it is none, or too long to be told."""
    parts = _NUMBER.fullmatch(text.strip())
    if parts is None or len(text) > _LONGEST:
        return ""
    sign, zeros, whole, fraction, exponent = parts.groups(default="")
    if not zeros + whole + fraction:
        return ""
    minus = "-" if sign == "-" else ""
    return f"{minus}{whole or 0}{'.' if fraction else ''}{fraction}{exponent}"
