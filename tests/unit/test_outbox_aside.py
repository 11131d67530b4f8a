"""What a broker refuses for itself is kept in a file, and counted."""

import json
import logging
import stat
from pathlib import Path

import hypothesis.strategies as st
import pytest
import trio
from hypothesis import given

from tests.outboxes import A, answer, change, event, full_disk, opened, take, take_all
from warlogix.outbox import Outbox, Refused, aside

FILE = "refused.jsonl"
AT = 1_705_314_600_123
REFUSED = Refused("factory", b"Press.Count", b'{"value":72.0}', AT, [], "too large")

_raw = st.none() | st.binary(max_size=20) | st.sampled_from([b'{"a":1.50}', b"[1,\n2]", b"text"])


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is tried again soon, so that nobody waits for it."""
    monkeypatch.setattr(aside, "RETRY", 0.02)
    monkeypatch.setattr("warlogix.outbox.trouble.RETRY", 0.02)


def kept(folder: Path) -> list[dict[str, object]]:
    """The lines of the file, if there is one."""
    path = folder / FILE
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


async def refuse(outbox: Outbox, lane: str, message: Refused = REFUSED) -> None:
    """Take the next row of the lane; one message of it is refused."""
    reader = outbox.reader(A, lane)
    (row,) = await take(reader, 1)
    await reader.set_aside([message])
    reader.confirm(row.id, refused=1)


async def test_a_refused_message_is_kept_as_tail_shows_it(tmp_path: Path) -> None:
    """The file has the message with its cluster, topic, time, key, headers and value, when it was
    refused and why, on one line, and only its owner reads it."""
    sent = Refused("factory", b"k", b'{"value":72.0}', AT, [("site", b"north")], "too large")
    with trio.fail_after(60):
        async with opened(tmp_path, wall=lambda: AT / 1000 + 60) as outbox:
            await outbox.append([change("a")])
            await refuse(outbox, "changes", sent)
    assert kept(tmp_path) == [
        {
            "cluster": A,
            "topic": "factory",
            "timestamp": "2024-01-15T10:30:00.123Z",
            "key": "k",
            "headers": [["site", "north"]],
            "value": {"value": 72.0},
            "refused_at": "2024-01-15T10:31:00.123Z",
            "reason": "too large",
        }
    ]
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


@given(key=_raw, value=_raw, header=_raw)
def test_whatever_is_refused_is_one_line_of_json(
    key: bytes | None, value: bytes | None, header: bytes | None
) -> None:
    """Any bytes as key, value or header give one line, and it is JSON."""
    message = Refused("factory", key, value, AT, [("h", header)], "why")
    text = aside.line(A, message, AT).decode()
    assert text.count("\n") == 1
    seen = json.loads(text)
    assert ("key" in seen) != ("key_base64" in seen)
    assert ("value" in seen) != ("value_base64" in seen)


async def test_refused_messages_are_counted_over_restarts(tmp_path: Path) -> None:
    """What a cluster refused is counted for that cluster alone, durably, and is not dropped."""
    with trio.fail_after(60):
        async with opened(tmp_path) as outbox:
            await outbox.append([change("a"), change("b"), event("e")])
            await refuse(outbox, "changes")
            await refuse(outbox, "triggers")
        async with opened(tmp_path) as outbox:
            waiting = outbox.waiting(A)
            assert (waiting.messages, waiting.dropped, waiting.refused) == (1, 0, 2)
            assert outbox.waiting("Beta").refused == 0
            assert outbox.state.dropped == 0
            assert await take_all(outbox, A) == ["b"]
    assert len(kept(tmp_path)) == 2


async def test_a_row_that_is_given_back_counts_nothing(tmp_path: Path) -> None:
    """A refused message of a row that comes again, because the rest of it did not arrive, is
    counted once: with the row."""
    with trio.fail_after(60):
        async with opened(tmp_path) as outbox:
            await outbox.append([change("a", "b")])
            reader = outbox.reader(A, "changes")
            await take(reader)
            await reader.set_aside([REFUSED])
            reader.rewind()
            await refuse(outbox, "changes")
            assert outbox.waiting(A).refused == 1


async def test_what_may_not_be_lost_waits_for_the_disk(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A refused answer is not passed while the disk takes nothing: log, once, and state say why;
    it is kept as soon as the disk takes it."""
    caplog.set_level(logging.INFO)
    with trio.fail_after(60):
        async with opened(tmp_path) as outbox:
            await outbox.append([answer("yes")])
            reader = outbox.reader(A, "write-responses")
            (row,) = await take(reader)
            async with trio.open_nursery() as nursery:
                with full_disk():
                    nursery.start_soon(reader.set_aside, [REFUSED])
                    await outbox.aside_error.wait_value(bool)
                    assert FILE in outbox.state.error
                    assert outbox.aside_error.value == outbox.state.error
                    assert outbox.waiting(A).messages == 1
                    assert (tmp_path / FILE).read_bytes() == b""
            reader.confirm(row.id, refused=1)
            assert outbox.state.error == outbox.aside_error.value == ""
    assert len(kept(tmp_path)) == 1
    assert caplog.text.count("what is refused waits for it") == 1
    assert caplog.text.count("takes refused messages again") == 1


async def test_each_full_disk_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A disk that is full a second time is told a second time."""
    with trio.fail_after(60):
        async with opened(tmp_path) as outbox:
            await outbox.append([answer("yes")])
            reader = outbox.reader(A, "write-responses")
            for _ in range(2):
                async with trio.open_nursery() as nursery:
                    with full_disk():
                        nursery.start_soon(reader.set_aside, [REFUSED])
                        await outbox.aside_error.wait_value(bool)
    assert caplog.text.count("what is refused waits for it") == 2


async def test_half_a_line_is_taken_back(tmp_path: Path) -> None:
    """Of a message for which the disk has no more room the file keeps nothing."""
    first = aside.line(A, REFUSED, AT)
    (tmp_path / FILE).write_bytes(first)
    with trio.fail_after(60):
        async with opened(tmp_path) as outbox:
            await outbox.append([change("a")])
            with full_disk(len(first) + 10):
                await refuse(outbox, "changes")
    assert (tmp_path / FILE).read_bytes() == first


async def test_changes_wait_for_no_disk(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A refused change that the disk does not take is counted and passed, which the log says
    once."""
    with trio.fail_after(60):
        async with opened(tmp_path) as outbox:
            await outbox.append([change("a"), change("b"), change("c")])
            with full_disk():
                await refuse(outbox, "changes")
                await refuse(outbox, "changes")
            await refuse(outbox, "changes")
            assert outbox.waiting(A).refused == 3
    assert len(kept(tmp_path)) == 1
    assert caplog.text.count("counted and not kept") == 1


async def test_the_file_is_bounded_for_changes_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Behind its bound refused changes are counted and not kept, said once, and events still are;
    once the file is moved away changes are kept again."""
    monkeypatch.setattr(aside, "SHARE_OF_CHANGES", 500)
    with trio.fail_after(60):
        async with opened(tmp_path) as outbox:
            await outbox.append([change(str(number)) for number in range(11)])
            await outbox.append([event("e")])
            for _ in range(10):
                await refuse(outbox, "changes")
            before = len(kept(tmp_path))
            assert 0 < before < 10
            assert (tmp_path / FILE).stat().st_size <= 500
            await refuse(outbox, "triggers")
            assert len(kept(tmp_path)) == before + 1
            (tmp_path / FILE).rename(tmp_path / "seen.jsonl")
            await refuse(outbox, "changes")
            assert len(kept(tmp_path)) == 1
            assert outbox.waiting(A).refused == 12
    assert caplog.text.count("counted and not kept") == 1


async def test_a_line_that_a_power_failure_tore_spoils_no_other(tmp_path: Path) -> None:
    """Behind half a line the next message begins a line of its own."""
    (tmp_path / FILE).write_bytes(b'{"cluster":"Al')
    with trio.fail_after(60):
        async with opened(tmp_path) as outbox:
            await outbox.append([change("a")])
            await refuse(outbox, "changes")
    torn, whole = (tmp_path / FILE).read_text().splitlines()
    assert torn == '{"cluster":"Al'
    assert json.loads(whole)["cluster"] == A


async def test_whoever_waits_for_an_event_learns_that_it_was_refused(tmp_path: Path) -> None:
    """When `confirmed` passes a row that was refused, `refused` tells it from one that arrived."""
    with trio.fail_after(60):
        async with opened(tmp_path) as outbox:
            await outbox.append([event("a"), event("b")])
            confirmed = outbox.confirmed(A, "triggers")
            await refuse(outbox, "triggers")
            assert (confirmed.value, outbox.refused(A, "triggers", 1)) == (1, True)
            reader = outbox.reader(A, "triggers")
            (row,) = await take(reader, 1)
            reader.confirm(row.id)
            assert (confirmed.value, outbox.refused(A, "triggers", 2)) == (2, False)
