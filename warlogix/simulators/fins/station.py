"""An Omron CPU's answers, decided without sockets and without time.

A `Station` is the CPU and its Ethernet unit, which all clients share; a `Session` is one FINS/TCP
connection's side of the conversation.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from warlogix.simulators.fins import wire
from warlogix.simulators.fins.journal import Journal
from warlogix.simulators.fins.memory import EndCode, Memory, Place, place
from warlogix.simulators.fins.wire import Command, TcpCommand, TcpError, TcpFrame
from warlogix.simulators.server import ProtocolError

READ, WRITE, MULTIPLE_READ, CONTROLLER_DATA = "0101", "0102", "0104", "0501"
# The most places of a MULTIPLE MEMORY AREA READ over Ethernet.
_MOST_PLACES = 167
# The first node of those that an Ethernet unit gives to FINS/TCP clients that ask for any.
_FIRST_GIVEN_NODE, _GIVEN_NODES = 239, 16


@dataclass(frozen=True, slots=True)
class Cpu:
    """A kind of CPU: what it calls itself and which commands it knows."""

    model: str
    version: str
    commands: frozenset[str]


CJ2M = Cpu("CJ2M-CPU33", "02.01", frozenset({READ, WRITE, MULTIPLE_READ, CONTROLLER_DATA}))
CP1L = Cpu("CP1L-EM30DR-D", "01.10", frozenset({READ, WRITE, CONTROLLER_DATA}))


@dataclass(slots=True)
class Station:
    """One CPU with its Ethernet unit. All of it may be changed while it runs.

    `node` is its own FINS node. `most_clients` is how many FINS/TCP connections the unit has.
    `flags` are set in the end code of every response: 16#40 while the CPU has a non-fatal error as
    a low battery, 16#80 while it has a fatal one. `denied` holds the areas whose values nobody
    gets, with the end code that they answer. `misled`, if not 0, is the end code for every command
    but those to read the controller's data, as a relay between the networks gives it; what a write
    wanted is done all the same.
    """

    cpu: Cpu
    memory: Memory
    journal: Journal
    node: int = 10
    most_clients: int = 16
    flags: int = 0
    denied: dict[str, EndCode] = field(default_factory=dict)
    misled: int = 0
    _given: int = 0

    def give_node(self) -> int:
        """A node for a client that asks for any."""
        self._given += 1
        return _FIRST_GIVEN_NODE + self._given % _GIVEN_NODES

    def answer(self, frame: bytes) -> bytes:
        """The response to a FINS frame; empty when it wants none."""
        command = wire.read_command(frame)
        self.journal.commands[command.code] += 1
        code, data = self._carry_out(command)
        if not command.wants_response:
            return b""
        if self.misled and command.code != CONTROLLER_DATA:
            return wire.response(command, self.misled)
        return wire.response(command, code | self.flags, data)

    def _carry_out(self, command: Command) -> tuple[int, bytes]:
        if (code := self._reached(command)) is not EndCode.NORMAL:
            return code, b""
        if command.code not in self.cpu.commands:
            return EndCode.UNDEFINED_COMMAND, b""
        if len(command.body) > wire.LONGEST_FRAME - 12:
            return EndCode.COMMAND_TOO_LONG, b""
        match command.code:
            case "0101":
                return self._read(command.body)
            case "0104":
                return self._read_many(command.body)
            case "0102":
                return self._write(command.body), b""
        return _controller_data(self.cpu, command.body)

    def _reached(self, command: Command) -> EndCode:
        """Whether the command is meant for this CPU."""
        to = command.destination
        if to.network:
            return EndCode.ROUTING_TABLE_MISSING
        if to.node not in (0, self.node):
            return EndCode.NODE_NOT_IN_NETWORK
        return EndCode.NO_SUCH_UNIT if to.unit else EndCode.NORMAL

    def _judge(self, asked: Place) -> EndCode:
        return self.denied.get(asked.area) or self.memory.judge(asked)

    def _read(self, body: bytes) -> tuple[int, bytes]:
        if len(body) < 6:
            return EndCode.COMMAND_TOO_SHORT, b""
        if len(body) > 6:
            return EndCode.COMMAND_TOO_LONG, b""
        asked = _place(body, int.from_bytes(body[4:6], "big"))
        if (code := self._judge(asked)) is not EndCode.NORMAL:
            return code, b""
        if 14 + asked.size > wire.LONGEST_FRAME:
            return EndCode.RESPONSE_TOO_LONG, b""
        self.journal.note_read((asked,))
        return EndCode.NORMAL, self.memory.read(asked)

    def _read_many(self, body: bytes) -> tuple[int, bytes]:
        if len(body) % 4:
            return EndCode.COMMAND_TOO_SHORT, b""
        if len(body) // 4 > _MOST_PLACES:
            return EndCode.COMMAND_TOO_LONG, b""
        places = tuple(_place(body[at : at + 4], 1) for at in range(0, len(body), 4))
        for asked in places:
            if (code := self._judge(asked)) is not EndCode.NORMAL:
                return code, b""
        self.journal.note_read(places)
        return EndCode.NORMAL, b"".join(
            body[4 * number : 4 * number + 1] + self.memory.read(asked)
            for number, asked in enumerate(places)
        )

    def _write(self, body: bytes) -> EndCode:
        if len(body) < 6:
            return EndCode.COMMAND_TOO_SHORT
        asked, data = _place(body, int.from_bytes(body[4:6], "big")), body[6:]
        code = self._judge(asked)
        if code is EndCode.NORMAL:
            code = self.memory.judge_write(asked)
        if code is EndCode.NORMAL and len(data) != asked.size:
            code = EndCode.ELEMENTS_MISMATCH
        if code is EndCode.NORMAL:
            self.memory.write(asked, data)
        self.journal.note_write(asked, data, code)
        return code


def _place(body: bytes, count: int) -> Place:
    return place(body[0], int.from_bytes(body[1:3], "big"), body[3], count)


def _controller_data(cpu: Cpu, body: bytes) -> tuple[int, bytes]:
    if len(body) > 1:
        return EndCode.COMMAND_TOO_LONG, b""
    first = cpu.model.encode().ljust(20) + cpu.version.encode().ljust(20) + bytes(40)
    # Program 60 K, bits 23 K, 32,768 words of DM, 8 K of timers and counters, no memory card.
    first += bytes((0, 60, 23, 0x80, 0, 8, 1, 0, 0, 0, 0, 0))
    second = bytes(64) + b"\0\0"
    parts = {b"": first + second, b"\0": first, b"\1": second}
    if body not in parts:
        return EndCode.ADDRESS_OUT_OF_RANGE, b""
    return EndCode.NORMAL, parts[body]


class Session:
    """One FINS/TCP client's conversation with the station.

    `clients` tells how many connections there are, this one among them. `over` turns true when the
    unit wants the connection closed after its last answer.
    """

    def __init__(self, station: Station, clients: Callable[[], int]) -> None:
        self.over = False
        self._station = station
        self._clients = clients
        self._frames = wire.TcpFrames()
        self._waiting: list[TcpFrame] = []
        self._node = 0

    def receive(self, chunk: bytes | bytearray) -> Iterator[bytes]:
        """The whole messages that the bytes have completed, in order."""
        self._frames.feed(chunk)
        for frame in self._frames:
            self._waiting.append(frame)
            yield frame.body

    def answer(self, message: bytes) -> bytes:
        """What to send for one message; empty when there is nothing to say."""
        frame = self._waiting.pop(0)
        if frame.error:
            return self._refuse(frame.error)
        if frame.command == TcpCommand.CLIENT_NODE and not self._node:
            return self._greet(message)
        if frame.command == TcpCommand.FRAME and self._node:
            return self._pass_in(message)
        return self._refuse(TcpError.UNKNOWN_COMMAND)

    def _pass_in(self, message: bytes) -> bytes:
        try:
            command = wire.read_command(message)
        except ProtocolError as exc:
            self._station.journal.offences.append(str(exc))
            raise
        if command.source.node != self._node:
            said = f"a command from node {command.source.node} on the connection of {self._node}"
            self._station.journal.offences.append(said)
            return b""
        answer = self._station.answer(message)
        return wire.tcp_frame(TcpCommand.FRAME, answer) if answer else b""

    def _refuse(self, error: TcpError) -> bytes:
        self._station.journal.offences.append(f"a FINS/TCP frame is refused: {error.name}")
        self.over = True
        return wire.tcp_frame(TcpCommand.ERROR, b"", error)

    def _greet(self, message: bytes) -> bytes:
        if len(message) != 4:
            return self._refuse(TcpError.TOO_LONG)
        asked = int.from_bytes(message, "big")
        self._station.journal.greetings.append(asked)
        error = self._refused_node(asked)
        if error is not TcpError.NONE:
            self.over = True
            return wire.tcp_frame(TcpCommand.SERVER_NODE, bytes(8), error)
        self._node = asked or self._station.give_node()
        nodes = self._node.to_bytes(4, "big") + self._station.node.to_bytes(4, "big")
        return wire.tcp_frame(TcpCommand.SERVER_NODE, nodes)

    def _refused_node(self, asked: int) -> TcpError:
        if self._clients() > self._station.most_clients:
            return TcpError.ALL_IN_USE
        if asked > 254:
            return TcpError.NODE_OUT_OF_RANGE
        return TcpError.SAME_NODE if asked == self._station.node else TcpError.NONE
