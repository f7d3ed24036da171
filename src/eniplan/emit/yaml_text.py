"""Write data as YAML that kubectl, PyYAML and eniplan all parse in the same way.

YAML 1.1 and 1.2 parsers disagree on `on`, `1e3`, `0o17` or `y`, so strings that may parse as something else are quoted.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from eniplan.libyaml import yaml
from eniplan.text import literal, without_halves

if TYPE_CHECKING:
    from collections.abc import Iterable

_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))
_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./-]*")
_NO_WRAP = 2**31 - 1


def is_plain(text: str) -> bool:
    """Return whether a string needs no quotes, because every parser reads it as a string."""
    return _PLAIN.fullmatch(text) is not None and text.lower() not in _WORDS


class _Dumper(yaml.CSafeDumper):
    def ignore_aliases(self, _data: object) -> bool:
        return True


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    text = without_halves(text)
    style = None if is_plain(text) else '"'
    if "\n" in text:
        style = "|"  # libyaml uses quotes where a literal block cannot hold the text
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _represent_text)


def dump(value: object) -> str:
    """Return one YAML document in block style, keys in their own order."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_NO_WRAP)


def flow(value: Any) -> str:  # noqa: ANN401 - any data
    """Return a value on one line: `{key: exclusive-eni, values: [a, b]}`."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    # JSON is YAML, and all parsers read its quoted strings in the same way.
    return value if isinstance(value, str) and is_plain(value) else literal(value)


def block(value: Any, sequence_indent: int) -> list[str]:  # noqa: ANN401 - any data
    """Return the lines of a value in block style, with list items indented by this many columns."""
    if isinstance(value, dict) and value:
        return [line for key, item in value.items() for line in _entry(key, item, sequence_indent)]
    if isinstance(value, list) and value:
        items = (enumerate(block(item, sequence_indent)) for item in value)
        return [("  " if i else "- ") + line for lines in items for i, line in lines]
    return [flow(value)]


def _entry(key: str, value: object, sequence_indent: int) -> Iterable[str]:
    if isinstance(value, (dict, list)) and value:
        indent = " " * (sequence_indent if isinstance(value, list) else 2)
        return [f"{flow(key)}:", *(indent + line for line in block(value, sequence_indent))]
    return [f"{flow(key)}: {flow(value)}"]
