"""The JSON Schema (draft-07) of the JSON report.

Keys are only ever added, so a reader must not mind one that it does not know.
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
    "file": _of("string", "The file, as it was named; - is stdin."),
    "line": _count("Counted from 1; 0 when only the file is known."),
    "column": _count("Counted from 1, in characters; 0 when only the file is known."),
    "path": _of("string", "Key path, such as nodePools[0].name; empty when there is none."),
}
_HINT = _of("string", "What to do next; may be empty.")
_SOURCE = _object(
    "Where a statement or number comes from.",
    title=_of("string", "Title of the page, file or response."),
    url=_or_null("string", "Its address."),
    date=_or_null("string", "Its own date, or when it was read."),
)
_ADDRESSES = _object(
    "Addresses in one place.",
    needed=_known("By exclusive pods at the desired size."),
    max=_known("By exclusive pods at the largest size."),
    nodes=_count("By the nodes themselves at the desired size."),
    available=_known("Free there."),
)
_SIZES = {"desired": _known("At the desired size."), "max": _known("At the largest size.")}
_PER_TYPE = _known("Pods of one node.")

SCHEMA: dict[str, Any] = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "$id": SCHEMA_ID,
    "title": "eniplan report",
    **_object(
        "What a check has found.",
        ("accounts",),
        schema={"const": NAME, "description": "Version of this form."},
        tool=_object(
            "Who wrote it.",
            name={"const": "eniplan"},
            version=_of("string", "Version of eniplan."),
        ),
        specs=_object(
            "The instance data that was used.",
            ("ageDays", "own"),
            date=_of("string", "Date of the bundled data."),
            ageDays=_count("How many days old the data is; absent while that is less than 180."),
            types=_count("Number of ECS instance types in all of it."),
            own=_object(
                "The user's own data, which goes before the bundled; absent when there is none.",
                file=_of("string", "The file."),
                date=_or_null("string", "The day on which it was asked for, ISO 8601; null: it does not say."),
                region=_or_null("string", "The region that was asked; null: it does not say."),
                odd=_list(_of("string", "The type, the field and the value."), "Values that were left out."),
                kind=_of("string", "Its name in `layers`."),
                beneath=_or_null("object", "The user's own data beneath it."),
            ),
            layers=_map_of(
                _object(
                    "A layer.",
                    file=_or_null("string", "The file, or the account; null: it came with eniplan."),
                    date=_or_null("string", "The day as of which it stands, ISO 8601; null: it does not say."),
                    region=_or_null("string", "The region that was asked for all types; null: none was."),
                ),
                "All layers of the data by name, the lowest first: `bundled`, what `specs update` has kept, `specs` "
                "for --specs, accounts. Where two say the same of a type, the upper one counts.",
            ),
        ),
        accounts=_list(
            _object(
                "An account that was asked.",
                cluster=_or_null("string", "Id of the cluster."),
                region=_of("string", "Id of the region that was asked."),
                readOn=_of("string", "The day, ISO 8601."),
            ),
            "Only of a check with --live.",
        ),
        inputs=_list(_of("string", "File name; - is stdin."), "What was read, in order."),
        summary=_object(
            "How many of each.",
            **{level: _count(f"Findings of level {level} that are not waived.") for level in LEVELS},
            waived=_count("Findings that a waiver accepts."),
            undecided=_count("Facts that are not known."),
            problems=_count("Inputs, or parts of them, that cannot be judged."),
            failing=_count("Findings that are not waived, of the level of --fail-on or worse."),
            failedBy={
                "enum": ["problems", "findings", "undecided", None],
                "description": "What makes the run fail; undecided: facts that are not known, with --strict.",
            },
        ),
        exitCode=_of(
            "integer",
            "The exit code of the run: 0 clean, 1 findings, 2 the command line is wrong, 3 an input cannot be judged, "
            "4 an account cannot be asked.",
        ),
        problems=_list(
            _object(
                "An input, or a part of it, that cannot be judged.",
                **_PLACE,
                message=_of("string", "What."),
                hint=_HINT,
            ),
            "Ordered by file, line and column.",
        ),
        findings=_list(
            _object(
                "One rule that speaks at one place.",
                ("waiver", "waivedAt"),
                rule=_TEXT,
                level={"enum": list(LEVELS), "description": "How bad it is."},
                **_PLACE,
                message=_of("string", "What is wrong, with the numbers compared."),
                effect=_of("string", "What happens in the cluster."),
                hint=_HINT,
                fixable={
                    "enum": ["safe", "unsafe", None],
                    "description": "Whether check --fix may mend it, or only with --unsafe-fixes.",
                },
                facts=_of("object", "The numbers compared, by name."),
                sources=_list(_SOURCE, "Where they come from, and on what the rule rests."),
                waived=_of("boolean", "Whether a waiver accepts it; then it does not count."),
                waiver=_of("string", "The reason of the waiver."),
                waivedAt=_object("Where the waiver stands.", **_PLACE),
            ),
            "Ordered by file, line, column and rule.",
        ),
        remedies=_map_of(
            _object(
                "What to change so that a rule is content.",
                ("plan", "terraform", "manifest", "cluster"),
                do=_of("string", "In a sentence."),
                plan=_of("string", "In a plan."),
                terraform=_of("string", "In alicloud_cs_kubernetes_node_pool."),
                manifest=_of("string", "In a Kubernetes manifest."),
                cluster=_of("string", "A command."),
            ),
            "By the rules that speak.",
        ),
        undecided=_list(
            _object(
                "A fact that rules need and nobody has stated.",
                ("others",),
                fact=_of("string", "The fact, in the words of the plan or the API."),
                rules=_list(_TEXT, "The rules that wait for it."),
                **_PLACE,
                hint=_HINT,
                others=_list(_object("A place.", **_PLACE), "Where else it is not stated."),
            ),
            "By place; a fact that several inputs leave open stands once.",
        ),
        pools=_list(
            _object(
                "What one pool can carry.",
                ("proven", "used", "free", "spareNodes", "usedBy"),
                name=_of("string", "Its name."),
                kind=_of("string", "ecs or lingjun."),
                file=_PLACE["file"],
                podsPerNode=_map_of(_PER_TYPE, "Exclusive pods, by instance type."),
                sharedPodsPerNode=_map_of(_PER_TYPE, "Pods of a shared node, by instance type."),
                trunkPodsPerNode=_map_of(_PER_TYPE, "Pods with a trunk ENI, by instance type."),
                layers=_object(
                    "Where these three come from, by instance type; what is worked out from several layers names each, "
                    "with a plus between.",
                    **dict.fromkeys(
                        ("podsPerNode", "sharedPodsPerNode", "trunkPodsPerNode"),
                        _map_of(_of("string", "Names of `specs.layers`."), "By type, where it is known."),
                    ),
                ),
                nodes=_object("Number of nodes.", **_SIZES),
                exclusivePods=_object("Exclusive pods that can be counted on.", **_SIZES),
                addresses=_map_of(_ADDRESSES, "By vSwitch."),
                zones=_map_of(_ADDRESSES, "By zone."),
                nodesPerZone=_object("The most nodes that one zone can get.", **_SIZES),
                used=_object("Exclusive ENIs that its pods take; more than it has, when they do not fit.", **_SIZES),
                free=_object(
                    "Exclusive ENIs that are left; below 0: too few.",
                    desired=_or_null("integer", "At the desired size. null: not known."),
                    max=_or_null("integer", "At the largest size. null: not known."),
                ),
                spareNodes=_object(
                    "Nodes that may be lost while all pods have room; null too when they have none.", **_SIZES
                ),
                usedBy=_list(
                    _object(
                        "Pods that take ENIs of it.",
                        name=_of("string", "Name of the workload, or what they are."),
                        pods=_count("In all, or on each node."),
                        enisPerPod=_count("Exclusive ENIs that one of them takes."),
                        onEveryNode=_of("boolean", "Whether every node has these pods."),
                    ),
                    "In the order of the plan.",
                ),
                proven=_object(
                    "What verify has seen of it in the cluster.",
                    nodes=_count("Nodes of the pool."),
                    ready=_count("Those of them that are Ready."),
                    enis=_known("aliyun/eni that the nodes offer; Lingjun nodes never do."),
                    expected=_known("What the types of the nodes give."),
                    pods=_known("Pods on its exclusive nodes that take an ENI."),
                    bound=_known("Those of them with a bound PodENI."),
                ),
            ),
            "The capacity sheet.",
        ),
        zones=_list(
            _object(
                "Addresses that all pools of a cluster can need of vSwitches of a zone, pods and nodes together.",
                zone=_of("string", "Id of the zone."),
                vSwitches=_list(_of("string", "Id."), "Those that pods share there."),
                needed=_object(
                    "At least, when some pools are unknown.", desired=_count("Now."), max=_count("At most.")
                ),
                available=_known("Free there."),
                pools=_list(_of("string", "Name."), "Pools that need them."),
                unknown=_list(_of("string", "Name."), "Pools whose need is not known, and not counted."),
            ),
            "Zone by zone.",
        ),
    ),
}
"""JSON Schema of a report."""
