"""`warlogix read`, `browse`, `check --connect` and `write` on every family, over real protocols."""

import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio

from tests.contracts.plant import Simulated
from tests.contracts.plants import SIMULATED
from tests.unit.configurations import loaded, saved
from warlogix.asking.browsing import browse, toml
from warlogix.asking.plc import ask_plc
from warlogix.asking.reading import read_values, tags_of
from warlogix.asking.request import Outcome, Request
from warlogix.config import PlcConfig
from warlogix.errors import Rejected
from warlogix.tags import Tag
from warlogix.trial import try_out

WARLOGIX = Path(sys.executable).with_name("warlogix")
LIMIT = 30
HEAD = 'namespace = "factory"\n\n'


@pytest.fixture(params=SIMULATED.values(), ids=list(SIMULATED))
async def plant(request: pytest.FixtureRequest) -> AsyncIterator[Simulated]:
    """A PLC of each family, its three tags at 1, -2 and 3."""
    with trio.fail_after(LIMIT):
        async with request.param(many=0) as opened:
            opened.put((1, -2, 3))
            yield opened


def document(plant: Simulated, *tags: Tag) -> dict[str, Any]:
    """A configuration with the plant, and these of its tags."""
    at = plant.endpoint
    plc: dict[str, Any] = {"name": "Main", "family": at.family, "timeout": "1s", "slot": at.slot}
    plc["address"] = f"{at.host}:{at.port}" if at.port else at.host
    if at.family == "beckhoff":
        plc["ams_net_id"] = at.ams_net_id
    if at.family == "omron":
        plc |= {"protocol": at.protocol, "fins_port": at.fins_port}
    plc["tags"] = [
        {"name": tag.name, "writable": True}
        | ({"data_type": tag.data_type} if tag.data_type else {})
        for tag in tags
    ]
    return {"namespace": "factory", "plcs": [plc]}


def configured(folder: Path, plant: Simulated, *tags: Tag) -> PlcConfig:
    """The plant as a configuration has it."""
    return loaded(folder, document(plant, *tags)).plcs[0]


async def test_values_are_read_with_their_types(plant: Simulated, tmp_path: Path) -> None:
    """Numbers, arrays, texts and structures; one that is not there is bad, the others are good."""
    plc = configured(tmp_path, plant, *plant.tags, plant.missing, *plant.rich)
    values = await read_values(plc, plc.runtime_tags())
    assert [each.value for each in values[:4]] == [1, -2, 3, None]
    assert [each.type for each in values[:3]] == ["INT"] * 3
    assert [each.tag for each in values if each.quality == "bad"] == [values[3].tag]
    assert all(each.type and each.value is not None for each in values[4:])


async def test_names_that_are_not_listed_are_read(plant: Simulated, tmp_path: Path) -> None:
    """Of the PLC's own names, and of addresses with the type that is named."""
    plc = configured(tmp_path, plant)
    data_type = "INT" if plc.addresses_memory else ""
    tags = tags_of(plc, [tag.name for tag in plant.tags], data_type)
    assert [each.value for each in await read_values(plc, tags)] == [1, -2, 3]


async def test_what_a_plc_tells_can_be_configured_read_and_written(
    plant: Simulated, tmp_path: Path
) -> None:
    """Every tag that is told makes a configuration without a fault, whose tags are all good."""
    plc = configured(tmp_path, plant)
    if not plant.tells:
        with pytest.raises(Rejected, match=r"tell"):
            await browse(plc)
        return
    found = await browse(plc)
    names = {tag.name for tag in (*plant.tags, *plant.rich)}
    assert names <= {each.name for each in found}
    told = toml(plc, found)
    assert not told.left_out
    blocks = [name for line in told.blocks.splitlines() for name in _names(line)]
    assert blocks == [each.name for each in found]
    config = loaded(tmp_path, document(plant, *map(Tag, blocks)))
    (answer,) = await try_out(config)
    assert answer.fact == f"answers; {len(found)} of {len(found)} tags are good"


def _names(line: str) -> list[str]:
    return [json.loads(line.partition("=")[2].rpartition("#")[0])] if line[:4] == "name" else []


async def test_what_was_read_is_written_straight_to_the_plc(
    plant: Simulated, tmp_path: Path
) -> None:
    """Every value, structures and arrays too, is taken by the tag that it was read from."""
    tags = (*plant.tags, *plant.rich)
    config = loaded(tmp_path, document(plant, *tags))
    values = await read_values(config.plcs[0], config.plcs[0].runtime_tags())
    for value in values:
        raw = msgspec.json.encode(value.value)
        reply = await ask_plc(config, Request("Main", value.tag, raw), wait=5)
        assert (value.tag, reply.outcome, reply.error) == (value.tag, Outcome.DONE, "")
    again = await read_values(config.plcs[0], config.plcs[0].runtime_tags())
    assert [each.value for each in again] == [each.value for each in values]
    assert plant.held() == (1, -2, 3)


async def test_a_missing_tag_and_a_contradicted_type_are_told_by_check(
    plant: Simulated, tmp_path: Path
) -> None:
    """`check --connect` names the tag's place and the reason."""
    wrong = plant.contradicting or plant.tags[0]
    config = loaded(tmp_path, document(plant, plant.missing, *plant.tags[1:], wrong))
    head, *found = await try_out(config)
    assert head.fact.startswith("answers; ")
    assert found[0].place == "plcs[0].tags[0].name"
    assert found[0].error
    if plant.contradicting is not None:
        assert found[1].place == "plcs[0].tags[3].name"
        assert "the PLC has INT there, the configuration says DINT" in found[1].error


async def test_the_commands_print_and_end_with_their_status(tmp_path: Path) -> None:
    """Data on stdout, speech on stderr; 1 where a value is bad or a family does not tell."""

    async def run(plant: Simulated, *words: str) -> tuple[int, str, str]:
        path = saved(tmp_path, document(plant, *plant.tags, plant.missing))
        command = [str(WARLOGIX), "--config", str(path), *words]
        ended = await trio.run_process(
            command, capture_stdout=True, capture_stderr=True, check=False
        )
        return ended.returncode, ended.stdout.decode(), ended.stderr.decode()

    with trio.fail_after(LIMIT):
        async with SIMULATED["s7"](many=0) as s7, SIMULATED["logix"](many=0) as logix:
            for plant in (s7, logix):
                plant.put((1, -2, 3))
                status, out, err = await run(plant, "read", "main")
                assert (status, err) == (1, "")
                assert [line.split()[1:] for line in out.splitlines()[1:4]] == [
                    ["INT", "1"],
                    ["INT", "-2"],
                    ["INT", "3"],
                ]
                assert "BAD: " in out.splitlines()[4]
                status, out, _ = await run(plant, "read", "main", plant.tags[1].name, "--json")
                assert (status, json.loads(out)["value"]) == (0, -2)
            status, out, err = await run(s7, "browse", "Main")
            assert (status, out) == (1, "")
            assert err == "error: Main: an S7 does not tell what tags it has\n"
            status, out, err = await run(logix, "browse", "Main", "count")
            assert (status, err) == (0, "")
            assert out.splitlines()[1].split() == ["Count", "INT", "read", "and", "write"]
