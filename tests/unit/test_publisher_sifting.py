"""Records that a broker refuses for themselves are found and kept, without a broker."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import hypothesis.strategies as st
import msgspec
import pytest
import trio
from confluent_kafka import KafkaError
from hypothesis import given, settings

from tests.outboxes import A, batch, opened
from tests.outlets import NOWHERE, cluster
from warlogix.kafka.delivery import Delivery, Failure
from warlogix.kafka.producer import Producer
from warlogix.messages import Batch
from warlogix.outbox import NewRow
from warlogix.publisher.sifting import Sieve

HEADERS = (("site", b"north"),)


class _Picky:
    """Refuses every batch with a message in `bad`; each one of `passing` fails once, as it is."""

    def __init__(self, bad: set[int], passing: set[int]) -> None:
        self.cluster = cluster(NOWHERE)
        self.arrived: list[int] = []
        self.headers: list[object] = []
        self._bad = bad
        self._passing = set(passing)

    @asynccontextmanager
    async def careful(self) -> AsyncIterator["_Picky"]:
        """The same."""
        yield self

    async def send(self, _topic: str, batches: Sequence[Batch], _headers: object) -> Delivery:
        """Take the batches, or fail them all."""
        numbers = {int(value) for batch in batches for value in batch.values if value}
        delivery = Delivery(len(numbers))
        code = KafkaError.MSG_SIZE_TOO_LARGE if numbers & self._bad else None
        if numbers & self._passing:
            code = KafkaError.REQUEST_TIMED_OUT
            self._passing -= numbers
        if code is None:
            self.arrived += sorted(numbers)
            self.headers += [each for batch in batches for each in batch.headers or ()]
            delivery.pending = 0
            delivery.settled.set()
        else:
            delivery.fail(KafkaError(code), len(numbers))
        await trio.lowlevel.checkpoint()
        return delivery


class _Torn(_Picky):
    """Has what it is given in two requests: of a batch with a bad message it takes the end."""

    async def send(self, topic: str, batches: Sequence[Batch], headers: object) -> Delivery:
        """Take the batches, or what stands behind the last bad message of them."""
        numbers = [int(value) for batch in batches for value in batch.values if value]
        bad = [place for place, number in enumerate(numbers) if number in self._bad]
        self.arrived += numbers[bad[-1] + 1 :] if bad else ()
        return await super().send(topic, batches, headers)


async def _heed(_failure: Failure) -> None:
    await trio.lowlevel.checkpoint()


async def _sift(folder: Path, picky: _Picky, sizes: Sequence[int]) -> int:
    """Sift rows of these sizes with numbered messages: how many were refused."""
    numbers = iter(range(sum(sizes)))
    async with opened(folder) as outbox:
        for size in sizes:
            row = batch(*[str(next(numbers)) for _ in range(size)])
            await outbox.append([NewRow("changes", (A,), row)])
        reader = outbox.reader(A, "changes")
        sieve = Sieve(cast(Producer, picky), reader, "factory", HEADERS, _heed)
        await sieve.sift(len(sizes))
        assert outbox.waiting(A).messages == 0
        return outbox.waiting(A).refused


def _kept(folder: Path) -> list[dict[str, object]]:
    path = folder / "refused.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@settings(max_examples=40, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=4),
    bad=st.sets(st.integers(0, 35)),
    passing=st.sets(st.integers(0, 35), max_size=3),
)
async def test_each_record_arrives_or_is_kept(
    sizes: list[int], bad: set[int], passing: set[int]
) -> None:
    """Whichever records are refused, and whatever passing trouble there is: these are kept and
    counted, and all others arrive once, in order."""
    numbers = range(sum(sizes))
    with TemporaryDirectory() as folder, trio.fail_after(60):
        picky = _Picky(bad, passing)
        refused = await _sift(Path(folder), picky, sizes)
        assert picky.arrived == [number for number in numbers if number not in bad]
        kept = [line["value"] for line in _kept(Path(folder))]
        assert kept == [number for number in numbers if number in bad]
        assert refused == len(kept)


@settings(max_examples=60, deadline=None)
@given(keys=st.lists(st.integers(0, 4), min_size=1, max_size=20), bad=st.sets(st.integers(0, 19)))
async def test_a_key_keeps_its_order_where_a_part_is_taken(keys: list[int], bad: set[int]) -> None:
    """Where the end of what is refused was taken before, no record comes before an older one of
    its key, and all that are not refused arrive."""
    texts: list[bytes | None] = [b"%d" % number for number in range(len(keys))]
    row = Batch([b"%d" % key for key in keys], texts, [0] * len(keys))
    picky = _Torn(bad, set())
    with TemporaryDirectory() as folder, trio.fail_after(60):
        async with opened(Path(folder)) as outbox:
            await outbox.append([NewRow("changes", (A,), row)])
            reader = outbox.reader(A, "changes")
            await Sieve(cast(Producer, picky), reader, "factory", HEADERS, _heed).sift(1)
    arrived = list(dict.fromkeys(picky.arrived))
    for key in set(keys):
        of_key = [number for number in arrived if keys[number] == key]
        assert of_key == sorted(of_key)
    assert set(arrived) == set(range(len(keys))) - bad


async def test_what_is_kept_is_what_was_sent(tmp_path: Path) -> None:
    """A record is kept with its topic, the headers of the configuration and the broker's reason."""
    with trio.fail_after(60):
        await _sift(tmp_path, _Picky({1}, set()), [3])
    (line,) = _kept(tmp_path)
    assert (line["topic"], line["key"], line["value"]) == ("factory", "key", 1)
    assert line["headers"] == [["site", "north"]]
    assert "too large" in str(line["reason"]).lower()


async def test_each_record_keeps_its_own_headers(tmp_path: Path) -> None:
    """The neighbours of a refused record arrive with their own headers, and it is kept with its."""
    picky = _Picky({1}, set())
    async with opened(tmp_path) as outbox:
        own = [[("id", b"%d" % number)] for number in range(4)]
        row = msgspec.structs.replace(batch("0", "1", "2", "3"), headers=own)
        await outbox.append([NewRow("changes", (A,), row)])
        reader = outbox.reader(A, "changes")
        with trio.fail_after(60):
            await Sieve(cast(Producer, picky), reader, "factory", HEADERS, _heed).sift(1)
    assert picky.headers == [own[number] for number in (0, 2, 3)]
    (line,) = _kept(tmp_path)
    assert line["headers"] == [["site", "north"], ["id", "1"]]


async def test_each_reason_is_named_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """However many records are refused, the first is named with the file that has it, and their
    number is told ever more rarely."""
    async with opened(tmp_path) as outbox:
        reader = outbox.reader(A, "changes")
        picky = _Picky(set(range(25)), set())
        sieve = Sieve(cast(Producer, picky), reader, "factory", HEADERS, _heed)
        with trio.fail_after(60):
            for number in range(25):
                await outbox.append([NewRow("changes", (A,), batch(str(number)))])
                await sieve.sift(number + 1)
    said = Counter(record.levelname for record in caplog.records)
    assert said == {"ERROR": 1, "WARNING": 2}
    assert str(tmp_path / "refused.jsonl") in caplog.text
    assert "without 10 records" in caplog.text


async def test_nothing_is_said_where_nothing_is_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Rows that are all taken one by one are no reason for a line in the log."""
    with trio.fail_after(60):
        assert await _sift(tmp_path, _Picky(set(), set()), [3, 2]) == 0
    assert not caplog.messages
