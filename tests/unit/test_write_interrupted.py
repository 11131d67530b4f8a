"""`warlogix write` that ends early: Ctrl-C, and a cluster that is away."""

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest
import trio

from tests.unit.configurations import saved, small
from warlogix import cli
from warlogix.asking import kafka
from warlogix.asking.kafka import Asking
from warlogix.asking.request import Request
from warlogix.asking.way import ThroughKafka
from warlogix.clusters import Cluster
from warlogix.errors import BrokerError, BrokerFatal, BrokerUnavailable
from warlogix.kafka.limits import CONTACT
from warlogix.kafka.single import Place

NOT_KNOWN = "whether the value is written is not known"
PLACE = Place("factory-writes", 2, 41)


def interrupt() -> NoReturn:
    """What Ctrl-C does."""
    raise KeyboardInterrupt


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Run `warlogix write` with writeback in this process: its status, and its stderr."""
    document = small()
    document["kafka"][0]["enable_writeback"] = True
    file = saved(tmp_path, document)
    monkeypatch.setattr("warlogix.logs.configure", lambda *_: None)

    def call(*arguments: str) -> tuple[int, str]:
        words = ["warlogix", "--config", str(file), "write", *arguments]
        monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as end:
            cli.main()
        assert isinstance(end.value.code, int)
        return end.value.code, capsys.readouterr().err

    return call


def broken(
    monkeypatch: pytest.MonkeyPatch,
    *,
    opening: Callable[[], None] = lambda: None,
    sending: Callable[[], None] = lambda: None,
    following: Callable[[], None] = interrupt,
) -> None:
    """A Kafka in which these three happen at those steps."""

    @asynccontextmanager
    async def tail(*_: Any) -> AsyncIterator[SimpleNamespace]:
        opening()
        yield SimpleNamespace(missing=frozenset(), follow=following)

    async def send(*words: Any) -> Place:
        words[-1]()
        await trio.lowlevel.checkpoint()
        sending()
        return PLACE

    monkeypatch.setattr(kafka, "open_tail", tail)
    monkeypatch.setattr(kafka, "send_one", send)


def test_ctrl_c_before_anything_was_sent(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interrupt before the request was handed over says that nothing was sent."""
    broken(monkeypatch, opening=interrupt)
    status, said = run("Main", "Ack", "1")
    assert status == 130
    assert said.endswith("note: interrupted; nothing was sent\n")


def test_ctrl_c_while_kafka_confirms(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interrupt before Kafka has confirmed says that the request may be there."""
    broken(monkeypatch, sending=interrupt)
    status, said = run("Main", "Ack", "1")
    assert status == 130
    assert "note: interrupted; the request may be in Kafka all the same, request_id " in said
    assert said.endswith(f"; {NOT_KNOWN}\n")


def test_ctrl_c_while_waiting_for_the_answer(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interrupt after that says where the request is, in its topic."""
    broken(monkeypatch)
    status, said = run("Main", "Ack", "1")
    assert status == 130
    assert "the request is in factory-writes, partition 2, offset 41, request_id " in said
    assert said.endswith(f"; {NOT_KNOWN}\n")


@pytest.mark.parametrize("kind", [BrokerUnavailable, BrokerFatal])
def test_a_cluster_that_is_away_says_what_is_possible_without_it(
    kind: type[BrokerError], run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the request is sent an error says so, and names the way without Kafka if there is."""

    def refuse() -> None:
        raise kind("Local", "no")

    broken(monkeypatch, opening=refuse)
    status, said = run("main", "Ack", "1")
    assert status == 1
    assert "error: Local: no; nothing was sent (`--via plc` writes without Kafka)\n" in said
    assert "error: Local: no; nothing was sent\n" in run("Other", "Ack", "1")[1]


def test_an_error_after_the_request_was_sent(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the request was handed over no error says that nothing was sent."""

    def refuse() -> None:
        raise BrokerFatal("Local", "no")

    broken(monkeypatch, sending=refuse)
    assert "error: Local: no\n" in run("Main", "Ack", "1")[1]


async def test_the_time_limit_holds_for_the_first_contact_too() -> None:
    """A Kafka that is away is not waited for any longer than was asked for."""
    way = ThroughKafka(Cluster("Local", ("127.0.0.1:1",)), "f-writes", "f-responses", 2.0)
    begun = trio.current_time()
    with trio.fail_after(30):
        with pytest.raises(BrokerUnavailable):
            await Asking(Request("Main", "Ack", b"1"), b"Main.Ack", way).ask(wait=0.3)
    assert trio.current_time() - begun < CONTACT


async def test_no_time_is_left_to_send(monkeypatch: pytest.MonkeyPatch) -> None:
    """A contact that takes all of the time ends with nothing sent."""

    async def slow(*_: Any) -> NoReturn:
        await trio.sleep_forever()

    broken(monkeypatch)
    monkeypatch.setattr(kafka, "send_one", slow)
    way = ThroughKafka(Cluster("Local", ("127.0.0.1:1",)), "f-writes", "f-responses", 2.0)
    asking = Asking(Request("Main", "Ack", b"1"), b"Main.Ack", way)
    with trio.fail_after(30):
        with pytest.raises(BrokerUnavailable, match="no contact within 100ms"):
            await asking.ask(wait=0.1)
    assert asking.whereabouts() == "nothing was sent"
