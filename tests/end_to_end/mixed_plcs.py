"""Forty PLCs of every family on loopback, of which fifteen are dead in four ways.

async with open_mixed() as mixed:
    config.write_text(mixed.configuration())
"""

import os
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial

import trio

from tests.contracts.plant import Simulated
from tests.contracts.plants import SIMULATED
from tests.ports import refusing
from warlogix.simulators.black_hole import black_hole
from warlogix.simulators.server import HOST
from warlogix.tags import Endpoint

HEALTHY = 25
# Four that swallow, four that refuse, four that say nothing, three that babble.
HOLES, CLOSED, SILENT, BABBLING = 4, 4, 4, 3
# Answers of one poll come closer together than this, those of two polls do not.
GAP = 0.2

_PLC = """
[[plcs]]
name = "{name}"
family = "{endpoint.family}"
address = "127.0.0.1:{port}"
slot = {endpoint.slot}
timeout = "1s"
protocol = "{protocol}"
fins_port = {fins_port}
tags = [
{tags}]
"""


@dataclass(slots=True)
class Stopwatch:
    """When a PLC answered, in seconds since 1970; a `Simulator.spoil` that spoils nothing."""

    answers: list[float] = field(default_factory=list)

    def __call__(self, answer: bytes) -> bytes:
        """The answer itself."""
        self.answers.append(time.time())
        return answer

    def polls(self) -> list[float]:
        """When each poll began, by its first answer; what a connection begins with is the first."""
        before = [0.0, *self.answers]
        return [at for at, last in zip(self.answers, before, strict=False) if at - last > GAP]


@dataclass(frozen=True, slots=True)
class Mixed:
    """The plants by the PLC's name; the dead ones are known by their endpoints alone."""

    endpoints: dict[str, tuple[Endpoint, Simulated]] = field(default_factory=dict)
    healthy: dict[str, tuple[Simulated, Stopwatch]] = field(default_factory=dict)

    def configuration(self) -> str:
        """A table for each PLC, with two tags: one of 16 bits and a richer one."""
        return "".join(
            _PLC.format(
                name=name,
                endpoint=endpoint,
                port=endpoint.port or endpoint.fins_port,
                protocol=endpoint.protocol or "fins",
                fins_port=endpoint.fins_port,
                tags="".join(
                    f'  {{ name = "{tag.name}"'
                    + (f', data_type = "{tag.data_type}"' if tag.data_type else "")
                    + " },\n"
                    for tag in (plant.tags[0], plant.rich[0])
                ),
            )
            for name, (endpoint, plant) in self.endpoints.items()
        )

    def dead(self) -> set[str]:
        """The names of the dead ones."""
        return self.endpoints.keys() - self.healthy.keys()


@asynccontextmanager
async def open_mixed() -> AsyncIterator[Mixed]:
    """All of them; the families take turns."""
    mixed = Mixed()
    async with trio.open_nursery() as nursery:
        async with AsyncExitStack() as stack:
            await _open_simulated(mixed, stack)
            ports = [("Hole", stack.enter_context(black_hole())) for _ in range(HOLES)]
            ports += [("Closed", stack.enter_context(refusing())) for _ in range(CLOSED)]
            ports += [("Babbling", await _babble(nursery)) for _ in range(BABBLING)]
            patterns = [plant for plant, _ in mixed.healthy.values()]
            for number, (way, port) in enumerate(ports):
                plant = patterns[number % len(patterns)]
                moved = _moved(plant.endpoint, port)
                mixed.endpoints[f"{way}-{plant.endpoint.plc}-{number}"] = moved, plant
            yield mixed
        nursery.cancel_scope.cancel()


async def _open_simulated(mixed: Mixed, stack: AsyncExitStack) -> None:
    """Those with a simulator: the healthy ones and the silent ones."""
    families = list(SIMULATED)
    for number in range(HEALTHY + SILENT):
        family = families[number % len(families)]
        plant = await stack.enter_async_context(SIMULATED[family](many=0))
        if number < HEALTHY:
            name, watch = f"Healthy-{family}-{number}", Stopwatch()
            plant.put((number, 0, 0))
            plant.simulator.spoil = watch
            mixed.healthy[name] = plant, watch
        else:
            name = f"Silent-{family}-{number}"
            plant.fall_silent()
        mixed.endpoints[name] = plant.endpoint, plant


def _moved(endpoint: Endpoint, port: int) -> Endpoint:
    """The same kind of PLC at another port."""
    if endpoint.port is None:
        return replace(endpoint, fins_port=port)
    return replace(endpoint, port=port)


async def _babble(nursery: trio.Nursery) -> int:
    """The port of one who talks without end and listens to nobody."""

    async def talk(stream: trio.SocketStream) -> None:
        try:
            while True:
                await stream.send_all(os.urandom(512))
                await trio.sleep(0.02)
        except trio.BrokenResourceError:
            return

    open_listeners = partial(trio.serve_tcp, talk, 0, host=HOST)
    listeners: list[trio.SocketListener] = await nursery.start(open_listeners)
    port: int = listeners[0].socket.getsockname()[1]
    return port
