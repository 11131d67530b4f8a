"""A cluster's status, judged from the signs of life it gives."""

from collections.abc import Iterator

import pytest
from confluent_kafka import KafkaError

from tests.outlets import NOWHERE, cluster
from warlogix.kafka.reasons import Trouble
from warlogix.kafka.status import QUIET, STALL, STUCK, ClusterStatus, Standing

REFUSED = KafkaError(KafkaError._TRANSPORT, "b:9/1: Connection refused")
DOWN = KafkaError(KafkaError._ALL_BROKERS_DOWN, "1/1 brokers are down")


@pytest.fixture
def standing() -> Standing:
    """A cluster that was just begun with, its wall clock ticking 1, 2, 3…"""
    ticks: Iterator[int] = iter(range(1, 1000))
    return Standing(cluster(NOWHERE), lambda: next(ticks), 0.0)


def online(standing: Standing) -> Standing:
    """The same, seen to be well at moment 0."""
    standing.confirmed(0.0)
    return standing


def silence(standing: Standing) -> Trouble:
    """Why nobody answered who was asked just now."""
    trouble = standing.silent_since(1e9)
    assert trouble is not None
    return trouble


def test_it_begins_away(standing: Standing) -> None:
    """Before the first sign of life a cluster is away, and connecting."""
    assert standing.status.value == ClusterStatus(False, 1, "connecting")
    assert standing.doubtful(None, 0.0)


def test_a_confirmation_makes_it_online(standing: Standing) -> None:
    """A confirmed record is proof, and `since` is when it came."""
    standing.confirmed(1.0)
    assert standing.status.value.online
    assert standing.status.value.error == ""
    since = standing.status.value.since
    standing.confirmed(2.0)
    assert standing.status.value.since == since


@pytest.mark.parametrize(
    ("oldest", "moment", "doubtful"),
    [
        (None, QUIET, False),
        (None, QUIET + 0.1, True),
        (1.0, 1.0 + STALL, False),
        (0.5, 0.5 + STALL + 0.1, True),
    ],
)
def test_silence_raises_doubt(
    standing: Standing, oldest: float | None, moment: float, doubtful: bool
) -> None:
    """A cluster is asked when it was quiet for long, sooner when records wait for it."""
    assert online(standing).doubtful(oldest, moment) is doubtful


def test_an_error_raises_doubt_once(standing: Standing) -> None:
    """Each error that is heard makes the cluster be asked once, and is no verdict by itself."""
    online(standing).hear(REFUSED)
    assert standing.status.value.online
    assert standing.doubtful(None, 1.0)
    assert not standing.doubtful(None, 1.0)


def test_no_answer_makes_it_away_for_the_reason_heard(
    standing: Standing, caplog: pytest.LogCaptureFixture
) -> None:
    """When nobody answers the last reason counts, told once however often it is repeated."""
    online(standing)
    since = standing.status.value.since
    for error in (REFUSED, DOWN):
        standing.hear(error)
        standing.away(silence(standing))
    status = standing.status.value
    assert (status.online, status.error, status.fatal) == (False, "b:9: Connection refused", False)
    assert status.since > since
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_new_reason_keeps_the_time(standing: Standing) -> None:
    """While a cluster is away a new reason is told, and `since` stays."""
    standing.away(silence(online(standing)))
    since = standing.status.value.since
    standing.away(Trouble("check username and password", fatal=True))
    assert standing.status.value == ClusterStatus(False, since, "check username and password", True)


def test_old_reasons_are_forgotten(standing: Standing) -> None:
    """After a sign of life what was said before is no reason for the next silence."""
    online(standing).hear(REFUSED)
    standing.confirmed(1.0)
    standing.away(silence(standing))
    assert "do not answer" in standing.status.value.error


def test_a_broker_that_answers_but_confirms_nothing_is_away(standing: Standing) -> None:
    """Records that wait for long make a cluster away, though its brokers answer questions."""
    online(standing)
    for moment in (1.0 + STALL, 1.1 + STALL, 1.0 + STUCK, 1.0 + STALL + STUCK):
        standing.answered(1.0, moment)
        assert standing.status.value.online
    standing.answered(1.0, 1.1 + STALL + STUCK)
    assert "confirm no record" in standing.status.value.error
    standing.confirmed(20.0)
    assert standing.status.value.online


def test_what_waited_for_an_absent_broker_is_not_held_against_it(standing: Standing) -> None:
    """A broker that is back is online with its first answer, however long records have waited."""
    standing.away(silence(online(standing)))
    assert not standing.status.value.online
    standing.answered(1.0, 1000.0)
    assert standing.status.value.online


def test_a_broken_producer_is_not_mended_by_an_answer(standing: Standing) -> None:
    """While a producer is of no use, only a confirmed record or some seconds make the cluster
    online."""
    online(standing).broken(Trouble("may write to no topic", fatal=True), until=9.0)
    standing.answered(None, 8.9)
    assert standing.status.value.error == "may write to no topic"
    standing.answered(None, 9.0)
    assert standing.status.value.online
    standing.broken(Trouble("may write to no topic", fatal=True), until=19.0)
    standing.confirmed(10.0)
    assert standing.status.value.online


def test_reasons_that_take_turns_are_said_once_each(
    standing: Standing, caplog: pytest.LogCaptureFixture
) -> None:
    """Three dead brokers are three lines, not three in every round; and again after a return."""
    reasons = [Trouble(f"b{number}:9092: Connection refused") for number in range(3)]
    for _ in range(2):
        online(standing)
        for trouble in reasons * 5:
            standing.away(trouble)
            assert standing.status.value.error == trouble.text
    assert len(caplog.records) == 6


def test_silence_counts_before_its_reason_is_known(
    standing: Standing, caplog: pytest.LogCaptureFixture
) -> None:
    """A cluster that did not answer is away at once; the log waits for definite words."""
    silence(online(standing))
    assert not standing.status.value.online
    assert [each.message for each in caplog.records if "away" in each.message] == []
    standing.away(Trouble("set use_tls", fatal=True))
    assert standing.status.value.error == "set use_tls"


def test_a_confirmation_outdates_the_question(standing: Standing) -> None:
    """A cluster that has confirmed records since it was asked is there, whatever was found."""
    online(standing).confirmed(5.0)
    assert standing.silent_since(4.0) is None
    assert standing.status.value.online
