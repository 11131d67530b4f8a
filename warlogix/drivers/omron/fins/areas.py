"""The codes by which FINS names memory areas: one for words, one for single bits. Pure.

The codes are those of CS, CJ and CP; banks 10 to 18 of the extended memory have their own.
"""

from warlogix.addresses.fins import FinsAddress, FinsArea

_WORDS = {
    FinsArea.CIO: 0xB0,
    FinsArea.WORK: 0xB1,
    FinsArea.HOLDING: 0xB2,
    FinsArea.AUXILIARY: 0xB3,
    FinsArea.DATA: 0x82,
}
_BITS = {
    FinsArea.CIO: 0x30,
    FinsArea.WORK: 0x31,
    FinsArea.HOLDING: 0x32,
    FinsArea.AUXILIARY: 0x33,
    FinsArea.DATA: 0x02,
}


def word_code(address: FinsAddress) -> int:
    """The code for whole words of the address's area."""
    if address.area is FinsArea.EXTENDED:
        return address.bank + (0xA0 if address.bank < 16 else 0x50)
    return _WORDS[address.area]


def bit_code(address: FinsAddress) -> int:
    """The code for single bits of the address's area."""
    if address.area is FinsArea.EXTENDED:
        return address.bank + (0x20 if address.bank < 16 else 0xD0)
    return _BITS[address.area]
