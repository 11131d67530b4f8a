"""Fixtures for every test: a real Apache Kafka, one for the run and, on request, one of its own."""

import logging
from collections.abc import Generator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.brokers import STEADY, Broker, open_broker
from tests.secure_broker import SecureBroker, open_secure_broker
from tests.witness import create_topic


@pytest.fixture(scope="session")
def kafka_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """The one broker of the run, always up: nobody stops it. Tests ask for `kafka`."""
    with open_broker(tmp_path_factory.mktemp("kafka"), properties=STEADY) as broker:
        yield broker


@pytest.fixture
def kafka(kafka_broker: Broker) -> str:
    """The address of a real broker that is shared with other tests, its topics with none."""
    return kafka_broker.address


@pytest.fixture(scope="session")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureBroker]:
    """A broker with TLS, SASL and ACLs, always up; principals and topics are each test's own."""
    with open_secure_broker(tmp_path_factory.mktemp("secure")) as broker:
        yield broker


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Broker]:
    """A running broker of the test's own, to be stopped, killed, frozen and wiped.

    One that stood still may take itself for dead, and name no broker for a moment. librdkafka's
    clients that ask just then are lost for good: `test_cut_off` tells who replaces them.
    """
    folder = tmp_path / "own-broker"
    folder.mkdir()
    with open_broker(folder) as broker:
        yield broker


@pytest.fixture
def steady_broker(tmp_path: Path) -> Iterator[Broker]:
    """A running broker of the test's own, to be frozen: when it goes on it has lost nobody."""
    folder = tmp_path / "steady-broker"
    folder.mkdir()
    with open_broker(folder, properties=STEADY) as broker:
        yield broker


@pytest.fixture
def topic_prefix() -> str:
    """A name that no other test uses; good for a namespace, a topic, a group or an id."""
    return f"test-{uuid4().hex[:12]}"


@pytest.fixture
def topic(kafka: str, topic_prefix: str) -> str:
    """A new, empty topic with one partition on the shared broker."""
    create_topic(kafka, topic_prefix)
    return topic_prefix


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """What a test makes of logging, the handlers and how much is said, is undone after it."""
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    for name in [name for name in logging.root.manager.loggerDict if name.startswith("warlogix")]:
        logging.getLogger(name).setLevel(logging.NOTSET)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test shows the last lines of its broker's log."""
    report = yield
    if report.failed:
        for value in item.funcargs.values():
            broker = value.broker if isinstance(value, SecureBroker) else value
            if isinstance(broker, Broker):
                report.sections.append(("Apache Kafka", broker.log_tail()))
    return report
