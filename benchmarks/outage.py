"""A long outage of Kafka: what waits costs no memory, comes out at full speed, and delays nobody.

    python -m benchmarks.outage [--messages 5000000] [--live 500000] [--directory /var/tmp]

From the repository's root. Apache Kafka is a real broker in a process of its own; the outbox and
the publisher run in this one, as in the gateway. First "live": changes are appended as fast as they
go while the broker is there, a first time that does not count, a second time, and then for a second
cluster too, which is away. Then the broker
is killed, and so many messages of 160 bytes wait on disk. When it is back, changes go on being
appended behind them, and each half second a response, a trigger event and health. At the end a
plain consumer reads the topic: nothing may be missing, nor appear before an older one of its key.
"""

import argparse
import math
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import trio
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from tests.brokers import Broker, open_broker
from tests.outlets import NOWHERE, Gateway, cluster, publishing, topics_of, wall
from warlogix.clusters import TopicSpec
from warlogix.messages import Batch
from warlogix.outbox import NewRow
from warlogix.topics import Topic

LOCAL, OTHER = "Local", "Other"
KEYS, PARTITIONS, ROW = 50, 3, 100
AHEAD = 40_000
USED = (Topic.CHANGES, Topic.HEALTH, Topic.GATEWAY, Topic.TRIGGERS, Topic.RESPONSES)


@dataclass
class Account:
    """What was appended, and what became of it."""

    appended: int = 0
    waited: dict[str, list[float]] = field(default_factory=dict)

    def row(self, *others: str) -> NewRow:
        """The next changes, numbered, for these clusters too."""
        numbers = range(self.appended, self.appended + ROW)
        self.appended += ROW
        text = '{"plc":"MainPLC","tag":"Tag%d","address":"DB1.DBD100","value":%d,"type":"DINT"}'
        values = [(text % (n % KEYS, n)).encode().ljust(160) for n in numbers]
        keys: list[bytes | None] = [b"MainPLC.Tag%d" % (n % KEYS) for n in numbers]
        return NewRow(Topic.CHANGES.value, (LOCAL, *others), Batch(keys, [*values], [wall()] * ROW))


def resident() -> float:
    """MB that this process has in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


async def live(gateway: Gateway, account: Account, messages: int, *others: str) -> float:
    """Messages a second, appended while the broker takes them."""
    start, until = time.perf_counter(), account.appended + messages
    while account.appended < until:
        await gateway.outbox.append([account.row(*others) for _ in range(20)])
        while gateway.outbox.waiting(LOCAL).messages > AHEAD:  # noqa: ASYNC110 - it tells who asks
            await trio.sleep(0.002)
    await gateway.sent()
    return messages / (time.perf_counter() - start)


async def pile_up(gateway: Gateway, account: Account, messages: int) -> list[float]:
    """Let so many messages wait; memory after each tenth of them."""
    sizes = []
    for tenth in range(1, 11):
        while gateway.outbox.waiting(LOCAL).messages < messages * tenth // 10:
            await gateway.outbox.append([account.row() for _ in range(20)])
        sizes.append(resident())
    return sizes


async def returned(gateway: Gateway) -> tuple[float, int]:
    """When the first of what waits is confirmed, and how many then wait."""
    confirmed = gateway.outbox.confirmed(LOCAL, Topic.CHANGES.value)
    before = confirmed.value
    await confirmed.wait_value(lambda now: now > before)
    return time.perf_counter(), gateway.outbox.waiting(LOCAL).messages


async def others(gateway: Gateway, account: Account) -> None:
    """Append an answer, an event and health again and again, and note how long each took."""
    outbox = gateway.outbox
    for number in range(2**62):
        for lane in (Topic.RESPONSES.value, Topic.TRIGGERS.value):
            start = time.perf_counter()
            row = NewRow(lane, (LOCAL,), Batch([b"k"], [b"%d" % number], [wall()]))
            (last,) = (await outbox.append([row])).ids
            await outbox.confirmed(LOCAL, lane).wait_value(lambda now, last=last: now >= last)
            account.waited.setdefault(lane, []).append(time.perf_counter() - start)
        gateway.outlets[LOCAL].latest.put(Topic.HEALTH, b"MainPLC", b"%d" % number, wall())
        await trio.sleep(0.5)


async def go_on(gateway: Gateway, account: Account) -> None:
    """A thousand changes a second behind what waits."""
    while True:
        await gateway.outbox.append([account.row()])
        await trio.sleep(0.1)


async def drain(gateway: Gateway, account: Account, broker: Broker) -> float:
    """Start the broker; messages a second from the first confirmed on."""
    async with trio.open_nursery() as nursery:
        for each in (others, go_on):
            nursery.start_soon(each, gateway, account)
        await trio.to_thread.run_sync(broker.start)
        begun = time.perf_counter()
        start, waited = await returned(gateway)
        print(f"first confirmed {start - begun:.1f} s after the broker was back, {waited:,} wait")
        first, appended = (
            {lane: len(times) for lane, times in account.waited.items()},
            account.appended,
        )
        while gateway.outbox.waiting(LOCAL).messages > 2 * ROW:  # noqa: ASYNC110 - it tells who asks
            await trio.sleep(0.05)
        rate = (waited + account.appended - appended) / (time.perf_counter() - start)
        print(f"memory while it drains {resident():.0f} MB")
        nursery.cancel_scope.cancel()
    tell_others(account, first)
    await gateway.sent()
    return rate


def tell_others(account: Account, first: dict[str, int]) -> None:
    """Print what answers and events waited while the backlog drained."""
    for lane, times in account.waited.items():
        after = times[first.get(lane, 0) + 1 :]
        worst = max(after, default=math.nan)
        print(f"{lane}: {len(after)} confirmed while it drained, within {worst * 1e3:.0f} ms")


def check(address: str, account: Account) -> None:
    """Read the whole topic; print what is missing, repeated or out of order."""
    consumer = Consumer(
        {"bootstrap.servers": address, "group.id": "x", "enable.partition.eof": True}
    )
    consumer.assign([TopicPartition("t", each, OFFSET_BEGINNING) for each in range(PARTITIONS)])
    last: dict[bytes, int] = {}
    seen, repeated, missed, ends = 0, 0, 0, 0
    while ends < PARTITIONS:
        for message in consumer.consume(10_000, timeout=1):
            if message.error():
                ends += 1
                continue
            key, value = message.key() or b"", message.value() or b""
            number = int(value.partition(b'"value":')[2].partition(b",")[0])
            due = last.get(key, int(key.removeprefix(b"MainPLC.Tag")) - KEYS) + KEYS
            seen, repeated = seen + 1, repeated + (number < due)
            missed += number > due
            last[key] = max(number, last.get(key, 0))
    consumer.close()
    complete = sum(number // KEYS + 1 for number in last.values())
    print(
        f"read {seen:,} of {account.appended:,} appended:"
        f" {account.appended - complete:,} missing at the end, {missed} missing or out of order"
        f" before, {repeated:,} repeated"
    )


async def measure(messages: int, at_first: int, folder: Path) -> None:
    """Print the figures."""
    account = Account()
    names = topics_of("t")
    specs = [TopicSpec(names[each], partitions=PARTITIONS) for each in USED]
    with open_broker(folder) as broker:
        settings = cluster(broker.address), cluster(NOWHERE, OTHER)
        async with publishing(
            folder / "buffer", *settings, namespace="t", specs=specs, max_size=16 * 10**9
        ) as gateway:
            await gateway.online()
            # The first is not counted: a broker that has just started is slow.
            await live(gateway, account, at_first)
            usual = await live(gateway, account, at_first)
            print(f"live {usual:,.0f} messages a second, {resident():.0f} MB", flush=True)
            beside = await live(gateway, account, at_first, OTHER)
            print(f"live with another cluster away {beside:,.0f}, {beside / usual:.2f} of live")
            broker.kill()
            await gateway.outlets[LOCAL].producer.status.wait_value(
                lambda status: not status.online
            )
            sizes = await pile_up(gateway, account, messages)
            print("memory (MB) by tenths of what waits:", *(f"{size:.0f}" for size in sizes))
            rate = await drain(gateway, account, broker)
            print(
                f"drained at {rate:,.0f} messages a second, {rate / usual:.2f} of live", flush=True
            )
        await trio.to_thread.run_sync(check, broker.address, account)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=5_000_000)
    parser.add_argument("--live", type=int, default=500_000)
    parser.add_argument("--directory", type=Path, help="on the disk to measure")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.directory) as name:
        trio.run(measure, given.messages, given.live, Path(name))


if __name__ == "__main__":
    main()
