"""The rules. Pure: no I/O, no printing, no SDK. One file per area; `base` says what a rule is."""

from __future__ import annotations

from eniplan.rules import ds, eni, live, lj, net, np, pn, tw, wl, wv
from eniplan.rules.base import Rule

ALL: tuple[Rule, ...] = tuple(
    item
    for module in (eni, ds, tw, lj, np, net, pn, wl, live, wv)
    for item in vars(module).values()
    if isinstance(item, Rule)
)
"""Every rule, in the order of the rule reference."""
BY_ID: dict[str, Rule] = {rule.id: rule for rule in ALL}
