"""Write the plan of a sized pool. Facts that the user did not state are absent, or placeholder ids."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from eniplan.catalog.sizing import asked
from eniplan.emit.yaml_text import dump
from eniplan.messages import count, say, together
from eniplan.plan.schema import API_VERSION
from eniplan.text import printable
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eniplan.catalog.sizing import Request, Size

POOL = "exclusive"
NETWORK = "exclusive-eni"


class Facts(NamedTuple):
    """Facts of the cluster from the command line."""

    terway: str
    zones: tuple[str, ...]
    dual: bool
    erdma: bool | None


def sized_plan(instance_type: str, size: Size, request: Request, facts: Facts) -> dict[str, Any]:
    """Return the plan as values: one pool of one type, its PodNetworking, and its pods."""
    nodes = [f"your-vsw-nodes-{zone}" for zone in facts.zones]
    pods = [f"your-vsw-pods-{zone}" for zone in facts.zones]
    network = {"vSwitchIds": pods, "securityGroupIds": ["your-sg-pods"]}
    pool: dict[str, Any] = {
        "name": POOL,
        "instanceTypes": [instance_type],
        "vSwitchIds": nodes,
        "desiredSize": size.nodes,
    }
    if len(facts.zones) > 1:
        pool["multiAzPolicy"] = "BALANCE"  # the default policy fills one zone after the other
    if request.daemon_pods:
        pool["systemPodsPerNode"] = request.daemon_pods
    return {
        "apiVersion": API_VERSION,
        "cluster": {
            "ipStack": "dual" if facts.dual else "ipv4",
            "terway": {"version": facts.terway} | ({} if facts.erdma is None else {"erdma": facts.erdma}),
            "vSwitches": [
                *({"id": name, "zone": zone} for name, zone in zip(nodes, facts.zones, strict=True)),
                *_pod_v_switches(pods, facts),
            ],
            "securityGroups": [{"id": "your-sg-pods", "type": "enterprise"}],
            "podDefaults": network,
        },
        "nodePools": [pool],
        "podNetworkings": [
            {"name": NETWORK, "nodePools": [POOL], "podSelector": {"matchLabels": {"network": NETWORK}}, **network}
        ],
        "workloads": [
            {
                "name": "your-app",
                "kind": "Deployment",
                "replicas": request.pods,
                "nodePool": POOL,
                "podNetworking": NETWORK,
            }
        ],
    }


def _pod_v_switches(names: Sequence[str], facts: Facts) -> list[dict[str, str]]:
    found = [{"id": name, "zone": zone} for name, zone in zip(names, facts.zones, strict=True)]
    if facts.dual:
        # 2001:db8::/32 is reserved for documentation (RFC 3849).
        found = [{**v_switch, "ipv6Cidr": f"2001:db8:0:{i:x}::/64"} for i, v_switch in enumerate(found, 1)]
    return found


def sized_plan_text(instance_type: str, size: Size, request: Request, facts: Facts, specs: str) -> str:
    """Return the plan as YAML, with a comment on its assumptions and what to fill in.

    Rules can judge it unchanged; `to_fill_in` turns it into the plan that users get.
    """
    head = (
        together((
            say("{pods} on {nodes} of {type}, {size} on each", type=instance_type, size=size.pods_per_node,
                pods=count(request.pods, "{n} exclusive pod", "{n} exclusive pods"),
                nodes=count(size.nodes, "{n} node", "{n} nodes")),
            *asked(request),
        )),
        say("Sized with the specs of {specs}. Fill in the <angle brackets>.", specs=specs),
        say("In each zone the vSwitch for pods needs {pods} free addresses, that for nodes {nodes}:",
            pods=size.pod_addresses_per_zone, nodes=size.nodes_per_zone),
        say("state them as availableIps, and `eniplan check` compares."),
    )  # fmt: skip
    comments = "".join(f"# {printable(line)}\n" for line in head)
    return comments + dump(sized_plan(instance_type, size, request, facts))


def to_fill_in(text: str) -> str:
    """Return the plan with placeholders that a check refuses, like those of `init`."""
    text = re.sub(r"\byour-([\w.-]+)", r"<\1>", text)
    return re.sub(r'(?<=ipv6Cidr: )"?2001:db8:\S+', "<IPv6 CIDR>", text)
