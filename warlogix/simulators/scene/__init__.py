"""A factory that moves, for `demo`: one machine of each family, on the family's own protocol.

line       the filling line of the S7
crate      how it hands its full crates over
machine    how the other machines are shown and moved
machines   packer, conveyor, mixer and labeller
boiler     the boiler, in the memory of an Omron CJ
factory    all of them, running
"""

from warlogix.simulators.scene.factory import ScenePlc, open_factory
from warlogix.simulators.scene.machine import Access, SceneTag

__all__ = ["Access", "ScenePlc", "SceneTag", "open_factory"]
