"""A TwinCAT host's answers, decided without sockets and without time.

A `Host` is the router with its runtimes that all connections share; a `Session` is one
connection's side of the conversation: bytes in, AMS packets out.

    session = Session(host)
    for raw in session.receive(chunk):
        to_send = session.answer(raw)
"""

import struct
from collections.abc import Iterator, Mapping
from itertools import count

from warlogix.simulators.ads import wire
from warlogix.simulators.ads.journal import Journal
from warlogix.simulators.ads.project import Project
from warlogix.simulators.ads.runtime import Runtime
from warlogix.simulators.ads.services import Services
from warlogix.simulators.ads.wire import Code, Command, Packet, Refused
from warlogix.simulators.server import ProtocolError

_FIRST_HANDLE = 0x2D000001


class Host:
    """One TwinCAT system: its router and the runtimes behind it, by AMS port.

    `net_id` is the one that it answers to. `routes` are the Net IDs whose messages it takes, None
    for any.
    """

    def __init__(self, net_id: str, projects: Mapping[int, Project], journal: Journal) -> None:
        self.net_id = net_id
        self.routes: set[str] | None = None
        self.journal = journal
        self.runtimes: dict[int, Runtime] = {}
        self._services: dict[int, Services] = {}
        # Never the same number twice, whatever is loaded anew.
        self._numbers = count(_FIRST_HANDLE)
        for ams_port, project in projects.items():
            self.load(ams_port, project)

    def load(self, ams_port: int, project: Project) -> None:
        """Start a runtime anew behind an AMS port."""
        runtime = Runtime(ams_port, project, self.journal, self._numbers)
        self.runtimes[ams_port] = runtime
        self._services[ams_port] = Services(runtime, self.journal)

    def unload(self, ams_port: int) -> None:
        """Take a runtime away, as config mode does: its port is unknown then."""
        del self.runtimes[ams_port]
        del self._services[ams_port]

    def knows(self, source: bytes) -> bool:
        """Whether there is a route to where a message came from."""
        return self.routes is None or wire.net_id_text(source) in self.routes

    def answer(self, asked: Packet) -> bytes:
        """The response to one request, ready for the wire."""
        if asked.target != wire.net_id(self.net_id):
            return wire.router_error(asked, Code.NO_ROUTE)
        services = self._services.get(asked.target_port)
        if services is None:
            return wire.router_error(asked, Code.NO_SUCH_PORT)
        if asked.command not in list(Command):
            self.journal.offences.append(f"there is no ADS command {asked.command}")
            return wire.router_error(asked, Code.UNKNOWN_COMMAND)
        try:
            data = struct.pack("<I", Code.DONE) + services.carry_out(asked.command, asked.data)
        except Refused as refusal:
            data = struct.pack("<I", refusal.code)
            if asked.command in (Command.READ, Command.READ_WRITE):
                data += bytes(4)
        return wire.answer(asked, data)


class Session:
    """One client's conversation with the host. The methods raise `ProtocolError`."""

    over = False

    def __init__(self, host: Host) -> None:
        self._host = host
        self._frames = wire.Frames()

    def receive(self, chunk: bytes | bytearray) -> Iterator[bytes]:
        """The whole AMS packets that the bytes have completed, in order."""
        self._frames.feed(chunk)
        try:
            yield from self._frames
        except ProtocolError as error:
            self._host.journal.offences.append(str(error))
            raise

    def read(self, message: bytes) -> Packet:
        """The request that an AMS packet is."""
        try:
            asked = wire.read_packet(message)
        except ProtocolError as error:
            self._host.journal.offences.append(str(error))
            raise
        if not self._host.knows(asked.source):
            raise ProtocolError(f"no route to {wire.net_id_text(asked.source)}")
        return asked

    def answer(self, message: bytes) -> bytes:
        """The response to one AMS packet, ready for the wire."""
        return self._host.answer(self.read(message))
