"""The formulas that Terway uses. No other file computes a limit.

Source: Terway pkg/aliyun/client/limit.go:59-94, pkg/eni/node_reconcile.go:189-213 and 338-355,
pkg/controller/node/node.go:437-526 at commit 89aadf8b. If an input is None (unknown), so is the result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from eniplan.catalog.record import InstanceType, LingjunNodeType

FORBIDDEN_ENIS = 6
"""Up to this EniQuantity, every document forbids exclusive mode (EXCL: more than six ENIs; ADD: pods above 5)."""
DISPUTED_ENIS = 7
"""Allowed by EXCL and ADD, forbidden by WWT (pods above 6)."""
ERDMA_MIN_ENIS = 3
"""Terway gives eRDMA no slot when an instance has two ENIs or fewer."""


class Capacity(NamedTuple):
    """Pods per node in each mode; None where a limit is unknown."""

    exclusive: int | None
    """Pods with their own ENI. If the number of eRDMA interfaces is unknown: the smaller result."""
    shared: int | None
    """Pods on shared ENIs (trunk member ENIs not counted)."""
    trunk: int | None
    """Pods with a trunk member ENI."""


UNKNOWN = Capacity(None, None, None)

_MADE_OF = {
    "exclusive": ("EniQuantity",),
    "shared": ("EniQuantity", "EniPrivateIpAddressQuantity"),
    "trunk": ("EniQuantity", "EniTotalQuantity", "EniTrunkSupported"),
}


def made_of(mode: str, *, erdma: bool) -> tuple[str, ...]:
    """Return the limits that determine the pods per node in a mode."""
    return (*_MADE_OF[mode], *(("EriQuantity", "EriStated") if erdma and mode == "exclusive" else ()))


def exclusive_pods(enis: int | None) -> int | None:
    """EniQuantity - 1: the primary ENI belongs to the node (`ExclusiveENIPod`)."""
    return None if enis is None else max(enis - 1, 0)


def shared_pods(enis: int | None, ipv4_per_eni: int | None) -> int | None:
    """(EniQuantity - 1) x IPv4 per ENI (`MultiIPPod`)."""
    return None if enis is None or ipv4_per_eni is None else max(enis - 1, 0) * ipv4_per_eni


def trunk_pods(enis: int | None, total_enis: int | None, trunk_supported: bool | None) -> int | None:  # noqa: FBT001 - an API field
    """EniTotalQuantity - EniQuantity, 0 without trunk support (`TrunkPod`)."""
    if trunk_supported is False:
        return 0
    if enis is None or total_enis is None or trunk_supported is None:
        return None
    return max(total_enis - enis, 0)


def eni_bandwidth(record: InstanceType) -> float | None:
    """Return the Gbit/s per ENI when all ENIs of an instance are busy: base bandwidth / EniQuantity."""
    if not record.EniQuantity or record.bandwidth is None:
        return None
    return float(record.bandwidth[0]) / record.EniQuantity


def erdma_slot(record: InstanceType) -> int | None:
    """Return the exclusive-pod slots that `enable_erdma` uses on a type: 0 or 1; None if unknown.

    If eRDMA gets an ENI at all (`ERDMARes`), an exclusive node gives up one slot, however many eRDMA interfaces it has
    (node_reconcile.go:200-208).
    """
    if record.EniQuantity is None or (record.EriQuantity is None and not record.eri_stated):
        return None
    has_interfaces = record.EriQuantity is None or record.EriQuantity > 0
    return int(has_interfaces and record.EniQuantity >= ERDMA_MIN_ENIS)


def capacity(record: InstanceType | None, *, erdma: bool) -> Capacity:
    """Return the pods per node of an ECS type in each mode."""
    if record is None:
        return UNKNOWN
    exclusive = exclusive_pods(record.EniQuantity)
    if exclusive is not None and erdma:
        slot = erdma_slot(record)
        exclusive = max(exclusive - (1 if slot is None else slot), 0)
    return Capacity(
        exclusive,
        shared_pods(record.EniQuantity, record.EniPrivateIpAddressQuantity),
        trunk_pods(record.EniQuantity, record.EniTotalQuantity, record.EniTrunkSupported),
    )


def lingjun_pods(record: LingjunNodeType | None) -> int | None:
    """Return the exclusive pods of a Lingjun node.

    The documents say LeniQuota - 1, but Terway's code subtracts nothing if a type has only high-density ENIs, and so
    must run in exclusive mode. The code decides.
    """
    if record is None or record.EniQuantity is None:
        return None
    dense = record.EniHighDenseQuantity or 0
    return dense if record.EniQuantity <= 1 and dense > 0 else exclusive_pods(record.EniQuantity)


def has_parity(record: InstanceType) -> bool | None:
    """Return whether a type has as many IPv6 as IPv4 addresses per ENI, and more than 0; None if unknown."""
    ipv4, ipv6 = record.EniPrivateIpAddressQuantity, record.EniIpv6AddressQuantity
    return None if ipv4 is None or ipv6 is None else ipv4 == ipv6 > 0
