"""One ISO-on-TCP connection to a CPU: greeting, agreement on the PDU, requests and replies.

    link = S7Link(endpoint, Stream(endpoint, await dial(endpoint, 102)))
    await link.open()
    reply, reference = await link.exchange(request)         # never two at a time
    reply, reference = await link.exchange_once(write)      # for what must not be sent into nowhere
    link.shut()                                             # at any time

The greeting and the frames are python-snap7's, which touches no socket here. What it lacks is
added: a time limit for a whole exchange, messages in several fragments, and whose fault it is when
the greeting fails.

Errors: `Unreachable` and `Rejected`; after either the link is of no more use.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from snap7.connection import ISOTCPConnection
from snap7.error import S7ProtocolError
from snap7.s7protocol import S7Protocol

from warlogix.drivers.blocking import LibraryFailure, call_library
from warlogix.drivers.s7.reasons import refused_request
from warlogix.drivers.s7.wire import with_reference
from warlogix.drivers.stream import Ended, Stream
from warlogix.errors import Rejected, Unreachable
from warlogix.tags import Endpoint

_PDU_WANTED = 960
# The smallest in which a DTL can be written, the longest value that is not torn.
_PDU_LEAST = 40
_PG_CONNECTION = 0x0100
_VERSION = 3
_FRAME_HEAD = 4
# With the least that the layer above puts in front of its data.
_FRAME_LEAST = 7
_WRONG_PLACE = (
    "rack and slot may be wrong (S7-1200 and S7-1500: slot 1, S7-300: slot 2, S7-400: see the "
    "hardware configuration), or every connection of the CPU is taken"
)


class _Frames(ISOTCPConnection):
    """Frames from and to bytes. Errors: `LibraryFailure` for what is no frame."""

    def greeting(self) -> bytes:
        """The frame that asks for a connection."""
        return self._build_tpkt(self._build_cotp_cr())

    def data(self, message: bytes) -> bytes:
        """The frame that carries a message."""
        return self._build_tpkt(self._build_cotp_dt(message))

    def is_refusal(self, payload: bytes) -> bool:
        """Whether the CPU answers the greeting with a no."""
        return payload[1] == self.COTP_DR

    def confirm(self, payload: bytes) -> None:
        """Take the answer to the greeting."""
        call_library(self._parse_cotp_cc, payload)

    def part(self, payload: bytes) -> tuple[bytes, bool]:
        """A message, or a fragment of one, and whether it is the last."""
        return call_library(self._parse_cotp_data, payload), bool(payload[2] & 0x80)


class S7Link:
    """A connection over a stream, which the link closes."""

    def __init__(self, endpoint: Endpoint, stream: Stream) -> None:
        self.pdu = 0
        self._endpoint = endpoint
        self._stream = stream
        place = _PG_CONNECTION | endpoint.rack << 5 | endpoint.slot
        self._frames = _Frames(endpoint.host, remote_tsap=place)
        self._reference = 0

    async def open(self) -> None:
        """Greet the CPU and agree on the length of messages, within the endpoint's timeout."""
        try:
            with self._sense(), self._stream.in_time():
                await self._greet()
                self.pdu = await self._agree()
        except Ended as exc:
            reason = f"the CPU closes the connection at once: {_WRONG_PLACE}"
            raise Unreachable(self._endpoint.plc, reason) from exc

    async def exchange(self, message: bytes) -> tuple[bytes, int]:
        """The reply to a message, and the reference that it must carry."""
        self._reference = self._reference % 0xFFFF + 1
        with self._stream.in_time():
            return await self._ask(with_reference(message, self._reference)), self._reference

    async def exchange_once(self, message: bytes) -> tuple[bytes, int]:
        """The same; `Unsent` where it is certain that the CPU has received nothing.

        Any other error comes after an attempt to send, and the message may have been carried out.
        """
        self._stream.check_quiet()
        return await self.exchange(message)

    def shut(self) -> None:
        """Close, twice too."""
        self._stream.shut()

    async def _greet(self) -> None:
        await self._stream.send(self._frames.greeting())
        answer = await self._receive()
        if self._frames.is_refusal(answer):
            place = f"rack {self._endpoint.rack} slot {self._endpoint.slot}"
            reason = f"the CPU refuses a connection to {place}: {_WRONG_PLACE}"
            raise Rejected(self._endpoint.plc, reason)
        self._frames.confirm(answer)

    async def _agree(self) -> int:
        protocol = S7Protocol()
        request = protocol.build_setup_communication_request(pdu_length=_PDU_WANTED)
        answer = call_library(protocol.parse_response, await self._ask(request))
        parameters = answer["parameters"] or {}
        if answer["sequence"] != protocol.sequence or "pdu_length" not in parameters:
            raise Unreachable(self._endpoint.plc, "no answer to the set-up of communication")
        pdu = min(int(parameters["pdu_length"]), _PDU_WANTED)
        if pdu < _PDU_LEAST:
            raise Unreachable(self._endpoint.plc, f"the CPU offers messages of {pdu} bytes")
        return pdu

    async def _ask(self, request: bytes) -> bytes:
        await self._stream.send(self._frames.data(request))
        reply, is_last = self._part(await self._receive())
        most = self.pdu or _PDU_WANTED
        while not is_last and len(reply) <= most:
            more, is_last = self._part(await self._receive())
            reply += more
        if len(reply) > most:
            reason = f"the CPU sends a message of more than the {most} bytes agreed on"
            raise Unreachable(self._endpoint.plc, reason)
        return reply

    def _part(self, payload: bytes) -> tuple[bytes, bool]:
        try:
            return self._frames.part(payload)
        except LibraryFailure as exc:
            raise Unreachable(self._endpoint.plc, str(exc.__cause__)) from exc

    async def _receive(self) -> bytes:
        """What the next frame carries."""
        head = await self._stream.receive(_FRAME_HEAD)
        length = int.from_bytes(head[2:])
        if head[0] != _VERSION or length < _FRAME_LEAST:
            raise Unreachable(self._endpoint.plc, "what answers there is no S7")
        return await self._stream.receive(length - _FRAME_HEAD)

    @contextmanager
    def _sense(self) -> Iterator[None]:
        """The library's errors as what they mean for this PLC."""
        try:
            yield
        except LibraryFailure as exc:
            raise self._named(exc.__cause__) from exc

    def _named(self, cause: BaseException | None) -> Unreachable | Rejected:
        plc = self._endpoint.plc
        if isinstance(cause, S7ProtocolError) and cause.error_code:
            return Rejected(plc, refused_request(cause.error_code))
        return Unreachable(plc, str(cause))
