"""Which topics can be used, and what is said of it, against scripted answers of a cluster."""

import pytest
import trio
from trio.testing import MockClock
from trio_util import AsyncValue

from tests.outlets import online_producer
from warlogix.clusters import TopicSpec
from warlogix.errors import BrokerUnavailable
from warlogix.kafka.producer import Producer
from warlogix.kafka.status import ClusterStatus
from warlogix.publisher import usable
from warlogix.publisher.usable import UsableTopics

MISSING = "topic factory does not exist"


class Asked:
    """Answers for `ensure_topics` by turns, the last one for ever; `times` is when it was asked."""

    def __init__(self, *answers: str) -> None:
        self._answers = list(answers)
        self.times: list[float] = []

    async def ensure(self, *_: object) -> dict[str, str]:
        """What `ensure_topics` gives for the one topic."""
        self.times.append(trio.current_time())
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return {"factory": answer}


def topics(refusal: AsyncValue | None = None, producer: Producer | None = None) -> UsableTopics:
    """One topic of a cluster that is online."""
    told = AsyncValue("") if refusal is None else refusal
    return UsableTopics(producer or online_producer(), [TopicSpec("factory")], told)


@pytest.fixture(autouse=True)
def _info(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "warlogix.publisher")


async def test_a_refused_topic_is_said_once_and_its_return_once(
    autojump_clock: MockClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A topic that stays refused is looked at every 10 s in silence; its return is said once."""
    asked = Asked(MISSING, MISSING, MISSING, "")
    monkeypatch.setattr(usable, "ensure_topics", asked.ensure)
    state = topics()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(state.keep)
        await state.wait("factory")
        nursery.cancel_scope.cancel()
    assert [round(time - asked.times[0]) for time in asked.times] == [0, 10, 20, 30]
    assert caplog.messages == [
        f"Local: {MISSING}; what is for it waits",
        "Local: topic factory can be used now",
    ]


async def test_a_topic_that_is_there_is_not_spoken_of(
    autojump_clock: MockClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A topic that could be used from the start gives no line, and is not asked for again."""
    asked = Asked("")
    monkeypatch.setattr(usable, "ensure_topics", asked.ensure)
    state = topics()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(state.keep)
        await state.wait("factory")
        await trio.sleep(600)
        nursery.cancel_scope.cancel()
    assert (len(asked.times), caplog.messages) == (1, [])


async def test_a_refused_topic_is_told_while_it_is_refused(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Why a topic cannot be used is there to be shown in health, and gone when it can be."""
    monkeypatch.setattr(usable, "ensure_topics", Asked(MISSING, MISSING, "").ensure)
    refusal = AsyncValue("")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(topics(refusal).keep)
        with trio.fail_after(300):
            await refusal.wait_value(MISSING)
            await refusal.wait_value("")
        nursery.cancel_scope.cancel()


async def outage(producer: Producer) -> None:
    """The cluster is away for a second, and back."""
    for online in (False, True):
        producer.status.value = ClusterStatus(online, 0, "")
        await trio.sleep(1)


async def test_after_an_outage_a_topic_is_looked_at_before_it_is_used(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who sends waits until a cluster that was away has been asked once more."""
    asked = Asked("", MISSING, "")
    monkeypatch.setattr(usable, "ensure_topics", asked.ensure)
    producer = online_producer()
    state = topics(producer=producer)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(state.keep)
        nursery.start_soon(state.doubt_after_outages)
        await state.wait("factory")
        await outage(producer)
        back = trio.current_time()
        await state.wait("factory")
        nursery.cancel_scope.cancel()
    assert len(asked.times) == 3
    assert trio.current_time() - back > 5, "it was missing, and looked at again"


async def test_a_cluster_that_is_too_slow_for_a_look_is_sent_to_all_the_same(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A topic that could be used before an outage counts so where records alone get through."""
    asked = Asked("")
    monkeypatch.setattr(usable, "ensure_topics", asked.ensure)
    producer = online_producer()
    state = topics(producer=producer)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(state.keep)
        nursery.start_soon(state.doubt_after_outages)
        await state.wait("factory")
        monkeypatch.setattr(usable, "ensure_topics", too_slow)
        await outage(producer)
        with trio.fail_after(60):
            await state.wait("factory")
        nursery.cancel_scope.cancel()


async def too_slow(*_: object) -> None:
    """A cluster that gives no answer within the time for one."""
    await trio.sleep(3)
    raise BrokerUnavailable("Local", "no answer")
