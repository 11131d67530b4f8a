"""Examples and reference say what the model says."""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import tomli

from tests.unit.configurations import ENVIRON, EXAMPLES, SECRET, SECRET_FILES, whole
from warlogix.config import configuration_schema, exposed, load, notes

ROOT = Path(__file__).parent.parent.parent


def keys_of_schema(schema: dict[str, Any], section: dict[str, Any]) -> set[str]:
    """Every key that there is, with where it is: `plcs.tags.name`."""
    found = set()
    for key, value in section["properties"].items():
        found.add(key)
        reference = value.get("$ref") or value.get("items", {}).get("$ref")
        if reference:
            below = schema["$defs"][reference.removeprefix("#/$defs/")]
            found |= {f"{key}.{each}" for each in keys_of_schema(schema, below)}
    return found


def keys_of_document(value: Any) -> set[str]:
    """Every key that a document has, lists looked through."""
    if isinstance(value, list):
        return set().union(*map(keys_of_document, value))
    if not isinstance(value, dict):
        return set()
    below = ({f"{key}.{each}" for each in keys_of_document(item)} for key, item in value.items())
    return set(value).union(*below)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_right(path: Path) -> None:
    """Each example has no fault, on a machine where nothing is set; its schema agrees."""
    assert load(path, {}).plcs
    jsonschema.Draft202012Validator(configuration_schema()).validate(tomli.loads(path.read_text()))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_what_an_example_has_behind_a_hash_is_right(path: Path, tmp_path: Path) -> None:
    """Its keys that need a secret are right, too, where there is one."""
    for name in SECRET_FILES:
        (tmp_path / name).write_text(SECRET)
    copy = tmp_path / path.name
    copy.write_text(whole(path))
    assert load(copy, ENVIRON).plcs


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_gives_nothing_to_note(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No example holds a secret, gives up a promise or asks for what has no effect; some name files
    that are not there."""
    monkeypatch.setattr(import_module("warlogix.config.exposed"), "_is_open", Path.exists)
    config = load(path, {})
    assert exposed(path, config) == []
    told = [note.fact for note in notes(config)]
    assert [fact for fact in told if not fact.startswith("there is no file /etc/")] == []


def test_the_complete_example_has_every_key() -> None:
    """`complete.toml` shows every key, some of them behind a "#"; of the tables of topics, each key
    in one of them."""
    schema = configuration_schema()
    shown = keys_of_document(tomli.loads(whole(ROOT / "examples" / "complete.toml")))
    missing = keys_of_schema(schema, schema) - shown
    assert {key for key in missing if not key.startswith("kafka.topics.")} == set()
    for topic in schema["$defs"]["TopicsConfig"]["properties"]:
        assert f"kafka.topics.{topic}" in shown
    for key in schema["$defs"]["TopicConfig"]["properties"]:
        assert f"kafka.topics.changes.{key}" in shown


def test_the_reference_is_current() -> None:
    """`docs/configuration.md` is what its script makes of the model."""
    made = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "configuration_reference")],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert (ROOT / "docs" / "configuration.md").read_text() == made.stdout


def test_the_schema_shows_values_as_people_write_them() -> None:
    """Defaults of durations and sizes are texts with a unit, and nothing may be null."""
    schema = configuration_schema()
    assert schema["properties"]["poll_rate"]["default"] == "1s"
    assert schema["$defs"]["BufferConfig"]["properties"]["max_size"]["default"] == "1GB"
    assert "null" not in json.dumps(schema)


@pytest.mark.parametrize("value", ["1s", "1m30s", "${RATE:-1s}"])
def test_the_schema_takes_durations(value: str) -> None:
    """An editor with the schema takes what the gateway takes."""
    document = {"namespace": "factory", "poll_rate": value}
    assert jsonschema.Draft202012Validator(configuration_schema()).is_valid(document)


@pytest.mark.parametrize("value", [1, "1", "", "fast"])
def test_the_schema_refuses_bare_numbers(value: object) -> None:
    """An editor with the schema marks what the gateway refuses."""
    document = {"namespace": "factory", "poll_rate": value}
    assert not jsonschema.Draft202012Validator(configuration_schema()).is_valid(document)
