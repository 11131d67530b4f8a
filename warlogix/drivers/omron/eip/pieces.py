"""Which requests read and write a value, and what their replies hold.

    pieces = read_pieces(part, path, room)
    image = b"".join(piece.body(reply.data) for piece, reply in ...)
    value = part.layout.decode(image)

Whatever the form of a reply, `body` makes of it the bytes as they lie in the controller's memory.
Arrays and what is longer than a message go in parts, by a Simple Data Segment. Pure.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from itertools import product

from warlogix.drivers.arrays import flattened
from warlogix.drivers.cip.messages import Request
from warlogix.drivers.cip.packing import Cost
from warlogix.drivers.cip.paths import elements_path
from warlogix.drivers.cip.types import BOOL
from warlogix.drivers.omron.eip.layouts import STRING, Layout, text_bytes
from warlogix.drivers.omron.eip.nodes import Node
from warlogix.tags import Value

_READ, _WRITE = 0x4C, 0x4D
_ONE = b"\x01\x00"
_SEGMENT = struct.Struct("<BBIH")
_SIMPLE_DATA = (0x80, 3)
_REPLY_HEAD, _REQUEST_HEAD = 4, 2
# In front of the bytes of a text stands how many they are.
_COUNT = 2
_WORD = 2
# Codes that mean the same bytes, as different controllers tell of them.
_SAME = {0x07: 0xC4, 0x09: 0xDB}


class Other(Exception):
    """The reply is that of another type than the controller declared."""


class Form(Enum):
    """What a reply looks like: the bytes of memory, a single value, or a counted text."""

    IMAGE = auto()
    SINGLE = auto()
    TEXT = auto()


@dataclass(frozen=True, slots=True)
class Piece:
    """One request that reads, and the bytes of memory that its reply stands for."""

    request: Request
    header: bytes
    size: int
    form: Form

    @property
    def cost(self) -> Cost:
        """The bytes of the request and of its longest reply."""
        counted = _COUNT if self.form is Form.TEXT else 0
        # A single byte may be padded.
        body = max(self.size, _WORD) + counted
        return Cost(
            _REQUEST_HEAD + len(self.request.path) + len(self.request.data),
            _REPLY_HEAD + len(self.header) + body,
        )

    def body(self, data: bytes) -> bytes:
        """The bytes of memory; `Other` when the reply's type or length is another."""
        head, body = data[: len(self.header)], data[len(self.header) :]
        if head != self.header and _usual(head) != _usual(self.header):
            raise Other(f"type {head.hex(' ')} instead of {self.header.hex(' ')}")
        if self.form is Form.TEXT:
            return self._text(body)
        if len(body) != self.size and len(body) in (1, _WORD) and self._is_short:
            # One byte is padded by some controllers, and a BOOL's second byte means nothing.
            return body.ljust(self.size, b"\0")[: self.size]
        if len(body) != self.size:
            raise Other(f"{len(body)} bytes instead of {self.size}")
        return body

    @property
    def _is_short(self) -> bool:
        return self.form is Form.SINGLE and (self.size == 1 or self.header[0] == BOOL)

    def _text(self, body: bytes) -> bytes:
        if len(body) < _COUNT or len(body) - _COUNT > self.size:
            raise Other(f"{len(body)} bytes of text instead of {self.size}")
        if int.from_bytes(body[:_COUNT], "little") != len(body) - _COUNT:
            raise Other("a text whose length contradicts its bytes")
        return body[_COUNT:].ljust(self.size, b"\0")


def read_pieces(node: Node, layout: Layout, path: bytes, room: int) -> list[Piece]:
    """The requests for a value; `room` is the most bytes of a request and of its reply."""
    if node.shape and layout.header[0] == STRING:
        assert node.element is not None
        assert node.element.layout is not None
        single = node.element.layout
        return [
            piece
            for element in _elements(node)
            for piece in _single(single, path + elements_path(element), room)
        ]
    if node.shape:
        return _parts(layout, path, room)
    return _single(layout, path, room)


def _single(layout: Layout, path: bytes, room: int) -> list[Piece]:
    form = Form.TEXT if layout.header[0] == STRING else Form.SINGLE
    piece = Piece(Request(_READ, path, _ONE), layout.header, layout.size, form)
    return [piece] if piece.cost.reply <= room else _parts(layout, path, room)


def _parts(layout: Layout, path: bytes, room: int) -> list[Piece]:
    form = Form.TEXT if layout.header[0] == STRING else Form.IMAGE
    most = room - _REPLY_HEAD - len(layout.header) - _COUNT
    return [
        Piece(Request(_READ, path + _segment(start, size), _ONE), layout.header, size, form)
        for start, size in _slices(layout.size, most)
    ]


def write_requests(
    node: Node, layout: Layout, path: bytes, value: Value, room: int
) -> list[Request]:
    """The requests that write a value; `BadValue` for what does not fit."""
    if node.shape and layout.header[0] == STRING:
        assert node.element is not None
        assert node.element.layout is not None
        single = node.element.layout
        values = flattened(value, node.shape)
        return [
            request
            for element, each in zip(_elements(node), values, strict=True)
            for request in _write_text(single, path + elements_path(element), each, room)
        ]
    if not node.shape and layout.header[0] == STRING:
        return _write_text(layout, path, value, room)
    image = layout.encode(value)
    whole = Request(_WRITE, path, layout.header + _ONE + image)
    if not node.shape and len(whole.encode()) <= room:
        return [whole]
    return _write_parts(layout, path, image, room)


def _write_text(layout: Layout, path: bytes, value: Value, room: int) -> list[Request]:
    text = text_bytes(value, layout.size)
    counted = len(text).to_bytes(_COUNT, "little") + text
    whole = Request(_WRITE, path, layout.header + _ONE + counted)
    return (
        [whole] if len(whole.encode()) <= room else _write_parts(layout, path, text + b"\0", room)
    )


def _write_parts(layout: Layout, path: bytes, image: bytes, room: int) -> list[Request]:
    around = len(path) + _SEGMENT.size + len(layout.header) + len(_ONE) + _COUNT
    requests: list[Request] = []
    for start, size in _slices(len(image), room - _REQUEST_HEAD - around):
        data = image[start : start + size]
        if layout.header[0] == STRING:
            data = size.to_bytes(_COUNT, "little") + data
        requests.append(Request(_WRITE, path + _segment(start, size), layout.header + _ONE + data))
    return requests


def _elements(node: Node) -> Iterator[tuple[int, ...]]:
    """The indexes of every element, the last dimension moving fastest."""
    return product(
        *(range(low, low + size) for low, size in zip(node.lower, node.shape, strict=True))
    )


def _segment(start: int, size: int) -> bytes:
    return _SEGMENT.pack(*_SIMPLE_DATA, start, size)


def _slices(size: int, most: int) -> Iterator[tuple[int, int]]:
    """The size in parts of whole groups of eight bytes, so that no number is cut in two."""
    most -= most % 8
    for start in range(0, size, most):
        yield start, min(most, size - start)


def _usual(header: bytes) -> bytes:
    return bytes(_SAME.get(code, code) for code in header[:1]) + header[1:]
