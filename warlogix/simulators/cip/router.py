"""A controller's message router: which object a request goes to, and packets of several."""

from collections.abc import Callable
from itertools import pairwise
from typing import Protocol

from warlogix.simulators.cip.connections import (
    forward_close,
    forward_open,
    judge_route,
    unpack_send,
)
from warlogix.simulators.cip.logix import LogixObjects
from warlogix.simulators.cip.messages import (
    Answer,
    Cursor,
    Message,
    Refusal,
    Service,
    Status,
    read_message,
)
from warlogix.simulators.cip.models import Flavour
from warlogix.simulators.cip.nj import NjObjects
from warlogix.simulators.cip.station import Station

_IDENTITY = 0x01
_ROUTER = 0x02
_CONNECTION_MANAGER = 0x06
_CONTROLLER = 0x0E
_ADAPTER = 0x0C
# The bytes of an answer that has nothing but its head.
_HEAD = 4


class Objects(Protocol):
    """A controller's objects beside those that every device has."""

    def serve(self, message: Message, room: int) -> Answer:
        """Carry a request out; `room` is the most bytes of its answer. Raises `Refusal`."""


class Router:
    """Answers CIP messages, each in as many bytes as it is told."""

    def __init__(self, station: Station) -> None:
        self._station = station
        nj = station.model.flavour is Flavour.NJ
        self._objects: Objects = NjObjects(station) if nj else LogixObjects(station)

    def answer(self, raw: bytes, room: int) -> bytes:
        """The reply to a message outside of connections."""
        return self._answer(raw, room, self._at_port)

    def answer_connected(self, raw: bytes, room: int) -> bytes:
        """The reply to a message of a connection, which leads to the controller itself."""
        return self._answer(raw, room, self._inside)

    def _answer(
        self, raw: bytes, room: int, serve: Callable[[Message, int], Answer | bytes]
    ) -> bytes:
        journal = self._station.journal
        service = raw[0] if raw else 0
        try:
            message = read_message(raw)
            journal.services[message.service] += 1
            answer = serve(message, room)
        except Refusal as exc:
            if exc.offence:
                journal.offences.append(f"service {service:#04x}: {exc.offence}")
            answer = exc.answer
        reply = answer if isinstance(answer, bytes) else answer.encode(service)
        if len(reply) > room:
            return Answer(status=Status.REPLY_TOO_LARGE).encode(service)
        return reply

    def _at_port(self, message: Message, room: int) -> Answer | bytes:
        """What arrives at the Ethernet port: of a bridge, or of the controller itself."""
        path = message.path
        if path.class_ == _CONNECTION_MANAGER and not path.before:
            return self._manage(message, room)
        if not self._station.model.bridge:
            return self._inside(message, room)
        if path.class_ == _IDENTITY and not path.before:
            return _tell_identity(self._station, message)
        raise Refusal(Status.PATH_UNKNOWN)

    def _manage(self, message: Message, room: int) -> Answer | bytes:
        station, data = self._station, message.data
        match message.service:
            case Service.FORWARD_OPEN:
                return forward_open(station, data, 2)
            case Service.LARGE_FORWARD_OPEN:
                return forward_open(station, data, 4)
            case Service.FORWARD_CLOSE:
                return forward_close(station, data)
            case Service.UNCONNECTED_SEND:
                inner, path = unpack_send(data)
                judge_route(station, path)
                return self._answer(inner, room, self._inside)
        raise Refusal(Status.SERVICE_NOT_SUPPORTED)

    def _inside(self, message: Message, room: int) -> Answer | bytes:
        path = message.path
        if path.before or path.class_ is None:
            return self._objects.serve(message, room)
        if path.class_ == _IDENTITY:
            return _tell_identity(self._station, message, self._station.model.name)
        if path.class_ == _ROUTER and message.service == Service.PACKET:
            return self._packet(message, room)
        return self._objects.serve(message, room)

    def _packet(self, message: Message, room: int) -> Answer:
        if not self._station.packets:
            raise Refusal(Status.SERVICE_NOT_SUPPORTED)
        requests = _requests(message.data)
        head = _HEAD + 2 + 2 * len(requests)
        replies: list[bytes] = []
        for left, request in zip(range(len(requests) - 1, -1, -1), requests, strict=True):
            used = head + sum(map(len, replies)) + left * _HEAD
            if room - used < _HEAD:
                raise Refusal(Status.REPLY_TOO_LARGE)
            replies.append(self._answer(request, room - used, self._inside))
        offset, offsets = head - _HEAD, b""
        for reply in replies:
            offsets += offset.to_bytes(2, "little")
            offset += len(reply)
        failed = any(reply[2] for reply in replies)
        data = len(replies).to_bytes(2, "little") + offsets + b"".join(replies)
        return Answer(data, Status.EMBEDDED if failed else Status.DONE)


def identity(station: Station, name: str | None = None) -> bytes:
    """What a device tells of itself; by default the one that the client's TCP connection meets."""
    model = station.model
    bridge = name is None and model.bridge is not None
    told = (name or model.bridge or model.name).encode()
    return b"".join(
        (
            model.vendor.to_bytes(2, "little"),
            (_ADAPTER if bridge else _CONTROLLER).to_bytes(2, "little"),
            model.product_code.to_bytes(2, "little"),
            bytes(model.revision),
            b"\x60\x30",
            station.serial.to_bytes(4, "little"),
            bytes((len(told),)),
            told,
        )
    )


def _tell_identity(station: Station, message: Message, name: str | None = None) -> Answer:
    if message.service != Service.GET_ALL:
        raise Refusal(Status.SERVICE_NOT_SUPPORTED)
    if message.path.instance != 1:
        raise Refusal(Status.OBJECT_DOES_NOT_EXIST)
    return Answer(identity(station, name))


def _requests(data: bytes) -> list[bytes]:
    """The requests of a packet; `Refusal` if its offsets do not add up."""
    count = Cursor(data).number(2)
    offsets = Cursor(data[2:])
    places = [offsets.number(2) for _ in range(count)] + [len(data)]
    in_order = all(one + 2 <= other for one, other in pairwise(places))
    if not count or places[0] != 2 + 2 * count or not in_order:
        raise Refusal(Status.INVALID_PARAMETER, offence=f"offsets {places[:-1]} in {len(data)}")
    return [data[one:other] for one, other in pairwise(places)]
