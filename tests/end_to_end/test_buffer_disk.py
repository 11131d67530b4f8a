"""A disk that takes nothing, files that are spoilt, and what a broker refuses: a real gateway on a
real Apache Kafka."""

import json
import os
import resource
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import trio

from tests.end_to_end.buffered import LIVELY, Stage, staged
from tests.end_to_end.gateway import WARLOGIX, Gateway, running
from tests.witness import create_topic

LIMIT = 60
FILE = "outbox.sqlite"
# Permissions do not bind root, unless it gives the right to pass them by away.
BOUND = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()


@contextmanager
def full_disk(gateway: Gateway) -> Iterator[None]:
    """No file of this gateway can grow while the block runs."""
    free = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE, free)


async def backlog(stage: Stage, last: int) -> None:
    """Leave the numbers up to the last in the buffer of a gateway that never saw its broker."""
    stage.link.door.shut()
    async with running(stage.config) as gateway:
        await gateway.says("Line: connected")
        await stage.count(0, last)
        gateway.terminate()
        assert await gateway.wait() == 0


def set_aside(buffer: Path) -> list[str]:
    """The damaged files that got out of the way."""
    return [path.name for path in buffer.glob(f"{FILE}.damaged-*Z")]


async def test_a_full_disk_stops_nothing(kafka: str, topic_prefix: str, tmp_path: Path) -> None:
    """With no room left on its disk a gateway goes on publishing, and says so in log and health;
    when there is room again both say that, and what no broker had taken is on disk."""
    with trio.fail_after(LIMIT):
        async with staged(kafka, topic_prefix, tmp_path) as stage:
            async with running(stage.config, command=LIVELY) as gateway:
                await stage.numbers(3)
                with full_disk(gateway):
                    await stage.count(1, 3)
                    told = await stage.health(lambda state: bool(state["buffer"]["error"]))
                    assert told["status"] == "degraded"
                    assert str(stage.buffer) in told["buffer"]["error"]
                    stage.link.door.shut()
                    stage.link.cut()
                    await gateway.says("Alpha: away")
                    await stage.show(4)
                await gateway.says("takes rows again")
                await stage.kept(4)
                gateway.process.kill()
            stage.link.door.open()
            async with running(stage.config, command=LIVELY):
                found = await stage.until(lambda each: each[-2:] == [4, 4])
                await stage.health(lambda state: state["status"] == "ok")
    assert gateway.log.count("kept in memory until the disk takes them again") == 1
    for numbers in found.values():
        assert numbers == sorted(numbers)
        assert set(numbers) == set(range(5))


async def test_a_folder_that_is_read_only_at_the_start(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Started on a read-only buffer a gateway says that the disk takes nothing, in log and health;
    what waits in it and what is new arrives in order as soon as it can be written."""
    with trio.fail_after(LIMIT):
        async with staged(kafka, topic_prefix, tmp_path) as stage:
            await backlog(stage, 2)
            stage.link.door.open()
            (stage.buffer / FILE).chmod(0o400)
            (stage.buffer / "lock").chmod(0o400)
            stage.buffer.chmod(0o500)
            stage.fill(3)
            try:
                async with running(stage.config, command=(*BOUND, str(WARLOGIX))) as gateway:
                    await gateway.says("kept in memory until the disk takes them again")
                    told = await stage.health(lambda state: bool(state["buffer"]["error"]))
                    stage.buffer.chmod(0o700)
                    (stage.buffer / FILE).chmod(0o600)
                    await gateway.says("takes rows again")
                    found = await stage.numbers(12)
            finally:
                stage.buffer.chmod(0o700)
    assert told["status"] == "degraded"
    for numbers in found.values():
        assert numbers == [0, 1, 2, 3]


async def test_a_torn_file_is_set_aside_at_the_start(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """A buffer of which half is missing is set aside under a name that the log has; the gateway
    goes on with a new one, and everything else in the folder stays."""
    with trio.fail_after(LIMIT):
        async with staged(kafka, topic_prefix, tmp_path) as stage:
            await backlog(stage, 2)
            os.truncate(stage.buffer / FILE, (stage.buffer / FILE).stat().st_size // 2)
            (stage.buffer / "refused.jsonl").write_text("{}\n")
            stage.link.door.open()
            async with running(stage.config) as gateway:
                found = await stage.numbers(3)
    (name,) = set_aside(stage.buffer)
    assert name in gateway.log
    assert (stage.buffer / "refused.jsonl").read_text() == "{}\n"
    assert all(numbers == [2] for numbers in found.values())


async def test_a_file_that_is_spoilt_while_it_is_used(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Rows that are spoilt on disk under a running gateway are not sent: the file is set aside by
    name, what it alone had is counted, new changes go on, and each tag is sent once more."""
    with trio.fail_after(LIMIT):
        async with staged(kafka, topic_prefix, tmp_path, length=400) as stage:
            await backlog(stage, 5)
            async with running(stage.config, command=LIVELY) as gateway:
                await gateway.says("Line: connected")
                path = stage.buffer / FILE
                with path.open("r+b") as file:
                    place = path.read_bytes().index(b'"value":[3,')
                    file.seek(place)
                    file.write(b'"value":[9,')
                stage.link.door.open()
                await gateway.says("set aside as")
                await stage.count(6, 6)
                await gateway.says("every tag is sent again")
                told = await stage.health(lambda state: state["buffer"]["dropped"] > 0)
                found = await stage.until(lambda each: each[-1] == 6)
    (name,) = set_aside(stage.buffer)
    assert name in gateway.log
    assert told["clusters"]["Alpha"]["dropped"] > 0
    for numbers in found.values():
        assert numbers == sorted(numbers)
        assert numbers[-1] == 6
        assert 9 not in numbers


async def test_a_buffer_of_a_newer_release_ends_it(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """A buffer that a newer release has written ends the gateway with 1 and what to do, on one
    line, and stays as it is."""
    with trio.fail_after(LIMIT):
        async with staged(kafka, topic_prefix, tmp_path) as stage:
            stage.buffer.mkdir()
            path = stage.buffer / FILE
            with closing(sqlite3.connect(path)) as db:
                db.executescript("PRAGMA application_id = 1466724199; CREATE TABLE later (x);")
                db.execute("PRAGMA user_version = 99")
            before = path.read_bytes()[100:]
            async with running(stage.config) as gateway:
                assert await gateway.wait() == 1
    assert "written by a newer release (format 99" in gateway.log
    assert "Traceback" not in gateway.log
    assert path.read_bytes()[100:] == before


async def test_what_a_broker_refuses_is_kept(kafka: str, topic_prefix: str, tmp_path: Path) -> None:
    """A change that is too large for its topic is in the file, its neighbours arrive, the health
    counts it, and nothing is sent again for it."""
    create_topic(kafka, topic_prefix, max_message_bytes="1000")
    with trio.fail_after(LIMIT):
        async with (
            staged(kafka, topic_prefix, tmp_path, tags=2, length=120) as stage,
            running(stage.config, command=LIVELY) as gateway,
        ):
            # Small numbers make small messages.
            assert await stage.numbers(2) == {"T0": [0], "T1": [0]}
            stage.fill(-12345)
            await gateway.says("refused and set aside in")
            stage.fill(7)
            found = await stage.numbers(4)
            told = await stage.health(lambda s: s["clusters"]["Alpha"]["dropped"] == 2)
            path = stage.buffer / "refused.jsonl"
            kept = [json.loads(line) for line in path.read_text().splitlines()]
            gateway.terminate()
            assert await gateway.wait() == 0
    assert found == {"T0": [0, 7], "T1": [0, 7]}
    assert [(line["key"], line["value"]["value"]) for line in kept] == [
        ("Line.T0", [-12345] * 120),
        ("Line.T1", [-12345] * 120),
    ]
    assert {line["topic"] for line in kept} == {topic_prefix}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert told["buffer"]["dropped"] == 0
    assert str(path) in gateway.log
    assert gateway.log.count("set aside") == 1
    assert "sent again" not in gateway.log
