"""The rules, one file per area. Pure: no I/O, no printing, no SDK. `base` defines what a rule is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan.rules import by_type, ds, eni, live, lj, net, np, pn, tw, wl, wl_pools, wl_room, wv
from eniplan.rules.base import AnyRule, Rule

if TYPE_CHECKING:
    from types import ModuleType

    CLUSTER: tuple[AnyRule, ...]
    """Every rule about a running cluster, in the order in which causes and symptoms are told."""
    BY_ID: dict[str, AnyRule]
    """All rules, in the order of the rule reference."""

_AREAS = ("ENI", "DS", "TW", "LJ", "NP", "NET", "PN", "WL", "LIVE", "WV")


def _place(rule: AnyRule) -> tuple[int, str]:
    return _AREAS.index(rule.id.rstrip("0123456789")), rule.id


def _of(*modules: ModuleType) -> tuple[AnyRule, ...]:
    return tuple(item for module in modules for item in vars(module).values() if isinstance(item, Rule))


ALL = tuple(sorted(_of(by_type, eni, ds, tw, lj, np, net, pn, wl, wl_pools, wl_room, live, wv), key=_place))
"""Every rule about plans, accounts and waivers, in the order of the rule reference."""


def __getattr__(name: str) -> object:
    """Build `CLUSTER` and `BY_ID` on first access: they cost 2 ms, and a check needs neither."""
    if name not in {"CLUSTER", "BY_ID"}:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from eniplan.rules import ver, ver_pods, ver_terway, ver_workloads  # noqa: PLC0415 - see above

    # Causes come before their symptoms: Terway, the nodes, the PodNetworkings, and then the pods.
    cluster = _of(ver_terway, ver, ver_pods, ver_workloads)
    by_id = sorted(cluster, key=lambda rule: rule.id)
    globals().update(CLUSTER=cluster, BY_ID={rule.id: rule for rule in (*ALL, *by_id)})
    return globals()[name]
