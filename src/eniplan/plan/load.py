"""Loads plans from files. Reports and leaves out invalid parts, so that the rest of a plan is still checked."""

from __future__ import annotations

import contextlib
import copy
import os
import stat
from typing import TYPE_CHECKING, Any, Protocol

from eniplan.bounds import MAX_PROBLEMS
from eniplan.errors import InputError, Place, Problem, few, unreadable
from eniplan.messages import NOTHING, say
from eniplan.plan.document import UTF_16, Document, read_inputs, tag_problems
from eniplan.plan.model import Plan, plan_from
from eniplan.plan.schema import API_VERSION, SCHEMA, is_valid
from eniplan.suggest import did_you_mean
from eniplan.terminal import STDIN, note_input, read_file, read_input
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from eniplan.plan.document import Path, Value
    from eniplan.plan.live import LiveFacts
    from eniplan.plan.schema import Schema

DEFAULT_FILE = "eniplan.yaml"
_ENDINGS = (".yaml", ".yml", ".json")
HCL_ENDINGS = (".tf", ".tofu")
HCL_JSON_ENDINGS = (".tf.json", ".tofu.json")
TERRAGRUNT = "terragrunt.hcl"
COMPONENTS = (".tfcomponent.hcl", ".tfstack.hcl")
"""Endings of files with the components of Terraform Stacks, the second of their first release."""
SCRIPT_ENDINGS = (".sh", ".bash", ".zsh")
MARKDOWN_ENDINGS = (".md", ".markdown")
MAKE_ENDINGS = (".mk", "akefile")
PROGRAMS = (
    ".bat", ".bzl", ".cmd", ".cs", ".cue", ".go", ".groovy", ".java", ".js", ".jsonnet", ".k", ".kt", ".libsonnet",
    ".nix", ".php", ".pkl", ".ps1", ".py", ".rb", ".ts", "Dockerfile", "Jenkinsfile", "Tiltfile", "ustfile",
)  # fmt: skip
"""Endings of programs, which eniplan does not run."""
PASSED_ON = (
    *PROGRAMS, ".tfvars", ".hcl",
    ".tftpl", ".tpl", ".tmpl", ".template", ".j2", ".jinja", ".jinja2", ".in",
)  # fmt: skip
"""Endings of files that other programs read or complete. Those in folders are only searched for what eniplan checks."""
_NO_YAML = (*HCL_ENDINGS, TERRAGRUNT, *COMPONENTS, *SCRIPT_ENDINGS, *MAKE_ENDINGS, *MARKDOWN_ENDINGS)
"""Files that are never read as YAML, even if they mention a plan's apiVersion."""
MAX_BYTES = 32 * 2**20
"""Larger files in folders are skipped. Files named on the command line may have any size."""
_MARK = b"eniplan/"
"""Part of every plan's apiVersion. Files in folders without it are not parsed as plans."""
_INDEXED = frozenset((
    ("nodePools",), ("podNetworkings",), ("workloads",), ("waivers",),
    ("cluster", "vSwitches"), ("cluster", "securityGroups"),
    ("podNetworkings", "podSelector", "matchExpressions"), ("podNetworkings", "namespaceSelector", "matchExpressions"),
))  # fmt: skip
"""Lists whose items store their index, so that one can be left out without renumbering the others; by key path."""


class Gap(NamedTuple):
    """A key path of a plan for which the input has no value yet."""

    path: Path
    why: str = ""
    """The reason, or how to get the value."""


class LoadedPlan(NamedTuple):
    """A plan and its document; `plan` is None if too much of the document is invalid."""

    document: Document
    plan: Plan | None
    problems: tuple[Problem, ...] = ()
    left_out: frozenset[Path] = frozenset()
    """Key paths of invalid values: rules must not report these as missing."""
    gaps: tuple[Gap, ...] = ()
    """Values that are not known yet: not missing either, and rules that need them stay undecided."""
    files: tuple[str, ...] = ()
    """All files of the plan, if there are several."""
    beside: bool = False
    """Whether to ignore its pools and waivers: another plan has them, or the pools may not be exclusive."""
    form: str = ""
    """The form of an input that is not a plan file. Those of one form are checked together, if for one cluster."""
    live: LiveFacts | None = None
    """The facts of the account, with `--live`."""


def plans_of(loaded: Iterable[LoadedPlan | Problem]) -> tuple[list[tuple[LoadedPlan, Plan]], list[Problem]]:
    """Return the plans that can be judged, and the problems of all inputs."""
    plans: list[tuple[LoadedPlan, Plan]] = []
    problems: list[Problem] = []
    for item in loaded:
        problems += [item] if isinstance(item, Problem) else item.problems
        if isinstance(item, LoadedPlan) and item.plan is not None:
            plans.append((item, item.plan))
    return plans, problems


def is_script(path: str, data: bytes) -> bool:
    """Return whether a file is a shell script."""
    return path.endswith(SCRIPT_ENDINGS) or (data[:2] == b"#!" and b"sh" in data.partition(b"\n")[0])


class Others(Protocol):
    """Collects the inputs of a run that are not plans."""

    def file(self, path: str, data: bytes, *, named: bool) -> Iterator[LoadedPlan | Problem]:
        """Collect a file without a plan, which `finish` turns into plans. A named file must hold something."""

    def document(self, document: Document, *, named: bool) -> bool:
        """Collect a document that is not a plan, from a file that may have plans. Return whether its kind is known."""

    def skip(self, path: str, why: str) -> None:
        """Record a skipped path and the reason."""

    def pass_on(self, path: str) -> None:
        """Record a skipped file for other programs, which may name what eniplan checks."""

    def count(self) -> int:
        """Return the number of documents collected so far."""

    def leads_out(self, folder: str) -> bool:
        """Return whether files of a folder use inputs that are outside it, such as modules of Terraform.

        Known after `finish`.
        """

    def finish(self, plans: Mapping[str, LoadedPlan | None]) -> Iterator[LoadedPlan | Problem]:
        """Turn the collected inputs into plans.

        Args:
            plans: the plans of this run, by file; None if the file can be read again.

        """


class _Run:
    """One call of `load`. Creates `others` for the first input that is not a plan, because most runs have none."""

    def __init__(
        self, make: Callable[[], Others] | None, more: tuple[str, ...], exclude: tuple[str, ...], *, eager: bool
    ) -> None:
        self._make = make
        self.others: Others | None = make() if make is not None and eager else None
        self.plans: dict[str, LoadedPlan | None] = {}
        """By file; None if the file can be read again."""
        self.empty: list[str] = []
        """Folders in which nothing was found."""
        self.exclude = exclude
        others = (*HCL_ENDINGS, TERRAGRUNT, *COMPONENTS, *SCRIPT_ENDINGS, *more)
        self.endings = _ENDINGS if make is None else (*_ENDINGS, *others)

    def need(self) -> Others | None:
        if self.others is None and self._make is not None:
            self.others = self._make()
        return self.others

    def count(self) -> int:
        return 0 if self.others is None else self.others.count()

    def skip(self, path: str, why: str) -> None:
        """Record a skipped path, if `others` exists to record it."""
        if self.others is not None:
            self.others.skip(path, why)


def load(
    paths: Iterable[str],
    others: Callable[[], Others] | None = None,
    *,
    eager: bool = False,
    more_endings: tuple[str, ...] = (),
    exclude: tuple[str, ...] = (),
) -> Iterator[LoadedPlan | Problem]:
    """Read plans from files, folders (`*.yaml`, `*.yml`, `*.json`, recursively) and `-` (stdin), one at a time.

    An input that cannot be read yields its problems and does not stop the others. A folder may contain other
    files; a named file must be a plan, or an input that `others` knows.

    Args:
        paths: the inputs.
        others: creates the collector of inputs that are not plans; called for the first such input.
        eager: call `others` at once, so that it records every skipped path.
        more_endings: endings of further files to read in folders.
        exclude: globs of paths to skip in folders.

    """
    run = _Run(others, more_endings, exclude, eager=eager)
    for path in paths:
        if path != STDIN and os.path.isdir(path):
            yield from _load_folder(path, run)
        else:
            yield from _load_file(path, run)
    if run.others is not None:
        yield from run.others.finish(run.plans)
    for folder in run.empty:
        if run.others is None or not run.others.leads_out(folder):
            yield _empty(folder, run)


def _empty(folder: str, run: _Run) -> Problem:
    endings = ", ".join("*" + ending for ending in _ENDINGS)
    hint = say("a plan is a file {endings} with apiVersion: eniplan/v1; `eniplan init` writes one", endings=endings)
    if run.others is None:
        return Problem(say("no plan in this folder"), Place(folder), hint)
    message = say("no plan in this folder, and no other input with an exclusive node pool or pods for one")
    return Problem(message, Place(folder), say("--verbose shows what was skipped; {hint}", hint=hint))


def _load_folder(folder: str, run: _Run) -> Iterator[LoadedPlan | Problem]:
    from eniplan.plan.folders import Left, walk  # noqa: PLC0415 - most runs name files

    unreadable: list[OSError] = []
    count = -run.count()
    for item in walk(folder, run.exclude, unreadable.append):
        if isinstance(item, Left):
            run.skip(item.path, item.why)
            continue
        for found in _load_member(item, run):
            count += 1
            yield found
    for error in unreadable:
        if not isinstance(error, FileNotFoundError):  # the folder was deleted since
            count += 1
            yield unreadable_file(str(error.filename), error)
    if not count + run.count():
        run.empty.append(folder)


def _load_member(path: str, run: _Run) -> Iterator[LoadedPlan | Problem]:
    """Read a file found in a folder, if it looks like an input."""
    name = os.path.basename(path)
    if not (name.endswith((*run.endings, *MAKE_ENDINGS, *PASSED_ON)) or ("." not in name and _is_command(path))):
        run.skip(path, say("not {endings}", endings=run.endings))
        return
    try:
        status = os.stat(path)
    except OSError as error:
        yield unreadable_file(path, error)
        return
    if not stat.S_ISREG(status.st_mode):
        run.skip(path, say("not a regular file"))  # reading a pipe may block forever
    elif status.st_size > MAX_BYTES:
        run.skip(path, say("larger than {n} MiB; named on the command line it is read", n=MAX_BYTES // 2**20))
    elif not name.endswith(PASSED_ON) or name.endswith(run.endings):
        yield from _load_file(path, run, folder=True)
    elif (others := run.need()) is not None:
        others.pass_on(path)


def _is_command(path: str) -> bool:
    """Return whether a file is a script that is run by its name. Most files are not, and not opened."""
    if not os.access(path, os.X_OK):
        return False
    try:
        with open(path, "rb") as file:
            return is_script(path, file.read(100))
    except OSError:
        return False


def _load_file(path: str, run: _Run, *, folder: bool = False) -> Iterator[LoadedPlan | Problem]:
    before = run.count() + len(run.plans)
    yield from _load_one(path, run, folder=folder)
    if folder and run.count() + len(run.plans) > before:
        note_input(path)


def _load_one(path: str, run: _Run, *, folder: bool) -> Iterator[LoadedPlan | Problem]:
    try:
        data = _member(path) if folder else read(path)
    except OSError as error:
        yield unreadable_file(path, error)
        return
    others = run.need() if _MARK not in data or path.endswith(_NO_YAML) else None
    if others is not None:
        yield from others.file(path, data, named=not folder)
    elif path.endswith(_NO_YAML):
        yield from () if folder else (_no_plan(Place(path)),)
    elif _MARK in data or not folder:
        yield from _load_documents(path, data, run, folder=folder)


def _load_documents(path: str, data: bytes, run: _Run, *, folder: bool) -> Iterator[LoadedPlan | Problem]:
    try:
        documents = read_inputs(path, data)
    except InputError as error:
        yield from error.problems
        return
    for document in documents:
        if is_plan(document):
            loaded = load_document(document)
            run.plans[path] = loaded if path == STDIN else None
            yield loaded
            continue
        others = run.need()
        if others is not None and others.document(document, named=not folder):
            continue
        if folder:
            run.skip(path, say("not a plan: it has another apiVersion"))
        else:
            is_meant = others is not None or is_like_plan(document.value)
            yield load_document(document) if is_meant else _no_plan(document.place(("apiVersion",)))


def is_like_plan(value: Value) -> bool:
    """Return whether a document without a plan's apiVersion may be meant as a plan."""
    return not isinstance(value, dict) or not value or not _KEYS.isdisjoint(value)


def _no_plan(place: Place) -> Problem:
    hint = say(
        "this command takes plans, with apiVersion: {version}; `eniplan check` reads other inputs", version=API_VERSION
    )
    return Problem(say("this is no plan"), place, hint)


_KEYS = frozenset(SCHEMA["properties"]) - {"apiVersion"}


def read(path: str) -> bytes:
    """Return the bytes of a file, or of stdin. Converts UTF-16, which `>` writes in some shells, to UTF-8."""
    return _utf_8(read_input(path))


def _member(path: str) -> bytes:
    """Return the bytes of a file found in a folder. It may be an old report, so it may still be overwritten."""
    return _utf_8(read_file(path, is_input=False))


def _utf_8(data: bytes) -> bytes:
    if data[:2] in UTF_16:
        with contextlib.suppress(UnicodeDecodeError):  # `decode` then reports that it is not text
            return data.decode("utf-16").encode()
    return data


def unreadable_file(path: str, error: OSError) -> Problem:
    """Return why a file cannot be read, and suggest a file with a similar name."""
    hint = NOTHING
    if isinstance(error, FileNotFoundError):
        folder = os.path.dirname(path) or "."
        names: list[str] = []
        with contextlib.suppress(OSError, ValueError):  # unlistable folder, or invalid name
            names = os.listdir(folder)
        if os.path.basename(path) in names:
            return Problem(say("this link is broken"), Place(path), say("fix or remove it"))
        names = [name for name in names if name[0] != "."]
        hint = did_you_mean(os.path.basename(path), names)
    return unreadable(path, error, hint)


def is_plan(document: Document) -> bool:
    """Return whether a document says that it is a plan."""
    value = document.value
    return isinstance(value, dict) and str(value.get("apiVersion", "")).startswith(_MARK.decode())


def load_document(document: Document) -> LoadedPlan:
    """Build the plan of one document. Reports and leaves out parts that do not fit the schema."""
    value: Any = document.value
    if document.has_tags:
        return LoadedPlan(document, None, few(tag_problems(document)))
    if is_valid(value):
        plan = plan_from(value)
        return LoadedPlan(document, plan, tuple(_misread(document, plan)))
    rest, problems, left_out = without_misfits(document, SCHEMA)
    if isinstance(rest, dict) and "apiVersion" not in value:
        rest["apiVersion"] = API_VERSION  # already reported; the rest can still be checked
    if not is_valid(without_gaps(rest)):
        return LoadedPlan(document, None, problems, left_out)
    plan = plan_from(rest)
    return LoadedPlan(document, plan, (*problems, *_misread(document, plan)), left_out)


def _misread(document: Document, plan: Plan) -> Iterator[Problem]:
    """Yield problems for values in pod templates that Kubernetes would not accept."""
    for workload in plan.workloads:
        if workload.pod is None:
            continue
        for flaw in workload.pod.misread:
            yield Problem(flaw.message, document.place((*workload.path, "template", *flaw.path)), flaw.hint)


def without_misfits(document: Document, schema: Schema) -> tuple[Any, tuple[Problem, ...], frozenset[Path]]:
    """Return a document's value without parts that do not fit a schema, the problems, and the paths of these parts."""
    from eniplan.plan.explain_schema import schema_problems, told  # noqa: PLC0415 - imports jsonschema

    found = schema_problems(document, schema)
    problems = few(dict.fromkeys(told(found)))
    if len(found) > MAX_PROBLEMS:
        return None, problems, frozenset()  # more may be invalid: check nothing
    rest = copy.deepcopy(document.value)
    for misfit in found:
        _leave_out(rest, misfit.path)
    left_out = frozenset(path for misfit in found for path in (misfit.path, misfit.meant, _emptied(misfit.path)))
    return rest, problems, left_out


def _is_indexed(path: Path) -> bool:
    return tuple(step for step in path if isinstance(step, str)) in _INDEXED


def _emptied(path: Path) -> Path:
    """Return the list that becomes empty because one of its items is invalid; otherwise the path itself."""
    return path[:-1] if path and isinstance(path[-1], int) and not _is_indexed(path) else path


def _leave_out(value: Any, path: Path) -> None:  # noqa: ANN401 - the value fits no form yet
    """Remove the value at `path`: a map entry is deleted, an item of an indexed list becomes None."""
    *parents, last = path or ("",)
    for step in parents:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return  # a parent is already removed
    if isinstance(value, dict):
        value.pop(last, None)
    elif isinstance(value, list) and isinstance(last, int) and last < len(value):
        if _is_indexed(path):
            value[last] = None
        else:
            value.clear()


def without_gaps(value: Any) -> Any:  # noqa: ANN401 - any value
    """Return a value without the None placeholders of left-out list items."""
    if isinstance(value, dict):
        return {key: without_gaps(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_gaps(item) for item in value if item is not None]
    return value
