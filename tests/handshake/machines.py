"""PLCs for handshakes: one of each family, with the tags of some stations that work side by side.

async with open_machines(stations=2) as machines:
    machines["Press"].put("Ready0", 1)
    for write in machines["Press"].written(): ...

A station `n` has `Ready<n>` (BOOL, the trigger), `Ack<n>` and the data (DINT).
"""

from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from tests.handshake.truth import data_of
from warlogix.simulators import ads, cip, fins, s7
from warlogix.simulators.server import HOST, Simulator

READY, ACK = "Ready", "Ack"
TAGS = (READY, ACK, *data_of(0))
# Bytes of a station where tags have addresses; each tag has four.
_STATION = 4 * len(TAGS)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Written:
    """A value that a client put into the memory of a PLC, at a wall-clock second."""

    at: float
    tag: str
    value: int


@dataclass(frozen=True, slots=True)
class Machine:
    """A simulated PLC; `keys` are those of its table in the configuration but name and place.

    `put` and `get` are as the PLC's own program does it. `written` tells what clients have written
    since it was last asked, in order. `restart` cuts the connections; values stay.
    """

    name: str
    simulator: Simulator
    keys: Mapping[str, object]
    put: Callable[[str, int], None]
    get: Callable[[str], int]
    written: Callable[[], list[Written]]
    restart: Callable[[], None]

    def table(self, port: int) -> dict[str, object]:
        """Its table in the configuration of a gateway that finds it at this port."""
        place = {"fins_port": port} if isinstance(self.simulator, fins.FinsSimulator) else {}
        return {"name": self.name, "address": f"{HOST}:{port}", **place, **self.keys}


@asynccontextmanager
async def open_machines(stations: int) -> AsyncIterator[dict[str, Machine]]:
    """All of them, by name, until the block is left."""
    size = _STATION * stations
    names = [f"{tag}{station}" for station in range(stations) for tag in TAGS]
    async with AsyncExitStack() as stack:
        press = await stack.enter_async_context(
            s7.open_s7_simulator(s7.Memory({1: bytearray(size)}))
        )
        program = cip.Program(tuple(cip.Tag(name, _type(name)) for name in names))
        packer = await stack.enter_async_context(cip.open_logix_simulator(program))
        filler = await stack.enter_async_context(
            fins.open_fins_simulator(fins.Memory(data=bytearray(size)))
        )
        robot = await stack.enter_async_context(ads.open_ads_simulator(_project(names, {})))
        plcs = [
            _s7("Press", press, names),
            _logix("Packer", packer, names),
            _fins("Filler", filler, names),
            _ads("Robot", robot, names),
        ]
        yield {plc.name: plc for plc in plcs}


def _s7(name: str, plc: s7.S7Simulator, names: Sequence[str]) -> Machine:
    places = {tag: 4 * place for place, tag in enumerate(names)}
    tags = {at: tag for tag, at in places.items()}

    def put(tag: str, value: int) -> None:
        plc.poke(1, places[tag], bytes((value,)) if _is_bit(tag) else value.to_bytes(4))

    def get(tag: str) -> int:
        return int.from_bytes(plc.db(1)[places[tag] : places[tag] + 4], signed=True)

    def written() -> list[Written]:
        return [
            Written(each.at, tags[each.item.start // 8], int.from_bytes(each.data, signed=True))
            for each in _drained(plc.journal.writes)
            if each.code is s7.ItemCode.DONE
        ]

    keys = {
        "family": "s7",
        "slot": 1,
        "tags": [_located(tag, _s7_place(tag, places[tag])) for tag in names],
    }
    return Machine(name, plc, keys, put, get, written, plc.restart)


def _fins(name: str, plc: fins.FinsSimulator, names: Sequence[str]) -> Machine:
    words = {tag: 2 * place for place, tag in enumerate(names)}
    tags = {word: tag for tag, word in words.items()}

    def put(tag: str, value: int) -> None:
        plc.poke("D", words[tag], _swapped(value.to_bytes(4)))

    def get(tag: str) -> int:
        at = 2 * words[tag]
        return int.from_bytes(_swapped(plc.words("D")[at : at + 4]), signed=True)

    def written() -> list[Written]:
        return [
            Written(
                each.at, tags[each.place.word], int.from_bytes(_swapped(each.data), signed=True)
            )
            for each in _drained(plc.journal.writes)
            if each.code is fins.EndCode.NORMAL
        ]

    located = [_located(tag, f"D{words[tag]}" + (".0" if _is_bit(tag) else "")) for tag in names]
    return Machine(name, plc, {"family": "omron", "tags": located}, put, get, written, plc.restart)


def _logix(name: str, plc: cip.CipSimulator, names: Sequence[str]) -> Machine:
    def get(tag: str) -> int:
        return int(plc.get(tag))

    def written() -> list[Written]:
        drained = _drained(plc.journal.writes)
        return [Written(each.at, each.name, int(each.value)) for each in drained if not each.status]

    keys = {"family": "logix", "tags": [_own(tag) for tag in names]}
    return Machine(name, plc, keys, plc.put, get, written, plc.restart)


def _ads(name: str, plc: ads.AdsSimulator, names: Sequence[str]) -> Machine:
    def put(tag: str, value: int) -> None:
        plc.put(f"MAIN.{tag}", bool(value) if _is_bit(tag) else value)

    def get(tag: str) -> int:
        value = plc.get(f"MAIN.{tag}")
        assert isinstance(value, int)
        return int(value)

    def written() -> list[Written]:
        return [
            Written(each.at, each.name.removeprefix("MAIN."), each.value)
            for each in _drained(plc.journal.writes)
            if each.code is ads.Code.DONE and isinstance(each.value, int)
        ]

    def restart() -> None:
        plc.restart(_project(names, {tag: get(tag) for tag in names}))

    tags = [{**_own(f"MAIN.{tag}"), "alias": tag} for tag in names]
    return Machine(name, plc, {"family": "beckhoff", "tags": tags}, put, get, written, restart)


def _project(names: Sequence[str], values: Mapping[str, int]) -> ads.Project:
    return ads.Project(
        tuple(ads.Symbol(f"MAIN.{each}", _type(each), values.get(each)) for each in names)
    )


def _drained(journal: deque[T]) -> list[T]:
    """All that is in a journal, which forgets it."""
    found = list(journal)
    journal.clear()
    return found


def _is_bit(tag: str) -> bool:
    return tag.startswith(READY)


def _type(tag: str) -> str:
    return "BOOL" if _is_bit(tag) else "DINT"


def _s7_place(tag: str, at: int) -> str:
    return f"DB1.DBX{at}.0" if _is_bit(tag) else f"DB1.DBD{at}"


def _located(tag: str, address: str) -> dict[str, object]:
    return {**_own(address), "alias": tag, "data_type": _type(tag), "writable": tag.startswith(ACK)}


def _own(tag: str) -> dict[str, object]:
    return {"name": tag, "writable": ACK in tag}


def _swapped(words: bytes | bytearray) -> bytes:
    """The two words of a DINT, the low one first, or back."""
    return bytes(words[2:4] + words[:2])
