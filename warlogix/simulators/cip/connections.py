"""The connection manager: Forward Open, Forward Close and messages along a route.

Changes nothing but the station's connections.
"""

from dataclasses import dataclass

from warlogix.simulators.cip.messages import Answer, Cursor, Path, Refusal, Status, read_path
from warlogix.simulators.cip.station import Connection, Station

_WRONG_TRANSPORT = 0x0103
_NOT_OPEN = 0x0107
_WRONG_SIZE = 0x0109
_WRONG_INTERVAL = 0x0111
_NONE_LEFT = 0x0113
_NO_ANSWER_BEHIND = 0x0204
_NO_SUCH_PORT = 0x0311
_NO_SUCH_ADDRESS = 0x0312
_WRONG_PATH = 0x0315
_SLOTS = 17
# Class 3, a server, triggered by the application.
_EXPLICIT = 0xA3
_POINT_TO_POINT = 2
_MESSAGE_ROUTER = (2, 1)
# A connection waits at least that long for its first message.
_FIRST = 10.0


@dataclass(frozen=True, slots=True)
class _Half:
    """One direction as it was asked for: microseconds between messages, and the size."""

    interval: int
    size: int
    point_to_point: bool


def forward_open(station: Station, data: bytes, width: int) -> Answer:
    """Open a connection whose parameters have `width` bytes: 4 in a large one, else 2."""
    cursor = Cursor(data)
    cursor.take(6)
    known_as = cursor.number(4)
    triad = cursor.number(2), cursor.number(2), cursor.number(4)
    multiplier = cursor.number(1)
    cursor.take(3)
    out = _half(cursor, width)
    back = _half(cursor, width)
    transport = cursor.number(1)
    path = read_path(cursor.take(2 * cursor.number(1)))
    cursor.end()
    _judge(station, width, transport, path, (out, back), triad)
    patience = out.interval / 1e6 * (4 << min(multiplier, 7))
    connection = Connection(
        station.next_connection(),
        known_as,
        triad,
        out.size,
        back.size,
        patience,
        station.now() + max(_FIRST, patience),
    )
    for other in [one for one in station.connections.values() if one.triad == triad]:
        del station.connections[other.number]
    station.connections[connection.number] = connection
    numbers = connection.number.to_bytes(4, "little") + known_as.to_bytes(4, "little")
    intervals = out.interval.to_bytes(4, "little") + back.interval.to_bytes(4, "little")
    return Answer(numbers + _triad(triad) + intervals + b"\0\0")


def forward_close(station: Station, data: bytes) -> Answer:
    """Close the connection with the numbers that it was opened with."""
    cursor = Cursor(data)
    cursor.take(2)
    triad = cursor.number(2), cursor.number(2), cursor.number(4)
    words = cursor.number(1)
    cursor.take(1)
    read_path(cursor.take(2 * words))
    cursor.end()
    for one in station.connections.values():
        if one.triad == triad:
            del station.connections[one.number]
            return Answer(_triad(triad) + b"\0\0")
    raise Refusal(
        Status.CONNECTION_FAILURE,
        _NOT_OPEN,
        offence="a close of a connection that is not open",
        data=_triad(triad) + b"\0\0",
    )


def unpack_send(data: bytes) -> tuple[bytes, Path]:
    """The message inside an Unconnected Send, and its route."""
    cursor = Cursor(data)
    cursor.take(2)
    size = cursor.number(2)
    message = cursor.take(size)
    cursor.take(size % 2)
    words = cursor.number(1)
    cursor.take(1)
    path = read_path(cursor.take(2 * words))
    cursor.end()
    return message, path


def judge_route(station: Station, path: Path) -> None:
    """Refuse a route that leads nowhere."""
    if not path.route:
        if station.model.bridge:
            raise Refusal(Status.CONNECTION_FAILURE, _WRONG_PATH)
        return
    if len(path.route) > 1 or path.route[0][0] != 1 or not station.routes:
        raise Refusal(Status.CONNECTION_FAILURE, _NO_SUCH_PORT)
    address = path.route[0][1]
    if address[0] >= _SLOTS:
        raise Refusal(Status.CONNECTION_FAILURE, _NO_SUCH_ADDRESS)
    if address != bytes((station.slot,)):
        raise Refusal(Status.CONNECTION_FAILURE, _NO_ANSWER_BEHIND)


def _half(cursor: Cursor, width: int) -> _Half:
    interval = cursor.number(4)
    parameters = cursor.number(width)
    flags = parameters >> (16 if width == 4 else 0)
    size = parameters & (0xFFFF if width == 4 else 0x1FF)
    return _Half(interval, size, flags >> 13 & 3 == _POINT_TO_POINT)


def _judge(
    station: Station,
    width: int,
    transport: int,
    path: Path,
    halves: tuple[_Half, _Half],
    triad: tuple[int, int, int],
) -> None:
    most = station.large if width == 4 else station.small
    failure = Status.CONNECTION_FAILURE
    if not most:
        raise Refusal(Status.SERVICE_NOT_SUPPORTED)
    if transport != _EXPLICIT or not all(half.point_to_point for half in halves):
        raise Refusal(failure, _WRONG_TRANSPORT, offence="no class 3 point-to-point connection")
    if (path.class_, path.instance) != _MESSAGE_ROUTER:
        raise Refusal(failure, _WRONG_PATH, offence="a connection to no message router")
    judge_route(station, path)
    if any(not half.interval for half in halves):
        raise Refusal(failure, _WRONG_INTERVAL, offence="a connection without an interval")
    if any(not 0 < half.size <= most for half in halves):
        raise Refusal(failure, _WRONG_SIZE, most)
    station.connection(0)
    others = [one for one in station.connections.values() if one.triad != triad]
    if len(others) >= station.most_connections:
        raise Refusal(failure, _NONE_LEFT)


def _triad(triad: tuple[int, int, int]) -> bytes:
    serial, vendor, originator = triad
    return b"".join(
        (
            serial.to_bytes(2, "little"),
            vendor.to_bytes(2, "little"),
            originator.to_bytes(4, "little"),
        )
    )
