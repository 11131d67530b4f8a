"""Ways to spoil an answer on its way out, for `AdsSimulator.spoil`.

The request was carried out before: a write whose answer is spoilt has been written.
"""

from random import Random

from warlogix.simulators.ads.wire import HEADERS


def silence(_answer: bytes) -> bytes:
    """Never answer."""
    return b""


def cut(_answer: bytes) -> None:
    """Cut the connection instead of answering."""


def truncate(answer: bytes) -> bytes:
    """Lose the last byte of the message and announce the shorter lengths."""
    whole = (len(answer) - 7).to_bytes(4, "little")
    data = (len(answer) - HEADERS - 1).to_bytes(4, "little")
    return answer[:2] + whole + answer[6:26] + data + answer[30:-1]


def scramble(answer: bytes) -> bytes:
    """Keep both headers and send noise behind them, the same noise for the same answer."""
    return answer[:HEADERS] + Random(answer).randbytes(len(answer) - HEADERS)


def answer_another(answer: bytes) -> bytes:
    """Give the answer the invoke id of a request that was never made."""
    invoke_id = int.from_bytes(answer[34:38], "little") ^ 0x55555555
    return answer[:34] + invoke_id.to_bytes(4, "little") + answer[38:]


def overstate(answer: bytes) -> bytes:
    """Announce a message of four gigabytes."""
    return answer[:2] + b"\xff\xff\xff\xff" + answer[6:]
