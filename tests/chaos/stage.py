"""Where a scene is played: a gateway with its PLCs and its broker, and the wires between them."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import tomli_w

from tests.brokers import Broker
from tests.chaos.gateways import Service, open_service
from tests.chaos.live import Live, open_live
from tests.chaos.machines import Machine, open_machines
from tests.chaos.truth import Reading
from tests.chaos.uptime import Uptime
from tests.chaos.wires import Wire, open_wires
from tests.links import Link, open_link

TOPIC = "factory"
POLL = 0.25
PLC_TIMEOUT = 2.0  # seconds after which the gateway gives up an answer of a PLC


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that can come to grief. `rescued` is what was found on disks before they went."""

    broker: Broker
    link: Link
    service: Service
    machines: Mapping[str, Machine]
    wires: Mapping[str, Wire]
    uptime: Uptime
    live: Live
    rescued: list[Reading] = field(default_factory=list)


@asynccontextmanager
async def open_stage(broker: Broker, folder: Path) -> AsyncIterator[Stage]:
    """All of it on loopback; the gateway does not run yet, and is killed at the end."""
    async with AsyncExitStack() as stack:
        machines = await stack.enter_async_context(open_machines())
        uptime = Uptime(machines)
        ports = {name: machine.simulator.port for name, machine in machines.items()}
        wires = await stack.enter_async_context(open_wires(ports, uptime.rise))
        link = await stack.enter_async_context(open_link(broker.address))
        live = await stack.enter_async_context(open_live(broker.address, TOPIC))
        config = folder / "warlogix.toml"
        config.write_text(_configuration(machines.values(), wires, link, folder / "buffer"))
        service = await stack.enter_async_context(open_service(config, folder))
        yield Stage(broker, link, service, machines, wires, uptime, live)


def _configuration(
    machines: Iterable[Machine], wires: Mapping[str, Wire], link: Link, buffer: Path
) -> str:
    cluster = {
        "name": "Local",
        "brokers": [link.address],
        "topics": {"changes": {"partitions": 3}},
    }
    document = {
        "namespace": TOPIC,
        "poll_rate": f"{POLL * 1000:g}ms",
        "plcs": [
            {**each.table(wires[each.name].port), "timeout": f"{PLC_TIMEOUT:g}s"}
            for each in machines
        ],
        "kafka": [cluster],
        "buffer": {"directory": str(buffer)},
    }
    return tomli_w.dumps(document)
