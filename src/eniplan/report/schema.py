"""The JSON Schema (draft-07) of the JSON report.

Later versions only add keys, so readers must ignore unknown keys.
"""

from __future__ import annotations

from typing import Any

from eniplan.report.json_format import SCHEMA as NAME
from eniplan.rules.base import LEVELS

SCHEMA_ID = "https://eniplan.dev/schema/report-v1.json"


def _of(kind: str, about: str, **more: object) -> dict[str, Any]:
    return {"type": kind, "description": about, **more}


def _or_null(kind: str, about: str, **more: object) -> dict[str, Any]:
    return {"type": [kind, "null"], "description": about, **more}


def _object(about: str, optional: tuple[str, ...] = (), /, **properties: object) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "description": about, "required": required, "properties": properties}


def _list(items: dict[str, Any], about: str) -> dict[str, Any]:
    return {"type": "array", "description": about, "items": items}


def _map_of(items: dict[str, Any], about: str) -> dict[str, Any]:
    return {"type": "object", "description": about, "additionalProperties": items}


def _count(about: str) -> dict[str, Any]:
    return _of("integer", about, minimum=0)


def _known(about: str) -> dict[str, Any]:
    return _or_null("integer", f"{about} null: not known.", minimum=0)


_TEXT = _of("string", "A rule id.")
_PLACE = {
    "file": _of("string", "The file as named on the command line; - is stdin."),
    "line": _count("From 1; 0 if only the file is known."),
    "column": _count("In characters, from 1; 0 if only the file is known."),
    "path": _of("string", "Key path, such as nodePools[0].name; empty if there is none."),
}
_HINT = _of("string", "What to do next; may be empty.")
_SOURCE = _object(
    "Where a statement or number comes from.",
    title=_of("string", "Title of the page, file or response."),
    url=_or_null("string", "Its address."),
    date=_or_null("string", "The date of the source, or of its retrieval."),
)
_ADDRESSES = _object(
    "Addresses in one vSwitch or zone.",
    needed=_known("Needed by exclusive pods at the desired size."),
    max=_known("Needed by exclusive pods at the largest size."),
    nodes=_count("Needed by the nodes themselves at the desired size."),
    available=_known("Free there."),
)
_SIZES = {"desired": _known("At the desired size."), "max": _known("At the largest size.")}
_PER_TYPE = _known("Pods of one node.")

SCHEMA: dict[str, Any] = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "$id": SCHEMA_ID,
    "title": "eniplan report",
    **_object(
        "The result of a check.",
        ("accounts",),
        schema={"const": NAME, "description": "Version of this format."},
        tool=_object(
            "The program that wrote it.",
            name={"const": "eniplan"},
            version=_of("string", "Version of eniplan."),
        ),
        specs=_object(
            "The instance data used.",
            ("ageDays", "own"),
            date=_of("string", "Date of the bundled data."),
            ageDays=_count("Age of the data in days; absent if less than 180."),
            types=_count("Number of ECS instance types in all layers."),
            own=_object(
                "The user's own data, which overrides the bundled data; absent if there is none.",
                file=_of("string", "The file."),
                date=_or_null("string", "The date of its retrieval, ISO 8601; null: not stated."),
                region=_or_null("string", "The region it was queried from; null: not stated."),
                odd=_list(_of("string", "The type, the field and the value."), "Values that were ignored."),
                kind=_of("string", "Its name in `layers`."),
                beneath=_or_null("object", "The user's own data beneath it."),
            ),
            layers=_map_of(
                _object(
                    "A layer.",
                    file=_or_null("string", "The file, or the account; null: bundled with eniplan."),
                    date=_or_null("string", "The date of the data, ISO 8601; null: not stated."),
                    region=_or_null("string", "The region whose types were all queried; null: none."),
                ),
                "All layers of the data by name, lowest first: `bundled`, data kept by `specs update`, `specs` for "
                "--specs, accounts. If several layers have a value, the highest one wins.",
            ),
        ),
        accounts=_list(
            _object(
                "A queried account.",
                cluster=_or_null("string", "Id of the cluster."),
                region=_of("string", "Id of the queried region."),
                readOn=_of("string", "The date, ISO 8601."),
            ),
            "Only for a check with --live.",
        ),
        inputs=_list(_of("string", "File name; - is stdin."), "The inputs, in order."),
        summary=_object(
            "Counts.",
            **{level: _count(f"Findings of level {level} that are not waived.") for level in LEVELS},
            waived=_count("Waived findings."),
            undecided=_count("Unknown facts."),
            problems=_count("Inputs, or parts of them, that cannot be judged."),
            failing=_count("Findings at or above the level of --fail-on that are not waived."),
            failedBy={
                "enum": ["problems", "findings", "undecided", None],
                "description": "Why the run fails; undecided: unknown facts, with --strict.",
            },
        ),
        exitCode=_of(
            "integer",
            "The exit code of the run: 0 clean, 1 findings, 2 invalid command line, 3 an input cannot be judged, "
            "4 an account cannot be queried.",
        ),
        problems=_list(
            _object(
                "An input, or a part of it, that cannot be judged.",
                **_PLACE,
                message=_of("string", "What is wrong."),
                hint=_HINT,
            ),
            "Ordered by file, line and column.",
        ),
        findings=_list(
            _object(
                "A finding of one rule at one place.",
                ("waiver", "waivedAt"),
                rule=_TEXT,
                level={"enum": list(LEVELS), "description": "Severity."},
                **_PLACE,
                message=_of("string", "What is wrong, with the numbers compared."),
                effect=_of("string", "What happens in the cluster."),
                hint=_HINT,
                fixable={
                    "enum": ["safe", "unsafe", None],
                    "description": "Whether check --fix may fix it, or only with --unsafe-fixes; null: no fix.",
                },
                facts=_of("object", "The numbers compared, by name."),
                sources=_list(_SOURCE, "Sources of the numbers and of the rule."),
                waived=_of("boolean", "Whether it is waived, so that it cannot fail the run."),
                waiver=_of("string", "The reason of the waiver."),
                waivedAt=_object("The place of the waiver.", **_PLACE),
            ),
            "Ordered by file, line, column and rule.",
        ),
        remedies=_map_of(
            _object(
                "How to satisfy a rule.",
                ("plan", "terraform", "manifest", "cluster"),
                do=_of("string", "In a sentence."),
                plan=_of("string", "In a plan."),
                terraform=_of("string", "In alicloud_cs_kubernetes_node_pool."),
                manifest=_of("string", "In a Kubernetes manifest."),
                cluster=_of("string", "A command."),
            ),
            "By rule, for rules with findings.",
        ),
        undecided=_list(
            _object(
                "An unknown fact that rules need.",
                ("others",),
                fact=_of("string", "The fact, in the words of the plan or the API."),
                rules=_list(_TEXT, "The rules that are undecided without it."),
                **_PLACE,
                hint=_HINT,
                others=_list(_object("A place.", **_PLACE), "Other places that lack it."),
            ),
            "Ordered by place; a fact that several inputs lack is listed once.",
        ),
        pools=_list(
            _object(
                "The capacity of one pool.",
                ("proven", "used", "free", "spareNodes", "usedBy"),
                name=_of("string", "Its name."),
                kind=_of("string", "ecs or lingjun."),
                file=_PLACE["file"],
                podsPerNode=_map_of(_PER_TYPE, "Exclusive pods, by instance type."),
                sharedPodsPerNode=_map_of(_PER_TYPE, "Pods of a shared node, by instance type."),
                trunkPodsPerNode=_map_of(_PER_TYPE, "Pods with a trunk ENI, by instance type."),
                layers=_object(
                    "The layers of these three, by instance type; numbers computed from several layers name all of "
                    "them, joined with a plus.",
                    **dict.fromkeys(
                        ("podsPerNode", "sharedPodsPerNode", "trunkPodsPerNode"),
                        _map_of(_of("string", "Names of `specs.layers`."), "By type, if known."),
                    ),
                ),
                nodes=_object("Number of nodes.", **_SIZES),
                exclusivePods=_object("Guaranteed number of exclusive pods.", **_SIZES),
                addresses=_map_of(_ADDRESSES, "By vSwitch."),
                zones=_map_of(_ADDRESSES, "By zone."),
                nodesPerZone=_object("Maximum nodes of one zone.", **_SIZES),
                used=_object("Exclusive ENIs that its pods use; more than it has if they do not fit.", **_SIZES),
                free=_object(
                    "Free exclusive ENIs; negative if there are too few.",
                    desired=_or_null("integer", "At the desired size; null: unknown."),
                    max=_or_null("integer", "At the largest size; null: unknown."),
                ),
                spareNodes=_object(
                    "Nodes that may be lost while all pods still fit; null: they do not fit, or unknown.", **_SIZES
                ),
                usedBy=_list(
                    _object(
                        "Pods that use its ENIs.",
                        name=_of("string", "Name of the workload, or of the kind of pods."),
                        pods=_count("In all, or on each node."),
                        enisPerPod=_count("Exclusive ENIs per pod."),
                        onEveryNode=_of("boolean", "Whether every node has these pods."),
                    ),
                    "In the order of the plan.",
                ),
                proven=_object(
                    "Its observed state in the cluster (verify).",
                    nodes=_count("Nodes of the pool."),
                    ready=_count("Nodes that are Ready."),
                    enis=_known("aliyun/eni that the nodes offer; null for Lingjun nodes, which never offer it."),
                    expected=_known("aliyun/eni that the types of the nodes should offer."),
                    pods=_known("Pods on its exclusive nodes that use an ENI."),
                    bound=_known("Those pods with a bound PodENI."),
                ),
            ),
            "The capacity sheet.",
        ),
        zones=_list(
            _object(
                "Addresses that all pools of a cluster may need in the vSwitches of a zone, for pods and nodes.",
                zone=_of("string", "Id of the zone."),
                vSwitches=_list(_of("string", "Id."), "The vSwitches for pods in the zone."),
                needed=_object(
                    "The minimum, if some pools are unknown.",
                    desired=_count("At the desired size."),
                    max=_count("At the largest size."),
                ),
                available=_known("Free there."),
                pools=_list(_of("string", "Name."), "Pools that need them."),
                unknown=_list(_of("string", "Name."), "Pools whose need is unknown and not counted."),
            ),
            "By zone.",
        ),
    ),
}
"""JSON Schema of a report."""
