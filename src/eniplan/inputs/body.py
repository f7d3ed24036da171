"""Translates a CreateClusterNodePool body into a pool of a plan: the inverse of `emit.body`.

Fields without a plan key go to `overrides`, so that `emit.body` makes the same body of the pool again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eniplan.inputs.places import NotKnown, put
from eniplan.k8s.values import leaves, listing, rewritten
from eniplan.messages import Message, say
from eniplan.plan.document import value_at
from eniplan.plan.fields import KEYS, SECTIONS, WRITTEN
from eniplan.plan.model import EXCLUSIVE_LABEL, EXCLUSIVE_VALUE, looks_exclusive
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eniplan.plan.document import Path, Value

HIDDEN = "(hidden)"
"""Replaces a password: rules only need to know that there is one."""
LABELS: Path = ("kubernetes_config", "labels")
_EACH = say("write {{key, value}} for each")
_ID_LISTS = ("instanceTypes", "vSwitchIds", "securityGroupIds", "instances")
_APART = ("kind", "autoScaling", "labels")
"""Keys of a pool that need more than renaming."""
_PARTS: dict[Path, Path] = {
    ("autoScaling",): ("auto_scaling",),
    ("systemDisk",): ("scaling_group",),
    ("lingjun",): ("eflo_node_group",),
    ("overrides",): (),
}
"""The path in the body for each part of a pool. Deeper keys are the same in both."""
_PATHS = WRITTEN | _PARTS
_PATTERNS: Path = ("scaling_group", "instance_patterns")
_OTHER_PATHS = tuple((path, plan) for path, plan in KEYS.items() if path not in (_PATHS[plan], _PATTERNS))
"""Alternative fields for the same key, such as `count` for `desired_size`."""


def _body_paths(body: dict[str, Any]) -> dict[Path, Path]:
    """Return the path in the body for each key of a pool. Of alternative fields, the path of the one in use."""
    found = dict(_PATHS)
    for path, plan in _OTHER_PATHS:
        if value_at(body, found[plan]) is None and value_at(body, path) is not None:
            found[plan] = path
    return found


class Misread(NamedTuple):
    """A value in a body that cannot be expressed in a plan."""

    path: Path
    message: Message
    hint: Message


class Pool(NamedTuple):
    """A pool in the form of a plan. Key paths are relative to the pool or the body."""

    value: dict[str, Any]
    body_paths: dict[Path, Path]
    """The path in the body for each key of the pool."""
    unknown: dict[Path, str]
    """Key paths of the pool with unknown values, and the reasons."""
    misread: tuple[Misread, ...]


def labels_of(body: Mapping[str, Any]) -> Value:
    """Return the labels of a body."""
    return _of_config(body, "labels")


def _of_config(body: Mapping[str, Any], key: str) -> Value:
    config = body.get("kubernetes_config")
    return config if isinstance(config, NotKnown) else value_at(config, (key,))


def exclusive(labels: Value) -> bool | None:
    """Return whether labels make a pool exclusive, or are meant to; None if unknown.

    A misspelled exclusive label counts, because NP001 reports it.
    """
    if isinstance(labels, NotKnown):
        return None
    # A map is a single block of Terraform's JSON, or a mistake for a list in a body.
    items = labels if isinstance(labels, list) else [labels]
    keys = [key for item in items for key in (_named_by(item) if isinstance(item, dict) else [item])]
    if any(isinstance(key, str) and not isinstance(key, NotKnown) and looks_exclusive(key) for key in keys):
        return True
    # No label begins with `<`: it is a placeholder that somebody has still to fill in.
    return None if any(isinstance(key, NotKnown) or str(key).startswith("<") for key in keys) else False


def _named_by(item: dict[str, Any]) -> list[Any]:
    """Return what may be the key of a label. Users give it other names, such as `name` or `Key`, or write a map."""
    others = [] if "key" in item or item.keys().isdisjoint(("value", "Value")) else item.values()
    return [item.get("key"), *item, *(other for other in others if not isinstance(other, NotKnown))]


def is_meant(labels: Value, tags: Value) -> bool | None:
    """Return whether a pool is exclusive, or is meant to be: users mistake ECS tags for node labels."""
    found = exclusive(labels)
    return True if found is False and exclusive(tags) else found


def mode_of(body: Mapping[str, Any]) -> bool | None:
    """Return whether a body creates an exclusive pool, or is meant to; None if unknown."""
    return is_meant(labels_of(body), value_at(body, ("scaling_group", "tags")))


_CORDONED = ("kubernetes_config", "unschedulable")
"""The only override that rules read: unknown values of others do not matter."""


def read_pool(body: dict[str, Any]) -> Pool:
    """Translate a body, in which `NotKnown` replaces unknown values."""
    rest = rewritten(body, lambda part: part)
    value: dict[str, Any] = {}
    for key, path in WRITTEN.items():
        if key[0] not in _APART and (found := _take(rest, path)) is not None:
            put(value, key, found)
    if isinstance(rest.get("eflo_node_group"), NotKnown):
        value["lingjun"] = rest["eflo_node_group"]
    misread: list[Misread] = []
    _kind(rest, value, misread)
    _sizes(rest, value, misread)
    body_paths = _body_paths(body)
    _groups(rest, value, body_paths)
    labels = _labels(_take(rest, LABELS), body_paths, misread)
    if exclusive(labels_of(body)) is False and mode_of(body):
        labels = {**labels, EXCLUSIVE_LABEL: ""} if isinstance(labels, dict) else labels
    if labels:
        value["labels"] = labels
    value["taints"] = _taints(value.get("taints"))
    for section in SECTIONS:
        if rest.get(section) == {}:
            del rest[section]
    _hide(rest)
    cordoned = _of_config(body, _CORDONED[-1])
    rest = _known(rest)
    if rest:
        value["overrides"] = rest
    # The known labels stay, and any rule about labels may wait for one of unknown key.
    beside = {("labels",): unknown_label(body), ("overrides", *_CORDONED): cordoned}
    unknown = _settle(value) | {path: str(found) for path, found in beside.items() if isinstance(found, NotKnown)}
    plain = rewritten(value, lambda part: f"({part})" if isinstance(part, NotKnown) else part)
    return Pool(plain, body_paths, unknown, tuple(misread))


def _take(value: dict[str, Any], path: Path) -> Any:  # noqa: ANN401 - a body may hold anything
    """Remove and return the value at a path, or None."""
    *parents, last = path
    inner = value_at(value, parents)
    # A part of an unknown value is unknown, too.
    return inner.pop(last, None) if isinstance(inner, dict) else inner if isinstance(inner, NotKnown) else None


def _kind(rest: dict[str, Any], value: dict[str, Any], misread: list[Misread]) -> None:
    kind = _take(rest, ("nodepool_info", "type"))
    if kind == "lingjun":
        value["kind"] = kind
        value.setdefault("lingjun", {})
    elif isinstance(kind, NotKnown):
        value["kind"] = kind
    elif kind not in (None, "ess"):
        message = say("eniplan checks node pools of type ess or lingjun, not {type!r}", type=kind)
        misread.append(Misread(("nodepool_info", "type"), message, say("remove it from the inputs")))


def _sizes(rest: dict[str, Any], value: dict[str, Any], misread: list[Misread]) -> None:
    """Read `auto_scaling`, which only applies if enabled, and the deprecated `count`."""
    count = _take(rest, ("count",))
    if count is not None:
        value.setdefault("desiredSize", count)
    scaling = rest.get("auto_scaling")
    if isinstance(scaling, NotKnown):
        value["autoScaling"] = scaling
    if not isinstance(scaling, dict):
        return
    enabled = scaling.pop("enable", None)
    if isinstance(enabled, NotKnown):
        value["autoScaling"] = enabled
    if enabled is not True and enabled not in (None, False) and not isinstance(enabled, NotKnown):
        message = say("'enable' must be true or false")
        misread.append(Misread(("auto_scaling", "enable"), message, say("write true or false, without quotes")))
        enabled = str(enabled).lower() == "true"
    taken = {key: scaling.pop(name, None) for key, name in _SCALING.items()}
    if enabled is True:
        # The API documents 0 as the default of both limits.
        both = {key: 0 if taken[key] is None else taken[key] for key in ("min", "max")}
        value["autoScaling"] = both | ({} if taken["type"] is None else {"type": taken["type"]})


_SCALING = {"min": "min_instances", "max": "max_instances", "type": "type"}


def _groups(rest: dict[str, Any], value: dict[str, Any], body_paths: dict[Path, Path]) -> None:
    """Read the deprecated single security group, which the list overrides, and drop empty instance patterns."""
    group = _take(rest, ("scaling_group", "security_group_id"))
    if group is not None and not value.get("securityGroupIds"):
        value["securityGroupIds"] = [group]
        body_paths["securityGroupIds", 0] = body_paths["securityGroupIds",]
    patterns = _take(rest, _PATTERNS)
    if patterns and not isinstance(patterns, NotKnown):
        rest.setdefault("scaling_group", {})["instance_patterns"] = patterns


def _labels(labels: Value, body_paths: dict[Path, Path], misread: list[Misread]) -> dict[str, Any] | NotKnown:
    """Turn a list of key and value into a map, without the exclusive label, which every pool in a plan has."""
    out: dict[str, Any] = {}
    if labels is None or isinstance(labels, NotKnown):
        return labels or out
    if not isinstance(labels, list):
        misread.append(Misread(LABELS, say("labels must be a list"), _EACH))
        return out
    for i, item in enumerate(labels):
        if item is None or isinstance(item, NotKnown):
            continue
        key = item.get("key") if isinstance(item, dict) else None
        text = None if not isinstance(item, dict) else item.get("value")
        if not isinstance(key, str) or not isinstance(text, str | None):
            hint = say("quote the value") if isinstance(key, str) else _EACH
            misread.append(Misread((*LABELS, i), say("a label must be {{key, value}}, both text"), hint))
        elif key in out or (("labels", key) in body_paths):
            misread.append(
                Misread((*LABELS, i), say("the label {key!r} is given twice", key=key), say("keep one of them"))
            )
        elif not isinstance(key, NotKnown):
            body_paths["labels", key] = (*LABELS, i)
            if (key, text) != (EXCLUSIVE_LABEL, EXCLUSIVE_VALUE):
                out[key] = text or ""
    return out


def unknown_label(body: Mapping[str, Any]) -> NotKnown | None:
    """Return why the labels of a body are unknown: as a whole, or the first of which not even the key is known."""
    labels = labels_of(body)
    keys = (item.get("key") if isinstance(item, dict) else item for item in listing(labels))
    return next((key for key in (labels, *keys) if isinstance(key, NotKnown)), None)


def _taints(taints: Any) -> Any:  # noqa: ANN401 - a body may hold anything
    """Return the taints that the API would set; none if the body has none, because the API has no default taint."""
    if not isinstance(taints, list):
        return [] if taints is None else taints
    return [_taint(item) if isinstance(item, dict) else item for item in taints if item is not None]


def _taint(taint: dict[str, Any]) -> dict[str, Any]:
    given = {key: value for key, value in taint.items() if value is not None}
    return {**given, "effect": given.get("effect") or "NoSchedule"}  # the API's default


def _hide(rest: dict[str, Any]) -> None:
    group = rest.get("scaling_group")
    if isinstance(group, dict) and group.get("login_password") and not isinstance(group["login_password"], NotKnown):
        group["login_password"] = HIDDEN


def _known(value: Any) -> Any:  # noqa: ANN401 - a body may hold anything
    """Return a value without its unknown parts."""
    if isinstance(value, dict):
        return {key: _known(item) for key, item in value.items() if not isinstance(item, NotKnown)}
    if isinstance(value, list):
        return [_known(item) for item in value if not isinstance(item, NotKnown)]
    return value


def _settle(value: dict[str, Any]) -> dict[Path, str]:
    """Replace unknown values by ones that no rule reads as a statement. Return their key paths, and the reasons."""
    unknown: dict[Path, str] = {}
    for key in list(value):
        found = {path: str(part) for path, part in leaves(value[key], (key,)) if isinstance(part, NotKnown)}
        if not found:
            continue
        unknown |= found
        if key != "labels" or (key,) in found:  # one unknown label value leaves the other labels known
            unknown[(key,)] = next(iter(found.values()))
        whole = value[key]
        if key in _ID_LISTS:
            if isinstance(whole, NotKnown):  # one item, so that the list is not empty
                value[key] = [whole]
                unknown[key, 0] = str(whole)
        elif key == "taints":
            value[key] = []  # an unknown taint may not repel any pod
        elif key == "autoScaling":
            del value[key]
            unknown[("desiredSize",)] = unknown[(key,)]
        elif isinstance(whole, NotKnown) and key != "name":
            del value[key]
        elif isinstance(whole, dict) and key != "labels":
            value[key] = _known(whole)
    return unknown
