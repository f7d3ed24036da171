"""Filters against a brute force over the lines of the data file, which knows nothing of eniplan's code."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eniplan.catalog.record import InstanceType
from eniplan.catalog.select import Range, Wanted, range_from, select
from tests.harness import REPO
from tests.judge import catalog, own, row

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in (REPO / "instance_specs" / "ecs.jsonl").read_text().splitlines()
]
FAMILIES = sorted({r["InstanceTypeFamily"] for r in ROWS})


def pods_of(r: dict[str, Any], mode: str) -> int | None:
    """Return the pods per node, worked out from the columns of the data file."""
    enis, addresses, total = r.get("EniQuantity"), r.get("EniPrivateIpAddressQuantity"), r.get("EniTotalQuantity")
    trunk = r.get("EniTrunkSupported")
    if mode == "trunk" and trunk is False:
        return 0
    if enis is None:
        return None
    number: int | None = enis - 1
    if mode == "shared":
        number = None if addresses is None else (enis - 1) * addresses
    elif mode == "trunk":
        number = None if None in (total, trunk) else total - enis
    return number


def between(value: float | None, least: float, most: float) -> bool:
    return value is not None and least <= value <= most


def found(wanted: Wanted) -> set[str]:
    return {record.InstanceTypeId for record in select(catalog().all(), wanted).fitting}


Ask = tuple[Wanted, "Callable[[dict[str, Any]], bool]"]


def each_filter() -> dict[str, Ask]:
    return {
        "nothing": (Wanted(), lambda _: True),
        "family": (Wanted(families=("ecs.g8i", "ecs.c5")), lambda r: r["InstanceTypeFamily"] in ("ecs.g8i", "ecs.c5")),
        "vcpus": (Wanted(vcpus=Range(8, 32)), lambda r: between(r.get("CpuCoreCount"), 8, 32)),
        "vcpus from": (Wanted(vcpus=Range(96, None)), lambda r: between(r.get("CpuCoreCount"), 96, 10**9)),
        "memory to": (Wanted(memory=Range(None, 0.5)), lambda r: between(r.get("MemorySize"), 0, 0.5)),
        "x86": (Wanted(arch="x86"), lambda r: r.get("CpuArchitecture") == "X86"),
        "arm": (Wanted(arch="arm"), lambda r: r.get("CpuArchitecture") == "ARM"),
        "gpus": (Wanted(gpus=Range(1, None)), lambda r: r.get("GPUAmount", 0) >= 1),
        "bandwidth of an ENI": (Wanted(min_eni_bandwidth=2), lambda r: (bandwidth_of_eni(r) or 0) >= 2),
        "on sale": (Wanted(on_sale=True), lambda r: r.get("OnSale") is True),
        "exclusive pods": (Wanted(min_pods=7), lambda r: (pods_of(r, "exclusive") or 0) >= 7),
        "with eRDMA": (Wanted(min_pods=7, erdma=True), with_erdma(7)),
        "shared": (Wanted(mode="shared"), lambda r: pods_of(r, "shared") != 0),
        "shared pods": (Wanted(mode="shared", min_pods=100), lambda r: (pods_of(r, "shared") or 0) >= 100),
        "trunk": (Wanted(mode="trunk"), lambda r: pods_of(r, "trunk") != 0),
        "trunk pods": (Wanted(mode="trunk", min_pods=1), lambda r: (pods_of(r, "trunk") or 0) >= 1),
    }


def bandwidth_of_eni(r: dict[str, Any]) -> float | None:
    base = re.match(r"[0-9.]+", r.get("NetworkBandwidthGbps", ""))
    return float(base[0]) / r["EniQuantity"] if base and "EniQuantity" in r else None


def with_erdma(least: int) -> Callable[[dict[str, Any]], bool]:
    def fits(r: dict[str, Any]) -> bool:
        enis = r.get("EniQuantity", 0)
        # An unknown number of eRDMA interfaces counts as if one took its slot; instances of two ENIs get none.
        slot = 1 if r.get("EriQuantity", 1) > 0 and enis >= 3 else 0
        return bool(enis - 1 - slot >= least)

    return fits


@pytest.mark.parametrize("name", each_filter())
def test_a_filter_is_what_brute_force_says(name: str) -> None:
    wanted, fits = each_filter()[name]
    assert found(wanted) == {r["InstanceTypeId"] for r in ROWS if fits(r)}


NUMBERS = st.none() | st.integers(0, 200)


@st.composite
def ranges(draw: st.DrawFn) -> Range | None:
    least, most = draw(NUMBERS), draw(NUMBERS)
    if least is None and most is None:
        return None
    return Range(least, most)


@given(
    st.builds(
        Wanted,
        mode=st.sampled_from(["exclusive", "shared", "trunk"]),
        families=st.lists(st.sampled_from(FAMILIES), max_size=3).map(tuple),
        vcpus=ranges(),
        memory=ranges(),
        arch=st.none() | st.sampled_from(["x86", "arm"]),
        min_pods=st.none() | st.integers(0, 80),
        on_sale=st.booleans(),
        gpus=st.none(),
        gpu_model=st.none(),
        erdma=st.sampled_from([False]),
    )
)
@settings(max_examples=40)
def test_filters_together_are_what_brute_force_says(wanted: Wanted) -> None:
    def in_range(value: float | None, bounds: Range | None) -> bool:
        if bounds is None:
            return True
        low = 0 if bounds.least is None else bounds.least
        return between(value, low, float("inf") if bounds.most is None else bounds.most)

    def fits(r: dict[str, Any]) -> bool:
        pods = pods_of(r, wanted.mode)
        return (
            (not wanted.families or r["InstanceTypeFamily"] in wanted.families)
            and in_range(r.get("CpuCoreCount"), wanted.vcpus)
            and in_range(r.get("MemorySize"), wanted.memory)
            and (wanted.arch is None or r.get("CpuArchitecture", "").lower() == wanted.arch)
            and (not wanted.on_sale or r.get("OnSale") is True)
            and (wanted.min_pods is None or (pods is not None and pods >= wanted.min_pods))
            and (wanted.mode == "exclusive" or pods != 0)
        )

    assert found(wanted) == {r["InstanceTypeId"] for r in ROWS if fits(r)}


def test_the_bandwidth_of_an_eni_that_nobody_knows_is_counted() -> None:
    without = sum(bandwidth_of_eni(r) is None for r in ROWS)
    assert 0 < without < len(ROWS)
    assert select(catalog().all(), Wanted(min_eni_bandwidth=0.001)).unknown == {"bandwidth per ENI": without}


def test_what_is_not_known_is_left_out_and_counted() -> None:
    without = sum("CpuArchitecture" not in r for r in ROWS)
    assert select(catalog().all(), Wanted(arch="arm")).unknown == {"CpuArchitecture": without}
    assert select(catalog().all(), Wanted(gpus=Range(1, None))).unknown == {
        "GPUAmount": sum("GPUAmount" not in r and "GPUFraction" not in r for r in ROWS)
    }
    assert select(catalog().all(), Wanted()).unknown == {}


def test_what_fails_anyway_is_not_counted_as_unknown() -> None:
    """Its architecture is not known, and that does not matter: its family is another."""
    assert select(catalog().all(), Wanted(families=("ecs.g8i",), arch="arm")).unknown == {}
    both = select(catalog().all(), Wanted(families=("ecs.c4",), gpus=Range(1, None), arch="x86"))
    assert both.unknown == {"CpuArchitecture": sum(r["InstanceTypeFamily"] == "ecs.c4" for r in ROWS)}


def test_numbers_of_a_users_own_file(tmp_path: Path) -> None:
    specs = own(
        tmp_path,
        row(EniQuantity=9, GPUAmount=4),
        row(InstanceTypeId="ecs.mine.none", GPUAmount=0),
        row(InstanceTypeId="ecs.mine.unknown"),
    )
    selection = select((specs.get(n) for n in specs.names() if n.startswith("ecs.mine")), Wanted(gpus=Range(1, 8)))  # type: ignore[misc]  # all of them are known
    assert [record.InstanceTypeId for record in selection.fitting] == ["ecs.mine.8xlarge"]
    assert selection.unknown == {"GPUAmount": 1}


def test_an_unknown_capacity_is_not_zero() -> None:
    nothing = InstanceType.from_map({"InstanceTypeId": "ecs.mine.large"})
    assert select([nothing], Wanted(mode="trunk")).fitting == (nothing,)
    assert select([nothing], Wanted(mode="shared", min_pods=0)).unknown == {"shared pods per node": 1}


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("8", Range(8, 8)), ("8..32", Range(8, 32)), ("8..", Range(8, None)), ("..32", Range(None, 32)),
        ("0.5", Range(0.5, 0.5)), ("1.5..3.5", Range(1.5, 3.5)), ("0", Range(0, 0)), ("7..7", Range(7, 7)),
        ("", None), ("..", None), ("x", None), ("32..8", None), ("8...32", None), ("-1", None), ("8-32", None),
        ("8.", None), ("1e3", None), ("٨", None), (" 8", None), ("8..32\n", None),
    ],
)  # fmt: skip
def test_ranges(text: str, bounds: Range | None) -> None:
    assert range_from(text) == bounds


@given(st.none() | st.floats(0, 300), st.none() | st.floats(0, 300), st.floats(0, 300))
def test_a_range_holds_its_ends(least: float | None, most: float | None, value: float) -> None:
    bounds = Range(least, most)
    assert bounds.holds(value) == ((least is None or least <= value) and (most is None or value <= most))
    assert bounds.holds(None) is None


def test_models_and_shares_of_gpus() -> None:
    t4 = found(Wanted(gpu_model="t4"))
    assert {"ecs.gn6i-c4g1.xlarge", "ecs.vgn6i-m4-vws.xlarge"} <= t4
    assert (
        t4
        == {r["InstanceTypeId"] for r in ROWS if r.get("GPUSpec") == "NVIDIA T4"}
        == found(Wanted(gpu_model="NVIDIA T4"))
    )
    assert found(Wanted(gpu_model="T")) == set()
    quarter = found(Wanted(gpus=Range(0.25, 0.25), gpu_model="T4"))
    assert quarter == {"ecs.vgn6i-m4-vws.xlarge", "ecs.vgn6i-m4.xlarge"}
    api_says_one = InstanceType.from_map({"InstanceTypeId": "ecs.a.large", "GPUAmount": 1, "GPUFraction": "1/4"})
    assert api_says_one.gpus == 0.25
