"""The program in the manual that sends a write request does what the page says."""

import sys
from pathlib import Path

import trio

from tests.end_to_end.test_docs import blocks
from tests.end_to_end.writing import writing

LIMIT = 60


async def test_the_program_in_the_manual_gets_its_answer(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Sent by the page's own program, a value is in the PLC and the answer is printed."""
    (block,) = blocks("python")
    names = {
        "localhost:9092": kafka,
        "factory-": f"{topic_prefix}-",
        "MainPLC": "Press",
        "Counter": "Tag0",
    }
    program = block.text
    for ours, theirs in names.items():
        assert ours in program
        program = program.replace(ours, theirs)
    with trio.fail_after(LIMIT):
        async with writing(kafka, topic_prefix, tmp_path) as line:
            done = await trio.run_process([sys.executable, "-c", program], capture_stdout=True)
            assert line.values() == [100]
    assert done.stdout.decode() == "True \n"
