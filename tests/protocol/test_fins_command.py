"""The simulated Omron CPU as a command."""

import signal
import socket
import subprocess
import sys

from tests.protocol.fins_peers import frame

COMMAND = [sys.executable, "-m", "warlogix.simulators.fins"]


def test_help_says_what_it_takes_and_prints() -> None:
    """`--help` calls it as it is called, and explains each option and what is printed."""
    done = subprocess.run(
        [*COMMAND, "--help"], capture_output=True, text=True, timeout=30, check=True
    )
    said = " ".join(done.stdout.split())
    assert said.startswith("usage: python -m warlogix.simulators.fins ")
    for told in ("prints the port", "where it listens", "what it serves", "what it is"):
        assert told in said


def test_it_serves_on_the_port_that_it_prints_until_ctrl_c() -> None:
    """The number on stdout is a UDP port that answers; Ctrl-C ends it without a traceback."""
    with subprocess.Popen(
        [*COMMAND, "--ways", "udp"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
                peer.settimeout(10)
                peer.sendto(frame("0101 82 0000 00 0001"), ("127.0.0.1", port))
                assert peer.recv(4096)[12:] == bytes(4)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=30)
        finally:
            process.kill()
    assert (process.returncode, said) == (0, "")
