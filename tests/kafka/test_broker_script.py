import os
import signal
import subprocess
import sys
from pathlib import Path

from confluent_kafka.admin import AdminClient

SCRIPT = Path(__file__).parents[2] / "scripts" / "kafka-broker"


def test_the_script_says_what_it_takes() -> None:
    """`scripts/kafka-broker --help` is a usage, and what is no port gets one too."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
    for word, status, told in (("--help", 0, "[PORT]"), ("high", 2, "PORT: invalid int")):
        done = subprocess.run(
            [SCRIPT, word],
            env=environment,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == status
        assert "usage: scripts/kafka-broker" in done.stdout + done.stderr
        assert told in done.stdout + done.stderr


def test_a_person_gets_a_broker_until_ctrl_c() -> None:
    """`scripts/kafka-broker` says where a broker listens, and ends it cleanly on Ctrl-C."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
    with subprocess.Popen(
        [SCRIPT, "0"], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            address = process.stdout.readline().split()[4].rstrip(".")
            metadata = AdminClient({"bootstrap.servers": address}).list_topics(timeout=10)
            process.send_signal(signal.SIGINT)
            status = process.wait(timeout=30)
        finally:
            process.kill()
    assert len(metadata.brokers) == 1
    assert status == 0


def test_a_person_is_told_that_the_broker_has_ended() -> None:
    """A Kafka that dies ends `scripts/kafka-broker` with 1 and a line that says so."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
    with subprocess.Popen(
        [SCRIPT, "0"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            process.stdout.readline()
            os.kill(children(process.pid)["java"], signal.SIGKILL)
            _, told = process.communicate(timeout=30)
        finally:
            process.kill()
    assert told == "error: Apache Kafka has ended with -9\n"
    assert process.returncode == 1


def children(parent: int) -> dict[str, int]:
    """The id of each process that this one has started, by its name."""
    ids = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return {Path(f"/proc/{each}/comm").read_text().strip(): int(each) for each in ids}
