"""Topics that something waits for, and that no configuration names any more."""

from collections.abc import Sequence

import pytest
import trio
from trio.testing import MockClock
from trio_util import AsyncValue

from tests.outlets import online_producer
from warlogix.clusters import TopicSpec
from warlogix.publisher import usable
from warlogix.publisher.usable import UsableTopics


async def test_what_waits_for_a_topic_that_is_named_no_more_is_sent_there(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its topic can be used, and is made with one partition and one copy where it is missing."""
    asked: list[TopicSpec] = []

    async def ensure(
        _cluster: object, _client: object, specs: Sequence[TopicSpec], _: object
    ) -> dict[str, str]:
        await trio.lowlevel.checkpoint()
        asked.extend(specs)
        return {spec.name: "" for spec in specs}

    monkeypatch.setattr(usable, "ensure_topics", ensure)
    named = TopicSpec("factory-triggers", partitions=6, replication_factor=3)
    topics = UsableTopics(online_producer(), [named], AsyncValue(""))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(topics.keep)
        with trio.fail_after(60):
            await topics.wait("parts")
        nursery.cancel_scope.cancel()
    assert asked[-1] == TopicSpec("parts", partitions=1, replication_factor=1)
