"""PyYAML, imported without compiling the regular expressions of its pure-Python parser.

Compiling them takes 6 ms, longer than judging a plan, and eniplan only uses the libyaml parser. Each pattern compiles
on first use instead, so the pure-Python parser still works.
"""

from __future__ import annotations

import re
from typing import Any

__all__ = ["CParser", "MappingNode", "Node", "ScalarNode", "SequenceNode", "yaml"]


class _Later:
    """A regular expression that is compiled on first use."""

    def __init__(self, *given: Any) -> None:  # noqa: ANN401 - the arguments of `re.compile`
        self._given = given

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any attribute of a pattern
        return getattr(_compile(*self._given), name)


_compile = re.compile
re.compile = _Later  # type: ignore[assignment] # during this import only
try:
    import yaml
    from yaml._yaml import CParser
    from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
finally:
    re.compile = _compile
