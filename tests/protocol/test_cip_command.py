"""The simulated EtherNet/IP controllers as a command."""

import signal
import socket
import subprocess
import sys

import pytest

COMMAND = [sys.executable, "-m", "warlogix.simulators.cip"]


def test_help_says_what_it_takes_and_prints() -> None:
    """`--help` calls it as it is called, and explains each option and what is printed."""
    done = subprocess.run(
        [*COMMAND, "--help"], capture_output=True, text=True, timeout=30, check=True
    )
    said = " ".join(done.stdout.split())
    assert said.startswith("usage: python -m warlogix.simulators.cip ")
    for told in ("prints the port", "where it listens", "how many tags", "what it is"):
        assert told in said


@pytest.mark.parametrize("family", ["logix", "micro800", "nj"])
def test_it_serves_on_the_port_that_it_prints_until_ctrl_c(family: str) -> None:
    """The number on stdout is a port that answers; Ctrl-C ends it without a traceback."""
    with subprocess.Popen(
        [*COMMAND, "--family", family, "--tags", "8"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            with socket.create_connection(("127.0.0.1", int(process.stdout.readline())), 10):
                pass
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=30)
        finally:
            process.kill()
    assert (process.returncode, said) == (0, "")
