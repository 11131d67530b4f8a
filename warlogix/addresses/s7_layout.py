"""How IEC types lie in the memory of an S7 block with standard (not optimized) access.

Strings carry a header with their capacity and length; bits of an array are packed; a string in
an array starts at an even byte, and so does each row of bits or bytes in an array of several
dimensions. Pure arithmetic on sizes; no addresses, no values.
"""

from math import prod

from warlogix.datatypes import DEFAULT_LENGTH, DataType

SIZES = {
    "BYTE": 1,
    "SINT": 1,
    "USINT": 1,
    "CHAR": 1,
    "WORD": 2,
    "INT": 2,
    "UINT": 2,
    "WCHAR": 2,
    "S5TIME": 2,
    "DATE": 2,
    "COUNTER": 2,
    "DWORD": 4,
    "DINT": 4,
    "UDINT": 4,
    "REAL": 4,
    "TIME": 4,
    "TOD": 4,
    "LWORD": 8,
    "LINT": 8,
    "ULINT": 8,
    "LREAL": 8,
    "LTIME": 8,
    "LTOD": 8,
    "DT": 8,
    "LDT": 8,
    "DTL": 12,
}


def element_size(data_type: DataType) -> int:
    """Bytes of one element; a BOOL alone is read with the byte that holds it."""
    if data_type.base == "STRING":
        return 2 + (data_type.length or DEFAULT_LENGTH)
    if data_type.base == "WSTRING":
        return 4 + 2 * (data_type.length or DEFAULT_LENGTH)
    return 1 if data_type.base == "BOOL" else SIZES[data_type.base]


def stride(data_type: DataType) -> int:
    """Bytes from one element of an array to the next in its row (of anything but BOOL)."""
    size = element_size(data_type)
    return size + size % 2 if data_type.base == "STRING" else size


def row_size(data_type: DataType) -> int:
    """Bytes from one row (the last dimension) of an array to the next, in bytes."""
    columns = data_type.shape[-1]
    size = -(-columns // 8) if data_type.base == "BOOL" else columns * stride(data_type)
    return size + size % 2 if len(data_type.shape) > 1 else size


def size(data_type: DataType) -> int:
    """Bytes that must be read to have the whole value."""
    if not data_type.shape:
        return element_size(data_type)
    return prod(data_type.shape[:-1]) * row_size(data_type)
