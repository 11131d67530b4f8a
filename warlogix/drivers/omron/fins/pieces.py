"""Which words and bits of Omron memory are written for a value, message by message.

    for text in write_commands(parse_fins("D100", "INT[3]"), [1, 2, 3], "latin-1", low_first): ...

The pieces are the value and nothing else: FINS writes whole words, so what does not fill its word
is written bit by bit. Pure: no plan of reads, no connection.
"""

from collections.abc import Iterator

from warlogix.addresses.fins import FinsAddress
from warlogix.drivers.arrays import flattened
from warlogix.drivers.omron.fins.areas import bit_code, word_code
from warlogix.drivers.omron.fins.codec import Codec
from warlogix.drivers.omron.fins.wire import write_bits, write_words
from warlogix.tags import Value
from warlogix.values import BadValue

# The words of a write over Ethernet: 997, and no value of four words is torn.
_MOST_WORDS = 996


def write_commands(
    address: FinsAddress, value: Value, encoding: str, *, low_word_first: bool
) -> list[bytes]:
    """The commands that write a value in the form of a read, in order.

    Raises `BadValue` for what is no value of the address.
    """
    if address.type.base == "BOOL":
        return list(_bits(address, value))
    raw = Codec(address, encoding, low_word_first=low_word_first).encode(value)
    if address.type.base == "STRING" and (address.type.length or 0) % 2:
        return list(_odd_texts(address, raw))
    return list(_words(address, address.word, raw))


def _words(address: FinsAddress, start: int, raw: bytes) -> Iterator[bytes]:
    code = word_code(address)
    for at in range(0, len(raw), 2 * _MOST_WORDS):
        yield write_words(code, start + at // 2, raw[at : at + 2 * _MOST_WORDS])


def _bits(address: FinsAddress, value: Value) -> Iterator[bytes]:
    """Whole words where all sixteen bits are the value's, and bits where they are not."""
    flat = flattened(value, address.type.shape)
    if not all(isinstance(on, bool) for on in flat):
        raise BadValue("a value is no BOOL")
    if address.bit is not None:
        yield write_bits(bit_code(address), address.word, address.bit, bytes(flat))
        return
    whole = len(flat) // 16
    words = (flat[16 * number : 16 * number + 16] for number in range(whole))
    raw = b"".join(
        sum(on << bit for bit, on in enumerate(word)).to_bytes(2, "big") for word in words
    )
    yield from _words(address, address.word, raw)
    if rest := flat[16 * whole :]:
        yield write_bits(bit_code(address), address.word + whole, 0, bytes(rest))


def _odd_texts(address: FinsAddress, raw: bytes) -> Iterator[bytes]:
    """Texts that end in the middle of a word: the other byte of it belongs to somebody else."""
    length = address.type.length or 0
    for number, at in enumerate(range(0, len(raw), length)):
        start = address.word + number * (length // 2 + 1)
        text = raw[at : at + length]
        yield from _words(address, start, text[:-1])
        # A word's high byte is its bits 8 to 15.
        high = bytes(text[-1] >> bit & 1 for bit in range(8))
        yield write_bits(bit_code(address), start + length // 2, 8, high)
