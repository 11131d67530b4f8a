"""CIP messages as a server sees them: service, path and data in; status and data out.

Pure: bytes in, bytes out.
"""

import enum
from dataclasses import dataclass, field

from warlogix.simulators.cip.memory import Step

LOGICAL = {0x20: "class", 0x24: "instance", 0x28: "element", 0x30: "attribute"}


class Status(enum.IntEnum):
    """General statuses that the simulated controllers give."""

    DONE = 0x00
    CONNECTION_FAILURE = 0x01
    PATH_SEGMENT_ERROR = 0x04
    PATH_UNKNOWN = 0x05
    PARTIAL = 0x06
    SERVICE_NOT_SUPPORTED = 0x08
    PRIVILEGE = 0x0F
    REPLY_TOO_LARGE = 0x11
    LIST_ERROR = 0x0A
    NOT_ENOUGH_DATA = 0x13
    ATTRIBUTE_NOT_SUPPORTED = 0x14
    TOO_MUCH_DATA = 0x15
    OBJECT_DOES_NOT_EXIST = 0x16
    EMBEDDED = 0x1E
    VENDOR = 0x1F
    INVALID_PARAMETER = 0x20
    GENERAL = 0xFF


BEYOND_END = 0x2104
OUT_OF_RANGE = 0x2105
TYPE_MISMATCH = 0x2107


class Service(enum.IntEnum):
    """Services by their code; what one means depends on whom it is asked of."""

    GET_ALL = 0x01
    GET_LIST = 0x03
    PACKET = 0x0A
    GET_SINGLE = 0x0E
    READ = 0x4C
    WRITE = 0x4D
    MODIFY = 0x4E
    READ_FRAGMENT = 0x52
    WRITE_FRAGMENT = 0x53
    FORWARD_OPEN = 0x54
    LIST_INSTANCES = 0x55
    LARGE_FORWARD_OPEN = 0x5B
    LIST_VARIABLES = 0x5F

    FORWARD_CLOSE = 0x4E
    UNCONNECTED_SEND = 0x52


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service came to."""

    data: bytes = b""
    status: int = Status.DONE
    extended: tuple[int, ...] = ()

    def encode(self, service: int) -> bytes:
        """The reply's bytes."""
        words = b"".join(word.to_bytes(2, "little") for word in self.extended)
        return bytes((service | 0x80, 0, self.status, len(self.extended))) + words + self.data


class Refusal(Exception):
    """The service is not carried out; `offence` says what is wrong with the request itself."""

    def __init__(self, status: int, *extended: int, offence: str = "", data: bytes = b"") -> None:
        super().__init__(offence or f"status {status:#04x}")
        self.answer = Answer(data, status, extended)
        self.offence = offence


@dataclass(slots=True)
class Path:
    """Where a request goes: an object, a tag, or a program's object.

    `before` are the names and indices in front of the object's numbers, `after` those behind
    them; without numbers all steps stand in `before`. `segment` is an Omron's offset and size.
    """

    before: tuple[Step, ...] = ()
    class_: int | None = None
    instance: int | None = None
    attribute: int | None = None
    after: tuple[Step, ...] = ()
    segment: tuple[int, int] | None = None
    route: list[tuple[int, bytes]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Message:
    """One request to the message router."""

    service: int
    path: Path
    data: bytes


class Cursor:
    """Takes numbers and bytes from the front; a request that is too short is refused."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def number(self, size: int) -> int:
        """The next unsigned number of so many bytes."""
        return int.from_bytes(self.take(size), "little")

    def take(self, size: int) -> bytes:
        """The next bytes."""
        if self._at + size > len(self._data):
            raise Refusal(Status.NOT_ENOUGH_DATA, offence=f"{len(self._data)} bytes are too short")
        self._at += size
        return self._data[self._at - size : self._at]

    @property
    def left(self) -> int:
        """How many bytes are left."""
        return len(self._data) - self._at

    def rest(self) -> bytes:
        """Everything that is left."""
        return self.take(self.left)

    def end(self) -> None:
        """Refuse what has bytes left."""
        if left := self.left:
            raise Refusal(Status.TOO_MUCH_DATA, offence=f"{left} bytes too many")


def read_message(raw: bytes) -> Message:
    """A request, taken apart; `Refusal`."""
    cursor = Cursor(raw)
    service = cursor.number(1)
    path = read_path(cursor.take(2 * cursor.number(1)))
    return Message(service, path, cursor.rest())


def read_path(raw: bytes) -> Path:
    """A padded path, taken apart; `Refusal`."""
    path = Path()
    cursor = Cursor(raw)
    try:
        while cursor.left:
            _take_segment(path, cursor)
    except Refusal as exc:
        raise Refusal(Status.PATH_SEGMENT_ERROR, offence=f"path {raw.hex()}") from exc
    return path


def _take_segment(path: Path, cursor: Cursor) -> None:
    head = cursor.number(1)
    if head & 0xE0 == 0x00:
        path.route.append(_port(head, cursor))
    elif head == 0x91:
        _step(path, _symbol(cursor))
    elif head == 0x80:
        size = cursor.number(1)
        if size != 3:
            raise Refusal(Status.PATH_SEGMENT_ERROR)
        path.segment = (cursor.number(4), cursor.number(2))
    elif head == 0x34:
        cursor.take(2 * cursor.number(1) + 1)  # An electronic key; any controller will do.
    else:
        _logical(path, head, cursor)


def _logical(path: Path, head: int, cursor: Cursor) -> None:
    what, width = LOGICAL.get(head & 0xFC), {0: 1, 1: 2, 2: 4}.get(head & 3)
    if what is None or width is None or (width == 4 and what not in ("instance", "element")):
        raise Refusal(Status.PATH_SEGMENT_ERROR)
    if width > 1 and cursor.number(1):
        raise Refusal(Status.PATH_SEGMENT_ERROR)
    number = cursor.number(width)
    if what == "element":
        _step(path, number)
    elif what == "class":
        path.class_ = number
    elif what == "instance":
        path.instance = number
    else:
        path.attribute = number


def _step(path: Path, step: Step) -> None:
    if path.class_ is None:
        path.before += (step,)
    else:
        path.after += (step,)


def _symbol(cursor: Cursor) -> str:
    size = cursor.number(1)
    name = cursor.take(size)
    if not size or (size % 2 and cursor.number(1)):
        raise Refusal(Status.PATH_SEGMENT_ERROR)
    try:
        return name.decode()
    except UnicodeDecodeError as exc:
        raise Refusal(Status.PATH_SEGMENT_ERROR) from exc


def _port(head: int, cursor: Cursor) -> tuple[int, bytes]:
    size = cursor.number(1) if head & 0x10 else 1
    port = head & 0x0F
    if port == 15:
        port = cursor.number(2)
    address = cursor.take(size)
    if size % 2 and head & 0x10:
        cursor.take(1)
    return port, address
