"""PyYAML, imported without compiling the regular expressions of its Python part.

They take 6 ms, more than a plan takes to be judged, and eniplan reads and writes with libyaml. Each pattern waits here
until it is first used, and then is what it always was: PyYAML works as ever, for whoever uses its other half.
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
re.compile = _Later  # type: ignore[assignment] # for one import
try:
    import yaml
    from yaml._yaml import CParser
    from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
finally:
    re.compile = _compile
