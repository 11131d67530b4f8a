"""One client's conversation with a controller: frames in, frames out."""

from collections.abc import Iterator

from warlogix.simulators.cip.encapsulation import (
    BadFrame,
    Command,
    Frame,
    Frames,
    FrameStatus,
    ItemType,
    items,
    read_frame,
    read_items,
    sent,
)
from warlogix.simulators.cip.messages import Answer, Status
from warlogix.simulators.cip.router import Router, identity
from warlogix.simulators.cip.station import Station
from warlogix.simulators.server import HOST

_SESSION = 0x1001
# What an Unconnected Send puts around a message, at the most.
_ROUTING = 24


class Session:
    """One client's conversation. `over` turns true when the client has taken its leave."""

    def __init__(self, station: Station) -> None:
        self.over = False
        self._station = station
        self._router = Router(station)
        self._frames = Frames()
        self._session = 0

    def receive(self, chunk: bytes | bytearray) -> Iterator[bytes]:
        """The whole frames that the bytes have completed, in order."""
        self._frames.feed(chunk)
        yield from self._frames

    def answer(self, message: bytes) -> bytes:
        """The frame to send for one frame; empty when there is nothing to say."""
        frame = read_frame(message)
        if frame.command == Command.NOP or frame.options:
            return b""
        if frame.status:
            return self._refuse(frame, FrameStatus.INCORRECT_DATA, f"status {frame.status}")
        match frame.command:
            case Command.LIST_SERVICES:
                return frame.answered(_services())
            case Command.LIST_IDENTITY:
                content = _socket_address() + identity(self._station) + b"\x03"
                return frame.answered(items((ItemType.IDENTITY, content)))
            case Command.LIST_INTERFACES:
                return frame.answered(items())
            case Command.REGISTER_SESSION:
                return self._register(frame)
        return self._in_session(frame)

    def _in_session(self, frame: Frame) -> bytes:
        """What needs a session."""
        if frame.command not in Command.__members__.values():
            return self._refuse(frame, FrameStatus.UNKNOWN_COMMAND, f"command {frame.command:#06x}")
        if not self._session or frame.session != self._session:
            return self._refuse(
                frame, FrameStatus.INVALID_SESSION, f"session {frame.session:#x} is not open"
            )
        if frame.command == Command.UNREGISTER_SESSION:
            self.over = True
            return b""
        try:
            if frame.command == Command.SEND_RR_DATA:
                return self._unconnected(frame)
            return self._connected(frame)
        except BadFrame as exc:
            return self._refuse(frame, FrameStatus.INCORRECT_DATA, str(exc))

    def _refuse(self, frame: Frame, status: FrameStatus, offence: str) -> bytes:
        self._station.journal.offences.append(f"frame: {offence}")
        return frame.answered(b"", status)

    def _register(self, frame: Frame) -> bytes:
        if frame.data != b"\x01\x00\x00\x00":
            status = FrameStatus.UNSUPPORTED_VERSION
            return self._refuse(frame, status, f"register session with {frame.data.hex()}")
        if self._session:
            return self._refuse(frame, FrameStatus.UNKNOWN_COMMAND, "a second session")
        self._session = _SESSION + self._station.next_session()
        return frame.answered(frame.data, session=self._session)

    def _unconnected(self, frame: Frame) -> bytes:
        address, message = read_items(frame.data, ItemType.NULL_ADDRESS, ItemType.UNCONNECTED_DATA)
        if address:
            raise BadFrame("an address in front of an unconnected message")
        station = self._station
        station.journal.messages += 1
        if len(message) > station.unconnected + _ROUTING:
            station.journal.offences.append(f"{len(message)} bytes outside of connections")
            reply = Answer(status=Status.TOO_MUCH_DATA).encode(message[0])
        else:
            reply = self._router.answer(message, station.unconnected)
        content = (ItemType.NULL_ADDRESS, b""), (ItemType.UNCONNECTED_DATA, reply)
        return frame.answered(sent(*content))

    def _connected(self, frame: Frame) -> bytes:
        address, data = read_items(frame.data, ItemType.CONNECTED_ADDRESS, ItemType.CONNECTED_DATA)
        connection = self._station.connection(int.from_bytes(address, "little"))
        if len(address) != 4 or len(data) < 2:
            raise BadFrame("a connected message without connection or sequence")
        if connection is None:
            # What a controller does with a connection that it has closed: it says nothing.
            self._station.journal.offences.append("frame: a connection that is not open")
            return b""
        connection.due = self._station.now() + connection.patience
        sequence = int.from_bytes(data[:2], "little")
        if connection.last is None or connection.last[0] != sequence:
            self._station.journal.messages += 1
            connection.last = (
                sequence,
                self._said(data, connection.to_target, connection.to_originator),
            )
        else:
            self._station.journal.offences.append(f"sequence {sequence} comes twice")
        reply = data[:2] + connection.last[1]
        known_as = connection.known_as.to_bytes(4, "little")
        content = (ItemType.CONNECTED_ADDRESS, known_as), (ItemType.CONNECTED_DATA, reply)
        return frame.answered(sent(*content))

    def _said(self, data: bytes, most: int, room: int) -> bytes:
        """The answer to a message of a connection, which must fit into it."""
        if len(data) > most:
            self._station.journal.offences.append(f"{len(data)} bytes in a connection of {most}")
            return Answer(status=Status.TOO_MUCH_DATA).encode(data[2])
        return self._router.answer_connected(data[2:], room - 2)


def _socket_address() -> bytes:
    """The address of the port, in network order."""
    packed = bytes(map(int, HOST.split(".")))
    return b"\x01\x00" + b"\x00\x02\xaf\x12" + packed + bytes(8)


def _services() -> bytes:
    """The one service: CIP over this TCP port."""
    return items((ItemType.SERVICES, b"\x01\x00\x20\x01Communications\x00\x00"))
