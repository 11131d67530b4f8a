"""The wire between a gateway and a PLC: a TCP proxy that cuts, delays, and splits into bytes.

    async with open_wires({"Press": plc.port}, answered) as wires:
        wire = wires["Press"]
        address = f"127.0.0.1:{wire.port}"
        wire.cut()              # every connection, and nobody is let in
        wire.mend()
        wire.delay(0.2)         # each piece of an answer by so many seconds
        wire.split()            # what the PLC answers comes in single bytes

Bytes stay in their order, and none is lost on a connection that stays. `answered` gets the name
when an answer went by whole and at once, and its question too: whoever asked can read the PLC.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial

import trio

from tests.doors import HOST, Door

_CHUNK = 65_536
# Long enough that a reader on the other side finds one byte and no more.
_BETWEEN_BYTES = 0.001


class Wire:
    """All connections to one PLC; `port` is what a gateway takes for the PLC's."""

    def __init__(self, plc: int, answered: Callable[[], None], nursery: trio.Nursery) -> None:
        self.answered = answered
        self._plc = plc
        self._links: set[trio.CancelScope] = set()
        self._delay = 0.0
        self._split = False
        self._hurry = trio.Event()
        # How often it was mended: of two moments with the same count nothing was amiss between.
        self._mended = 0
        self._door = Door(self._serve, nursery)
        self._door.open()
        self.port = self._door.port

    @property
    def state(self) -> int:
        """Another number after each trouble, and -1 while there is one."""
        return -1 if self._delay or self._split else self._mended

    def drop(self) -> None:
        """Cut every connection, and let everybody in."""
        for link in self._links:
            link.cancel()

    def cut(self) -> None:
        """Cut every connection, and refuse new ones."""
        self._door.shut()
        self.drop()

    def mend(self) -> None:
        """Let everything through, whole and at once, also what is held back."""
        self._delay, self._split = 0.0, False
        self._mended += 1
        self._hurry.set()
        self._hurry = trio.Event()
        self._door.open()

    def delay(self, seconds: float) -> None:
        """Hold back each piece of what the PLC answers."""
        self._delay = seconds

    def split(self) -> None:
        """Carry every byte of what the PLC answers by itself."""
        self._split = True

    def close(self) -> None:
        """Free the port."""
        self._door.close()

    async def hold_back(self) -> None:
        """Return when a piece of an answer may go on."""
        if self._delay:
            with trio.move_on_after(self._delay):
                await self._hurry.wait()

    async def send(self, target: trio.SocketStream, chunk: bytes) -> None:
        """Send a piece of an answer, or what it is split into."""
        sent = 0
        while self._split and sent < len(chunk):
            await target.send_all(chunk[sent : sent + 1])
            sent += 1
            await trio.sleep(_BETWEEN_BYTES)
        await target.send_all(chunk[sent:])

    async def _serve(self, client: trio.SocketStream) -> None:
        async with client:
            try:
                plc = await trio.open_tcp_stream(HOST, self._plc)
            except OSError:
                return
            async with plc:
                with trio.CancelScope() as scope:
                    self._links.add(scope)
                    await _Link(self, client, plc).join(scope)
                self._links.discard(scope)


class _Link:
    """One connection through a wire."""

    def __init__(self, wire: Wire, client: trio.SocketStream, plc: trio.SocketStream) -> None:
        self._wire = wire
        self._client = client
        self._plc = plc
        self._asked = -1

    async def join(self, scope: trio.CancelScope) -> None:
        """Carry both ways until either side closes."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._ask, scope)
            nursery.start_soon(self._answer, scope)

    async def _ask(self, scope: trio.CancelScope) -> None:
        with suppress(trio.BrokenResourceError):
            while chunk := await self._client.receive_some(_CHUNK):
                self._asked = self._wire.state
                await self._plc.send_all(chunk)
        scope.cancel()

    async def _answer(self, scope: trio.CancelScope) -> None:
        with suppress(trio.BrokenResourceError):
            while chunk := await self._plc.receive_some(_CHUNK):
                await self._wire.hold_back()
                await self._wire.send(self._client, chunk)
                if self._asked == self._wire.state != -1:
                    self._wire.answered()
        scope.cancel()


@asynccontextmanager
async def open_wires(
    plcs: Mapping[str, int], answered: Callable[[str], None]
) -> AsyncIterator[dict[str, Wire]]:
    """Wires to PLCs by name, with their ports; every connection is cut at the end."""
    async with trio.open_nursery() as nursery, AsyncExitStack() as stack:
        wires = {name: Wire(port, partial(answered, name), nursery) for name, port in plcs.items()}
        for wire in wires.values():
            stack.callback(wire.close)
        yield wires
        nursery.cancel_scope.cancel()
