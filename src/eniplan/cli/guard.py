"""`eniplan guard`: admission policies that keep a cluster true to its plan. Offline.

Annotations are not postponed in this file: typer would evaluate each from its text, 2 ms at every start.
"""

from enum import StrEnum
from typing import Annotated

import typer

from eniplan import terminal
from eniplan.cli.options import (
    Format,
    FormatOption,
    GateOption,
    Level,
    PlanArgument,
    SpecsDateOption,
    SpecsOption,
    StrictOption,
    WaiversOption,
)
from eniplan.cli.passed import Gate, named_input, passed_plans, placed
from eniplan.errors import FINDINGS, InputError, Place, Problem, usage
from eniplan.guard.render import Guard, text
from eniplan.guard.render import guard as policies_of
from eniplan.messages import count, say, together
from eniplan.plan.document import read_documents
from eniplan.plan.load import DEFAULT_FILE
from eniplan.rules import BY_ID
from eniplan.terminal import STDIN
from eniplan.text import json_text, printable

_CLUSTER_SCOPED = frozenset(("Namespace", "Node", "PodNetworking"))
OLDEST = (1, 30)
"""The first Kubernetes version (major, minor) with ValidatingAdmissionPolicy in v1."""


class ActionName(StrEnum):
    """What a policy does with an object that breaks it."""

    WARN = "warn"
    DENY = "deny"


def guard(
    plan: PlanArgument = DEFAULT_FILE,
    action: Annotated[
        ActionName,
        typer.Option(help="warn: warn and audit. deny: reject errors; warnings only warn."),
    ] = ActionName.WARN,
    test: Annotated[
        list[str] | None,
        typer.Option(
            "--test", metavar="MANIFEST", help="Instead: show what the policies report on this manifest. Repeatable."
        ),
    ] = None,
    output: FormatOption = Format.TEXT,
    fail_on: GateOption = Level.ERROR,
    strict: StrictOption = False,
    specs: SpecsOption = None,
    specs_date: SpecsDateOption = None,
    waivers: WaiversOption = None,
) -> None:
    """Write ValidatingAdmissionPolicies that keep a cluster true to its plan (Kubernetes 1.30 or later).

    \b
    Examples:
      eniplan guard plan.yaml | kubectl apply -f -
      eniplan guard plan.yaml --action deny > guard.yaml
      eniplan guard plan.yaml --test deployment.yaml --test podnetworking.yaml

    Each policy is a rule: `eniplan explain WL001`. The policies ignore kube-system and Terway, and allow everything
    that they cannot judge. --test needs the extra `guard`: pip install 'eniplan[guard]'
    """
    if plan == STDIN and STDIN in (test or ()):
        raise usage(say("the plan and the manifests cannot both come from stdin"))
    plans, _ = passed_plans(plan, Gate(fail_on.value, strict, specs, waivers, specs_date))
    views = [item.view for item in plans]
    for item in plans:
        if item.view.kubernetes is not None and item.view.kubernetes < OLDEST:
            message = say("Kubernetes {version} does not serve ValidatingAdmissionPolicy in v1",
                          version=item.view.cluster.kubernetes_version)  # fmt: skip
            place = item.document.place(("cluster", "kubernetesVersion"))
            raise InputError(Problem(message, place, say("upgrade to {oldest} or later", oldest="1.30")))
    with placed(plans[0].document):
        found = policies_of(views)
    if test:
        _test(found, test, output, refuses=action is ActionName.DENY)
    else:
        terminal.out(text(found, action.value, printable(plan)))


def _test(found: Guard, files: list[str], output: Format, *, refuses: bool) -> None:
    try:
        from eniplan.guard.evaluate import judge, looking_at  # noqa: PLC0415 - only --test needs a CEL library
    except ImportError:
        message = say("--test evaluates CEL, but the CEL library is not installed")
        raise usage(message, say("pip install 'eniplan[guard]'")) from None
    from eniplan.inputs.objects import objects  # noqa: PLC0415 - the same

    every = []
    for file in files:
        name, data = named_input(file)
        own = [item for document in read_documents(name, data) for item in objects(document)]
        if not own:  # without an error, the file would seem to pass
            message = say("this file has no Kubernetes object")
            raise InputError(Problem(message, Place(name), say("an object has apiVersion, kind and metadata")))
        every += own
    namespaces = {item.name: item.value for item in every if item.kind == "Namespace"}
    lines, rows = [], []
    for item in every:
        place = item.origin().place()
        namespace = "" if item.kind in _CLUSTER_SCOPED else item.namespace
        title = f"{item.kind} {namespace}/{item.name}" if namespace else f"{item.kind} {item.name}"
        for verdict in judge(found, item.value, namespaces):
            level = BY_ID[verdict.policy.rule].level
            lines.append(printable(f"{place}: {level}: {title}: {verdict.message}") + "\n")
            rows.append({
                "rule": verdict.policy.rule, "level": level, "file": place.file, "line": place.line,
                "object": {"kind": item.kind, "namespace": namespace or None, "name": item.name},
                "message": verdict.message,
            })  # fmt: skip
    if output is Format.JSON:
        document = {"schema": "eniplan.guard/v1", "policies": [p.rule for p in found.policies], "objects": len(every)}
        terminal.out(json_text({**document, "verdicts": rows}) + "\n")
    else:
        terminal.out("".join(lines))
    unseen = sum(not looking_at(found, item.value) for item in every)
    told = [count(len(every), "{n} object", "{n} objects"),
            count(len(rows), "{n} policy matches", "{n} policies match")]  # fmt: skip
    if unseen:
        told.append(count(unseen, "{n} object is of no policy's kind", "{n} objects are of no policy's kind"))
    denied = {(row["file"], row["line"]) for row in rows if row["level"] == "error"} if refuses else ()
    told += [count(len(denied), "{n} object would be refused", "{n} objects would be refused")] if denied else []
    terminal.err(together(told, ", "))
    if rows:
        raise typer.Exit(FINDINGS)
