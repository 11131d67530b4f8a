"""A CPU's answers, decided without sockets and without time.

A `Station` is the CPU that all connections share; a `Session` is one connection's side of the
conversation: bytes in, frames out.

    session = Session(station)
    for tsdu in session.receive(chunk):
        to_send = session.answer(tsdu)
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from warlogix.simulators.s7 import wire
from warlogix.simulators.s7.journal import Journal
from warlogix.simulators.s7.memory import (
    Area,
    ItemCode,
    Memory,
    Place,
    judge_payload,
    read_places,
)
from warlogix.simulators.s7.wire import Function, Kind, Message, Payload
from warlogix.simulators.server import ProtocolError

MOST_ITEMS = 20
_FUNCTION_NOT_AVAILABLE = 0x8104
_WRONG_LENGTH = 0x8500
_LIST_NOT_AVAILABLE = 0xD401
_READ_SYSTEM_LIST = (0x44, 0x01)
_MODULE_IDENTIFICATION = 0x0011


@dataclass(frozen=True, slots=True)
class Cpu:
    """What sets one family of CPUs apart.

    `pdu_length` is the most that it agrees to; `slots` are the racks and slots under which it
    answers, None for any; `jobs` is how many requests a client may have under way.
    """

    name: str
    order_code: str
    pdu_length: int
    slots: frozenset[tuple[int, int]] | None
    jobs: int


S7_300 = Cpu("S7-300", "6ES7 315-2EH14-0AB0", 240, frozenset({(0, 2)}), 3)
S7_400 = Cpu("S7-400", "6ES7 416-3ES07-0AB0", 480, frozenset({(0, 2), (0, 3)}), 8)
S7_1200 = Cpu("S7-1200", "6ES7 214-1AG40-0XB0", 240, frozenset({(0, 0), (0, 1)}), 3)
S7_1500 = Cpu("S7-1500", "6ES7 515-2AM02-0AB0", 960, frozenset({(0, 0), (0, 1)}), 8)


@dataclass(slots=True)
class Station:
    """One CPU. All of it may be changed while it runs.

    `put_get` off is "Permit access with PUT/GET communication" unticked, the way an S7-1200 or
    S7-1500 refuses then. `denied` holds the data blocks that exist but are not readable from
    outside, with the code that each of their variables gets: an optimised block of an S7-1500
    answers ADDRESS_OUT_OF_RANGE, a protected one ACCESS_DENIED.
    """

    cpu: Cpu
    memory: Memory
    journal: Journal
    put_get: bool = True
    denied: dict[int, ItemCode] = field(default_factory=dict)

    def accepts(self, asked: wire.ConnectRequest) -> bool:
        """Whether this CPU sits where the client looks for it."""
        return self.cpu.slots is None or asked.rack_and_slot in self.cpu.slots

    def judge(self, place: Place) -> ItemCode:
        """The CPU's word on one variable."""
        denied = self.denied.get(place.item.db) if place.item.area == Area.DB else None
        return denied or self.memory.judge(place)


class Session:
    """One client's conversation with the station.

    `over` turns true when the station wants the connection closed after its last answer.
    `receive` and `answer` raise `ProtocolError` on what no S7 client sends.
    """

    def __init__(self, station: Station) -> None:
        self.over = False
        self._station = station
        self._frames = wire.Frames()
        self._fragments = bytearray()
        self._greeted = False
        self._pdu_length = 0

    def receive(self, chunk: bytes | bytearray) -> Iterator[bytes]:
        """The whole messages that the bytes have completed, in order."""
        self._frames.feed(chunk)
        for tpdu in self._frames:
            if not self._greeted or tpdu[1] != wire.DATA:
                yield tpdu
                continue
            self._fragments += tpdu[tpdu[0] + 1 :]
            if len(self._fragments) > wire.LONGEST_FRAME:
                raise ProtocolError("a message without end")
            if tpdu[2] & 0x80:
                yield bytes(self._fragments)
                self._fragments.clear()

    def answer(self, message: bytes) -> bytes:
        """The frame to send for one message; empty when there is nothing to say."""
        if not self._greeted:
            return self._greet(wire.read_connect_request(message))
        if not message.startswith(b"\x32"):
            self.over = True  # A COTP disconnect, or nonsense: nothing more is said.
            return b""
        return wire.data_frame(self._answer(wire.read_message(message)))

    def _greet(self, asked: wire.ConnectRequest) -> bytes:
        if self._station.accepts(asked):
            self._greeted = True
            return wire.connect_confirm(asked)
        self.over = True
        return wire.disconnect_request(asked)

    def _answer(self, message: Message) -> bytes:
        if message.kind == Kind.USERDATA:
            return self._tell(message)
        function = message.parameters[0] if message.parameters else 0
        if function == Function.SETUP and len(message.parameters) == 8:
            return self._agree(message)
        served = function in (Function.READ, Function.WRITE) and self._pdu_length
        if not served or not self._station.put_get:
            return self._refuse(message, _FUNCTION_NOT_AVAILABLE)
        if message.length > self._pdu_length:
            return self._refuse(message, _WRONG_LENGTH)
        try:
            places = read_places(message.parameters)
            payloads = wire.read_payloads(message.data, len(places) * (function == Function.WRITE))
        except ProtocolError:
            return self._refuse(message, _WRONG_LENGTH)
        if not 1 <= len(places) <= MOST_ITEMS:
            return self._refuse(message, _WRONG_LENGTH)
        if function == Function.READ:
            return self._read(message, places)
        return self._write(message, places, payloads)

    def _refuse(self, message: Message, error: int) -> bytes:
        self._station.journal.refused_requests += 1
        return wire.refusal(message.reference, error)

    def _agree(self, message: Message) -> bytes:
        """Set up the communication: the smaller of what both sides can."""
        asked = [int.from_bytes(message.parameters[at : at + 2], "big") for at in (2, 4, 6)]
        jobs = self._station.cpu.jobs
        self._pdu_length = min(asked[2], self._station.cpu.pdu_length)
        agreed = (min(asked[0], jobs), min(asked[1], jobs), self._pdu_length)
        parameters = message.parameters[:2] + b"".join(n.to_bytes(2, "big") for n in agreed)
        return wire.reply(message.reference, parameters)

    def _read(self, message: Message, places: tuple[Place, ...]) -> bytes:
        station = self._station
        data = bytearray()
        for place in places:
            if len(data) % 2:
                data.append(0)
            code = station.judge(place)
            if code is ItemCode.DONE:
                data += station.memory.read(place)
            else:
                data += bytes((code, 0, 0, 0))
            if len(data) + 14 > self._pdu_length:
                return self._refuse(message, _WRONG_LENGTH)
        station.journal.note_read(places)
        return wire.reply(message.reference, message.parameters[:2], bytes(data))

    def _write(
        self, message: Message, places: tuple[Place, ...], payloads: tuple[Payload, ...]
    ) -> bytes:
        station = self._station
        codes = bytearray()
        station.journal.write_requests += 1
        for place, payload in zip(places, payloads, strict=True):
            code = station.judge(place)
            if code is ItemCode.DONE:
                code = judge_payload(place, payload)
            if code is ItemCode.DONE:
                station.memory.write(place, payload.data)
            station.journal.note_write(place.item, payload.data, code)
            codes.append(code)
        return wire.reply(message.reference, message.parameters[:2], bytes(codes))

    def _tell(self, message: Message) -> bytes:
        """Answer for the module identification; every other list is not available."""
        head, data = message.parameters, message.data
        asked = (head[5], head[6]) if len(head) >= 8 else (0, 0)
        lists = asked == _READ_SYSTEM_LIST and len(data) >= 8
        number = int.from_bytes(data[4:6], "big") if lists else 0
        known = number == _MODULE_IDENTIFICATION
        error = 0 if known else _LIST_NOT_AVAILABLE if lists else _FUNCTION_NOT_AVAILABLE
        parameters = b"\x00\x01\x12\x08\x12" + bytes((asked[0] & 0x0F | 0x80, asked[1], 1, 0, 0))
        body = data[4:8] + _identification(self._station.cpu) if known else b""
        code = ItemCode.DONE if known else ItemCode.OBJECT_DOES_NOT_EXIST
        block = bytes((code, 9 if known else 0)) + len(body).to_bytes(2, "big") + body
        parameters += error.to_bytes(2, "big")
        return wire.userdata_reply(message.reference, parameters, block)


def _identification(cpu: Cpu) -> bytes:
    """The module identification list with one record: the order code and firmware 1.0.0."""
    order_code = cpu.order_code.encode().ljust(20)
    record = b"\x00\x01" + order_code + b"\x00\x00V\x01\x00\x00"
    return len(record).to_bytes(2, "big") + b"\x00\x01" + record
