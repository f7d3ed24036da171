"""Loads plans from files. Invalid parts are reported and left out; the rest of a plan is still checked."""

from __future__ import annotations

import codecs
import contextlib
import copy
import os
import stat
from typing import TYPE_CHECKING, Any, Protocol

from eniplan.bounds import MAX_PROBLEMS
from eniplan.errors import InputError, Place, Problem, few, unreadable
from eniplan.messages import NOTHING, say
from eniplan.plan.document import Document, read_inputs
from eniplan.plan.model import Plan, plan_from
from eniplan.plan.schema import API_VERSION, SCHEMA, is_valid
from eniplan.suggest import did_you_mean
from eniplan.terminal import STDIN, note_input, read_file, read_input
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from eniplan.plan.document import Path
    from eniplan.plan.live import LiveFacts
    from eniplan.plan.schema import Schema

DEFAULT_FILE = "eniplan.yaml"
_ENDINGS = (".yaml", ".yml", ".json")
HCL_ENDINGS = (".tf", ".tofu")
HCL_JSON_ENDINGS = (".tf.json", ".tofu.json")
TERRAGRUNT = "terragrunt.hcl"
SCRIPT_ENDINGS = (".sh", ".bash")
MARKDOWN_ENDINGS = (".md", ".markdown")
_NO_YAML = (*HCL_ENDINGS, TERRAGRUNT, *SCRIPT_ENDINGS, *MARKDOWN_ENDINGS)
"""Never read as YAML, whatever they mention."""
MAX_BYTES = 32 * 2**20
"""A larger file of a folder is not opened; named on the command line, it is."""
_MARK = b"eniplan/"
"""Every plan names its apiVersion; a file of a folder without these bytes is not parsed at all."""
_INDEXED = frozenset((
    ("nodePools",), ("podNetworkings",), ("workloads",), ("waivers",),
    ("cluster", "vSwitches"), ("cluster", "securityGroups"),
    ("podNetworkings", "podSelector", "matchExpressions"), ("podNetworkings", "namespaceSelector", "matchExpressions"),
))  # fmt: skip
"""Lists whose items know their index, so that one of them may be left out; by their keys from the top."""


class Gap(NamedTuple):
    """A key path of a plan for which the input has no value yet."""

    path: Path
    why: str = ""
    """Why, or how to find it out."""


class LoadedPlan(NamedTuple):
    """A plan beside the document it came from; the plan is None when too much of it does not fit."""

    document: Document
    plan: Plan | None
    problems: tuple[Problem, ...] = ()
    left_out: frozenset[Path] = frozenset()
    """Key paths where the user wrote something that did not fit: nothing is missing there."""
    gaps: tuple[Gap, ...] = ()
    """What is not known yet: nothing is missing there either, and rules wait for it."""
    files: tuple[str, ...] = ()
    """All files that it was made from, when its document is not the only one."""
    beside: bool = False
    """Whether its pools and waivers are none of this run: another plan has them, or they may be no exclusive pools."""
    live: LiveFacts | None = None
    """What the account says, when it was asked."""


class Others(Protocol):
    """What takes the inputs of a run that are no plans."""

    def file(self, path: str, data: bytes, *, named: bool) -> Iterator[LoadedPlan | Problem]:
        """Take a file without a plan; what it holds is judged by `finish`. A named file must hold something."""

    def document(self, document: Document, *, named: bool) -> bool:
        """Take a document that is no plan from a file that may have plans; return whether it is known."""

    def skip(self, path: str, why: str) -> None:
        """Note what is left alone."""

    def count(self) -> int:
        """Return how many documents have been taken."""

    def finish(self, plans: Mapping[str, LoadedPlan | None]) -> Iterator[LoadedPlan | Problem]:
        """Return what has been taken, in the form of plans.

        Args:
            plans: the plans of this run, by file; None: the file can be read again.

        """


class _Run:
    """One call of `load`: the others are made when the first of them is met, for most runs have none."""

    def __init__(
        self, make: Callable[[], Others] | None, more: tuple[str, ...], exclude: tuple[str, ...], *, eager: bool
    ) -> None:
        self._make = make
        self.others: Others | None = make() if make is not None and eager else None
        self.plans: dict[str, LoadedPlan | None] = {}
        """By file; None: the file can be read again."""
        self.exclude = exclude
        self.endings = _ENDINGS if make is None else (*_ENDINGS, *HCL_ENDINGS, TERRAGRUNT, *SCRIPT_ENDINGS, *more)

    def need(self) -> Others | None:
        if self.others is None and self._make is not None:
            self.others = self._make()
        return self.others

    def count(self) -> int:
        return 0 if self.others is None else self.others.count()

    def skip(self, path: str, why: str) -> None:
        """Note what is left alone, if anybody has asked: then the others are there."""
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

    An input that cannot be read yields its problems and does not stop the others. A folder may hold other
    files; a named file must be a plan, or something that `others` know.

    Args:
        paths: the inputs.
        others: makes what takes the inputs that are no plans; called when there is one.
        eager: call it at once, so that all that is skipped is noted.
        more_endings: of further files of folders that are read.
        exclude: globs of what is left out in folders.

    """
    run = _Run(others, more_endings, exclude, eager=eager)
    for path in paths:
        if path != STDIN and os.path.isdir(path):
            yield from _load_folder(path, run)
        else:
            yield from _load_file(path, run)
    if run.others is not None:
        yield from run.others.finish(run.plans)


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
        if not isinstance(error, FileNotFoundError):  # a folder that is gone by now has nothing to say
            count += 1
            yield unreadable_file(str(error.filename), error)
    if not count + run.count():
        endings = ", ".join("*" + ending for ending in _ENDINGS)
        hint = say("a plan is a file {endings} with apiVersion: eniplan/v1; `eniplan init` writes one", endings=endings)
        if run.others is None:
            yield Problem(say("no plan in this folder"), Place(folder), hint)
        else:
            message = say("no plan in this folder, and no other input with an exclusive node pool or pods for one")
            yield Problem(message, Place(folder), say("--verbose shows what was skipped; {hint}", hint=hint))


def _load_member(path: str, run: _Run) -> Iterator[LoadedPlan | Problem]:
    """Read a file of a folder, if it looks like an input."""
    name = os.path.basename(path)
    if name.startswith("."):
        run.skip(path, say("a hidden file"))
        return
    if not name.endswith(run.endings):
        run.skip(path, say("not {endings}", endings=run.endings))
        return
    try:
        status = os.stat(path)
    except OSError as error:
        yield unreadable_file(path, error)
        return
    if not stat.S_ISREG(status.st_mode):
        run.skip(path, say("no regular file"))  # reading a pipe waits for ever
    elif status.st_size > MAX_BYTES:
        run.skip(path, say("larger than {n} MiB; named on the command line it is read", n=MAX_BYTES // 2**20))
    else:
        yield from _load_file(path, run, folder=True)


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
    if _MARK not in data or path.endswith(_NO_YAML):
        others = run.need()
        if others is not None:
            yield from others.file(path, data, named=not folder)
            return
        if folder:
            return
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
            run.skip(path, say("no plan: its apiVersion is another"))
        else:
            yield load_document(document)


def read(path: str) -> bytes:
    """Return the bytes of a file, or of stdin. UTF-16, which `>` of some shells writes, comes as UTF-8."""
    return _utf_8(read_input(path))


def _member(path: str) -> bytes:
    """Return the bytes of a file of a folder: an input only if it holds one, for a report may be written again."""
    return _utf_8(read_file(path, is_input=False))


def _utf_8(data: bytes) -> bytes:
    if data[:2] in _UTF_16:
        with contextlib.suppress(UnicodeDecodeError):  # as it is, it is no text: that is told
            return data.decode("utf-16").encode()
    return data


_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def unreadable_file(path: str, error: OSError) -> Problem:
    """Say why a file cannot be read, and which one may have been meant."""
    hint = NOTHING
    if isinstance(error, FileNotFoundError):
        folder = os.path.dirname(path) or "."
        names: list[str] = []
        with contextlib.suppress(OSError, ValueError):  # it may be read without being listed, and have no name at all
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
    """Build the plan of one document; parts that do not fit the schema are told and left out."""
    value: Any = document.value
    if is_valid(value):
        plan = plan_from(value)
        return LoadedPlan(document, plan, tuple(_misread(document, plan)))
    rest, problems, left_out = without_misfits(document, SCHEMA)
    if isinstance(rest, dict) and "apiVersion" not in value:
        rest["apiVersion"] = API_VERSION  # its absence has been told; the rest can still be judged
    if not is_valid(without_gaps(rest)):
        return LoadedPlan(document, None, problems, left_out)
    plan = plan_from(rest)
    return LoadedPlan(document, plan, (*problems, *_misread(document, plan)), left_out)


def _misread(document: Document, plan: Plan) -> Iterator[Problem]:
    """Tell what is no part of a pod in templates of pods."""
    for workload in plan.workloads:
        if workload.pod is None:
            continue
        for flaw in workload.pod.misread:
            yield Problem(flaw.message, document.place((*workload.path, "template", *flaw.path)), flaw.hint)


def without_misfits(document: Document, schema: Schema) -> tuple[Any, tuple[Problem, ...], frozenset[Path]]:
    """Return a document's value without what does not fit a schema, what is wrong with that, and where it stood."""
    from eniplan.plan.explain_schema import schema_problems  # noqa: PLC0415 - imports jsonschema

    found = schema_problems(document, schema)
    problems = few(dict.fromkeys(misfit.problem for misfit in found))
    if len(found) > MAX_PROBLEMS:
        return None, problems, frozenset()  # what else does not fit is not known: nothing of it can be judged
    rest = copy.deepcopy(document.value)
    for misfit in found:
        _leave_out(rest, misfit.path)
    left_out = frozenset(path for misfit in found for path in (misfit.path, misfit.meant, _emptied(misfit.path)))
    return rest, problems, left_out


def _is_indexed(path: Path) -> bool:
    return tuple(step for step in path if isinstance(step, str)) in _INDEXED


def _emptied(path: Path) -> Path:
    """Return the list that is left empty because an item of it does not fit; otherwise the path itself."""
    return path[:-1] if path and isinstance(path[-1], int) and not _is_indexed(path) else path


def _leave_out(value: Any, path: Path) -> None:  # noqa: ANN401 - the value fits no form yet
    """Remove the value at `path`: a map entry is deleted, an item of an indexed list becomes None."""
    *parents, last = path or ("",)
    for step in parents:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return  # an outer part has been removed already
    if isinstance(value, dict):
        value.pop(last, None)
    elif isinstance(value, list) and isinstance(last, int) and last < len(value):
        if _is_indexed(path):
            value[last] = None
        else:
            value.clear()


def without_gaps(value: Any) -> Any:  # noqa: ANN401 - any value
    """Return a value without the None that stand for list items that were left out."""
    if isinstance(value, dict):
        return {key: without_gaps(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_gaps(item) for item in value if item is not None]
    return value
