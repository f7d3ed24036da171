"""Write many different plans that pass: `python bench/plans.py DIR FILES POOLS_PER_FILE`.

The same arguments produce the same files. They are as varied as real plans (zones, families, auto scaling,
PodNetworkings, several workloads), because a budget measured with a thousand copies of one plan means little.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

SPECS = Path(__file__).resolve().parent.parent / "instance_specs"
REGIONS = {"cn-hangzhou": "hijk", "cn-shanghai": "befl", "cn-beijing": "hijl", "ap-southeast-1": "abc"}
TEAMS = ("trading", "streaming", "gaming", "bigdata", "iot", "ads", "risk", "voice")
LEAST_ENIS = 8
LEAST_VCPUS = 4
MOST_ENIS = 32
FULL_POOL = 10
"""Maximum instance types of one pool in the API."""

Map = dict[str, Any]


def usable_types() -> list[Map]:
    """Return the types without findings: enough ENIs, on sale, one fresh source."""
    disputed = {json.loads(line)["InstanceTypeId"] for line in _lines("conflicts.jsonl")}
    return [
        row
        for row in map(json.loads, _lines("ecs.jsonl"))
        if LEAST_ENIS <= row.get("EniQuantity", 0) <= MOST_ENIS
        and row["OnSale"]
        and row["LimitsStatus"] == "documented"
        and row["InstanceTypeId"] not in disputed
        and set(row["Sources"].values()) <= {"overview-2026-06", "collection-2026-07"}
        and row["CpuCoreCount"] >= LEAST_VCPUS
    ]


def _lines(name: str) -> list[str]:
    return (SPECS / name).read_text(encoding="utf-8").splitlines()


def has_parity(row: Map) -> bool:
    """Return whether a type fits a dual-stack cluster."""
    ipv6 = row.get("EniIpv6AddressQuantity")
    return ipv6 is not None and bool(ipv6 == row.get("EniPrivateIpAddressQuantity"))


class Writer:
    """Makes plans; the number of a plan seeds its random generator."""

    def __init__(self) -> None:
        """Read the instance data once."""
        ipv4 = usable_types()
        dual = [row for row in ipv4 if has_parity(row)]
        self._types = {"ipv4": ipv4, "dual": dual}
        self._families = {stack: _small_families(rows) for stack, rows in self._types.items()}

    def plan(self, number: int, pools: int) -> Map:
        """Return plan `number` with this many pools."""
        dice = random.Random(number)  # noqa: S311 - variety, not secrets
        region = dice.choice(list(REGIONS))
        zones = [f"{region}-{letter}" for letter in dice.sample(REGIONS[region], dice.randint(1, 3))]
        stack = dice.choice(("ipv4", "ipv4", "dual"))
        v_switches = [v for i, zone in enumerate(zones) for v in _v_switches(number, i, zone)]
        plan: Map = {
            "apiVersion": "eniplan/v1",
            "cluster": {
                "id": f"c{number:032x}",
                "region": region,
                "kubernetesVersion": dice.choice(("1.32.7-aliyun.1", "1.33.3-aliyun.1", "1.34.3-aliyun.1")),
                "ipStack": stack,
                "terway": {
                    "version": dice.choice(("v1.15.2", "v1.16.4", "v1.17.5")),
                    "ipamType": "crd",
                    "erdma": False,
                    "networkPolicy": False,
                    "virtualType": "veth",
                    "customCniChain": False,
                },
                "vpcId": f"vpc-{number}",
                "vSwitches": v_switches,
                "securityGroups": [
                    {"id": f"sg-{role}-{number}", "type": "enterprise", "vpcId": f"vpc-{number}"}
                    for role in ("nodes", "pods")
                ],
                "podDefaults": {
                    "vSwitchIds": [v["id"] for v in v_switches if "pods" in v["id"]],
                    "securityGroupIds": [f"sg-pods-{number}"],
                },
            },
            "nodePools": [],
            "podNetworkings": [],
            "workloads": [],
        }
        for index in range(pools):
            self._add_pool(plan, dice, number, f"{dice.choice(TEAMS)}-{index}")
        return plan

    def _add_pool(self, plan: Map, dice: random.Random, number: int, name: str) -> None:
        cluster = plan["cluster"]
        zones = list(dict.fromkeys(v["zone"] for v in cluster["vSwitches"]))
        mine = dice.sample(zones, dice.randint(1, len(zones)))
        nodes = dice.randint(1, 5)
        pool: Map = {
            "name": name,
            **self._types_for(cluster["ipStack"], dice),
            "vSwitchIds": [v["id"] for v in cluster["vSwitches"] if "nodes" in v["id"] and v["zone"] in mine],
            "securityGroupIds": [f"sg-nodes-{number}"],
            **({"autoScaling": {"min": nodes, "max": nodes + 2}} if dice.random() < 0.3 else {"desiredSize": nodes}),  # noqa: PLR2004
            "labels": {"team": name.partition("-")[0], "cost-center": str(dice.randint(1000, 9999))},
            "systemDisk": {"category": "cloud_essd", "size": dice.choice((80, 120, 200)), "performanceLevel": "PL1"},
            "keyPair": "ops",
        }
        if len(mine) > 1:
            pool["multiAzPolicy"] = dice.choice(("PRIORITY", "BALANCE"))
        plan["nodePools"].append(pool)
        networking = f"{name}-eni"
        if dice.random() < 0.7:  # noqa: PLR2004 - most pools have one
            plan["podNetworkings"].append(
                {
                    "name": networking,
                    "nodePools": [name],
                    "podSelector": {"matchLabels": {"network": networking}},
                    "vSwitchIds": [v["id"] for v in cluster["vSwitches"] if "pods" in v["id"] and v["zone"] in mine],
                    "securityGroupIds": [f"sg-pods-{number}"],
                }
            )
        else:
            networking = ""
        for part in range(dice.randint(1, 2)):
            workload = {
                "name": f"{name}-{part}",
                "namespace": name.partition("-")[0],
                "kind": dice.choice(("Deployment", "StatefulSet")),
                # Every node has room for at least seven pods.
                "replicas": dice.randint(1, 3 * nodes),
                "nodePool": name,
            }
            plan["workloads"].append({**workload, "podNetworking": networking} if networking else workload)

    def _types_for(self, stack: str, dice: random.Random) -> Map:
        if dice.random() < 0.1:  # noqa: PLR2004 - now and then a whole family
            return {"instanceFamilies": [dice.choice(self._families[stack])]}
        return {"instanceTypes": [r["InstanceTypeId"] for r in dice.sample(self._types[stack], dice.randint(1, 3))]}


def _v_switches(number: int, index: int, zone: str) -> list[Map]:
    return [
        {
            "id": f"vsw-{role}-{number}-{index}",
            "zone": zone,
            "vpcId": f"vpc-{number}",
            "ipv6Cidr": f"2408:4005:{number:x}:{2 * index + offset:x}::/64",
            "availableIps": addresses,
        }
        for offset, (role, addresses) in enumerate((("nodes", 1000), ("pods", 16000)))
    ]


def _small_families(rows: list[Map]) -> list[str]:
    counts = Counter(row["InstanceTypeFamily"] for row in rows)
    whole = Counter(json.loads(line)["InstanceTypeFamily"] for line in _lines("ecs.jsonl"))
    # Plans with larger families would not pass.
    return sorted(name for name in counts if whole[name] <= FULL_POOL)


def main(folder: str, files: str, pools: str) -> None:
    """Write the plans."""
    writer = Writer()
    for number in range(int(files)):
        text = yaml.dump(writer.plan(number, int(pools)), Dumper=yaml.CSafeDumper, sort_keys=False)
        # A tree of folders, like in a repository of many teams.
        file = Path(folder) / f"{number // 100:02}" / f"plan-{number:04}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
