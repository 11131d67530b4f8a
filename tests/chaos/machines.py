"""The PLCs of a scene: one of each family and a second S7, each with three whole numbers.

async with open_machines() as machines:
    machines["Press"].put("Fast", 7)
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from warlogix.simulators import ads, cip, fins, s7
from warlogix.simulators.server import HOST, Simulator

TAGS = ("Fast", "Mixed", "Slow")
_DATA_TYPE = "DINT"


@dataclass(frozen=True, slots=True)
class Machine:
    """A simulated PLC; `keys` are those of its table in the configuration but name and place.

    `put` gives a tag a value as the PLC's own program would. `restart` cuts its connections and
    forgets what a PLC forgets; values stay.
    """

    name: str
    simulator: Simulator
    keys: Mapping[str, object]
    put: Callable[[str, int], None]
    restart: Callable[[], None]

    def table(self, port: int) -> dict[str, object]:
        """Its table in the configuration of a gateway that finds it at this port."""
        place = {"fins_port": port} if isinstance(self.simulator, fins.FinsSimulator) else {}
        return {"name": self.name, "address": f"{HOST}:{port}", **place, **self.keys}


@asynccontextmanager
async def open_machines() -> AsyncIterator[dict[str, Machine]]:
    """All of them, by name, until the block is left."""
    async with AsyncExitStack() as stack:
        plcs = [
            _s7("Press", await stack.enter_async_context(s7.open_s7_simulator(_db()))),
            _s7("Oven", await stack.enter_async_context(s7.open_s7_simulator(_db()))),
            _logix("Packer", await stack.enter_async_context(cip.open_logix_simulator(_program()))),
            _nj("Wrapper", await stack.enter_async_context(cip.open_nj_simulator(_program()))),
            _ads("Robot", await stack.enter_async_context(ads.open_ads_simulator(_project({})))),
            _fins("Filler", await stack.enter_async_context(fins.open_fins_simulator(_words()))),
        ]
        yield {plc.name: plc for plc in plcs}


def _db() -> s7.Memory:
    return s7.Memory({1: bytearray(4 * len(TAGS))})


def _s7(name: str, plc: s7.S7Simulator) -> Machine:
    tags = [_aliased(f"DB1.DBD{4 * place}", tag) for place, tag in enumerate(TAGS)]

    def put(tag: str, value: int) -> None:
        plc.poke(1, 4 * TAGS.index(tag), value.to_bytes(4))

    return Machine(name, plc, {"family": "s7", "slot": 1, "tags": tags}, put, plc.restart)


def _words() -> fins.Memory:
    return fins.Memory(data=bytearray(4 * len(TAGS)))


def _fins(name: str, plc: fins.FinsSimulator) -> Machine:
    tags = [_aliased(f"D{2 * place}", tag) for place, tag in enumerate(TAGS)]

    def put(tag: str, value: int) -> None:
        high, low = divmod(value, 1 << 16)
        plc.poke("D", 2 * TAGS.index(tag), low.to_bytes(2) + high.to_bytes(2))

    return Machine(name, plc, {"family": "omron", "tags": tags}, put, plc.restart)


def _program() -> cip.Program:
    return cip.Program(tuple(cip.Tag(tag, _DATA_TYPE) for tag in TAGS))


def _logix(name: str, plc: cip.CipSimulator) -> Machine:
    keys = {"family": "logix", "tags": [{"name": tag} for tag in TAGS]}
    return Machine(name, plc, keys, plc.put, plc.restart)


def _nj(name: str, plc: cip.CipSimulator) -> Machine:
    keys = {"family": "omron", "protocol": "eip", "tags": [{"name": tag} for tag in TAGS]}
    return Machine(name, plc, keys, plc.put, plc.restart)


def _project(values: Mapping[str, int]) -> ads.Project:
    return ads.Project(
        tuple(ads.Symbol(f"MAIN.{tag}", _DATA_TYPE, values.get(tag)) for tag in TAGS)
    )


def _ads(name: str, plc: ads.AdsSimulator) -> Machine:
    values: dict[str, int] = {}
    tags = [{"name": f"MAIN.{tag}", "alias": tag} for tag in TAGS]

    def put(tag: str, value: int) -> None:
        values[tag] = value
        plc.put(f"MAIN.{tag}", value)

    def restart() -> None:
        plc.restart(_project(values))

    return Machine(name, plc, {"family": "beckhoff", "tags": tags}, put, restart)


def _aliased(address: str, tag: str) -> dict[str, str]:
    return {"name": address, "alias": tag, "data_type": _DATA_TYPE}
