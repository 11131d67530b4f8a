"""The stress test's own arithmetic: simulated scans, the ledger, the folder, what is printed."""

import io
import json
import os
import sys
from collections import Counter
from pathlib import Path
from stat import ST_DEV

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from rich.progress import Progress
from trio.testing import MockClock

from tests.outlets import NOWHERE, cluster
from tests.unit.configurations import saved, small
from warlogix import cli
from warlogix.changes import ChangeDetector
from warlogix.clusters import Cluster, TopicSpec
from warlogix.errors import BrokerError, BufferUnusable
from warlogix.pipeline import PlcChanges
from warlogix.plan import BufferPlan
from warlogix.stress import report, way
from warlogix.stress.bar import Bar
from warlogix.stress.folder import folder_beside
from warlogix.stress.ledger import Latency, Ledger
from warlogix.stress.plant import Plant
from warlogix.stress.rehearsal import Outcome

TABLE = """\
╔══════════════════════════════════════════════════════════════════╗
║                         TEST RESULTS                             ║
╚══════════════════════════════════════════════════════════════════╝

  ┌─────────┬────────────────┬────────────────┬──────────────┬────────┐
  │ Type    │ Name           │ Throughput     │ Messages     │ Status │
  ├─────────┼────────────────┼────────────────┼──────────────┼────────┤
  │ Kafka   │ local          │     2342 msg/s │        23415 │ ✓ PASS │
  └─────────┴────────────────┴────────────────┴──────────────┴────────┘

  Kafka/local:
    Address:    localhost:9092
    Duration:   10.000s
    Messages:   23415 sent, 0 errors
    Throughput: 2341.5 msg/s
    Latency:
      avg: 1.1ms, p50: 978µs, p95: 978µs, p99: 978µs, max: 12ms
"""


def outcome(*latencies: tuple[float, int], sent: int, failure: str = "") -> Outcome:
    """An outcome after ten seconds in which so many messages took so long; others are not back."""
    ledger = Ledger()
    for seconds, messages in latencies:
        ledger.hand_in(messages, 10.0 - seconds)
        ledger.settle(messages, 10.0)
    if sent > ledger.sent:
        ledger.hand_in(sent - ledger.sent, 10.0)
    ledger.since = 0.0
    failures = (BrokerError("local", failure),) if failure else ()
    return Outcome(Cluster("local", ("localhost:9092",)), ledger, 0, failures)


@given(
    st.integers(1, 5), st.integers(1, 30), st.integers(1, 12), st.integers(1, 40), st.integers(0, 3)
)
def test_a_plant_tells_how_many_changes_its_scans_hold(
    plcs: int, tags: int, one_in: int, scans: int, late: int
) -> None:
    """Change detection finds in each scan as many changes as the plant says, and at least one, also
    when it looks at a scan after later ones were made."""
    plant = Plant(plcs, tags, one_in)
    detectors = {name: ChangeDetector(each) for name, each in plant.tags.items()}
    made = [plant.scan(1, 1.0) for _ in range(scans + late)]
    assert {scan.plc for scan, _ in made} == set(list(plant.tags)[: len(made)])
    for scan, changes in made:
        assert len(detectors[scan.plc].detect(scan.readings, scan.moment)) == changes > 0


def test_a_simulated_change_has_160_bytes() -> None:
    """Each message of the usual plant has 160 bytes."""
    plant = Plant(50, 100)
    encoders = {name: PlcChanges(name, tags) for name, tags in plant.tags.items()}
    sizes: Counter[int] = Counter()
    for _ in range(150):
        scan, _ = plant.scan(1_705_314_600_123, 1.0)
        (row,) = encoders[scan.plc].rows(scan, ["Local"], ())
        sizes.update(len(value or b"") for value in row.batch.values)
    assert sizes == {160: 50 * 100 + 2 * 50 * 50}


@given(st.lists(st.tuples(st.floats(0, 100), st.integers(1, 1000)), min_size=1))
def test_a_percentile_is_within_a_hundredth(latencies: list[tuple[float, int]]) -> None:
    """A percentile is that of all messages, sorted, to within a hundredth; average and longest are
    exact."""
    latency = Latency()
    for seconds, messages in latencies:
        latency.add(seconds, messages)
    all_of_them = sorted(seconds for seconds, messages in latencies for _ in range(messages))
    for share in (0.5, 0.95, 0.99):
        place = max(0, -int(-share * len(all_of_them) // 1) - 1)
        wanted = all_of_them[place]
        assert latency.percentile(share) == pytest.approx(wanted, rel=0.01, abs=2e-6)
    assert latency.longest == all_of_them[-1]
    assert latency.average == pytest.approx(sum(all_of_them) / len(all_of_them))


def test_scans_come_back_in_the_order_in_which_they_went() -> None:
    """Scans that come back together are settled together, each with its own latency."""
    ledger = Ledger()
    for messages, moment in ((10, 1.0), (20, 2.0), (30, 3.0)):
        ledger.hand_in(messages, moment)
    ledger.settle(30, 4.0)
    assert (ledger.sent, ledger.settled, ledger.unsettled) == (60, 30, 30)
    assert (ledger.latency.longest, ledger.seconds) == (3.0, 3.0)
    ledger.settle(0, 9.0)
    ledger.settle(30, 5.0)
    assert (ledger.unsettled, ledger.seconds) == (0, 4.0)
    assert ledger.latency.average == pytest.approx((10 * 3.0 + 20 * 2.0 + 30 * 2.0) / 60)


def test_a_cluster_that_died_is_not_flattered() -> None:
    """Messages that never came back leave the time at that of sending, and one that comes back
    later makes it longer."""
    ledger = Ledger()
    ledger.hand_in(300, 1.0)
    ledger.settle(300, 3.0)
    ledger.hand_in(300, 3.0)
    ledger.end_sending(6.0)
    assert ledger.seconds == 5.0
    failed = Outcome(Cluster("local", ("a:1",)), ledger, 0, (BrokerError("local", "away"),))
    assert failed.throughput == 60.0
    ledger.settle(300, 11.0)
    assert ledger.seconds == 10.0


def test_the_table_and_the_block_are_those_of_the_document() -> None:
    """Table and block have the words, the units and the lines that people know."""
    passed = outcome((0.000978, 23215), (0.012, 200), sent=23415)
    assert report.text([passed], colour=False) == TABLE


def test_a_failed_cluster_is_told_in_the_table() -> None:
    """Wide names and figures keep the table's lines straight, a failure is a word and a sign, and
    colour changes nothing of it."""
    failed = outcome((1.5, 1000), sent=3000, failure="away")
    wide = outcome((0.2, 10**9), sent=10**9)
    wide = Outcome(Cluster("N" * 40, ("a:1", "b:2")), wide.ledger, 0, ())
    told = report.text([failed, wide], colour=False)
    assert "1000 │ ✗ FAIL │" in told
    assert "3000 sent, 0 errors" in told
    assert "avg: 1.50s, " in told
    assert "Address:    a:1, b:2" in told
    table = [line for line in told.splitlines() if line.startswith(("  │", "  ┌", "  ├", "  └"))]
    assert len({len(line) for line in table}) == 1
    coloured = report.text([failed, wide], colour=True)
    assert "\x1b[1;31m✗ FAIL\x1b[0m" in coloured
    assert coloured.replace("\x1b[1;31m", "").replace("\x1b[32m", "").replace("\x1b[0m", "") == told


def test_a_program_gets_numbers() -> None:
    """The line for programs has milliseconds, and null where nothing was confirmed."""
    line = json.loads(report.json_line(outcome((0.002, 500), (0.004, 500), sent=1000)))
    assert line == {
        "cluster": "local",
        "result": "PASS",
        "sent": 1000,
        "confirmed": 1000,
        "errors": 0,
        "seconds": 10.0,
        "throughput": 100.0,
        "latency_ms": {
            "avg": 3.0,
            "p50": pytest.approx(2.0, rel=0.01),
            "p95": 4.0,
            "p99": 4.0,
            "max": 4.0,
        },
    }
    nothing = json.loads(report.json_line(outcome(sent=100, failure="away")))
    assert (nothing["result"], nothing["confirmed"], nothing["throughput"]) == ("FAIL", 0, 0)
    assert set(nothing["latency_ms"].values()) == {None}


def test_errors_are_no_confirmations() -> None:
    """Messages that were refused or dropped came back, and count as errors alone."""
    ledger = outcome((0.1, 100), sent=100).ledger
    refused = Outcome(Cluster("local", ("a:1",)), ledger, 40, (BrokerError("local", "refused"),))
    assert (refused.confirmed, refused.throughput) == (60, 6.0)
    assert "100 sent, 40 errors" in report.text([refused], colour=False)


@pytest.mark.parametrize("buffer", ["there", "not/yet/there"])
def test_the_folder_is_beside_the_buffer_and_goes(tmp_path: Path, buffer: str) -> None:
    """The test's folder is outside the buffer's, leaves none of its own making behind, and goes
    with what is in it when the test breaks off."""
    (tmp_path / "there").mkdir()

    def fill() -> None:
        with folder_beside(tmp_path / buffer) as folder:
            assert folder.parent == tmp_path
            (folder / "outbox.sqlite").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fill()
    assert [each.name for each in tmp_path.iterdir()] == ["there"]


def test_a_mounted_buffer_holds_the_folder_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the buffer is a file system of its own, the folder is in it and not beside it."""
    mount = tmp_path / "buffer"
    mount.mkdir()
    stat = Path.stat

    def mounted(path: Path) -> os.stat_result:
        fields = list(stat(path))
        fields[ST_DEV] += path == mount
        return os.stat_result(fields)

    monkeypatch.setattr(Path, "stat", mounted)
    with folder_beside(mount) as folder:
        assert [*mount.iterdir()] == [folder]
    assert [*tmp_path.iterdir(), *mount.iterdir()] == [mount]


def test_a_folder_that_cannot_be_made_is_told() -> None:
    """Where neither the buffer nor what is beside it takes a folder, the test cannot be made."""
    with (
        pytest.raises(BufferUnusable, match="no folder can be made for the test"),
        folder_beside(Path("/proc")),
    ):
        pass


async def test_the_bar_tells_that_it_waits(autojump_clock: MockClock) -> None:
    """When the time is over the bar is full and says once what is waited for, however long."""
    progress, ledger = Progress(auto_refresh=False, disable=True), Ledger()
    ledger.hand_in(7, 0.0)
    ledger.settle(7, 0.0)
    began = trio.current_time()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(Bar(progress).follow, ledger, "Local", 1.0)
        for moment, told in ((0.5, "Local"), (5.0, "Local: waiting for the rest")):
            await trio.sleep_until(began + moment)
            [task] = progress.tasks
            assert (task.description, task.fields["confirmed"]) == (told, 7)
        assert task.completed == task.total == 1.0
        nursery.cancel_scope.cancel()
    assert progress.tasks == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "Error: there is no terminal to ask at; with -y"),
        (["-y", "--duration", "0s"], "'0s' is no time at all; write a longer duration"),
        (["-y", "--test-duration", "10"], "is not a duration"),
        (
            ["-y", "--tags", "1000000", "--plcs", "2"],
            "Error: 2 PLCs with 1000000 tags are more than",
        ),
        (["-y", "--cluster", "Lokal"], "the configuration has: Local"),
    ],
)
def test_what_cannot_be_done_is_wrong_usage(
    arguments: list[str],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Without a terminal and without -y nothing is sent; nor for no time, nor by too many tags;
    only of a value is it said that it is invalid."""
    file = saved(tmp_path, small())
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    monkeypatch.setattr(sys, "argv", ["warlogix", "--config", str(file), "stress", *arguments])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert (end.value.code, told in capsys.readouterr().err) == (2, True)


async def test_no_more_is_on_its_way_than_fits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scans are handed in only while what is not confirmed stays below its bound, however long the
    cluster is away."""
    monkeypatch.setattr(way, "_AHEAD", 500)
    buffer = BufferPlan(tmp_path, 10**8, 1e6, 0)
    with trio.fail_after(60):
        async with way.open_way(
            cluster(NOWHERE), TopicSpec("t"), "test", buffer, Plant(2, 60)
        ) as opened:
            while opened.ledger.unsettled < 500:
                await opened.hand_in()
            sent = opened.ledger.sent
            with trio.move_on_after(0.1) as waiting:
                await opened.hand_in()
    assert waiting.cancelled_caught
    assert opened.ledger.sent == sent < 500 + 60
