"""Reads a `terragrunt.hcl`: the folder of its module, and the values of the module's variables.

Terragrunt passes `inputs` as TF_VAR_ environment variables, which every values file overrides. Values from an
`include`, from other units, and from most Terragrunt functions are unknown.
Source: https://terragrunt.gruntwork.io/docs/reference/hcl/blocks
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from eniplan.inputs.hcl.disk import holding
from eniplan.inputs.hcl.evaluate import outcome
from eniplan.inputs.hcl.module import Given, Module, Of
from eniplan.inputs.hcl.nodes import Entries, Literal
from eniplan.inputs.hcl.sources import at
from eniplan.inputs.hcl.values import text, unknown
from eniplan.inputs.places import NotKnown
from eniplan.messages import say
from eniplan.plan.load import TERRAGRUNT
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from eniplan.inputs.hcl.parse import Block, Text
    from eniplan.inputs.hcl.values import Budget

_LOCAL = ("./", "../", "/")


class Unit(NamedTuple):
    """The content of a `terragrunt.hcl`."""

    path: str
    folder: str | NotKnown | None
    """The folder of the module; None if it is the file's own folder, or if the include names it."""
    inputs: dict[str, Given]
    others: NotKnown | None
    """Why variables that it does not set may still have values, or None."""

    def given(self, variables: Iterable[str]) -> dict[str, Given]:
        """Return the values of some variables."""
        found = {} if self.others is None else dict.fromkeys(variables, Given(self.others, self.path))
        return found | self.inputs


def read(source: Text, budget: Budget) -> Unit:
    """Read a file."""
    folder = os.path.dirname(source.file)
    module = _Names(source, budget)
    blocks = source.whole.blocks
    include = next((block for block in blocks if block.kind == "include"), None)
    others = None
    if include is not None:
        others = NotKnown(say("the include in {place} may set it", place=at(source, include.start)))
    inputs, whole = _inputs(source, module)
    terraform = next((block for block in blocks if block.kind == "terraform" and "source" in block.attributes), None)
    return Unit(source.file, _folder(folder, terraform, module), inputs, whole or others)


class _Names(Module):
    """Resolves names in a Terragrunt file: its locals, and functions for its own folder."""

    def __init__(self, source: Text, budget: Budget) -> None:
        folder = os.path.abspath(os.path.dirname(source.file))
        super().__init__(os.path.dirname(source.file), [source], budget, given={}, read=lambda _: [])
        functions = {
            "get_terragrunt_dir": lambda _: folder,
            "get_repo_root": lambda _: _above(".git", folder),
            "find_in_parent_folders": lambda args: _in_parents(text(args[0]) if args else TERRAGRUNT, folder),
        }
        self.scope = self.scope._replace(functions=functions)

    def _root(self, name: str) -> Any:  # noqa: ANN401 - a value
        if name == "local":
            return Of(self.local)
        return Of(lambda which: NotKnown(say("only Terragrunt knows {name}.{which}", name=name, which=which)))


def _folder(folder: str, terraform: Block | None, module: Module) -> str | NotKnown | None:
    if terraform is None:
        return None
    node = terraform.attributes["source"].expression
    found = outcome(node, module.scope)
    if (lost := unknown(found)) is not None:
        return lost
    words = text(found)
    if not words.startswith(_LOCAL):
        return NotKnown(words)
    found = os.path.normpath(os.path.join(folder, words.partition("?")[0]))
    return os.path.relpath(found) if os.path.isabs(found) and not os.path.isabs(folder) else found


def _above(name: str, folder: str) -> str | NotKnown:
    """Return the nearest folder that has a file of a name: a folder itself, or one above."""
    found = holding(name, folder)
    return NotKnown(say("there is no {name} above {folder}", name=name, folder=folder)) if found is None else found


def _in_parents(name: str, folder: str) -> str | NotKnown:
    found = _above(name, os.path.dirname(folder))
    return found if isinstance(found, NotKnown) else os.path.join(found, name)


def _inputs(source: Text, module: Module) -> tuple[dict[str, Given], NotKnown | None]:
    attribute = source.whole.attributes.get("inputs")
    if attribute is None:
        return {}, None
    node = attribute.expression
    if isinstance(node, Entries) and all(isinstance(key, Literal) for key, _ in node.items):
        return {
            str(key.value): Given(outcome(value, module.scope), at(source, value.start))
            for key, value in node.items
            if isinstance(key, Literal)
        }, None
    found = outcome(node, module.scope)
    if not isinstance(found, dict):
        return {}, unknown(found) or NotKnown(say("inputs is not a map"))
    return {name: Given(value, at(source, attribute.start)) for name, value in found.items()}, None
