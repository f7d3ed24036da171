"""Mutate inputs: their values, with typical mistakes of people and programs, and their text."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    Slot = tuple[dict[Any, Any] | list[Any], Any]


def _nested(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 7, 2**31, 2**63, 10**299, 10**400, 0.5, -0.0, 1e308, float("inf"), float("nan"),
    "", " ", "-", "\0", "a\0b", "..", "/", "*", "**", "**/*", "[", "{{",
    "${", "${var.a}", "%{", "\\", "'", '"', "\n", "é",
    "\u202e", "\u200b", "\x9b", "\ud800", "a" * 300, "1" * 5000,
    "9" * 20 + "h", "1.1.1.1.1", "v1..2", "1e9", "1Ei", "-5m",
    "true", "null", "yes", "0x1", "08", "2026-13-45", [], {}, [[]], [{}], [None], {"": None}, {"a": {"a": {}}},
    ["a", 1, None],
    {"key": []}, {"<<": 1}, _nested(45), _nested(150),
)  # fmt: skip
"""Replacements for values."""
BYTES = (b"\0", b"\xff", b"\xef\xbb\xbf", b"\t", b"\r", b"{", b"}", b"[", b"]", b'"', b"'", b":", b"- ", b"#",
         b"&a", b"*a",
         b"!!x ", b"<<: ", b"---\n", b"${", b"<<EOF\n", b"\\", b"/*", b"|\n", b"9" * 400,
         b"[" * 500, b"\xe2\x80\xae", b",")  # fmt: skip
"""Insertions into texts."""


def _copy(found: Any) -> Any:  # noqa: ANN401 - any value
    return pickle.loads(pickle.dumps(found))  # noqa: S301 - our own bytes; five times as fast as deepcopy


def value(random: Random, seed: Any) -> Any:  # noqa: ANN401 - any value
    """Return a value with a few mutated parts."""
    changed = [_copy(seed)]
    for _ in range(random.choice((1, 1, 1, 2, 5))):
        holder, key = random.choice([*_slots(changed)])
        random.choice(_CHANGES)(random, holder, key)
        if not changed:
            changed = [None]
    return changed[0]


def text(random: Random, seed: bytes) -> bytes:
    """Return a text with a few mutations."""
    for _ in range(random.choice((1, 1, 2, 4))):
        start, end = sorted(random.randrange(len(seed) + 1) for _ in range(2))
        end = min(end, start + random.choice((0, 1, 10, 200)))
        seed = seed[:start] + random.choice((b"", random.choice(BYTES), seed[start:end] * 2)) + seed[end:]
    return seed[: random.randrange(len(seed) + 1)] if random.random() < 0.1 else seed


def json_bytes(found: Any) -> bytes:  # noqa: ANN401 - any value
    """Dump a value as JSON."""
    return json.dumps(found, default=str).encode()  # YAML has dates


def yaml_bytes(found: Any) -> bytes:  # noqa: ANN401 - any value
    """Dump a value as YAML."""
    for writer in (yaml.CDumper, yaml.Dumper):  # the C dumper is ten times as fast, but refuses surrogates
        try:
            return yaml.dump(found, Dumper=writer, sort_keys=False).encode("utf-8", "surrogatepass")
        except (RecursionError, ValueError, yaml.YAMLError):  # too deep or too long to dump
            continue
    return json_bytes("?")


def _slots(found: Any) -> Iterator[Slot]:  # noqa: ANN401 - any value
    entries = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    for key, item in entries:
        yield found, key
        if isinstance(item, (dict, list)):
            yield from _slots(item)


def _replace(random: Random, holder: Any, key: Any) -> None:  # noqa: ANN401 - any value
    holder[key] = _copy(random.choice(ODD))


def _wrap(_: Random, holder: Any, key: Any) -> None:  # noqa: ANN401 - any value
    holder[key] = [holder[key]]


def _as_text(_: Random, holder: Any, key: Any) -> None:  # noqa: ANN401 - any value
    holder[key] = str(holder[key])


def _remove(_: Random, holder: Any, key: Any) -> None:  # noqa: ANN401 - any value
    del holder[key]


def _twice(_: Random, holder: Any, key: Any) -> None:  # noqa: ANN401 - any value
    if isinstance(holder, list):
        holder.append(_copy(holder[key]))
    else:
        holder[f"{key}x"] = _copy(holder[key])


def _more(random: Random, holder: Any, key: Any) -> None:  # noqa: ANN401 - any value
    if isinstance(holder, dict) and isinstance(holder[key], dict):
        holder[key][random.choice(("", "a", "\0", "<<", "name", "x" * 70, "é"))] = _copy(random.choice(ODD))


_CHANGES: tuple[Callable[[Random, Any, Any], None], ...] = (
    _replace,
    _replace,
    _replace,
    _wrap,
    _as_text,
    _remove,
    _twice,
    _more,
)
