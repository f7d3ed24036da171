"""`eniplan render-manifests`: write the Kubernetes objects of a plan, or complete a user's own manifests. Offline.

Annotations are not postponed in this file: typer would evaluate each from its text, 2 ms at every start.
"""

from collections.abc import Sequence
from typing import Annotated

import typer

from eniplan import terminal
from eniplan.catalog.record import specs_words
from eniplan.cli.options import (
    GateOption,
    Level,
    PlanArgument,
    SpecsDateOption,
    SpecsOption,
    StrictOption,
    WaiversOption,
)
from eniplan.cli.passed import Gate, Passed, named_input, passed_plans, placed
from eniplan.emit.manifests import Rendered, header, kustomization, render, text
from eniplan.emit.refusal import RefusalError
from eniplan.emit.skeletons import Skeletons
from eniplan.errors import InputError, Place, Problem, usage
from eniplan.messages import NOTHING, say
from eniplan.plan.load import DEFAULT_FILE
from eniplan.terminal import STDIN

KUSTOMIZATION = "kustomization.yaml"


def render_manifests(
    plan: PlanArgument = DEFAULT_FILE,
    workloads: Annotated[bool, typer.Option("--workloads", help="Also write skeletons of the workloads.")] = False,
    out_dir: Annotated[
        str | None, typer.Option(metavar="DIR", help="Write one file per object into this folder.")
    ] = None,
    kustomize: Annotated[bool, typer.Option("--kustomize", help=f"With --out-dir: write {KUSTOMIZATION}.")] = False,
    template_dir: Annotated[
        str | None, typer.Option(metavar="DIR", help="Your own skeletons, one file per kind: deployment.yaml, ...")
    ] = None,
    patch: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Instead: add what is missing to your own workload manifests; - for stdin."),
    ] = None,
    fail_on: GateOption = Level.ERROR,
    strict: StrictOption = False,
    specs: SpecsOption = None,
    specs_date: SpecsDateOption = None,
    waivers: WaiversOption = None,
) -> None:
    """Render the PodNetworkings, Terway configs and workloads of a passing plan.

    \b
    Examples:
      eniplan render-manifests plan.yaml | kubectl apply -f -
      eniplan render-manifests plan.yaml --workloads --out-dir manifests --kustomize
      eniplan render-manifests plan.yaml --patch app.yaml > app.patched.yaml
      kubectl kustomize overlays/prod | eniplan render-manifests plan.yaml --patch -

    \b
    Apply PodNetworkings first, and wait before pods are created:
      kubectl wait --for=jsonpath='{.status.status}'=Ready podnetworking/NAME
    """
    _usable(plan, workloads=workloads, out_dir=out_dir, kustomize=kustomize, template_dir=template_dir, patch=patch)
    plans, report = passed_plans(plan, Gate(fail_on.value, strict, specs, waivers, specs_date))
    if patch is not None:
        _patch(plans, patch)
        return
    skeletons = Skeletons(template_dir)
    rendered: list[Rendered] = []
    files: list[str] = []
    for source in plans:
        with placed(source.document):
            rendered += render(source.view.plan, skeletons, workloads=workloads)
            _unique(rendered)
            if out_dir is not None:
                files = [item.file for item in rendered]
    _tell_namespaces(plans)
    if not rendered:
        terminal.err(say("note: the plan has no podNetworkings or terwayConfigs; --workloads renders workloads"))
    # The header has the date of the data, not its age: the age would change the output every day.
    top = header(plan, specs_words(report.specs.date, report.specs.own))
    if out_dir is None:
        terminal.out(top + "---\n".join(map(text, rendered)))
    else:
        texts = (top + text(item) for item in rendered)
        _write_folder(out_dir, dict(zip(files, texts, strict=True)), top if kustomize else None)


def _usable(plan: str, **options: object) -> None:
    """Refuse invalid combinations of options."""
    given = [name for name, value in options.items() if value not in {None, False}]
    message = NOTHING
    if "kustomize" in given and "out_dir" not in given:
        message = say("--kustomize requires --out-dir")
    elif "patch" in given and len(given) > 1:
        others = ", ".join("--" + name.replace("_", "-") for name in given if name != "patch")
        message = say("--patch completes your own manifests and renders none: remove {others}", others=others)
    elif options["patch"] == plan == STDIN:
        message = say("the plan and the manifests cannot both come from stdin")
    if message:
        raise usage(message)


def _unique(rendered: Sequence[Rendered]) -> None:
    """Refuse two objects with one identity: when applied, the second would replace the first."""
    seen = set()
    for item in rendered:
        if item.identity in seen:
            kind, namespace, name = item.identity
            message = say(
                "{kind} {part}{name} is rendered twice",
                kind=kind,
                part=say("{namespace}/", namespace=namespace) if namespace else NOTHING,
                name=name,
            )
            raise RefusalError(item.path, message, say("rename one, or render the plans one at a time"))
        seen.add(item.identity)


def _write_folder(folder: str, files: dict[str, str], kustomization_top: str | None) -> None:
    if kustomization_top is not None and files:  # kustomize refuses one without resources
        files[KUSTOMIZATION] = kustomization_top + kustomization(list(files))
    terminal.save_all(folder, files)
    terminal.err(say("wrote {n} files to {folder}", n=len(files), folder=folder))


def _tell_namespaces(plans: Sequence[Passed]) -> None:
    """Note PodNetworkings that select by labels of the namespace, because no rendered object has these labels."""
    told = set()
    for source in plans:
        for workload in source.view.plan.workloads:
            pn = source.view.pod_networkings.get(workload.pod_networking or "")
            if pn is not None and pn.namespace_selector is not None and pn.namespace_selector.requirements:
                told.add((workload.namespace, pn.name))
    for namespace, name in sorted(told):
        note = say("note: PodNetworking {name} also selects by labels of the namespace {namespace}",
                   name=name, namespace=namespace)  # fmt: skip
        terminal.err(note)


def _patch(plans: Sequence[Passed], path: str) -> None:
    from eniplan.emit.patch import patch  # noqa: PLC0415 - only for --patch

    if len(plans) != 1:
        raise usage(say("--patch takes one plan"), say("pass a file with one plan"))
    shown, data = named_input(path)
    try:
        manifests = data.decode("utf-8")
    except UnicodeDecodeError:
        raise InputError(Problem(say("it is not UTF-8"), Place(shown), say("save it as UTF-8"))) from None
    done, changes = patch(shown, manifests, plans[0].view.plan)
    for change in changes:
        if change.pool is None:
            told = say("{workload} names no node pool, so it was not changed", workload=change.name)
        elif change.added:
            told = say("{workload} now fits pool {pool}: added {added}",
                       workload=change.name, pool=change.pool, added=change.added)  # fmt: skip
        else:
            told = say("{workload} already fits pool {pool}", workload=change.name, pool=change.pool)
        terminal.err(told)
    terminal.out(done)
