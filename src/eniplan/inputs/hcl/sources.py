"""Finds the sources of an expression's values: variables, defaults, locals and files."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any

from eniplan.inputs.hcl.evaluate import outcome
from eniplan.inputs.hcl.nodes import Call, Member, Name
from eniplan.inputs.places import is_known_text
from eniplan.messages import say

if TYPE_CHECKING:
    from eniplan.inputs.hcl.module import Module
    from eniplan.inputs.hcl.nodes import Expression
    from eniplan.inputs.hcl.parse import Block, Text

_MOST = 500
"""Maximum expressions to follow; a finding needs one or two."""


def sources(node: Expression, module: Module, block: Block | None) -> tuple[str, ...]:
    """Return the sources of the values that an expression gets from elsewhere, as text.

    Args:
        node: the expression.
        module: the module with the expression.
        block: the block with the expression, to which its `each` and `count` belong.

    """
    found: dict[str, None] = {}
    seen: set[tuple[int, str]] = set()
    waiting: list[tuple[Any, Module, Block | None]] = [(node, module, block)]
    while waiting and len(seen) < _MOST:
        item, here, around = waiting.pop()
        name = _referred(item)
        if isinstance(item, Call) and item.name in _READING and item.arguments:
            path = outcome(item.arguments[0], here.scope)
            if is_known_text(path):
                found[posixpath.normpath(posixpath.join(here.top, path))] = None
        elif name is None:
            parts = item if isinstance(item, tuple) else ()
            # In reverse order, so that the stack gives them back in the order of the text.
            waiting += ((part, here, around) for part in reversed(parts) if isinstance(part, tuple))
        elif (id(here), name) not in seen:
            seen.add((id(here), name))
            kind, _, rest = name.partition(".")
            if kind == "var":
                where, more = _variable(here, rest)
                found |= dict.fromkeys(where)
                waiting += more
            elif kind == "terraform" and rest == "workspace" and here.workspace is not None:
                found[here.workspace[1]] = None
            elif kind == "local" and rest in here.locals:
                attribute = here.locals[rest]
                found[at(attribute.text, attribute.start)] = None
                waiting.append((attribute.expression, here, None))
            elif kind in ("each", "count") and around is not None:
                attribute = around.attributes.get("for_each" if kind == "each" else "count")
                waiting += [] if attribute is None else [(attribute.expression, here, None)]
    return tuple(found)


def _referred(item: Any) -> str | None:  # noqa: ANN401 - a node
    if isinstance(item, Member) and isinstance(item.source, Name) and item.source.name in _ROOTS:
        return f"{item.source.name}.{item.name}"
    return None


_READING = ("file", "templatefile")
_ROOTS = ("var", "local", "each", "count", "terraform")


def _variable(module: Module, name: str) -> tuple[list[str], list[tuple[Any, Module, Block | None]]]:
    """Return the sources of a variable's value, and the expressions to follow from there."""
    given = module.given.get(name)
    if given is not None and module.parent is not None and module.calls is not None:
        attribute = module.calls.attributes[name]
        return [at(attribute.text, attribute.start)], [(attribute.expression, module.parent, module.calls)]
    if given is not None:
        return [given.where], []
    block = module.variables.get(name)
    default = None if block is None else block.attributes.get("default")
    if default is None:
        return [], []
    return [say("the default of var.{name} ({place})", name=name, place=at(default.text, default.start))], []


def at(text: Text, offset: int) -> str:
    """Return a place as text."""
    return f"{text.file}:{text.place(offset)[0]}"
