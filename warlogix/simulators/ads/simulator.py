"""A TwinCAT host on loopback that any ADS client can talk to, and that can be made to misbehave.

async with open_ads_simulator(Project((Symbol("MAIN.Speed", "LREAL"),))) as plc:
    client = pyads.Connection(plc.net_id, 851, f"127.0.0.1:{plc.port}")
    plc.put("MAIN.Speed", 12.5)
    plc.stall()
"""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from math import inf

import trio
from trio_util import AsyncValue

from warlogix.simulators.ads.host import Host, Session
from warlogix.simulators.ads.journal import Journal
from warlogix.simulators.ads.project import Project
from warlogix.simulators.ads.runtime import Runtime
from warlogix.simulators.ads.wire import Packet
from warlogix.simulators.server import HOST, ProtocolError, Simulator, open_simulator
from warlogix.tags import Value

# What a client takes for the Net ID of a host that it knows the address of alone.
NET_ID = f"{HOST}.1.1"
AMS_PORT = 851


class AdsSimulator(Simulator):
    """A running TwinCAT host with its port; see `Simulator` for how it misbehaves.

    `one_connection` is how TwinCAT's router is: a Net ID has one connection, and when it makes a
    second one the first is cut. Requests to different AMS ports do not wait for each other.
    """

    def __init__(self, host: Host, port: int) -> None:
        super().__init__(lambda: Session(host), port)
        self.host = host
        self.one_connection = True
        self._connected: dict[bytes, _Link] = {}
        self._stalled: dict[int, AsyncValue[bool]] = {}

    @property
    def net_id(self) -> str:
        """The AMS Net ID that the host answers to."""
        return self.host.net_id

    @property
    def journal(self) -> Journal:
        """What has happened so far."""
        return self.host.journal

    def runtime(self, ams_port: int = AMS_PORT) -> Runtime:
        """The runtime behind an AMS port."""
        return self.host.runtimes[ams_port]

    def put(self, name: str, value: Value, ams_port: int = AMS_PORT) -> None:
        """Give a symbol, a member or an element a value, as the program itself would."""
        self.runtime(ams_port).put(name, value)

    def get(self, name: str, ams_port: int = AMS_PORT) -> Value:
        """The value that a symbol, a member or an element holds."""
        return self.runtime(ams_port).get(name)

    def download(self, project: Project, ams_port: int = AMS_PORT) -> None:
        """Exchange a program while connections stay; see `Runtime.download`."""
        self.runtime(ams_port).download(project)

    def online_change(self, project: Project, ams_port: int = AMS_PORT) -> None:
        """Change a program while it runs; see `Runtime.online_change`."""
        self.runtime(ams_port).online_change(project)

    def restart(self, project: Project, ams_port: int = AMS_PORT) -> None:
        """Begin anew: connections are cut, all handles are forgotten, the project is loaded."""
        self.drop()
        self.host.load(ams_port, project)

    def stall_port(self, ams_port: int) -> None:
        """Let requests to one AMS port wait, not carried out, while others are served."""
        self._stalled[ams_port] = AsyncValue(True)

    def resume_port(self, ams_port: int) -> None:
        """Carry out and answer what waits for that AMS port, in its order."""
        self._stalled.pop(ams_port).value = False

    async def _converse(self, stream: trio.SocketStream) -> None:
        await _Link(self, stream).run()

    async def wait_while_port_stalled(self, ams_port: int) -> None:
        """Hold a request back for as long as its AMS port is stalled."""
        stalled = self._stalled.get(ams_port)
        if stalled is None:
            return
        self.held.value += 1
        try:
            await stalled.wait_value(False)
        finally:
            self.held.value -= 1

    def settle(self, source: bytes, link: "_Link") -> None:
        """A message came from a Net ID over a connection: its older connection is cut."""
        older = self._connected.get(source)
        self._connected[source] = link
        if older is not None and older is not link and self.one_connection:
            older.cut()

    def part(self, link: "_Link") -> None:
        """A connection has ended."""
        self._connected = {key: each for key, each in self._connected.items() if each is not link}


class _Link:
    """One client's connection: each AMS port that it asks has a queue and a task of its own.

    Requests that were taken are carried out though their client has left.
    """

    def __init__(self, simulator: AdsSimulator, stream: trio.SocketStream) -> None:
        self._simulator = simulator
        self._session = Session(simulator.host)
        self._stream = stream
        self._listening = trio.CancelScope()
        self._sending = trio.Lock()
        self._queues: dict[int, trio.MemorySendChannel[Packet]] = {}

    async def run(self) -> None:
        """Serve until the client leaves or is cut."""
        async with trio.open_nursery() as nursery:
            left = False
            with self._listening, suppress(ProtocolError, trio.BrokenResourceError):
                left = await self._listen(nursery)
            if not left:
                await trio.aclose_forcefully(self._stream)
            self._simulator.part(self)
            for queue in self._queues.values():
                queue.close()

    def cut(self) -> None:
        """Hear no more of the client, and answer it no more."""
        self._listening.cancel()

    async def _listen(self, nursery: trio.Nursery) -> bool:
        """True when the client has left of its own accord."""
        while chunk := await self._stream.receive_some():
            for message in self._session.receive(chunk):
                asked = self._session.read(message)
                self._simulator.settle(asked.source, self)
                self._queue(asked.target_port, nursery).send_nowait(asked)
        return True

    def _queue(self, ams_port: int, nursery: trio.Nursery) -> trio.MemorySendChannel[Packet]:
        if ams_port not in self._queues:
            queue, waiting = trio.open_memory_channel[Packet](inf)
            self._queues[ams_port] = queue
            nursery.start_soon(self._serve, ams_port, waiting, nursery)
        return self._queues[ams_port]

    async def _serve(
        self, ams_port: int, waiting: trio.MemoryReceiveChannel[Packet], nursery: trio.Nursery
    ) -> None:
        async for asked in waiting:
            await self._simulator.wait_while_stalled()
            await self._simulator.wait_while_port_stalled(ams_port)
            answer = await self._simulator.pass_on(self._simulator.host.answer(asked))
            if answer is None:
                nursery.cancel_scope.cancel()
            elif answer:
                await self._send(answer)

    async def _send(self, answer: bytes) -> None:
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            async with self._sending:
                await self._stream.send_all(answer)


@asynccontextmanager
async def open_ads_simulator(
    project: Project | Mapping[int, Project],
    *,
    net_id: str = NET_ID,
    port: int = 0,
    clock: Callable[[], float] = time.time,
) -> AsyncIterator[AdsSimulator]:
    """A TwinCAT host that serves on loopback until the block is left.

    One project is loaded behind AMS port 851; several come with their AMS ports.
    """
    projects = {AMS_PORT: project} if isinstance(project, Project) else project
    host = Host(net_id, projects, Journal(clock))
    async with open_simulator(AdsSimulator(host, port)) as plc:
        yield plc
