"""A gateway that takes write requests, with simulated PLCs on one side and Kafka on the other.

async with writing(kafka, namespace, folder) as line:
    await line.ask(ask("Press", "Tag0", 7))
    answers = await line.answers(1)
    assert line.values() == [7]
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.answers import Answer, Tail, answered, open_tail
from tests.end_to_end.gateway import WARLOGIX, Gateway, running
from tests.witness import Record
from tests.writers import Letter, Sender, Sent, Site, memory, written
from warlogix.simulators.s7 import S7Simulator, open_s7_simulator


@dataclass(frozen=True, slots=True)
class Line:
    """What a test holds: the PLCs, the running gateway, and the ends of its topics."""

    site: Site
    plcs: Mapping[str, S7Simulator]
    gateway: Gateway
    responses: Tail
    dead_letters: Tail
    sender: Sender = field(repr=False)

    @property
    def plc(self) -> S7Simulator:
        """The first PLC."""
        return next(iter(self.plcs.values()))

    async def ask(self, *letters: Letter) -> list[Sent]:
        """Send requests, in one go."""
        return await self.sender.send(letters)

    async def answers(self, count: int) -> list[Answer]:
        """All answers, as soon as there are so many."""
        return await answered(self.responses, count)

    async def dead(self, count: int) -> list[Record]:
        """All dead letters, as soon as there are so many."""
        return await self.dead_letters.until(lambda records: len(records) >= count)

    def values(self, plc: str = "") -> list[int]:
        """What reached the memory of a PLC, the first without a name, in order."""
        return [each.value for each in written(self.plcs[plc] if plc else self.plc)]


@asynccontextmanager
async def simulated(names: Sequence[str], tags: int = 8) -> AsyncIterator[dict[str, S7Simulator]]:
    """PLCs on loopback, by name."""
    async with AsyncExitStack() as stack:
        yield {
            name: await stack.enter_async_context(open_s7_simulator(memory(tags))) for name in names
        }


@asynccontextmanager
async def serving(
    site: Site, plcs: Mapping[str, S7Simulator], folder: Path, *, debug: str = ""
) -> AsyncIterator[Line]:
    """An instance of a site that has come so far that every request counts."""
    command = [str(WARLOGIX), *(["--log-debug", debug] if debug else [])]
    config = site.configured(folder, instance=folder.name)
    async with running(config, command=command) as gateway:
        await site.ready()
        # A request for a PLC that is not connected yet is refused at once.
        for name in plcs:
            await gateway.says(f"{name}: connected")
        async with (
            open_tail(site.kafka, site.responses) as responses,
            open_tail(site.kafka, site.dead_letters) as dead_letters,
        ):
            sender = Sender(site.kafka, site.writes)
            yield Line(site, plcs, gateway, responses, dead_letters, sender)


@asynccontextmanager
async def writing(
    kafka: str,
    namespace: str,
    folder: Path,
    *,
    plcs: Sequence[str] = ("Press",),
    site: Site | None = None,
    debug: str = "",
) -> AsyncIterator[Line]:
    """A site with fresh PLCs and one instance; `site` is what is special about it."""
    special = site or Site("", "", {}, window="500ms")
    async with simulated(plcs, special.tags) as opened:
        ports = {name: plc.port for name, plc in opened.items()}
        own = replace(special, namespace=namespace, kafka=kafka, plcs=ports)
        async with serving(own, opened, folder, debug=debug) as line:
            yield line
