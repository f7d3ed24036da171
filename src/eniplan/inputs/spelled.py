"""Objects of Kubernetes that Terraform's provider spells in blocks: `kubernetes_deployment_v1`.

Only what eniplan reads of an object is taken over. What else it says, such as an image or a secret in `env`, may be
unknown before apply, and nothing depends on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eniplan.bounds import integer
from eniplan.inputs.applied import SPELLED, Within
from eniplan.inputs.spelling import camel
from eniplan.messages import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eniplan.messages import Message
    from eniplan.plan.document import Document, Path

_LISTS = {
    "container": "containers",
    "init_container": "initContainers",
    "match_expressions": "matchExpressions",
    "match_fields": "matchFields",
    "node_selector_term": "nodeSelectorTerms",
    "port": "ports",
    "toleration": "tolerations",
}
"""Blocks of which there may be several, and what Kubernetes calls their list."""
_TERMS = "required_during_scheduling_ignored_during_execution"
"""A list in a podAntiAffinity, but one map in a nodeAffinity."""
_TEXTS = frozenset(("match_label_keys", "mismatch_label_keys", "namespaces", "values"))
_MAPS = frozenset(("annotations", "labels", "limits", "match_labels", "node_selector", "requests"))
"""Arguments whose keys are the user's own."""
_NUMBERS = frozenset((
    "completions", "max_replicas", "max_surge", "max_unavailable", "min_replicas", "parallelism", "replicas",
    "toleration_seconds",
))  # fmt: skip
"""Arguments that the provider takes as text, too."""
_OTHERS = frozenset((
    "affinity", "effect", "generate_name", "host_network", "host_port", "job_template", "key", "kind",
    "label_selector", "metadata", "name", "namespace", "namespace_selector", "node_affinity", "operator",
    "pod_anti_affinity", "pod_selector", _TERMS, "resources", "restart_policy", "rolling_update",
    "scale_target_ref", "selector", "spec", "strategy", "template", "topology_key", "type", "update_strategy", "value",
))  # fmt: skip
_SELECT = frozenset(("DaemonSet", "Deployment", "StatefulSet"))
"""Kinds of which the provider makes the selector, where the configuration has none."""


class Spelled(Within):
    """The places of an object that a resource spells in blocks."""

    def __init__(self, outer: Document, path: Path, places: Mapping[Path, Path]) -> None:
        """Take where the resource stands, and where in it the parts of the object do."""
        super().__init__(outer, path)
        self._places = places

    def note(self, path: Path) -> Message:
        """Say in which block a list of the object is written, where the resource has none yet."""
        block = next((block for block, name in _LISTS.items() if path[-1:] == (name,)), "")
        return say("in a {block} block", block=block) if block and path not in self._places else super().note(path)

    def _at(self, path: Path) -> Path:
        known = next((path[:n] for n in range(len(path), 0, -1) if path[:n] in self._places), ())
        return super()._at((*self._places.get(known, ()), *path[len(known) :]))


def spelled(resource: str, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[Path, Path]]:
    """Return the object that a resource makes, and where in the resource its parts stand.

    Args:
        resource: the type of the resource.
        values: its arguments, with blocks as lists of maps.

    """
    version, kind = SPELLED[resource]
    places: dict[Path, Path] = {}
    found = {"apiVersion": version, "kind": kind, **_map(values, (), (), places)}
    if kind in _SELECT and isinstance(found.get("spec"), dict):
        found["spec"].setdefault("selector", {})
    return found, places


def _map(values: Mapping[str, Any], at: Path, source: Path, places: dict[Path, Path]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in values.items():
        name = _LISTS.get(key) or camel(key)
        if value is None or value == "" or key not in _KNOWN:
            continue
        places[*at, name] = (*source, key)
        if key in _LISTS or (key == _TERMS and at[-1:] == ("podAntiAffinity",)):
            items = value if isinstance(value, list) else [value]
            out[name] = [_block(item, (*at, name, i), (*source, key, i), places) for i, item in enumerate(items)]
        elif key in _MAPS or not isinstance(value, list | dict) or key in _TEXTS:
            is_number = key in _NUMBERS and isinstance(value, str) and value.isdecimal()
            out[name] = integer(value) if is_number else value
        elif isinstance(value, dict):
            out[name] = _block(value, (*at, name), (*source, key), places)
        elif value:  # a block of which there is one at the most
            out[name] = _block(value[0], (*at, name), (*source, key, 0), places)
    return out


def _block(value: Any, at: Path, source: Path, places: dict[Path, Path]) -> Any:  # noqa: ANN401 - a value
    places[at] = source
    # A block without any argument is null in the plan of Terraform.
    return _map(value or {}, at, source, places) if isinstance(value, dict | None) else value


_KNOWN = frozenset(_LISTS) | _TEXTS | _MAPS | _NUMBERS | _OTHERS
