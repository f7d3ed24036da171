"""Taints and tolerations, as Kubernetes' scheduler decides them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan.plan.model import LINGJUN_TAINT_KEY, Taint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eniplan.plan.model import NodePool


def pool_taints(pool: NodePool) -> tuple[Taint, ...]:
    """Return all taints of the pool's nodes, Lingjun's own included."""
    own = pool.effective_taints
    return (*own, Taint(LINGJUN_TAINT_KEY, "", "NoSchedule")) if pool.is_lingjun else own


def tolerates(toleration: Mapping[str, object], taint: Taint) -> bool:
    """Return whether a toleration tolerates a taint."""
    if toleration.get("effect") not in {None, "", taint.effect}:
        return False
    key = toleration.get("key") or ""
    if (toleration.get("operator") or "Equal") == "Exists":
        return key in {"", taint.key}
    return key == taint.key and (toleration.get("value") or "") == taint.value
