"""JSON Schemas: what is really encoded satisfies them, what is not ours does not."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from msgspec import UNSET, Struct

from warlogix import config, messages, schemas
from warlogix.messages import encode

AT = "2024-01-15T10:30:00.123Z"
FINE = "2024-01-15T10:30:00.123456789Z"
SAMPLES: list[tuple[str, Struct]] = [
    ("tag-change", messages.TagChange("P", "T", "DB1.DBD0", 42, "DINT", False, AT)),
    ("tag-change", messages.TagChange("P", "T", "", [1.5, 2.0], "REAL[2]", True, AT)),
    ("tag-change", messages.TagChange("P", "T", "", {"a": 2**64 - 1}, "Udt", True, AT)),
    ("tag-change", messages.TagChange("P", "T", "", None, "INT", False, AT, "bad", "why")),
    ("health", messages.Health("P", "s7", True, "connected", "", AT)),
    ("health", messages.Health("P", "s7", False, "connecting", "first attempt", AT)),
    (
        "gateway",
        messages.Gateway(
            "gw",
            "0.1.0",
            "degraded",
            {"A": messages.ClusterState(False, AT, "away", 3, 1.5, 0)},
            messages.BufferState(0, 0, ""),
            messages.PlcCounts(1, 2),
            AT,
        ),
    ),
    (
        "pack",
        messages.Pack(
            "Line",
            AT,
            {
                "P.a": messages.PackMember(1, "INT", "P", address="DB1.DBW0"),
                "Q.b": messages.PackMember(None, "", "Q", quality="bad", error="away"),
            },
            {"Q": messages.PackPlc("192.168.1.2", "s7", False, "away")},
        ),
    ),
    (
        "trigger-event",
        messages.TriggerEvent("Done", FINE, 1, "P", {"line": "1"}, {"a": None}, {"a": "why"}),
    ),
    ("trigger-event", messages.TriggerEvent("Done", FINE, 1, "P", {}, {"a": 1})),
    ("write-request", messages.WriteRequest("P", "T", 100)),
    ("write-request", messages.WriteRequest("P", "T", None, {"any": "thing"})),
    (
        "write-response",
        messages.WriteResponse(
            plc="P",
            tag="T",
            value=1,
            request_id=UNSET,
            success=True,
            error="",
            skipped=False,
            deduplicated=False,
            timestamp=AT,
        ),
    ),
]
CHANGE = json.loads(encode(SAMPLES[0][1]))
BAD = json.loads(encode(SAMPLES[3][1]))


def validate(name: str, document: Any) -> None:
    """Raise unless the document satisfies the schema of that name."""
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator(schemas.message_schema(name), format_checker=checker).validate(
        document
    )


@pytest.mark.parametrize(("name", "message"), SAMPLES)
def test_encoded_messages_satisfy_their_schema(name: str, message: Struct) -> None:
    """Every kind of message as it is encoded is valid under its own schema."""
    validate(name, json.loads(encode(message)))


def test_every_message_has_a_sample() -> None:
    """No message is without a schema and a sample here."""
    assert {name for name, _ in SAMPLES} == set(schemas.MESSAGES)


@pytest.mark.parametrize("name", schemas.MESSAGES)
def test_schemas_are_schemas_and_say_what_each_field_means(name: str) -> None:
    """A schema is valid JSON Schema, and describes itself and every field of it."""
    schema = schemas.message_schema(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    for part in (schema, *schema.get("$defs", {}).values()):
        assert part["description"]
        for _, field in schemas.fields(part):
            assert field["description"]


@pytest.mark.parametrize(
    "change",
    [
        {**CHANGE, "adress": "DB1"},
        {key: value for key, value in CHANGE.items() if key != "address"},
        {**CHANGE, "timestamp": "2024-01-15 10:30:00"},
        {**CHANGE, "writable": "yes"},
        {**CHANGE, "value": None},
        {**CHANGE, "error": "why"},
        {**BAD, "value": 42},
        {**BAD, "quality": "good"},
        {key: value for key, value in BAD.items() if key != "error"},
    ],
)
def test_what_is_no_tag_change_is_refused(change: Any) -> None:
    """A misspelt or missing field, a value beside bad quality, or none beside good is invalid."""
    with pytest.raises(jsonschema.ValidationError):
        validate("tag-change", change)


@pytest.mark.parametrize(
    "change",
    [{"value": None}, {"error": "why"}, {"quality": "bad", "error": "why"}, {"quality": "bad"}],
)
def test_a_pack_s_member_is_good_or_has_no_value(change: dict[str, Any]) -> None:
    """A value beside bad quality, none beside good, or a reason for nothing is invalid."""
    member = {"value": 1, "type": "INT", "plc": "P"}
    pack = {"name": "Line", "timestamp": AT, "tags": {"P.a": member}}
    validate("pack", pack)
    with pytest.raises(jsonschema.ValidationError):
        validate("pack", pack | {"tags": {"P.a": member | change}})


def test_a_write_request_may_carry_more() -> None:
    """Unknown fields of a request are ignored, so its schema lets them be."""
    validate("write-request", {"plc": "P", "tag": "T", "value": 1, "source": "MES"})


def test_the_configuration_has_a_schema_too() -> None:
    """The configuration's schema is valid, and takes a small configuration."""
    schema = config.configuration_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate({"namespace": "factory"}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"namespase": "factory"}, schema)


def test_the_command_prints_one_all_or_the_names() -> None:
    """`schema NAME` prints one, `schema` all of them by name, `--list` the names."""
    script = Path(sys.executable).with_name("warlogix")

    def printed(*arguments: str) -> str:
        done = subprocess.run(
            [script, "schema", *arguments], capture_output=True, text=True, timeout=30, check=True
        )
        assert done.stderr == ""
        return done.stdout

    names = [*schemas.MESSAGES, "configuration"]
    assert printed("--list").split() == names
    assert list(json.loads(printed())) == names
    assert json.loads(printed("health")) == schemas.message_schema("health")
    assert json.loads(printed("configuration")) == config.configuration_schema()
