"""One ISO-on-TCP connection to a CPU: greeting, agreement on the PDU, requests and replies.

    link = S7Link(endpoint, connected_socket)
    link.open()                       # in a thread
    reply = link.exchange(request)    # in the same or another one, never two at a time
    reply = link.exchange_once(write) # for what must not be sent into nowhere
    link.shut()                       # from anywhere, at any time

The greeting and the frames are python-snap7's. What it lacks is added here: a time limit for a
whole exchange instead of one per piece, messages in several fragments, a way to close from
another thread, and whose fault it is when the greeting fails.

Errors: `Unreachable` and `Rejected`; after either the link is of no more use.
"""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from snap7.connection import ISOTCPConnection
from snap7.error import S7ConnectionError, S7ProtocolError, S7TimeoutError
from snap7.s7protocol import S7Protocol

from warlogix.drivers.blocking import LibraryFailure, call_library
from warlogix.drivers.exchanges import Unsent
from warlogix.drivers.s7.reasons import refused_request
from warlogix.drivers.s7.wire import with_reference
from warlogix.errors import Rejected, Unreachable
from warlogix.tags import Endpoint

_PDU_WANTED = 960
# The smallest that leaves room for a value of eight bytes in a reply.
_PDU_LEAST = 32
_PG_CONNECTION = 0x0100
_WRONG_PLACE = (
    "rack and slot may be wrong (S7-1200 and S7-1500: slot 1, S7-300: slot 2, S7-400: see the "
    "hardware configuration), or every connection of the CPU is taken"
)


class _RefusedError(S7ConnectionError):
    """The CPU answers the greeting, and says no."""


class S7Link(ISOTCPConnection):
    """A connection over a TCP socket that is connected already; the link closes it."""

    def __init__(self, endpoint: Endpoint, connected: socket.socket) -> None:
        super().__init__(
            endpoint.host,
            connected.getpeername()[1],
            remote_tsap=_PG_CONNECTION | endpoint.rack << 5 | endpoint.slot,
        )
        self.pdu = 0
        self._endpoint = endpoint
        self._given = connected
        self._protocol = S7Protocol()
        self._reference = 0
        self._deadline = 0.0
        self._received = bytearray()
        self._is_last_fragment = True
        # A socket is closed by nobody while a thread waits in it: its number could be given to
        # another connection, which the thread would then read from.
        self._guard = threading.Lock()
        self._in_use = False
        self._is_shut = False

    def open(self) -> None:
        """Greet the CPU and agree on the length of messages, within the endpoint's timeout."""
        with self._in_thread():
            call_library(self.connect, self._endpoint.timeout)
            self.pdu = self._agree()

    def exchange(self, message: bytes) -> tuple[bytes, int]:
        """The reply to a message, and the reference that it must carry."""
        self._reference = self._reference % 0xFFFF + 1
        with self._in_thread():
            return self._ask(with_reference(message, self._reference)), self._reference

    def exchange_once(self, message: bytes) -> tuple[bytes, int]:
        """The same; `Unsent` where it is certain that the CPU has received nothing.

        Any other error comes after an attempt to send, and the message may have been carried out.
        """
        self._reference = self._reference % 0xFFFF + 1
        with self._in_thread():
            self._check_quiet()
            return self._ask(with_reference(message, self._reference)), self._reference

    def shut(self) -> None:
        """Close, twice too; a thread that waits for a reply is freed at once."""
        with self._guard:
            self._is_shut = True
            if self._in_use:
                self._break_off()
            else:
                self._given.close()

    def disconnect(self) -> None:
        """Nothing: the library calls this in the middle of its work; `shut` closes."""

    @contextmanager
    def _in_thread(self) -> Iterator[None]:
        """One exchange: its time limit, its claim on the socket, and what its errors mean."""
        self._claim()
        try:
            self._deadline = monotonic() + self._endpoint.timeout
            self._given.settimeout(self._endpoint.timeout)
            yield
        except LibraryFailure as exc:
            raise self._named(exc.__cause__) from exc
        finally:
            self._release()

    def _claim(self) -> None:
        with self._guard:
            if self._is_shut:
                raise Unsent(self._endpoint.plc, "the connection is closed")
            self._in_use = True

    def _check_quiet(self) -> None:
        """What is there before anything was asked is the end of the connection, or a lie."""
        self._given.settimeout(0)
        try:
            found = self._received or self._given.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            self._given.settimeout(self._endpoint.timeout)
            return
        except OSError as exc:
            raise Unsent(self._endpoint.plc, self._system_reason(exc)) from exc
        said = "has sent what nobody asked for" if found else "has closed the connection"
        raise Unsent(self._endpoint.plc, f"the CPU {said}")

    def _release(self) -> None:
        with self._guard:
            self._in_use = False
            if self._is_shut:
                self._given.close()

    def _break_off(self) -> None:
        try:
            self._given.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # The peer was first.

    def _agree(self) -> int:
        request = self._protocol.build_setup_communication_request(pdu_length=_PDU_WANTED)
        answer = call_library(self._protocol.parse_response, self._ask(request))
        parameters = answer["parameters"] or {}
        if answer["sequence"] != self._protocol.sequence or "pdu_length" not in parameters:
            raise Unreachable(self._endpoint.plc, "no answer to the set-up of communication")
        pdu = min(int(parameters["pdu_length"]), _PDU_WANTED)
        if pdu < _PDU_LEAST:
            raise Unreachable(self._endpoint.plc, f"the CPU offers messages of {pdu} bytes")
        return pdu

    def _ask(self, request: bytes) -> bytes:
        call_library(self.send_data, request)
        reply = call_library(self.receive_data)
        while not self._is_last_fragment:
            reply += call_library(self.receive_data)
        return reply

    def _tcp_connect(self) -> None:
        self.socket = self._given

    def _recv_exact(self, size: int) -> bytes:
        # The library waits its time limit for each piece anew, so that a CPU that sends a byte now
        # and then is waited for without end; and it asks the system twice per reply.
        while len(self._received) < size:
            left = self._deadline - monotonic()
            if left <= 0:
                raise S7TimeoutError("Receive timeout")
            self._given.settimeout(left)
            try:
                chunk = self._given.recv(8192)
            except TimeoutError as exc:
                raise S7TimeoutError("Receive timeout") from exc
            if not chunk:
                raise S7ConnectionError("Connection closed by peer")
            self._received += chunk
        data = bytes(self._received[:size])
        del self._received[:size]
        return data

    def _parse_cotp_data(self, cotp_pdu: bytes) -> bytes:
        data = super()._parse_cotp_data(cotp_pdu)
        self._is_last_fragment = bool(cotp_pdu[2] & 0x80)
        return data

    def _parse_cotp_cc(self, data: bytes) -> None:
        if len(data) > 1 and data[1] == self.COTP_DR:
            raise _RefusedError("the CPU refuses the connection")
        super()._parse_cotp_cc(data)

    def _named(self, cause: BaseException | None) -> Unreachable | Rejected:
        """The library's error as what it means for this PLC."""
        plc, limit = self._endpoint.plc, self._endpoint.timeout
        if isinstance(cause, _RefusedError):
            place = f"rack {self._endpoint.rack} slot {self._endpoint.slot}"
            return Rejected(plc, f"the CPU refuses a connection to {place}: {_WRONG_PLACE}")
        if isinstance(cause, S7ProtocolError) and cause.error_code:
            return Rejected(plc, refused_request(cause.error_code))
        if isinstance(cause, S7TimeoutError):
            return Unreachable(plc, f"no answer within {limit:g} s")
        if not self.pdu and "closed by peer" in str(cause):
            return Unreachable(plc, f"the CPU closes the connection at once: {_WRONG_PLACE}")
        if "closed by peer" in str(cause):
            return Unreachable(plc, "the PLC has closed the connection")
        if "TPKT" in str(cause):
            return Unreachable(plc, "what answers there is no S7")
        origin = cause and (cause.__cause__ or cause.__context__)
        if isinstance(origin, OSError) and origin.errno:
            return Unreachable(plc, self._system_reason(origin))
        return Unreachable(plc, str(cause))

    def _system_reason(self, error: OSError) -> str:
        return f"{self.host}:{self.port}: {os.strerror(error.errno or 0).lower()}"
