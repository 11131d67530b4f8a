"""Bytes of S7 memory to values, by the type that the tag has.

    decode = decoder(parse_s7("DB1.20", "STRING[20]"), "latin-1")
    decode(b"\\x14\\x02Hi" + bytes(18))    -> "Hi"

A decoder is made once per type and gets exactly the bytes that the address covers. It raises
`BadValue` with the reason when they are no value of the type. Pure: no plan, no connection.
"""

import struct
from collections.abc import Callable
from functools import lru_cache
from math import prod
from typing import TypeAlias

from warlogix.addresses.s7 import S7Address
from warlogix.addresses.s7_layout import element_size, row_size, stride
from warlogix.datatypes import DEFAULT_LENGTH, DataType
from warlogix.drivers.arrays import each, nested
from warlogix.drivers.s7.elements import ELEMENTS, Element, string, wstring
from warlogix.drivers.texts import decoded
from warlogix.tags import Value

Decoder: TypeAlias = Callable[[bytes], Value]


def decoder(address: S7Address, encoding: str) -> Decoder:
    """The function that makes a value of the bytes at an address.

    `encoding` is the 8-bit code page of CHAR and STRING.
    """
    return _decoder(address.type, address.bit, encoding)


def code_of(address: S7Address) -> str | None:
    """The `struct` code of a single number that is a value as it is; None of all others."""
    element = None if address.type.shape else ELEMENTS.get(address.type.base)
    return element.code if element is not None and element.convert is None else None


# A plant has tags by the thousand, and types by the dozen.
@lru_cache(maxsize=1024)
def _decoder(kind: DataType, bit: int, encoding: str) -> Decoder:
    if kind.base == "BOOL":
        return _bits(kind) if kind.shape else _bit(bit)
    element = _element(kind, encoding)
    return _array(kind, element) if kind.shape else _scalar(element)


def _bit(number: int) -> Decoder:
    mask = 1 << number
    return lambda raw: raw[0] & mask != 0


def _bits(kind: DataType) -> Decoder:
    columns, step = kind.shape[-1], row_size(kind)
    rows = range(0, prod(kind.shape[:-1]) * step, step)

    def decode(raw: bytes) -> Value:
        flat: list[Value] = []
        for start in rows:
            row = int.from_bytes(raw[start : start + step], "little")
            flat += [row >> column & 1 == 1 for column in range(columns)]
        return nested(flat, kind.shape)

    return decode


def _element(kind: DataType, encoding: str) -> Element:
    if kind.base == "STRING":
        capacity = kind.length or DEFAULT_LENGTH
        return Element(f"{element_size(kind)}s", string(capacity, encoding, bool(kind.shape)))
    if kind.base == "WSTRING":
        capacity = kind.length or DEFAULT_LENGTH
        return Element(f"{element_size(kind)}s", wstring(capacity, bool(kind.shape)))
    if kind.base == "CHAR":
        return Element("c", lambda raw: decoded(raw, encoding))
    return ELEMENTS[kind.base]


def _scalar(element: Element) -> Decoder:
    unpack = struct.Struct(">" + element.code).unpack
    convert = element.convert
    if convert is None:
        return lambda raw: unpack(raw)[0]

    def decode(raw: bytes) -> Value:
        return convert(unpack(raw)[0])

    return decode


def _array(kind: DataType, element: Element) -> Decoder:
    columns, rows = kind.shape[-1], prod(kind.shape[:-1])
    if len(element.code) == 1:
        row = f"{columns}{element.code}"
    else:
        row = (element.code + "x" * (stride(kind) - element_size(kind))) * columns
    row += "x" * (row_size(kind) - columns * stride(kind))
    unpack = struct.Struct(">" + row * rows).unpack
    convert = element.convert

    def decode(raw: bytes) -> Value:
        flat = unpack(raw)
        return nested(list(flat) if convert is None else each(flat, convert), kind.shape)

    return decode
