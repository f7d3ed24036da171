"""Reads the components of Terraform Stacks: the folder of each module, and the values of the module's variables.

Deployments give the variables of a stack their values, so only its literals and locals are known.
Source: https://developer.hashicorp.com/terraform/language/block/stack/tfcomponent/component
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from eniplan.inputs.hcl.module import Module, Of
from eniplan.inputs.hcl.terragrunt import Unit, folder_of, inputs_of
from eniplan.inputs.places import NotKnown
from eniplan.messages import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.inputs.hcl.parse import Text
    from eniplan.inputs.hcl.values import Budget


def read(source: Text, budget: Budget) -> Iterator[Unit]:
    """Yield the components of a file."""
    names = _Names(os.path.dirname(source.file), [source], budget, given={}, read=lambda _: [])
    for block in source.whole.blocks:
        if block.kind == "component" and "source" in block.attributes:
            inputs, others = inputs_of(block.attributes, names, source)
            name = "component." + "".join(block.labels[:1])
            yield Unit(source, folder_of(names.folder, block, names), inputs, others, name)


class _Names(Module):
    """Resolves names in a file of a stack: its locals."""

    def _root(self, name: str) -> Any:  # noqa: ANN401 - a value
        if name == "local":
            return Of(self.local)
        return Of(lambda which: NotKnown(say("only a deployment knows {name}.{which}", name=name, which=which)))
