"""Where handshakes are played: a gateway, its PLCs, its broker, and the wires between them."""

import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import tomli_w
import trio

from tests.brokers import Broker
from tests.chaos.instances import Instance, log_of, start_gateway
from tests.chaos.wires import Wire, open_wires
from tests.handshake.machines import ACK, READY, Machine, open_machines
from tests.handshake.truth import Fault, data_of, trigger_of
from warlogix.simulators.server import Simulator

BAD_WORDS = ("Traceback", "Exception", "Error:", "assert")
# Seconds after which the gateway gives up an answer of a PLC.
PLC_TIMEOUT = 2.0


@dataclass(frozen=True, slots=True)
class Setting:
    """How the gateway is configured: so many triggers on each PLC, `poll` and the rest in seconds.

    Topics begin with `namespace`.
    """

    stations: int
    namespace: str = "factory"
    poll: float = 0.01
    ack_timeout: float = 30.0

    @property
    def topic(self) -> str:
        """Where the events go."""
        return f"{self.namespace}-triggers"


class Service:
    """One gateway at a time, always with the same configuration, buffer and log."""

    def __init__(self, config: Path, folder: Path) -> None:
        self.complaints: list[str] = []
        self._config = config
        self._folder = folder
        self._instance: Instance | None = None

    @property
    def log(self) -> str:
        """What all of them have said."""
        return log_of(self._folder)

    async def ended(self) -> None:
        """Return when it has ended by itself."""
        # Who starts and ends it does not wait for it.
        while self._instance is None or self._instance.process.returncode is None:  # noqa: ASYNC110
            await trio.sleep(0.5)

    async def start(self) -> Instance:
        """Start it, and do not wait for anything."""
        self._instance = await start_gateway(self._config, self._folder)
        return self._instance

    async def kill(self) -> None:
        """End it at once, if it runs."""
        instance, self._instance = self._instance, None
        if instance is not None:
            if instance.process.returncode is not None:
                self.complaints.append(f"the gateway ended by itself: {instance.process}")
            await instance.kill()

    async def stop(self) -> None:
        """End it as a service manager does, if it runs."""
        instance, self._instance = self._instance, None
        status = await instance.stop() if instance is not None else 0
        if status != 0:
            self.complaints.append(f"the gateway was to stop, and ended with {status}")


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that can come to grief, what was done so far, and when PLCs were connected to."""

    broker: Broker
    service: Service
    machines: Mapping[str, Machine]
    wires: Mapping[str, Wire]
    links: Mapping[str, list[float]]
    faults: list[Fault] = field(default_factory=list)

    def complaints(self) -> list[str]:
        """What no trouble excuses."""
        lines = self.service.log.splitlines()
        said = [line for line in lines if any(word in line for word in BAD_WORDS)]
        return [*self.service.complaints, *said]


@asynccontextmanager
async def open_stage(broker: Broker, folder: Path, setting: Setting) -> AsyncIterator[Stage]:
    """All of it on loopback; the gateway does not run yet, and is killed at the end."""
    async with AsyncExitStack() as stack:
        machines = await stack.enter_async_context(open_machines(setting.stations))
        ports = {name: machine.simulator.port for name, machine in machines.items()}
        wires = await stack.enter_async_context(open_wires(ports, lambda _: None))
        links: dict[str, list[float]] = {name: [] for name in machines}
        nursery = await stack.enter_async_context(trio.open_nursery())
        for name, machine in machines.items():
            nursery.start_soon(_note_links, machine.simulator, links[name])
        config = folder / "warlogix.toml"
        config.write_text(_configuration(machines.values(), wires, broker, folder, setting))
        service = Service(config, folder)
        try:
            yield Stage(broker, service, machines, wires, links)
        finally:
            with trio.CancelScope(shield=True):
                await service.kill()
            nursery.cancel_scope.cancel()


async def _note_links(plc: Simulator, links: list[float]) -> None:
    """When it was connected to: noted with a connection's first request, which reads no tag yet."""
    async for _ in plc.carried_out.eventual_values():
        links += [time.time()] * (plc.accepted - len(links))


def _configuration(
    machines: Iterable[Machine],
    wires: Mapping[str, Wire],
    broker: Broker,
    folder: Path,
    setting: Setting,
) -> str:
    # The broker says when it has had each record.
    stamped = {"message.timestamp.type": "LogAppendTime"}
    cluster = {
        "name": "Local",
        "brokers": [broker.address],
        "publish_changes": False,
        "topics": {"triggers": stamped},
    }
    plcs = list(machines)
    document = {
        "namespace": setting.namespace,
        "allow_fast_polling": True,
        "poll_rate": f"{setting.poll * 1000:g}ms",
        "plcs": [
            {**each.table(wires[each.name].port), "timeout": f"{PLC_TIMEOUT:g}s"} for each in plcs
        ],
        "triggers": [
            _trigger(each.name, station, setting)
            for each in plcs
            for station in range(setting.stations)
        ],
        "kafka": [cluster],
        "buffer": {"directory": str(folder / "buffer")},
    }
    return tomli_w.dumps(document)


def _trigger(plc: str, station: int, setting: Setting) -> dict[str, object]:
    return {
        "name": trigger_of(plc, station),
        "plc": plc,
        "trigger_tag": f"{READY}{station}",
        "condition": {"operator": "==", "value": True},
        "tags": [f"{name}{station}" for name in data_of(0)],
        "ack_tag": f"{ACK}{station}",
        "ack_timeout": f"{setting.ack_timeout * 1000:g}ms",
        "debounce": "0ms",
    }
