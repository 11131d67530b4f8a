"""What README and docs say is true: blocks run, links lead somewhere, nothing is stale."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import jsonschema
import pytest
import trio
import typer.main

from warlogix import schemas
from warlogix.cli import app
from warlogix.config import load

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
ENVIRON = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "KAFKA_PASSWORD": "x"}
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
JSON = {f"json {name}" for name in schemas.MESSAGES}
# `test_docs_python.py` runs what is Python.
KINDS = {"bash", "bash run", "ini", "python", "text", "toml", *JSON}


@dataclass(frozen=True)
class Block:
    """A fenced block: what it says it is, and its text."""

    page: str
    kind: str
    text: str


def blocks(*kinds: str) -> list[Block]:
    """The blocks of all pages whose kind begins so."""
    return [block for page in PAGES for block in blocks_of(page) if block.kind.startswith(kinds)]


def blocks_of(page: Path) -> Iterator[Block]:
    """The fenced blocks of one page."""
    for match in re.finditer(r"^```(\S[^\n]*)\n(.*?)^```$", page.read_text(), re.M | re.S):
        yield Block(page.name, match[1], match[2])


def named(block: Block) -> str:
    """A test's name for a block."""
    return f"{block.page}-{block.kind}".replace(" ", "-")


run = partial(subprocess.run, capture_output=True, text=True, env=ENVIRON, timeout=120, check=False)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_says_what_it_is(page: Path) -> None:
    """Each fence opens with a kind that the tests below know, so that none goes unchecked."""
    fences = re.findall(r"^```(.*)$", page.read_text(), re.M)
    assert set(fences[::2]) <= KINDS
    assert set(fences[1::2]) <= {""}


@pytest.mark.parametrize("block", blocks("toml"), ids=named)
def test_configurations_are_right(block: Block, tmp_path: Path) -> None:
    """Each configuration passes `warlogix check`; a part is one below the smallest whole one."""
    text = block.text
    if "namespace =" not in text:
        text = (ROOT / "examples" / "minimal.toml").read_text() + text
    file = tmp_path / "warlogix.toml"
    file.write_text(text)
    assert load(file, ENVIRON).namespace
    done = run([BIN / "warlogix", "check"], cwd=tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("block", blocks("json "), ids=named)
def test_messages_satisfy_their_schema(block: Block) -> None:
    """Each message shown is valid under the schema that its fence names."""
    schema = schemas.message_schema(block.kind.removeprefix("json "))
    jsonschema.validate(json.loads(block.text), schema)


@pytest.mark.parametrize("block", blocks("bash run"), ids=named)
def test_commands_that_need_nothing_run(block: Block, tmp_path: Path) -> None:
    """A block marked `bash run` succeeds beside the README's first configuration."""
    config, *_ = (each.text for each in blocks("toml") if each.page == "README.md")
    (tmp_path / "warlogix.toml").write_text(config)
    done = run(["bash", "-euo", "pipefail", "-c", block.text], cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def mentioned() -> list[str]:
    """Every `warlogix ...` and `scripts/...` that the pages tell the reader to type."""
    typed = [line.partition("#")[0] for block in blocks("bash") for line in block.text.split("\n")]
    inline = [
        text
        for page in PAGES
        for text in re.findall(r"(?<!`)`((?:warlogix|scripts/)[^`]*)`", page.read_text())
    ]
    return sorted({text.replace("\\|", "|").partition("|")[0].strip() for text in typed + inline})


@pytest.mark.parametrize("line", [line for line in mentioned() if line.startswith("warlogix ")])
def test_every_command_line_is_understood(line: str) -> None:
    """A command line in the pages names a command, and options, that exist."""
    words = [word for word in line.split()[1:] if word not in {"NAME", "FILE"}]
    if words == ["--config"] or words[:1] == ["--version"]:
        return
    done = run([BIN / "warlogix", *words, "--help"])
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("line", [line for line in mentioned() if line.startswith("scripts/")])
def test_every_script_is_there(line: str) -> None:
    """A script in the pages can be run."""
    assert os.access(ROOT / line.split()[0], os.X_OK)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """A link to a file of ours, or to a heading in it, finds it."""
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if "://" in target:
            continue
        name, _, heading = target.partition("#")
        file = page.parent / name if name else page
        assert file.exists(), target
        if heading:
            heads = re.findall(r"^#+ (.*)$", file.read_text(), re.M)
            assert heading in {anchor(head) for head in heads}, target


def anchor(head: str) -> str:
    """The anchor that a heading gets."""
    return re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-")


def test_readme_lists_every_command() -> None:
    """The README's table has each command of the command line, and no other."""
    text = (ROOT / "README.md").read_text()
    listed = set(re.findall(r"^\| `warlogix (\w+)", text, re.M))
    command = typer.main.get_command(app)
    assert isinstance(command, typer.core.TyperGroup)
    assert listed == set(command.commands)


def test_references_are_current(tmp_path: Path) -> None:
    """What of docs/ is made from the code is as the code is now; else run scripts/reference."""
    done = run(["scripts/reference", tmp_path], cwd=ROOT)
    assert done.returncode == 0, done.stderr
    made = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert {file.parent.name for file in made} == {tmp_path.name, "schemas"}
    for file in made:
        assert (ROOT / "docs" / file.relative_to(tmp_path)).read_text() == file.read_text()
    assert {file.name for file in (ROOT / "docs" / "schemas").iterdir()} == {
        file.name for file in made if file.parent.name == "schemas"
    }


async def test_the_one_command_shows_what_the_readme_says() -> None:
    """`warlogix demo` shows changes, and the lines it prints run in a second terminal."""
    (typed,) = (block.text for block in blocks("bash") if "warlogix demo" in block.text)
    words = typed.strip().split("\n")[-1].split()
    process = await trio.lowlevel.open_process(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRON
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        with trio.fail_after(60):
            said = shown = ""
            while "Ctrl-C ends it.\n" not in said:
                said += (await process.stderr.receive_some()).decode()
            while "BottlesFilled" not in shown:
                shown += (await process.stdout.receive_some()).decode()
            lines = re.search(r"second terminal:\n( .*\n .* tail)\n .*\n( .* write .*)\n", said)
            assert lines is not None
            second = f"{lines[1]} --no-follow -n 500 && {lines[2]}"
            done = await trio.run_process(["sh", "-c", second], capture_stdout=True, env=ENVIRON)
            assert b"FillingLine" in done.stdout
            assert b"Setpoint = 80: written" in done.stdout
            process.send_signal(signal.SIGINT)
            assert await process.wait() == 0
    finally:
        process.kill()
    (sample,) = (each.text for each in blocks("text") if each.page == "README.md")
    assert re.findall(r"^\w+: ", sample, re.M) == re.findall(r"^\w+: ", said, re.M)[:2]
    folder = Path(said.split("Config: ")[1].split("\n")[0]).parent
    assert not folder.exists()
