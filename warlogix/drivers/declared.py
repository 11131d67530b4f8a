"""Whether what the configuration says of a tag is what the PLC says. Pure."""

from warlogix.datatypes import Kind
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
