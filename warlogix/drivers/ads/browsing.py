"""All symbols of a program, from its tables as the PLC gives them. Pure.

symbols, types = upload_sizes(info)
found = found_in(symbol_table, type_table)
"""

import struct

from warlogix.drivers.ads.entries import READ_ONLY, SymbolEntry, parse_symbols, parse_types
from warlogix.drivers.ads.types import Types, Unreadable, Untold
from warlogix.drivers.ads.wire import MOST_BYTES
from warlogix.drivers.exchanges import Nonsense
from warlogix.tags import Found

SYMBOLS, TYPES = 0xF00B, 0xF00E
_SIZES = struct.Struct("<IIII")
_HEADS = 1024


def upload_sizes(info: bytes) -> tuple[int, int]:
    """The bytes of the table of symbols and of that of data types."""
    if len(info) < _SIZES.size:
        raise Nonsense("sizes of its tables that are cut off")
    _, symbols, _, types = _SIZES.unpack_from(info)
    if max(symbols, types) > MOST_BYTES - _HEADS:
        raise Nonsense("sizes of its tables that no PLC has")
    return symbols, types


def found_in(symbol_table: bytes, type_table: bytes) -> list[Found]:
    """Every symbol, in the order of the names."""
    # A code page moves no byte: which one it is does not matter here.
    types = Types("latin-1")
    for entry in parse_types(type_table):
        types.learn(entry.name, entry)
    found = [_found(symbol, types) for symbol in parse_symbols(symbol_table)]
    return sorted(found, key=lambda each: each.name)


def _found(symbol: SymbolEntry, types: Types) -> Found:
    is_writable = not symbol.flags & READ_ONLY
    while True:
        try:
            kind = types.layout(symbol).kind
        except Unreadable:
            return Found(symbol.name, symbol.type_name, None, is_writable)
        except Untold:
            for name in sorted(types.wanted):
                types.learn(name, None)
        else:
            return Found(symbol.name, str(kind), kind, is_writable)
