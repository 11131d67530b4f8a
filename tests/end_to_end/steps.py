"""Requests that stand between two known steps of writeback, for the tests of every fault there.

What holds them: a PLC that stops behind each write, a link to the broker that holds commits or
responses, and the lock of the buffer's file, which is a disk that hangs.
"""

import fcntl
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import replace
from pathlib import Path

import trio
from confluent_kafka import Consumer, KafkaException, TopicPartition

from tests.answers import Answer, answers
from tests.end_to_end.gateway import WARLOGIX, Gateway, running
from tests.end_to_end.writing import Line, serving, simulated
from tests.links import Link, open_link
from tests.writers import QUIET, Letter, Site, ask
from warlogix.kafka.positions import decode
from warlogix.simulators.s7 import S7Simulator
from warlogix.simulators.s7.wire import Function

# The byte of SQLite's shared memory that whoever writes into the WAL has locked.
_WRITER = 120


def patient(kafka: str, namespace: str, plcs: Mapping[str, int], max_age: str = "60s") -> Site:
    """A site whose PLCs are waited for, and polled but once, so that nothing but writes comes."""
    plc = {"timeout": "20s", "poll_rate": "1h"}
    return Site(namespace, kafka, plcs, window="300ms", max_age=max_age, plc=plc)


def through(link: Link, site: Site) -> Site:
    """The same site for a gateway whose way to the broker is the link."""
    return replace(site, cluster={**site.cluster, "brokers": [link.address]})


@asynccontextmanager
async def joining(site: Site, folder: Path) -> AsyncIterator[Gateway]:
    """One more instance of a site, named after its folder."""
    command = [str(WARLOGIX), "--log-debug", "kafka"]
    async with running(site.configured(folder, instance=folder.name), command=command) as gateway:
        yield gateway


@asynccontextmanager
async def linked(
    kafka: str, namespace: str, folder: Path, max_age: str = "60s"
) -> AsyncIterator[tuple[Line, Link]]:
    """A gateway whose way to the broker is a link, with two PLCs that stop behind each write."""
    async with simulated(["Press", "Oven"]) as plcs, open_link(kafka) as link:
        ports = {name: plc.port for name, plc in plcs.items()}
        site = patient(kafka, namespace, ports, max_age)
        async with serving(through(link, site), plcs, folder, debug="kafka") as line:
            await stop_the_plcs(line)
            yield replace(line, site=site), link


async def kill(gateway: Gateway) -> None:
    """End it at once."""
    gateway.process.kill()
    await gateway.wait()


async def stop_the_plcs(line: Line) -> None:
    """From now on every write is held in front of its PLC, until it is let through."""
    for name, plc in line.plcs.items():
        await line.gateway.says(f"{name}: connected")
        plc.spoil = _stopping(plc)
        plc.stall()


def _stopping(plc: S7Simulator) -> Callable[[bytes], bytes]:
    def stop_behind(answer: bytes) -> bytes:
        if answer[19] == Function.WRITE:
            plc.stall()
        return answer

    return stop_behind


async def held(plc: S7Simulator) -> None:
    """Return when a write waits in front of this PLC."""
    await plc.held.wait_value(1)


def free(plc: S7Simulator) -> None:
    """The PLC works as usual, and carries out what waits in front of it."""
    plc.spoil = None
    plc.resume()


def free_the_plcs(line: Line) -> None:
    """All PLCs work as usual."""
    for plc in line.plcs.values():
        free(plc)


@contextmanager
def hanging_disk(folder: Path) -> Iterator[None]:
    """Nothing gets on the disk of the gateway with this folder."""
    with (folder / "buffer" / "outbox.sqlite-shm").open("r+b") as shared:
        fcntl.lockf(shared, fcntl.LOCK_EX, 1, _WRITER)
        yield


async def all_sent(folder: Path) -> None:
    """Return when nothing waits on the disk of the gateway with this folder."""
    path = folder / "buffer" / "outbox.sqlite"
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as buffer:
        # A file tells nobody that it shrinks.
        while buffer.execute("SELECT count(*) FROM rows").fetchone() != (0,):  # noqa: ASYNC110
            await trio.sleep(0.05)


def named(plc: str, tag: int, name: str, partition: int = -1) -> Letter:
    """A request that is known by its name; the value is one more than the tag's number."""
    return replace(ask(plc, f"Tag{tag}", tag + 1, request_id=name), partition=partition)


def outcomes(given: Sequence[Answer]) -> dict[object, list[str]]:
    """What each request was told, and by whom, in the order of the answers."""
    found: dict[object, list[str]] = {}
    for each in given:
        found.setdefault(each.request_id, []).append(f"{each.outcome} by {each.instance}")
    return found


async def all_outcomes(line: Line) -> dict[object, list[str]]:
    """All that the requests were told, once Kafka's list of open ones is empty."""
    count = None
    # Only the broker knows, and it calls nobody.
    while count is None:
        await trio.sleep(0.05)
        count = await trio.to_thread.run_sync(_answered, line.site)
    enough = count
    return outcomes(answers(await line.responses.until(lambda found: len(found) >= enough)))


def _answered(site: Site) -> int | None:
    """How many answers there are, None while a request is not covered, or covered and open.

    A broker that stood still may not tell at once: then nothing is known yet.
    """
    settings = {"bootstrap.servers": site.kafka, "group.id": site.group, **QUIET}
    consumer = Consumer(settings | {"enable.auto.commit": False})
    try:
        numbers = consumer.list_topics(site.writes, timeout=5).topics[site.writes].partitions
        for place in consumer.committed([TopicPartition(site.writes, n) for n in numbers], 5):
            found = decode(place.offset, place.metadata)
            _, end = consumer.get_watermark_offsets(place, timeout=5)
            if found is None or found.offset != end or found.unanswered:
                return None
        _, end = consumer.get_watermark_offsets(TopicPartition(site.responses, 0), timeout=5)
    except KafkaException:
        return None
    else:
        return int(end)
    finally:
        consumer.close()
