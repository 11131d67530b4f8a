"""Whether what was declared of a tag is what the PLC has there now. Pure."""

from warlogix.datatypes import DataType, Kind
from warlogix.tags import Tag


def contradiction(tag: Tag, kind: Kind) -> str:
    """Why the configured type is not the PLC's, "" where it is, or none is configured.

    The length of a string is no contradiction, nor is the case of a structure's name.
    """
    said = str(tag.kind) if tag.kind else "".join(tag.data_type.split())
    if not said or said.casefold() == str(kind).casefold():
        return ""
    return (
        f"the PLC has {kind} there, the configuration says {said}: "
        f'write data_type = "{kind}" or leave it out'
    )


def changed(name: str, before: Kind | None, now: Kind) -> str:
    """Why a value that was made for one type must not be written to a tag that has another.

    "" where it may, or nobody knew a type before. How long a string is does not matter: the text
    itself is looked at.
    """
    if before is None or before == now:
        return ""
    if str(before) != str(now):
        return f"the type of {name} changed from {before} to {now}"
    return "" if isinstance(now, DataType) else f"the members of {now}, the type of {name}, changed"
