"""PLC programs that hold each part until its ack; a real gateway and a real Apache Kafka."""

import sys
from pathlib import Path

import trio

from tests.brokers import Broker
from tests.handshake.play import Asked, play
from tests.handshake.stage import Setting
from tests.handshake.truth import Kind

LIMIT = 300


def say(line: str) -> None:
    """A line for pytest's captured output."""
    sys.stdout.write(line + "\n")


async def test_each_edge_has_one_event_and_no_other(
    kafka_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    """Of edges that come as fast as forty stations make them each has one event and its ack."""
    asked = Asked(1000, [], 1, LIMIT, Setting(10, topic_prefix))
    with trio.fail_after(2 * LIMIT):
        account = await play(asked, kafka_broker, tmp_path, say)
    say(account.text())
    assert not account.violations
    assert account.events == account.positive == asked.parts


async def test_no_edge_is_lost_that_is_held_until_its_ack(
    own_broker: Broker, tmp_path: Path
) -> None:
    """Though gateway and broker are killed again and again each part has its event and an ack of
    1, and a second event only where the gateway was killed."""
    kinds = [Kind.GATEWAY_KILLED, Kind.BROKER_KILLED] * 2
    asked = Asked(150, kinds, 1, LIMIT, Setting(2))
    with trio.fail_after(2 * LIMIT):
        account = await play(asked, own_broker, tmp_path, say)
    say(account.text())
    assert not account.violations
    assert account.positive == asked.parts
    assert set(account.seconds) <= {Kind.GATEWAY_KILLED}


async def test_every_part_has_an_answer_whatever_breaks(own_broker: Broker, tmp_path: Path) -> None:
    """Through trouble of every kind each part ends with an ack that is true, 1 or -1, and with its
    event."""
    kinds = [*Kind, *(kind for kind in Kind if kind.of_plc)]
    asked = Asked(120, kinds, 1, LIMIT, Setting(2, ack_timeout=3))
    with trio.fail_after(2 * LIMIT):
        account = await play(asked, own_broker, tmp_path, say)
    say(account.text())
    assert not account.violations
    assert account.positive + account.negative == asked.parts
    assert account.late >= account.negative > 0
    assert sum(account.faults.values()) == len(kinds)
