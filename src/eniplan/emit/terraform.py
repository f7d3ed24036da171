"""A node pool as Terraform resource alicloud_cs_kubernetes_node_pool, in HCL and in Terraform's JSON.

HCL has the layout of `terraform fmt`: the attributes of a block on consecutive lines with aligned equals signs, then
its blocks.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from eniplan.emit.rename import cannot_say, rename
from eniplan.messages import say
from eniplan.plan.fields import written
from eniplan.text import literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from eniplan.emit.body import Body
    from eniplan.plan.model import NodePool

RESOURCE = "alicloud_cs_kubernetes_node_pool"
_SPELLING = f"Terraform's {RESOURCE}"

NAMES = written("terraform")
_TEXT_ATTRIBUTES = ("desired_size", "on_demand_base_capacity", "on_demand_percentage_above_base_capacity")
"""Numbers in the API that are strings in Terraform."""
_MAPS = ("tags",)
"""Attributes that hold a map; every other map of a resource is a block."""
_NOT_IN_HCL = {"b": "\\u0008", "f": "\\u000c"}


def arguments(pool: NodePool, body: Body, cluster_id: str) -> dict[str, Any]:
    """Return the resource's arguments: scalars, lists of scalars, the map `tags`, and blocks (maps, lists of maps).

    Raises:
        RefusalError: Terraform has no argument for a field of the body.

    """
    group = dict(body.get("scaling_group", {}))
    tags = _tags(pool, group.pop("tags", []))
    found = rename(pool, {**body, "scaling_group": group}, NAMES, _SPELLING)
    for name in _TEXT_ATTRIBUTES:
        if name in found:
            found[name] = str(found[name])
    for disk in found.get("data_disks", ()):
        if isinstance(disk.get("auto_format"), bool):
            disk["auto_format"] = "true" if disk["auto_format"] else "false"
    return {"cluster_id": cluster_id, **found, **({"tags": tags} if tags else {})}


def _tags(pool: NodePool, tags: object) -> dict[str, str]:
    """Return a list of `{key, value}` as a map; refuse duplicate keys, which a map cannot hold."""
    path = "scaling_group.tags"
    if not isinstance(tags, list):
        raise cannot_say(pool, path, _SPELLING, say("it must be a list of {form}", form="{key, value}"))
    out: dict[str, str] = {}
    for tag in tags:
        if (
            not isinstance(tag, dict)
            or set(tag) != {"key", "value"}
            or not all(isinstance(v, str) for v in tag.values())
        ):
            raise cannot_say(pool, path, _SPELLING, say("each item must be {form}, both strings", form="{key, value}"))
        if tag["key"] in out:
            raise cannot_say(pool, path, _SPELLING, say("the key {key!r} occurs twice", key=tag["key"]))
        out[tag["key"]] = tag["value"]
    return out


def hcl(resources: Iterable[dict[str, Any]]) -> str:
    """Return a `.tf` file with these resources."""
    texts = []
    for label, found in _labelled(resources):
        lines = [f'resource "{RESOURCE}" "{label}" {{', *_block(found, "  "), "}"]
        texts.append("\n".join(lines) + "\n")
    return "\n".join(texts)


def tf_json(resources: Iterable[dict[str, Any]]) -> str:
    """Return a `.tf.json` file with these resources. Its strings are templates as well, map keys included."""
    return literal({"resource": {RESOURCE: dict(_labelled(_escaped(found) for found in resources))}}, 2) + "\n"


def _labelled(resources: Iterable[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give each resource a unique valid name, made from the pool's."""
    taken: set[str] = set()
    for found in resources:
        base = re.sub(r"[^A-Za-z0-9_-]", "_", found["node_pool_name"])
        if not re.match(r"[A-Za-z_]", base):
            base = f"pool_{base}"
        label, number = base, 2
        while label in taken:
            label, number = f"{base}_{number}", number + 1
        taken.add(label)
        yield label, found


def _block(found: dict[str, Any], indent: str) -> Iterator[str]:
    plain = {name: value for name, value in found.items() if not _is_block(name, value)}
    width = max(map(len, plain), default=0)
    for name, value in plain.items():
        yield f"{indent}{name.ljust(width)} = {_expression(value)}"
    for name, value in found.items():
        if name not in plain:
            for item in value if isinstance(value, list) else [value]:
                yield ""
                yield f"{indent}{name} {{"
                # A block without attributes starts with its first inner block, not with an empty line.
                inner = list(_block(item, indent + "  "))
                yield from inner[1:] if inner and not inner[0] else inner
                yield f"{indent}}}"


def _is_block(name: str, value: object) -> bool:
    if isinstance(value, list):
        return any(isinstance(item, dict) for item in value)
    return isinstance(value, dict) and name not in _MAPS


def _expression(value: object) -> str:
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(_expression, value)) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{quoted(key)} = {_expression(item)}" for key, item in value.items()) + " }"
    return json.dumps(value)


def quoted(text: str) -> str:
    """Return a quoted HCL string of exactly this text, with quotes, `${` and `%{` escaped."""
    # JSON, except for two escapes that HCL lacks; the pattern skips escaped backslashes.
    found = re.sub(r"\\(.)", lambda part: _NOT_IN_HCL.get(part[1], part[0]), literal(text))
    return re.sub(r"([$%])\{([^{}\"\\]*\})?", _inert, found)


def _inert(introducer: re.Match[str]) -> str:
    """Double the sign, the documented escape. python-hcl2 supports it only if the brace is closed."""
    sign, closed = introducer.groups()
    return f"{sign}{sign}{{{closed}" if closed else f"{sign}\\u007b"


def _escaped(value: Any) -> Any:  # noqa: ANN401 - a value of a resource
    if isinstance(value, str):
        return value.replace("${", "$${").replace("%{", "%%{")
    if isinstance(value, dict):
        return {_escaped(key): _escaped(item) for key, item in value.items()}
    return [_escaped(item) for item in value] if isinstance(value, list) else value
