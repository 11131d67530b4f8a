"""Texts as a PLC's code page has them. Pure."""

from warlogix.values import BadValue


def decoded(raw: bytes, encoding: str) -> str:
    """The characters of some bytes; `BadValue` names those that are none."""
    try:
        return raw.decode(encoding)
    except UnicodeError as exc:
        wrong = raw[exc.start : exc.end] if isinstance(exc, UnicodeDecodeError) else raw
        raise BadValue(f"bytes {wrong.hex(' ')} are no character in {encoding}") from exc


def encoded(text: str, encoding: str) -> bytes:
    """The bytes of a text that is read back as the same text; else `BadValue`."""
    try:
        raw = text.encode(encoding)
        known = raw.decode(encoding) == text
    except UnicodeError as exc:
        wrong = text[exc.start : exc.end] if isinstance(exc, UnicodeEncodeError) else text
        raise BadValue(f'the code page {encoding} has no "{wrong[:20]}"') from exc
    if not known:
        raise BadValue(f"the code page {encoding} cannot hold this text")
    return raw
