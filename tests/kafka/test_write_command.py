"""`warlogix write` through a real Apache Kafka, with a stand-in for the gateway that answers."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import trio

from tests.kafka.stand_in import Gateway, answered
from tests.witness import create_topic
from warlogix.asking.kafka import Asking
from warlogix.asking.request import Outcome, Request
from warlogix.asking.way import ThroughKafka
from warlogix.clusters import Cluster
from warlogix.errors import BrokerUnavailable
from warlogix.kafka.single import Place, send_one

WARLOGIX = Path(sys.executable).with_name("warlogix")
LIMIT = 90.0
CONFIG = """
namespace = "{namespace}"
[[plcs]]
name = "MainPLC"
family = "s7"
address = "127.0.0.1"
tags = [{{ name = "DB1.DBD0", alias = "Setpoint", data_type = "REAL", writable = true }}]
[[kafka]]
name = "Local"
brokers = ["{address}"]
enable_writeback = true
"""
Done = subprocess.CompletedProcess[str]


def write(config: Path, *arguments: str) -> Done:
    """`warlogix write ...`, as a process of its own."""
    return subprocess.run(
        [WARLOGIX, "--config", str(config), "write", *arguments],
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )


@pytest.fixture
def config(kafka: str, topic_prefix: str, tmp_path: Path) -> Path:
    """A configuration of the shared broker with writeback and a namespace of its own."""
    path = tmp_path / "warlogix.toml"
    path.write_text(CONFIG.format(namespace=topic_prefix, address=kafka))
    return path


@pytest.fixture
def gateway(kafka: str, topic_prefix: str) -> Gateway:
    """A stand-in with its topics."""
    create_topic(kafka, f"{topic_prefix}-writes")
    create_topic(kafka, f"{topic_prefix}-write-responses")
    return Gateway(kafka, topic_prefix)


def test_a_write_that_is_done(config: Path, gateway: Gateway, topic_prefix: str) -> None:
    """The request is in Kafka as any producer's would be, its answer is shown, the status is 0."""
    with gateway.answering(lambda request: [answered(request)]):
        done = write(config, "MainPLC", "Setpoint", "-72.50")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("MainPLC.Setpoint = -72.50: written (")
    assert done.stdout.endswith(" s, partition 0, offset 0)\n")
    assert done.stderr == f"through Kafka: cluster Local, topic {topic_prefix}-writes\n"
    (request,) = gateway.requests()
    assert request.key == b"MainPLC.Setpoint"
    assert (request.value or b"").startswith(
        b'{"plc":"MainPLC","tag":"Setpoint","value":-72.50,"request_id":"'
    )
    assert abs(request.timestamp / 1000 - time.time()) < LIMIT


def test_json_has_what_was_asked_where_and_what_came_of_it(
    config: Path, gateway: Gateway, topic_prefix: str
) -> None:
    """`--json` is one object with the request, its place, the response as it came, and the time."""
    with gateway.answering(lambda request: [answered(request, success=False, error="too hot")]):
        done = write(config, "MainPLC", "Setpoint", "12345678901234567890123", "--json")
    assert done.returncode == 1
    assert '"value":12345678901234567890123,' in done.stdout
    told = json.loads(done.stdout)
    assert told["seconds"] < LIMIT
    assert told["answer"].pop("value") == told.pop("value")
    assert told.pop("answer") == {
        "plc": "MainPLC",
        "tag": "Setpoint",
        "request_id": told["request_id"],
        "success": False,
        "error": "too hot",
        "skipped": False,
        "deduplicated": False,
        "timestamp": "2024-01-15T10:30:00.123Z",
    }
    del told["seconds"], told["request_id"]
    assert told == {
        "plc": "MainPLC",
        "tag": "Setpoint",
        "via": "kafka",
        "cluster": "Local",
        "topic": f"{topic_prefix}-writes",
        "partition": 0,
        "offset": 0,
        "result": "failed",
        "success": False,
        "error": "too hot",
    }


@pytest.mark.parametrize(
    ("outcome", "shown", "hint"),
    [
        ({"error": "not writable"}, "FAILED: not writable (", ""),
        (
            {"skipped": True, "error": "request expired (age: 5.2s, max: 2s)"},
            "SKIPPED: request expired (age: 5.2s, max: 2s) (",
            "clock",
        ),
        (
            {"deduplicated": True, "error": "request superseded by newer write to same tag"},
            "DEDUPLICATED: request superseded by newer write to same tag (",
            "coalesce_writes",
        ),
        (
            {"error": "outcome unknown: no answer from the PLC"},
            "UNKNOWN: outcome unknown: no answer from the PLC (",
            "read the tag before writing again",
        ),
        ({"error": "x\x1b" + "y" * 5000}, "FAILED: x\\x1byyy", ""),
    ],
)
def test_what_is_not_done_says_why_and_what_to_do(
    outcome: dict[str, Any], shown: str, hint: str, config: Path, gateway: Gateway
) -> None:
    """Each outcome that is no success has its word, its reason and status 1."""
    with gateway.answering(lambda request: [answered(request, success=False, **outcome)]):
        done = write(config, "MainPLC", "Setpoint", "1")
    assert done.returncode == 1
    assert done.stdout.startswith(f"MainPLC.Setpoint = 1: {shown}")
    assert len(done.stdout) < 1_200
    assert hint in done.stderr
    assert ("hint: " in done.stderr) == bool(hint)


def test_only_its_own_answer_counts(config: Path, gateway: Gateway) -> None:
    """Answers to others, and what is no answer, are passed over; the first of its own is told."""

    def several(request: dict[str, Any]) -> list[dict[str, Any]]:
        own = request["request_id"]
        return [
            answered(request, success=False, error="another's") | {"request_id": "another"},
            answered(request, success=False, error="within") | {"request_id": [own]},
            {"about": own},
            answered(request, success=False, error="outcome unknown: moved"),
            answered(request),
        ]

    with gateway.answering(several):
        done = write(config, "MainPLC", "Setpoint", "1")
    assert done.returncode == 1
    assert "UNKNOWN: outcome unknown: moved" in done.stdout
    assert "may still follow" in done.stderr


def test_nobody_answers(config: Path, gateway: Gateway, topic_prefix: str) -> None:
    """Without an answer in time it says where the request is, what may become of it, and ends 1."""
    config.write_text(config.read_text() + 'write_max_age = "1m"\n')
    done = write(config, "MainPLC", "Setpoint", "1", "--timeout", "4s")
    assert done.returncode == 1
    assert done.stdout == ""
    _, error, note, hint = done.stderr.splitlines()
    assert error.startswith("error: no answer within 4s; whether")
    assert f"is in {topic_prefix}-writes, partition 0, offset 0, and may still be" in note
    assert "write_max_age (1m)" in note
    assert "enable_writeback" in hint
    told = json.loads(write(config, "MainPLC", "Setpoint", "1", "--timeout", "4s", "--json").stdout)
    assert (told["result"], told["answer"], told["offset"]) == ("no answer", None, 1)


def test_ctrl_c_says_which_request_it_was(config: Path, gateway: Gateway) -> None:
    """Ctrl-C ends the wait with status 130 and the request_id of what is in Kafka."""
    command = [str(WARLOGIX), "--config", str(config), "write", "MainPLC", "Setpoint", "1"]

    def interrupt(_: dict[str, Any]) -> list[dict[str, Any]]:
        process.send_signal(signal.SIGINT)
        return []

    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            with gateway.answering(interrupt):
                _, said = process.communicate(timeout=LIMIT)
        finally:
            process.kill()
    (request,) = gateway.requests()
    assert process.returncode == 130
    assert "note: interrupted; the request " in said
    assert json.loads(request.value or b"")["request_id"] in said


async def test_a_request_whose_confirmation_is_lost_may_be_answered(
    gateway: Gateway, kafka: str, topic_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link that breaks after the request was handed over ends nothing: an answer may come."""
    writes, answers = f"{topic_prefix}-writes", f"{topic_prefix}-write-responses"
    way = ThroughKafka(Cluster("Local", (kafka,)), writes, answers, max_age=2.0)

    async def lose(*words: Any) -> Place:
        await send_one(*words)
        raise BrokerUnavailable("Local", "disconnected")

    monkeypatch.setattr("warlogix.asking.kafka.send_one", lose)
    with trio.fail_after(LIMIT):
        silent = await Asking(Request("A", "B", b"1"), b"A.B", way).ask(wait=4.0)
        with gateway.answering(lambda request: [answered(request)]):
            told = await Asking(Request("A", "B", b"1"), b"A.B", way).ask(wait=LIMIT)
    assert (silent.outcome, silent.place) == (Outcome.SILENT, None)
    assert silent.error == ("Kafka did not confirm the request within 4s: Local: disconnected")
    assert told.outcome is Outcome.DONE


def test_a_name_that_is_almost_right_is_asked_about(config: Path, gateway: Gateway) -> None:
    """Beside a failure the nearest name here is named; the gateway has the word."""
    with gateway.answering(lambda request: [answered(request, success=False, error="no tag")]):
        told = write(config, "mainplc", "Setponit", "1").stderr
        assert 'hint: MainPLC has no tag "Setponit"; did you mean "Setpoint"?' in told
        assert "hint" not in write(config, "mainplc", "db1.dbd0", "1").stderr
    with gateway.answering(lambda request: [answered(request)]):
        assert "hint" not in write(config, "MainPLC", "New", "1").stderr


def test_topics_that_are_not_there(config: Path, kafka: str, topic_prefix: str) -> None:
    """Without the topic of the requests it fails, without that of the answers it says so."""
    done = write(config, "MainPLC", "Setpoint", "1")
    assert done.returncode == 1
    assert (
        f"Local: there is no topic {topic_prefix}-writes: `warlogix topics create`" in done.stderr
    )
    create_topic(kafka, f"{topic_prefix}-writes")
    done = write(config, "MainPLC", "Setpoint", "1", "--timeout", "4s")
    assert done.returncode == 1
    assert f"there is no topic {topic_prefix}-write-responses" in done.stderr


def test_a_topic_of_answers_that_comes_later_is_read(
    config: Path, kafka: str, topic_prefix: str
) -> None:
    """A gateway that makes the topic of the answers only now is heard."""
    create_topic(kafka, f"{topic_prefix}-writes")
    stand_in = Gateway(kafka, topic_prefix)

    def late(request: dict[str, Any]) -> list[dict[str, Any]]:
        create_topic(kafka, f"{topic_prefix}-write-responses")
        return [answered(request)]

    with stand_in.answering(late):
        assert write(config, "MainPLC", "Setpoint", "1").returncode == 0


def test_a_cluster_that_is_away(config: Path) -> None:
    """A cluster that does not answer is an error with a hint, and status 1."""
    config.write_text(CONFIG.format(namespace="factory", address="127.0.0.1:1"))
    done = write(config, "MainPLC", "Setpoint", "1")
    assert done.returncode == 1
    assert "error: Local: " in done.stderr
    assert "hint: " in done.stderr
