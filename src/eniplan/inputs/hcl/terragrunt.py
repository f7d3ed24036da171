"""Reads a `terragrunt.hcl`: the folder of its module, and the values of the module's variables.

Terragrunt passes `inputs` as TF_VAR_ environment variables, which every values file overrides. An `include` gives
what the file does not set. Values from other units and from most Terragrunt functions are unknown.
Source: https://terragrunt.gruntwork.io/docs/reference/hcl/blocks
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from eniplan.errors import InputError
from eniplan.inputs.hcl.disk import holding
from eniplan.inputs.hcl.evaluate import outcome
from eniplan.inputs.hcl.module import Given, Module, Of
from eniplan.inputs.hcl.nodes import Entries, Literal
from eniplan.inputs.hcl.parse import Text
from eniplan.inputs.hcl.sources import at
from eniplan.inputs.hcl.values import RefusedError, text, unknown
from eniplan.inputs.places import NotKnown, is_known_text
from eniplan.k8s.values import mapping
from eniplan.messages import say
from eniplan.plan.document import decode
from eniplan.plan.load import TERRAGRUNT
from eniplan.terminal import read_beside
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from eniplan.inputs.hcl.parse import Attribute, Block
    from eniplan.inputs.hcl.values import Budget

_LOCAL = ("./", "../", "/")
_MAX_NESTED = 8
"""Maximum depth of files that read each other."""


class Unit(NamedTuple):
    """The content of a `terragrunt.hcl`, with what it includes, or a component of a stack."""

    source: Text
    folder: str | NotKnown | None
    """The folder of the module; None if it is the file's own folder, or if an unread include names it."""
    inputs: dict[str, Given]
    others: NotKnown | None
    """Why variables that it does not set may still have values, or None."""
    component: str = ""
    """The address of the component of a stack."""

    @property
    def name(self) -> str:
        """What its addresses begin with."""
        return self.component or os.path.dirname(self.path) or "."

    @property
    def path(self) -> str:
        """The file."""
        return self.source.file

    def given(self, variables: Iterable[str]) -> dict[str, Given]:
        """Return the values of some variables."""
        found = {} if self.others is None else dict.fromkeys(variables, Given(self.others, self.path))
        return found | self.inputs


def read(source: Text, budget: Budget) -> Unit:
    """Read a file."""
    folder = os.path.dirname(source.file)
    own = _Names(source, budget, folder, {})
    inputs, others = _inputs(own)
    module = _source(own)
    for block, outer in reversed(own.includes()):
        how = _word(block, own, "merge_strategy")
        if how == "no_merge":
            continue
        if outer is None:
            others = others or NotKnown(say("the include in {place} may set it", place=at(source, block.start)))
            continue
        found, whole = _inputs(outer)
        inputs = {**found, **inputs} if how != "deep" else _merged(found, inputs)
        others, module = others or whole, module or _source(outer)
    return Unit(source, None if module is None else folder_of(folder, *module), inputs, others)


def _merged(under: dict[str, Given], over: dict[str, Given]) -> dict[str, Given]:
    both = {
        name: Given(_deep(under[name].value, item.value), item.where) for name, item in over.items() if name in under
    }
    return {**under, **over, **both}


def _deep(under: Any, over: Any) -> Any:  # noqa: ANN401 - values
    """Merge maps recursively and join lists, as `merge_strategy = "deep"` does."""
    if isinstance(under, dict) and isinstance(over, dict):
        return {**under, **{key: _deep(under[key], item) if key in under else item for key, item in over.items()}}
    return [*under, *over] if type(under) is list and type(over) is list else over


class _Names(Module):
    """Resolves names in a Terragrunt file: its locals, its includes, and functions for the folder of the unit."""

    def __init__(
        self, source: Text, budget: Budget, unit: str, files: dict[tuple[str, str], _Names], depth: int = 0
    ) -> None:
        self.config = source
        self._unit = os.path.abspath(unit)
        self._depth = depth
        self._files = files
        """The other files that have been read, by path and unit: each is evaluated once."""
        own = os.path.dirname(source.file)
        super().__init__(own, [source], budget, given={}, read=lambda _: [])
        functions = {
            "get_terragrunt_dir": lambda _: self._unit,
            "get_parent_terragrunt_dir": self._parent,
            "get_repo_root": lambda _: _above(".git", self._unit),
            "find_in_parent_folders": self._found,
            "path_relative_to_include": lambda args: _relative(self._unit, self._parent(args)),
            "path_relative_from_include": lambda args: _relative(self._parent(args), self._unit),
            "read_terragrunt_config": self._config,
        }
        self.scope = self.scope._replace(functions=functions)

    def includes(self, *labels: str) -> list[tuple[Block, _Names | None]]:
        """Return the includes, all or with a label, and the file that each names; None if it is not known or read."""
        blocks = [block for block in self.config.whole.blocks if block.kind == "include"]
        blocks = [block for block in blocks if not labels or tuple(block.labels) == labels]
        named = [(block, _word(block, self, "path")) for block in blocks]
        return [(block, self._file(path, self._unit) if is_known_text(path) else None) for block, path in named]

    def members(self) -> Any:  # noqa: ANN401 - a value
        """Return what other files see of this one."""
        return self._once("file", self.config.file, self._members)

    def _members(self) -> dict[str, Any]:
        inputs, lost = _inputs(self)
        given = {name: item.value for name, item in inputs.items()} if lost is None else lost
        return {"locals": {name: self.local(name) for name in self.locals}, "inputs": given}

    def _file(self, path: str, unit: str) -> _Names | None:
        """Return another file of Terragrunt, which must end in .hcl like a module's in .tf; None if it is none."""
        found = os.path.normpath(os.path.join(self._unit, path))
        shown = found if os.path.isabs(self.folder) else os.path.relpath(found)
        key = found, unit
        is_new = key not in self._files and self._depth < _MAX_NESTED and found.endswith(".hcl")
        data = read_beside(shown) if is_new else None
        with suppress(InputError):  # it is not text
            if data is not None and (source := Text(shown, decode(shown, data))).whole.fault is None:
                self.budget.files.add(os.path.normpath(shown))
                self._files[key] = _Names(source, self.budget, unit, self._files, self._depth + 1)
        return self._files.get(key)

    def _config(self, args: list[Any]) -> Any:  # noqa: ANN401 - a value
        path = text(args[0]) if args else ""
        found = self._file(path, os.path.dirname(os.path.join(self._unit, path)))
        if found is not None:
            return found.members()
        return args[1] if args[1:] else NotKnown(say("{path} cannot be read", path=path))

    def _parent(self, args: list[Any]) -> str:
        """Return the folder of the file that the unit includes: this one, or the one with a label, or the only one."""
        own = os.path.abspath(self.folder)
        every = self.includes(*map(text, args)) if own == self._unit else []
        outer = every[0][1] if len(every) == 1 else None
        return own if outer is None else os.path.abspath(outer.folder)

    def _found(self, args: list[Any]) -> Any:  # noqa: ANN401 - a value
        name = text(args[0]) if args else TERRAGRUNT
        found = _above(name, os.path.dirname(self._unit))
        if isinstance(found, NotKnown):
            return args[1] if args[1:] else found
        return os.path.join(found, name)

    def _included(self) -> dict[str, Any]:
        """Return the members of the included files, by the label of the include, or those of a bare include."""
        found = {"".join(block.labels[:1]): outer.members() for block, outer in self.includes() if outer is not None}
        return {**mapping(found.pop("", None)), **found}

    def _root(self, name: str) -> Any:  # noqa: ANN401 - a value
        if name == "local":
            return Of(self.local)
        if name == "include" and (found := self._once("terragrunt", "include", self._included)):
            return found
        return Of(lambda which: NotKnown(say("only Terragrunt knows {name}.{which}", name=name, which=which)))


def _relative(folder: str, start: str) -> str:
    return os.path.relpath(folder, start).replace(os.sep, "/")


def _word(block: Block, names: Module, name: str) -> str:
    """Return the text of an argument of a block; empty if it is missing, `NotKnown` if it is unknown or no text."""
    attribute = block.attributes.get(name)
    found = "" if attribute is None else outcome(attribute.expression, names.scope)
    try:
        return unknown(found) or text(found)
    except RefusedError as error:
        return NotKnown(str(error))


def _source(names: _Names) -> tuple[Block, _Names] | None:
    """Return the block that names the module."""
    blocks = names.config.whole.blocks
    found = next((block for block in blocks if block.kind == "terraform" and "source" in block.attributes), None)
    return None if found is None else (found, names)


def folder_of(folder: str, terraform: Block, module: Module) -> str | NotKnown:
    """Return the folder of a module that a block of a file in a folder names; `NotKnown` if it is not local."""
    words = _word(terraform, module, "source")
    joined = os.path.join(folder, words.partition("?")[0])
    # Terragrunt also takes `.` and `modules/pool` for folders; `github.com/…` is none that exists.
    if isinstance(words, NotKnown) or not (words.startswith(_LOCAL) or (words and os.path.isdir(joined))):
        return NotKnown(words)
    found = os.path.normpath(joined)
    return os.path.relpath(found) if os.path.isabs(found) and not os.path.isabs(folder) else found


def _above(name: str, folder: str) -> str | NotKnown:
    """Return the nearest folder that has a file of a name: a folder itself, or one above."""
    found = holding(name, folder)
    return NotKnown(say("there is no {name} above {folder}", name=name, folder=folder)) if found is None else found


def _inputs(names: _Names) -> tuple[dict[str, Given], NotKnown | None]:
    """Return the values of `inputs`, and why it may set other variables, too; None if it does not."""
    return inputs_of(names.config.whole.attributes, names, names.config)


def inputs_of(
    attributes: Mapping[str, Attribute], names: Module, source: Text
) -> tuple[dict[str, Given], NotKnown | None]:
    """Return the values of `inputs` among some attributes; see `_inputs`."""
    attribute = attributes.get("inputs")
    if attribute is None:
        return {}, None
    node = attribute.expression
    if isinstance(node, Entries) and all(isinstance(key, Literal) for key, _ in node.items):
        return {
            str(key.value): Given(outcome(value, names.scope), at(source, value.start))
            for key, value in node.items
            if isinstance(key, Literal)
        }, None
    found = outcome(node, names.scope)
    if not isinstance(found, dict):
        return {}, unknown(found) or NotKnown(say("inputs is not a map"))
    return {name: Given(value, at(source, attribute.start)) for name, value in found.items()}, None
