"""Write the dump of a large healthy cluster: `python bench/clusters.py FILE NODES PODS`.

It has the form of `kubectl get ... -A -o json`, with indentation and all fields of real pods, so its size is that of a
real dump: about 7 kB per pod. Seven pods of each node have an exclusive ENI; the others are hostNetwork pods.
"""

from __future__ import annotations

import copy
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eniplan.rules.examples_cluster import CLUSTER, node, pod, pod_eni, system_pod

if TYPE_CHECKING:
    from collections.abc import Iterator

ENIS = 7
_CONDITIONS = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
_SIDE_FIELDS: dict[str, Any] = {
    "env": [{"name": f"SETTING_{n}", "value": f"value-{n}-of-the-application"} for n in range(12)],
    "livenessProbe": {"failureThreshold": 3, "httpGet": {"path": "/healthz", "port": 8080, "scheme": "HTTP"}},
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
    "volumeMounts": [{"mountPath": f"/var/lib/data-{n}", "name": f"data-{n}", "readOnly": True} for n in range(6)],
}
"""Other fields of a real pod's container, which `verify` does not read."""


def objects(nodes: int, pods: int) -> Iterator[dict[str, Any]]:
    """Yield all objects of the cluster."""
    names = [f"cn-hangzhou.10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(nodes)]
    for name in names:
        yield node(name)
    for number in range(pods):
        name = names[number % nodes]
        exclusive = number < nodes * ENIS
        found = real_pod(number, name, exclusive=exclusive)
        if number // nodes == ENIS:  # one hostNetwork pod per node is Terway's own
            own = system_pod("DaemonSet", "terway-eniip", name)
            found["metadata"] = {**own["metadata"], "name": f"terway-eniip-{number}"}
            found["spec"]["initContainers"] = own["spec"]["initContainers"]
        yield found
        if exclusive:
            yield pod_eni(number, name)
    for kind in ("podNetworkings", "events", "daemonSets", "configMaps"):
        yield from CLUSTER[kind]


def real_pod(number: int, on: str, *, exclusive: bool) -> dict[str, Any]:
    """Return a pod with all fields that the API server returns."""
    found = copy.deepcopy(pod(number, on, **({} if exclusive else {"hostNetwork": True})))
    spec = found["spec"]
    container = {**spec["containers"][0], **_SIDE_FIELDS}
    spec.update(
        containers=[container, {**container, "name": "sidecar", "resources": {}}],
        volumes=[{"configMap": {"defaultMode": 420, "name": f"settings-{n}"}, "name": f"data-{n}"} for n in range(6)],
        dnsPolicy="ClusterFirst", priority=0, restartPolicy="Always", schedulerName="default-scheduler",
        tolerations=[
            {"effect": "NoExecute", "key": f"node.kubernetes.io/{what}", "operator": "Exists", "tolerationSeconds": 300}
            for what in ("not-ready", "unreachable")
        ] + spec["tolerations"],
    )  # fmt: skip
    since = "2026-11-23T01:02:03Z"
    found["status"].update(
        conditions=[{"lastProbeTime": None, "lastTransitionTime": since, "status": "True", "type": kind}
                    for kind in _CONDITIONS],
        containerStatuses=[
            {"containerID": f"containerd://{number:064x}", "image": "matcher", "name": name, "ready": True,
             "imageID": f"matcher@sha256:{number:064x}", "restartCount": 0, "started": True,
             "state": {"running": {"startedAt": since}}}
            for name in ("app", "sidecar")
        ],
        hostIP="10.0.0.1", podIPs=[{"ip": found["status"]["podIP"]}], qosClass="Burstable", startTime=since,
    )  # fmt: skip
    return found


def write(file: Path, nodes: int, pods: int) -> None:
    """Write the dump, one object at a time."""
    with file.open("w", encoding="utf-8") as out:
        out.write('{\n    "apiVersion": "v1",\n    "items": [')
        for index, item in enumerate(objects(nodes, pods)):
            text = json.dumps(item, indent=4, sort_keys=True).replace("\n", "\n        ")
            out.write(("," if index else "") + "\n        " + text)
        out.write('\n    ],\n    "kind": "List",\n    "metadata": {\n        "resourceVersion": ""\n    }\n}\n')


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
