"""A real broker for a person: `scripts/kafka-broker [PORT]`, until Ctrl-C."""

import argparse
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType

from tests.brokers import open_broker
from tests.jvm import BrokerProcessError
from tests.kafka_jars import JarsError

_PORT = "where it listens (9092); 0 is any that is free"


def main(arguments: list[str]) -> int:
    """Run a broker on 127.0.0.1 (port 9092, or the one given; 0 is any); its data ends with it."""
    parser = argparse.ArgumentParser(
        prog="scripts/kafka-broker",
        description="A real Apache Kafka on 127.0.0.1, until Ctrl-C. It keeps nothing.",
    )
    parser.add_argument("port", type=int, nargs="?", default=9092, metavar="PORT", help=_PORT)
    port = parser.parse_args(arguments).port
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with tempfile.TemporaryDirectory() as folder, open_broker(Path(folder), port) as broker:
            print(f"Apache Kafka listens on {broker.address}. Ctrl-C ends it.", flush=True)  # noqa: T201
            status = broker.wait()
            print(f"error: Apache Kafka has ended with {status}", file=sys.stderr)  # noqa: T201
    except KeyboardInterrupt:
        return 0
    except (JarsError, BrokerProcessError) as exc:
        print(f"error: {exc}", file=sys.stderr)  # noqa: T201
    except OSError as exc:
        print(f"error: 127.0.0.1:{port}: {exc.strerror}", file=sys.stderr)  # noqa: T201
        print("hint: name another port; 0 is any that is free", file=sys.stderr)  # noqa: T201
    return 1


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
