"""`warlogix write` without a PLC and a Kafka: what its words mean, and what it prints."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from tests.unit.configurations import loaded, saved, small
from warlogix.asking import text
from warlogix.asking.kafka import key_of
from warlogix.asking.request import Outcome, Reply, Request, read_value, text_value
from warlogix.asking.way import ThroughKafka, ToPlc, Via, choose_way
from warlogix.cli import app
from warlogix.clusters import Cluster
from warlogix.errors import Malformed
from warlogix.kafka.single import Place

Run = Callable[..., tuple[int, str, str]]
THROUGH = ThroughKafka(Cluster("Local", ("localhost:9092",)), "f-writes", "f-write-responses", 2.0)
ASKED = Request("Main", "Ack", b"1")
PLACE = Place("f-writes", 2, 41)


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("100", "100"),
        ("-5", "-5"),
        ("72.50", "72.50"),
        ("1e400", "1e400"),
        ("12345678901234567890123", "12345678901234567890123"),
        ("true", "true"),
        ("null", "null"),
        ("[1, 2]", "[1, 2]"),
        ('{"a":\n1}', '{"a": 1}'),
        (' "x" ', '"x"'),
        ("B-1017", '"B-1017"'),
        ("", '""'),
        ("True", '"True"'),
        ("007", '"007"'),
        ("NaN", '"NaN"'),
        ("-inf", '"-inf"'),
        ("1 2", '"1 2"'),
        ('say "hi"', '"say \\"hi\\""'),
        ("[" * 100_000, '"' + "[" * 100_000 + '"'),
    ],
)
def test_a_value_is_json_digit_for_digit_or_a_text(typed: str, value: str) -> None:
    """What is JSON is taken as it stands; anything else is a text."""
    assert read_value(typed).decode() == value


@given(st.text())
def test_every_word_can_be_sent(typed: str) -> None:
    """Whatever is typed becomes JSON on one line; with --string it is that text."""
    assert "\n" not in read_value(typed).decode()
    json.loads(read_value(typed))
    assert json.loads(text_value(typed)) == typed


@pytest.mark.parametrize(
    ("plc", "tag", "key"),
    [
        ("Main", "Ack", b"Main.Ack"),
        ("main", "ack", b"Main.Ack"),
        ("Main", "db1.dbw8", b"Main.Ack"),
        ("MAIN", " DB1.DBD4 ", b"Main.Count"),
        ("Main", "New", b"Main.New"),
        ("Other", "Ack", b"Other.Ack"),
    ],
)
def test_requests_for_one_tag_have_one_key(plc: str, tag: str, key: bytes, tmp_path: Path) -> None:
    """However a tag is named, its key is that of its changes; what is not known goes as typed."""
    assert key_of(loaded(tmp_path, small()), Request(plc, tag, b"1")) == key


def document(*clusters: dict[str, Any]) -> dict[str, Any]:
    """A configuration with these clusters, each with topics and a name of its own."""
    kafka = [
        {"name": f"K{i}", "selector": f"k{i}", "brokers": ["localhost:9092"]} | each
        for i, each in enumerate(clusters)
    ]
    return small() | {"kafka": kafka}


ON, OFF = {"enable_writeback": True}, {"enable_writeback": True, "enabled": False}


@pytest.mark.parametrize(
    ("clusters", "via", "named", "said"),
    [
        ([{}], Via.ANY, "", "straight to the PLC at 192.168.1.102"),
        ([], Via.ANY, "", "straight to the PLC at 192.168.1.102"),
        ([OFF], Via.ANY, "", "straight to the PLC at 192.168.1.102"),
        ([{}, ON], Via.ANY, "", "through Kafka: cluster K1, topic factory-k1-writes"),
        ([OFF, ON], Via.KAFKA, "", "through Kafka: cluster K1, topic factory-k1-writes"),
        ([ON, ON], Via.ANY, "K0", "through Kafka: cluster K0, topic factory-k0-writes"),
        ([ON, ON], Via.PLC, "", "straight to the PLC at 192.168.1.102"),
    ],
)
def test_the_way_follows_from_the_configuration(
    clusters: list[dict[str, Any]], via: Via, named: str, said: str, tmp_path: Path
) -> None:
    """Through Kafka where a cluster takes writes, else straight to the PLC, or as told."""
    config = loaded(tmp_path, document(*clusters))
    assert str(choose_way(config, via, named, "main")) == said


@pytest.mark.parametrize(
    ("clusters", "via", "named", "fact"),
    [
        ([ON, ON], Via.ANY, "", "K0, K1"),
        ([ON, ON], Via.KAFKA, "", "K0, K1"),
        ([{}], Via.KAFKA, "", "no enabled cluster has enable_writeback = true"),
        ([{}, ON], Via.ANY, "K0", "takes no writes"),
        ([OFF, ON], Via.ANY, "K0", "is off"),
        ([ON], Via.ANY, "K9", "the configuration has: K0"),
        ([ON], Via.PLC, "K0", "through no cluster"),
    ],
)
def test_no_way_is_guessed(
    clusters: list[dict[str, Any]], via: Via, named: str, fact: str, tmp_path: Path
) -> None:
    """Where it is not clear which way to take, the choices are named."""
    with pytest.raises(Malformed, match=fact):
        choose_way(loaded(tmp_path, document(*clusters)), via, named, "Main")


@pytest.mark.parametrize(
    ("reply", "line"),
    [
        (Reply(Outcome.DONE, 0.004), "Main.Ack = 1: written (0.00 s)\n"),
        (
            Reply(Outcome.DONE, 0.31, place=PLACE),
            "Main.Ack = 1: written (0.31 s, partition 2, offset 41)\n",
        ),
        (Reply(Outcome.FAILED, 1.0, "no\x1b"), "Main.Ack = 1: FAILED: no\\x1b (1.00 s)\n"),
        (Reply(Outcome.SILENT, 10.0, "no answer"), ""),
    ],
)
def test_one_line_tells_the_result(reply: Reply, line: str) -> None:
    """A result is a line with what was asked, what came of it, and how long it took."""
    assert text.line(ASKED, reply) == line


def test_long_values_are_shortened_for_people_alone() -> None:
    """A long value fits a screen as text, and is whole as JSON."""
    request = Request("Main", "Ack", text_value("x" * 5000))
    shown = text.line(request, Reply(Outcome.DONE, 0.1))
    assert "… (5,002 characters): written" in shown
    assert len(shown) < 200
    line = text.json_line(request, ToPlc("plc:102"), Reply(Outcome.DONE, 0.1))
    assert json.loads(line)["value"] == "x" * 5000


def test_json_of_a_write_at_the_plc() -> None:
    """Straight to the PLC the object has the PLC's address and nothing of Kafka."""
    line = text.json_line(ASKED, ToPlc("plc:102"), Reply(Outcome.UNKNOWN, 3.0004, "why"))
    assert json.loads(line) == {
        "plc": "Main",
        "tag": "Ack",
        "value": 1,
        "via": "plc",
        "address": "plc:102",
        "result": "unknown",
        "success": False,
        "error": "why",
        "seconds": 3.0,
    }


def test_json_of_a_request_that_nobody_answered() -> None:
    """Without a confirmation the place is null, and so is the answer."""
    reply = Reply(Outcome.SILENT, 1.0, "Kafka did not confirm the request within 1s", "r-1")
    told = json.loads(text.json_line(ASKED, THROUGH, reply))
    assert (told["via"], told["cluster"], told["topic"]) == ("kafka", "Local", "f-writes")
    assert (told["partition"], told["offset"], told["answer"]) == (None, None, None)
    assert (told["result"], told["request_id"]) == ("no answer", "r-1")


@pytest.mark.parametrize(
    ("place", "wait", "told"),
    [
        (PLACE, 10.0, "in f-writes, partition 2, offset 41, and a gateway that finds it now lets"),
        (PLACE, 1.0, "may still be executed until it is older than write_max_age (2s)"),
        (None, 10.0, "the request may be in Kafka all the same"),
    ],
)
def test_silence_tells_what_may_still_happen(
    place: Place | None, wait: float, told: str, tmp_path: Path
) -> None:
    """Without an answer it says where the request is and whether it may still be executed."""
    reply = Reply(Outcome.SILENT, wait, "no answer", place=place)
    config = loaded(tmp_path, small())
    lines = list(text.advice(config, ASKED, THROUGH, reply))
    assert [line.partition(":")[0] for line in lines] == ["error", "note", "hint"]
    assert told in lines[1]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run `warlogix write` in this process with a configuration without writeback."""
    named = {"name": "Speed", "data_type": "DINT", "writable": True}
    logix = {"name": "Logix", "family": "logix", "address": "192.168.1.103", "tags": [named]}
    document = small()
    file = saved(tmp_path, document | {"plcs": [*document["plcs"], logix]})

    def call(*arguments: str) -> tuple[int, str, str]:
        done = CliRunner().invoke(app, ["--config", str(file), "write", *arguments])
        return done.exit_code, done.stdout, done.stderr

    return call


@pytest.mark.parametrize(
    "words",
    [
        ("No", "Ack", "-5"),
        ("No", "Ack", "-5", "--via", "plc"),
        ("--via", "plc", "No", "Ack", "-5"),
        ("No", "Ack", "--timeout", "5s", "--", "-5"),
        ("--", "No", "Ack", "-5"),
    ],
)
def test_a_negative_number_is_a_value(words: tuple[str, ...], run: Run) -> None:
    """`-5` is no option, wherever the options stand; `--` is allowed and not needed."""
    status, out, _ = run(*words)
    assert (status, out[:18]) == (1, "No.Ack = -5: FAILE")


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        (("No", "Ack"), "Missing argument"),
        (("No", "Ack", "1", "2"), "unexpected extra argument"),
        (("No", "Ack", "1", "-x"), "-x"),
        (("No", "Ack", "1", "--via", "mqtt"), "'--via': 'mqtt' is neither kafka nor plc"),
        (("No", "Ack", "1", "--timeout", "10"), "not a duration"),
        (("No", "Ack", "1", "--timeout", "0s"), "in no time"),
        (("No", "Ack", "\udcff"), "not UTF-8"),
        (("No", "Ack", "1", "--via", "kafka"), "enable_writeback"),
    ],
)
def test_wrong_usage_ends_with_2(words: tuple[str, ...], fact: str, run: Run) -> None:
    """What cannot be meant is said on stderr, with status 2 and nothing on stdout."""
    status, out, said = run(*words)
    assert (status, out) == (2, "")
    assert fact in said


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        (("No", "Ack", "1"), 'unknown PLC "No"'),
        (("Main", "Akc", "1"), 'unknown tag "Akc"'),
        (("main", "Count", "1"), "not writable"),
        (("Main", "ack", "40000"), "40000 does not fit INT"),
        (("Main", "db1.dbw8", "1", "--string"), '"1" does not fit INT'),
    ],
)
def test_the_gateways_rules_hold_without_a_gateway(
    words: tuple[str, ...], fact: str, run: Run
) -> None:
    """Straight to the PLC only writable tags are written, and only what their type takes."""
    status, out, said = run(*words)
    assert status == 1
    assert fact in out
    assert said.startswith("straight to the PLC")
    assert ("hint: " in said) == (fact[:7] == "unknown" or "--string" in words)


def test_a_name_that_is_almost_right_is_asked_about(run: Run) -> None:
    """Where the configuration lacks the PLC or the tag, the nearest name is named."""
    assert 'hint: Main has no tag "Akc"; did you mean "Ack"?' in run("Main", "Akc", "1")[2]
    assert 'no PLC "Mian"; did you mean "Main"?' in run("Mian", "Ack", "1")[2]
