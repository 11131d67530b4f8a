"""A variable and its parts, as the names of tags go through them.

    part(node, ("Motors", (2,), "Speed"))    -> the node of Line.Motors[2].Speed

Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from warlogix.drivers.cip.messages import Request
from warlogix.drivers.cip.types import Unreadable
from warlogix.drivers.omron.eip.layouts import Layout
from warlogix.drivers.omron.eip.names import Step


@dataclass(frozen=True, slots=True)
class Witness:
    """What the controller said of an object when it was learned; another answer is a change."""

    request: Request
    said: bytes


@dataclass(frozen=True, slots=True)
class Node:
    """A variable, a member or an element.

    `layout` is None where there is none to read as a whole, and `why` says so. An array has a
    `shape`, what each dimension counts from in `lower`, and what its elements are in `element`.
    `witness` tells a structure's declaration.
    """

    layout: Layout | None
    why: str = ""
    members: Mapping[str, "Node"] = field(default_factory=dict)
    shape: tuple[int, ...] = ()
    lower: tuple[int, ...] = ()
    element: "Node | None" = None
    witness: Witness | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """What a name means: its node, how its bytes lie, and the structures that say so."""

    node: Node
    layout: Layout
    witnesses: tuple[Witness, ...]


def part(node: Node, steps: Sequence[Step]) -> Part:
    """The part of a variable; `Unreadable` where there is none, or none as a whole."""
    passed = [node]
    for step in steps:
        node = _member(node, step) if isinstance(step, str) else _element(node, step)
        passed.append(node)
    if node.element is not None:
        passed.append(node.element)
    if node.layout is None:
        raise Unreadable(node.why)
    witnesses = tuple(one.witness for one in passed if one.witness is not None)
    return Part(node, node.layout, witnesses)


def _member(node: Node, name: str) -> Node:
    if node.shape:
        raise Unreadable(f"it is an array: say which element's {name}, as [{_first(node)}].{name}")
    found = node.members.get(name)
    if found is None:
        folded = {known.casefold(): inner for known, inner in node.members.items()}
        found = folded.get(name.casefold())
    if found is None:
        known = ", ".join(node.members) or "none"
        raise Unreadable(f"it has no member {name}: its members are {known}")
    return found


def _element(node: Node, indexes: tuple[int, ...]) -> Node:
    if node.element is None:
        raise Unreadable("it is no array and has no elements")
    if len(indexes) != len(node.shape):
        raise Unreadable(f"it has {len(node.shape)} dimensions: write [{_first(node)}]")
    for index, first, size in zip(indexes, node.lower, node.shape, strict=True):
        if not first <= index < first + size:
            raise Unreadable(f"index {index} is outside of {first} to {first + size - 1}")
    return node.element


def _first(node: Node) -> str:
    return ",".join(map(str, node.lower))
