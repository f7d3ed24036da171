"""The formulas, against Terway's own (limit.go, node_reconcile.go), written down once more from its words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eniplan.catalog import limits
from eniplan.catalog.record import InstanceType, LingjunNodeType

COUNT = st.integers(1, 200)
MAYBE = st.none() | st.integers(0, 200)


class Limits:
    """`client.Limits` of Terway, for an instance type whose numbers are all known."""

    def __init__(self, enis: int, ipv4: int, ipv6: int, total: int, trunk: bool, eri: int) -> None:  # noqa: D107, FBT001, PLR0913, PLR0917 - as in Go
        self.adapters = enis
        self.ipv4 = max(ipv4, 0)
        self.ipv6 = max(ipv6, 0)
        self.member_adapters = total - enis if trunk else 0
        self.erdma = eri

    def exclusive_eni_pod(self) -> int:
        return self.adapters - 1

    def multi_ip_pod(self) -> int:
        return (self.adapters - 1) * self.ipv4

    def trunk_pod(self) -> int:
        return self.member_adapters

    def support_multi_ip_ipv6(self) -> bool:
        return self.ipv4 == self.ipv6

    def support_ipv6(self) -> bool:
        return self.ipv6 > 0

    def erdma_res(self) -> int:
        if self.erdma <= 0 or self.adapters <= 2:
            return 0
        if self.adapters >= 8:
            return min(2, self.erdma)
        return min(1, self.erdma)


def record(**fields: Any) -> InstanceType:  # noqa: ANN401 - any field
    return InstanceType.from_map({"InstanceTypeId": "ecs.x.large", **fields})


@given(COUNT, st.integers(0, 60), st.integers(0, 60), st.integers(0, 200), st.booleans(), st.integers(0, 4))
def test_as_terway_computes(enis: int, ipv4: int, ipv6: int, more: int, trunk: bool, eri: int) -> None:  # noqa: FBT001, PLR0913, PLR0917 - all limits
    oracle = Limits(enis, ipv4, ipv6, enis + more, trunk, eri)
    mine = record(
        EniQuantity=enis, EniPrivateIpAddressQuantity=ipv4, EniIpv6AddressQuantity=ipv6, EniTotalQuantity=enis + more,
        EniTrunkSupported=trunk, EriQuantity=eri,
    )  # fmt: skip
    assert limits.capacity(mine, erdma=False) == (
        oracle.exclusive_eni_pod(), oracle.multi_ip_pod(), oracle.trunk_pod(),
    )  # fmt: skip
    assert limits.has_parity(mine) == (oracle.support_multi_ip_ipv6() and oracle.support_ipv6())
    # On an exclusive node eRDMA takes one slot when it gets an ENI at all (node_reconcile.go:200-208).
    slot = 1 if oracle.erdma_res() else 0
    assert limits.erdma_slot(mine) == slot
    assert limits.capacity(mine, erdma=True).exclusive == max(oracle.exclusive_eni_pod() - slot, 0)


@given(MAYBE, MAYBE, MAYBE, MAYBE, st.none() | st.booleans(), MAYBE, st.booleans())
def test_unknown_stays_unknown_and_nothing_is_negative(  # noqa: PLR0913, PLR0917 - all limits
    enis: int | None, ipv4: int | None, ipv6: int | None, total: int | None,
    trunk: bool | None,  # noqa: FBT001 - a parameter of the test
    eri: int | None,
    erdma: bool,  # noqa: FBT001 - the same
) -> None:  # fmt: skip
    mine = record(
        EniQuantity=enis, EniPrivateIpAddressQuantity=ipv4, EniIpv6AddressQuantity=ipv6, EniTotalQuantity=total,
        EniTrunkSupported=trunk, EriQuantity=eri,
    )  # fmt: skip
    found = limits.capacity(mine, erdma=erdma)
    assert all(count is None or count >= 0 for count in found)
    assert (found.exclusive is None) == (enis is None)
    assert (found.shared is None) == (enis is None or ipv4 is None)
    assert (found.trunk is None) == (trunk is not False and None in (enis, total, trunk))
    assert (limits.has_parity(mine) is None) == (ipv4 is None or ipv6 is None)
    assert (limits.erdma_slot(mine) is None) == (enis is None or eri is None)


@pytest.mark.parametrize(("ipv4", "ipv6", "same"), [(1, 1, True), (0, 0, False), (1, 0, False), (2, 1, False)])
def test_parity_at_its_borders(ipv4: int, ipv6: int, same: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert limits.has_parity(record(EniPrivateIpAddressQuantity=ipv4, EniIpv6AddressQuantity=ipv6)) is same


@pytest.mark.parametrize(("enis", "slot"), [(2, 0), (3, 1), (8, 1)])
def test_a_page_that_says_erdma_without_a_number(enis: int, slot: int) -> None:
    assert limits.erdma_slot(record(EniQuantity=enis, EriStated=True)) == slot


@pytest.mark.parametrize(
    ("name", "enis", "trunk_total", "exclusive", "trunk"),
    [
        ("ecs.g7.4xlarge", 8, None, 7, None),  # the example of the page
        ("ecs.ebmre7p.32xlarge", 32, 110, 31, 78),  # the sample of Terway's own test
    ],
)
def test_published_examples(name: str, enis: int, trunk_total: int | None, exclusive: int, trunk: int | None) -> None:
    mine = record(
        InstanceTypeId=name, EniQuantity=enis, EniTotalQuantity=trunk_total, EniPrivateIpAddressQuantity=15,
        EniTrunkSupported=None if trunk_total is None else True,
    )  # fmt: skip
    assert limits.capacity(mine, erdma=False) == (exclusive, exclusive * 15, trunk)


@pytest.mark.parametrize(
    ("enis", "dense", "pods"),
    [
        (20, None, 19), (20, 63, 19), (4, 0, 3), (1, 8, 8), (1, 16, 16), (0, 16, 16), (1, 0, 0), (1, None, 0),
        (1, 1, 1), (2, 8, 1),
        (None, 16, None), (None, None, None),
    ],
)  # fmt: skip
def test_lingjun(enis: int | None, dense: int | None, pods: int | None) -> None:
    """LeniQuota - 1, but nothing is taken off where all ENIs are high-density ones."""
    node = LingjunNodeType.from_map({"NodeType": "x", "EniQuantity": enis, "EniHighDenseQuantity": dense})
    assert limits.lingjun_pods(node) == pods


@pytest.mark.parametrize(
    ("enis", "eri", "taken"),
    [(3, 0, 0), (3, 1, 1), (3, 2, 1), (2, 1, 0), (7, 2, 1), (8, 1, 1), (8, 2, 1), (8, 3, 1)],
)
def test_slots_that_erdma_takes(enis: int, eri: int, taken: int) -> None:
    assert limits.erdma_slot(record(EniQuantity=enis, EriQuantity=eri)) == taken


def test_trunk_pods_are_what_the_total_has_beyond_the_nodes_own() -> None:
    assert limits.trunk_pods(8, 8, trunk_supported=True) == 0
    assert limits.trunk_pods(8, 6, trunk_supported=True) == 0
    assert limits.trunk_pods(8, 9, trunk_supported=True) == 1
    assert limits.trunk_pods(8, 9, trunk_supported=False) == 0
    assert limits.trunk_pods(8, 9, None) is None


@pytest.mark.parametrize(
    ("mode", "erdma", "fields"),
    [
        ("exclusive", False, ("EniQuantity",)),
        ("exclusive", True, ("EniQuantity", "EriQuantity", "EriStated")),
        ("shared", True, ("EniQuantity", "EniPrivateIpAddressQuantity")),
        ("trunk", True, ("EniQuantity", "EniTotalQuantity", "EniTrunkSupported")),
    ],
)
def test_the_fields_that_a_number_of_pods_rests_on(mode: str, erdma: bool, fields: tuple[str, ...]) -> None:  # noqa: FBT001 - a parameter of the test
    assert limits.made_of(mode, erdma=erdma) == fields
