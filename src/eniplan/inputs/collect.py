"""Collects all inputs of a run that are not plans, recognizes each by its content, and makes plans of them.

Pools with a common origin form one plan: those of a Terraform plan, a folder of HCL, or a folder of bodies. Manifests
are checked with each of these plans and with each plan file of the run.
"""

from __future__ import annotations

import contextlib
import os
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from eniplan.emit.terraform import RESOURCE
from eniplan.errors import InputError, Place, Problem
from eniplan.inputs import kustomize, templates
from eniplan.inputs.applied import as_read, left_out, settled
from eniplan.inputs.body import mode_of
from eniplan.inputs.cluster import is_config
from eniplan.inputs.hcl.files import NO_VALUES, Files, Options, is_hcl, names_ours
from eniplan.inputs.hcl.parse import Text
from eniplan.inputs.join import beside, joined
from eniplan.inputs.manifests import KINDS, NOTHING, Manifests, is_judged
from eniplan.inputs.objects import Object, objects, objects_of
from eniplan.inputs.places import MAY_BE_BLANK, NotKnown, Origin, Printed, Skipped, blanked, unknown_in
from eniplan.inputs.pool_inputs import PoolInputs
from eniplan.inputs.scalars import Source
from eniplan.inputs.spelling import CROSSPLANE, CROSSPLANE_POOL, PULUMI, ROS, TERRAFORM, Resource
from eniplan.inputs.terraform import Clusters, planned
from eniplan.inputs.unread import FILE, MARKS, Patched, Unread
from eniplan.inputs.words import is_worth, spelled
from eniplan.k8s.kinds import OF_PODS, PASSING_ON, PLACING
from eniplan.k8s.patches import patched
from eniplan.k8s.terway import CLUSTER_CONFIG, ENI
from eniplan.k8s.values import leaves
from eniplan.messages import say, together
from eniplan.plan.document import Document, NoPlaces, decode, read_inputs, read_list, read_tagged
from eniplan.plan.load import (
    MAKE_ENDINGS,
    MARKDOWN_ENDINGS,
    PROGRAMS,
    LoadedPlan,
    is_like_plan,
    is_plan,
    is_script,
    load_document,
    unreadable_file,
)
from eniplan.plan.model import EXCLUSIVE_LABEL
from eniplan.plan.schema import API_VERSION, SCHEMA
from eniplan.suggest import nearest
from eniplan.terminal import read_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from eniplan.catalog.store import Catalog
    from eniplan.inputs.kustomize import Kustomization
    from eniplan.inputs.markdown import Block
    from eniplan.inputs.script import Call
    from eniplan.inputs.spelling import Spelling
    from eniplan.inputs.templates import Group
    from eniplan.inputs.words import Word
    from eniplan.messages import Message

_VALUES = (".tfvars", ".tfvars.json")
_LABELS_NODES = re.compile(rb"\blabel\s[^\n]*" + re.escape(EXCLUSIVE_LABEL.encode()))
_TOO_LATE = say("a label on a live node does not change its mode: create a node pool with the label")
_FORMS: dict[Spelling, str] = {TERRAFORM: "hcl", ROS: "ros", PULUMI: "pulumi", CROSSPLANE: "crossplane"}
"""See `LoadedPlan.form`."""
_UNUSED = say("no configuration uses these values of Terraform variables: pass them with --var-file")
_PASSED_ON = say("another program reads or completes it")
_PROGRAM = say("this is a program, which eniplan does not run")
_TEMPLATE = say("a template: render it first (helm template)")
_PLACES_PODS = say("values of a chart, or a patch: check what `helm template` or `kubectl kustomize` prints")
_PLAIN_POOL = say("a node pool without the exclusive label")
_PRINTED = say("this is Terraform output: change the .tf files")
_STATE = (say("this is a Terraform state, not a plan"), say("terraform show -json plan.out"))
_PRINTED_PLAN = re.compile(rb"(?:Terraform|OpenTofu) will perform the following actions")
_LIVE = (
    say("these are live node pools, not a request"),
    say("prove them with `eniplan verify`; to check one, save it by itself"),
)


def _no_request(value: dict[str, Any]) -> tuple[Message, Message] | None:
    """Return why a document of live resources is not checked, and what to do; None for any other document."""
    if ("format_version" in value and "values" in value) or {"terraform_version", "lineage", "serial"} <= value.keys():
        return _STATE
    return _LIVE if templates.is_answer(value) else None


@cache
def _worth() -> re.Pattern[bytes]:
    """Return what a file in a folder must contain to be parsed. Compiled on demand: it takes longer than a file."""
    named = (RESOURCE, "resource_changes", CLUSTER_CONFIG, *templates.MARKS)
    kinds = b"|".join(sorted(kind.encode() for kind in KINDS | PASSING_ON | {*kustomize.DELIVERING}))
    listed = rb"|\bkind[\"']?\s*:\s*[\"']?(?:List|" + kinds + rb")\b|"
    marks = (*MARKS, *PLACING)
    return re.compile("|".join(named).encode() + listed + b"|".join(re.escape(mark.encode()) for mark in marks))


@cache
def _with_pods() -> re.Pattern[bytes]:
    """Return what a manifest of any kind contains that has pods."""
    return re.compile(rb"[\s{,\"'](?:" + "|".join(OF_PODS).encode() + rb")[\"']?\s*:")


@cache
def _ours() -> re.Pattern[bytes]:
    """Return what a malformed file must contain to be an error instead of a note."""
    return re.compile("|".join((RESOURCE, *templates.MARKS, EXCLUSIVE_LABEL, ENI, "PodNetworking")).encode())


class Collected:
    """The inputs of a run that are not plans; see `eniplan.plan.load.Others`."""

    def __init__(
        self,
        catalog: Catalog,
        cluster: Origin | None = None,
        variables: Options = NO_VALUES,
        *,
        asks: bool = False,
    ) -> None:
        """Start without inputs.

        Args:
            catalog: the instance data.
            cluster: facts of the cluster for inputs without any, from `read_cluster`.
            variables: values of Terraform variables.
            asks: whether the run also queries an account.

        """
        self._catalog = catalog
        self._cluster = cluster
        self._is_closed = cluster is None and not asks
        self._hcl = Files(variables, is_closed=self._is_closed)
        self._documents: list[Document] = []
        self._pools = PoolInputs(cluster)
        self._problems: list[Problem] = []
        self._calls: list[Call] = []
        self._sent: set[str] = set()
        """The files with the bodies of calls."""
        self._plans: dict[str, LoadedPlan | None] = {}
        """Plans in Markdown files, by file."""
        self._manifests = Manifests()
        self._kustomizations: dict[str, Kustomization] = {}
        """By folder; those of Flux and Argo CD by file and object."""
        self._built_from: dict[str, set[str]] = {}
        """The files of the kustomizations that change some, by folder."""
        self.skipped: list[Skipped] = []
        self.broken = 0
        """The number of malformed files in folders that are unrelated to exclusive pools."""
        self._complete: set[str] = set()
        """The files of manifests that no other program completes."""
        self._texts: set[str] = set()
        """The texts inside of documents that are inputs themselves, without blanks."""
        self._files_inside: set[str] = set()
        """The names of files in documents, such as the keys of a ConfigMap, that are requests."""
        self._marked: dict[str, str] = {}
        """The exclusive label or the ENI resource, by file that mentions it."""

    @property
    def lacks_cluster(self) -> bool:
        """Whether pools were checked without any fact about their cluster."""
        return self._cluster is None and self._pools.lack_cluster

    def count(self) -> int:
        """See `Others.count`."""
        return len(self._documents) + len(self._calls)  # calls become documents after all inputs are read

    def leads_out(self, folder: str) -> bool:
        """See `Others.leads_out`."""
        return self._hcl.leads_out(folder)

    def _count(self, file: str) -> None:
        """Count a file as an input, even if there is nothing to check in it."""
        self._documents.append(Document(file, None, NoPlaces()))

    def skip(self, path: str, why: str, value: object = None, title: str = "") -> None:
        """See `Others.skip`. `value` and `title` are the skipped part, if it is not the whole file."""
        name = self._marked.get(path, "")
        what = f"{path}: {title}" if title else path
        self.skipped.append(Skipped(what, why, name if name and self._names_it(value, name) else ""))

    def _names_it(self, value: object, name: str) -> bool:
        """Return whether a skipped part has a text that names exclusive nodes and is no input itself."""
        if value is None or not self._texts:
            return value is None or name in str(value)
        named = ((at, str(text)) for at, text in leaves(value) if name in f"{at}{text}")
        return any(name in f"{at}" or _bare(text) not in self._texts for at, text in named)

    def pass_on(self, path: str) -> None:
        """See `Others.pass_on`."""
        with contextlib.suppress(OSError):  # it is not an input
            self._mark(path, read_file(path, is_input=False))
        self.skip(path, _UNUSED if path.endswith(_VALUES) else _PROGRAM if path.endswith(PROGRAMS) else _PASSED_ON)

    def _mark(self, path: str, data: bytes) -> None:
        self._marked[path] = next((name for mark, name in MARKS.items() if mark.encode() in data), "")

    def file(self, path: str, data: bytes, *, named: bool) -> Iterator[LoadedPlan | Problem]:
        """See `Others.file`."""
        self._mark(path, data)
        if path.endswith(_VALUES) and not named:
            self.skip(path, _UNUSED)
        elif path.endswith(_VALUES):
            hint = say("check the folder that declares the variables, with --var-file {file}", file=path)
            yield Problem(say("this file has values of Terraform variables"), Place(path), hint)
        elif named and path.endswith(PROGRAMS):
            hint = say("pass what it makes: `pulumi preview --json`, `cdktf synth`, or the body of its request")
            yield Problem(_PROGRAM, Place(path), hint)
        elif path.endswith(MARKDOWN_ENDINGS):
            yield from self._markdown(path, data, named=named)
        elif path.endswith(MAKE_ENDINGS) or is_script(path, data):
            self._script(path, data, named=named)
        elif is_hcl(path, data):
            yield from self._take_hcl(path, data, named=named)
        elif named and path.endswith(".hcl"):
            hint = say("check the folder of the .tf files that it uses, with --var-file for the values that it passes")
            yield Problem(say("this HCL is of another program, such as Terraform Stacks or Packer"), Place(path), hint)
        else:
            yield from self._structured(path, data, named=named)

    def _structured(self, path: str, data: bytes, *, named: bool) -> Iterator[LoadedPlan | Problem]:
        has_any = _worth().search(data) or (b"apiVersion" in data and _with_pods().search(data)) or is_worth(data)
        if not (named or has_any or os.path.basename(path) in kustomize.NAMES):
            self.skip(path, NOTHING)
            return
        try:
            found = None if templates.is_any(data) else read_list(path, data)
            # Only documents of templates can be lists that are inputs.
            read = templates.read if templates.is_any(data) else read_inputs
            documents = read(path, data) if found is None else []
        except InputError as error:
            yield from self._malformed(path, data, error, named=named)
            return
        if MAY_BE_BLANK.search(data) is None and not any(document.has_tags for document in documents):
            self._complete.add(path)
        is_there = os.path.isfile(path)  # not a pipe, which can be read only once
        if found is not None:
            self._take_objects(found.document, objects_of(found, 0 if is_there else None), named=named, is_known=True)
        runs = self._jobs(path, data, documents)
        source = Source(decode(path, data)) if documents and templates.is_any(data) else None
        for number, document in enumerate(documents):
            holds = source is not None and self._inside(document, source)
            if self.document(document, named=named, number=number if is_there else None) or runs or holds:
                continue
            if named:
                yield load_document(document) if _may_be_plan(document.value) else _no_plan(document)
            elif not self._places_pods(document):
                self.skip(path, NOTHING, document.value if isinstance(document.value, dict) else None)

    def _malformed(self, path: str, data: bytes, error: InputError, *, named: bool) -> Iterator[Problem]:
        is_template = b"{{" in data
        if named and _PRINTED_PLAN.search(data):
            hint = say("pass the output of `terraform show -json plan.out`")
            yield Problem(say("this is the text of a Terraform plan, for people"), Place(path), hint)
        elif named and is_template:
            hint = say("if it is a template, render it first: helm template")
            yield from (problem._replace(hint=together((problem.hint, hint))) for problem in error.problems)
        elif named or (not is_template and _ours().search(data)):
            yield from error.problems
        elif is_template and self._marked[path]:
            self._manifests.leave_chart(f"file {path!r}", Origin(Document(path, None, NoPlaces()), ()), _TEMPLATE)
            self._count(path)
        else:
            self.broken += not is_template
            self.skip(path, _TEMPLATE if is_template else str(error.problems[0].message))

    def _places_pods(self, document: Document) -> bool:
        """Keep values of a chart, or a patch, if they place pods. Return whether they do."""
        value = document.value if isinstance(document.value, dict) else {"": patched(document.value)}
        item = Object(document, (), {**value, "apiVersion": "", "kind": FILE, "metadata": {"name": document.file}})
        is_kept = self._manifests.leave_unread(item, _PLACES_PODS)
        self._documents += [document] if is_kept else []
        return is_kept

    def _inside(self, document: Document, source: Source, outer: Block | None = None) -> bool:
        """Collect the inputs in texts of a document, which may be in a block. Return whether there are any."""
        from eniplan.inputs import embedded, script  # noqa: PLC0415 - most runs have none

        file, text = document.file, source.text
        self._embed(file, file, embedded.workspace(document, text))
        found = False
        for place, word in embedded.inner_requests(document, source):
            names = {*map(str, place[-1:]), *embedded.file_names(document, place)}
            bare = _bare(spelled(word))
            if bare in self._texts:
                self._files_inside |= names
                continue  # the same as the body of a command
            try:
                documents = script.documents_of(file, text, word)
            except InputError as error:
                self._broken(file, error, is_ours=outer is None)
                continue
            for each in documents:
                if self._take_inner(_placed(each, outer)):
                    self._files_inside |= names
                    self._texts.add(bare)
                    found = True
        for word in embedded.inner_manifests(document, source):
            for each in script.documents_of(file, text, word):
                if isinstance(each.value, dict) and "kind" in each.value:
                    self.document(_placed(each, outer), named=False)
        if found:
            self._count(file)
        return found

    def _take_inner(self, document: Document) -> bool:
        """Collect the pools of a request that is a text of another document. Return whether it is one."""
        is_object = isinstance(document.value, dict) and "apiVersion" in document.value
        found = None
        if isinstance(document.value, dict | list) and not is_object:
            found = templates.groups(document, is_closed=self._is_closed)
        for group in found or ():
            # A file of the folder may have the same request: the text is a copy of it.
            self._take_group(group._replace(key=(*group.key, document.file)))
        return found is not None

    def _jobs(self, path: str, data: bytes, documents: Iterable[Document] = (), outer: Block | None = None) -> bool:
        """Collect the calls in the scripts of a YAML file, such as the jobs of a CI, or of a Makefile.

        Args:
            path: the file.
            data: its text, or that of a block.
            documents: the documents in the text.
            outer: the block with the text, if it is not the whole file.

        Returns:
            Whether there are any.

        """
        if not is_worth(data):
            return False
        from eniplan.inputs import embedded, markdown  # noqa: PLC0415 - most runs have none

        if any(embedded.is_printed(document.value) for document in documents):
            return False
        before = len(self._problems)
        found = False
        text = decode(path, data)
        is_make = path.endswith(MAKE_ENDINGS)
        for block in markdown.recipes(text) if is_make else markdown.scripts(text, is_worth):
            try:
                found |= self._commands(path, block, outer)
            except InputError as error:
                # A description may quote a call with the body left out.
                self._broken(path, error, is_ours=outer is None and (block.is_text or EXCLUSIVE_LABEL in block.text))
        source = Source(text)
        for words in (words for document in documents for words in embedded.exec_forms(document, source)):
            try:
                found |= self._exec(path, text, words, outer)
            except InputError as error:
                self._broken(path, error, is_ours=outer is None)
        if found:
            self._count(path)
        return found or len(self._problems) > before

    def _exec(self, path: str, text: str, words: list[Word], outer: Block | None) -> bool:
        """Collect the call in a command that is a list of words. Return whether it is one."""
        from eniplan.inputs import script  # noqa: PLC0415 - most runs have none

        call = script.read_words(path, text, words)
        if call is None:
            return False
        self._calls.append(call._replace(document=_placed(call.document, outer)))
        self._texts.update(_bare(spelled(word)) for word in words)
        return True

    def _commands(self, path: str, block: Block, outer: Block | None = None) -> bool:
        """Collect the calls and the manifests in the commands of a script. Return whether there are any."""
        from eniplan.inputs import script  # noqa: PLC0415 - most runs have none

        inner = block.text.encode()
        if not is_worth(inner):
            return False
        try:
            calls, manifests = script.read(path, inner)
        except InputError as error:
            raise error.moved(path, block.moved) from None
        for call in calls:
            self._calls.append(call._replace(document=_placed(block.placed(call.document), outer)))
        found = [self.document(_placed(block.placed(document), outer), named=False) for document in manifests]
        self._texts.add(_bare(block.text))
        return bool(calls) or any(found)

    def _embed(self, path: str, name: str, texts: list[Text]) -> None:
        """Collect Terraform files embedded in another file."""
        if texts and any(names_ours(text.data) for text in texts):
            self._hcl.embed(path, name, texts)

    def _script(self, path: str, data: bytes, *, named: bool) -> None:
        """Collect what a shell script, or the recipes of a Makefile, create."""
        from eniplan.inputs.markdown import SHELL, Block  # noqa: PLC0415 - most runs have none

        if named:
            self._count(path)  # a named script is an input even without calls
        try:
            if path.endswith(MAKE_ENDINGS):
                creates = self._jobs(path, data)
            else:
                creates = self._commands(path, Block(SHELL[0], decode(path, data), 0, 0))
        except InputError as error:
            self._broken(path, error, is_ours=named or bool(_ours().search(data)))
            return
        if not creates:
            self.skip(path, _TOO_LATE if _LABELS_NODES.search(data) else say("it creates no node pool"))

    def _broken(self, path: str, error: InputError, *, is_ours: bool) -> None:
        """Report a malformed file: as an error if it may concern exclusive pools, otherwise as a note."""
        if is_ours:
            self._problems += error.problems
        else:
            self.broken += 1
            self.skip(path, str(error.problems[0].message))

    def _markdown(self, path: str, data: bytes, *, named: bool) -> Iterator[LoadedPlan | Problem]:
        """Collect the inputs in the code blocks of a Markdown file."""
        from eniplan.inputs import markdown  # noqa: PLC0415 - most runs have none

        if named:
            self._count(path)
        try:
            blocks = list(markdown.blocks(decode(path, data)))
        except InputError as error:
            self._broken(path, error, is_ours=named)
            return
        for block in blocks:
            try:
                yield from self._block(path, block)
            except InputError as error:
                self.skip(f"{path}:{block.line}", str(error.problems[0].message), block.text)

    def _block(self, path: str, block: Block) -> Iterator[LoadedPlan]:
        """Collect the inputs in one code block."""
        from eniplan.inputs import markdown  # noqa: PLC0415 - most runs have none

        if block.language in markdown.SHELL:
            self._commands(path, block)
        elif block.language in markdown.HCL:
            text = Text(path, block.text, block.moved(1, 1))
            if any(part.first_fault() is not None for part in text.parts):
                self.skip(f"{path}:{block.line}", say("not valid HCL: its blocks were left out"), block.text)
                return
            self._embed(path, str(block.line), [text])
            if names_ours(text.data):  # makes the file an input
                self._count(path)
        elif block.language in markdown.YAML:
            yield from self._yaml_block(path, block)

    def _yaml_block(self, path: str, block: Block) -> Iterator[LoadedPlan]:
        """Collect the inputs in one code block with YAML."""
        data = block.text.encode()
        documents = read_tagged(path, data)
        runs = self._jobs(path, data, documents, block)
        for each in documents:
            holds = self._inside(each, Source(block.text), block) if templates.is_any(data) else False
            document = block.placed(each)
            if is_plan(document):
                plan = load_document(document)
                self._plans[f"{path}:{block.line}"] = plan
                yield plan
            elif not (self.document(document, named=False) or runs or holds):
                self.skip(f"{path}:{block.line}", NOTHING, block.text)

    def document(self, document: Document, *, named: bool, number: int | None = None) -> bool:
        """See `Others.document`. `number` is the index of the document in a file that can be read again."""
        value = document.value
        if not isinstance(value, dict):
            return isinstance(value, list) and self._take_list(document, value, named=named)
        if os.path.basename(document.file) in kustomize.NAMES:
            kustomization = kustomize.read(document)
            if not self._changes(kustomization.folder, kustomization):
                self.skip(document.file, say("a kustomization: check what it builds (kubectl kustomize)"), value)
            if named:  # even without the apiVersion and the kind, which kustomize does not need
                self._count(document.file)
            return True
        if "resource_changes" in value or ("format_version" in value and "planned_values" in value):
            self._take_plan(document)
        elif (why := _no_request(value)) is not None:
            return self._refuse(document, *why, named=named)
        elif ("resource" in value and self._take_json(document)) or self._take_groups(document):
            pass
        elif isinstance(value.get("apiVersion"), str) and isinstance(value.get("kind"), str):
            is_known = document.file in self._complete
            found = objects(document, number) if is_known else _objects(document, number)
            return self._take_objects(document, found, named=named, is_known=is_known)
        else:
            return False
        self._documents.append(document)
        return True

    def _changes(self, name: str, found: Kustomization) -> bool:
        """Keep a kustomization. Return whether a patch in it has pods."""
        self._kustomizations[name] = found
        return self._manifests.leave_unread(found.as_object, found.changing())

    def _refuse(self, document: Document, what: Message, hint: Message, *, named: bool) -> bool:
        if named:
            self._problems.append(Problem(what, document.place(()), hint))
            self._documents.append(document)
        else:
            self.skip(document.file, what)
        return True

    def _take_objects(
        self, document: Document, found: Iterable[Object], *, named: bool, is_known: bool = False
    ) -> bool:
        """Collect the Kubernetes objects of a document. A named document may have no object that eniplan checks.

        `is_known` tells that no part of them is unknown, which is not looked for then.
        """
        reasons = set()
        for item in found:
            why = self._add(item, is_known=is_known)
            if is_config(item.value):
                what = say("--cluster {file} takes what it says of a cluster", file=document.file)
                self.skipped.append(Skipped(document.file, what, is_shown=self._cluster is None))
                continue
            reasons.add(why)
            if why:
                self.skip(document.file, why, item.value, item.title)
        if not reasons:
            self.skip(document.file, NOTHING, document.value)
        if named or "" in reasons:
            self._count(document.file)
        return True

    def _add(self, item: Object, *, is_known: bool) -> str:
        """Add an object. Return why it is skipped; empty if it is not."""
        if "{{" in item.name:
            return "" if self._manifests.leave_unread(item, _TEMPLATE) else _TEMPLATE
        if item.kind in kustomize.DELIVERING and (found := list(kustomize.delivered(item))):
            has_pods = [self._changes(f"{item.document.file} {item.title} {i}", each) for i, each in enumerate(found)]
            return "" if any(has_pods) else found[0].changing()
        lost = None if is_known or not is_judged(item) else unknown_in(settled(item.value))
        if lost is not None:
            why, what = say("part of it is unknown: {lost}", lost=lost), f"{item.document.file}: {item.title}"
            self._manifests.leave_namespace(item, why)
            left = left_out(what, item.document._replace(value=item.value), why, "")
            if left.is_shown:
                self.skipped.append(left)
            return "" if left.is_shown or self._manifests.leave_unread(item, why, what) else why
        return self._manifests.add(item)

    def _take_list(self, document: Document, value: list[Any], *, named: bool) -> bool:
        """Collect a list of requests. Return whether it is one."""
        if any(map(templates.is_live, value)):
            return self._refuse(document, *_LIVE, named=named)
        is_ours = self._take_groups(document)
        self._documents += [document] if is_ours else []
        return is_ours

    # --- Collecting pools ----------------------------------------------------------------------------------------

    def _take_groups(self, document: Document) -> bool:
        """Collect the pools of a request, a template or a program. Return whether the document is one."""
        found = templates.groups(document, is_closed=self._is_closed)
        for group in found or ():
            self._take_group(group)
        return found is not None

    def _take_group(self, group: Group) -> None:
        for resource, why in group.left:
            self.skip(resource.document.file, why, resource.value, resource.address)
        for resource in group.pools:
            body = resource.spelling.body_of(resource.value)
            if mode_of(body) is False and not resource.vanishes:
                self.skip(resource.document.file, _PLAIN_POOL, resource.value, resource.address)
            else:
                form = _FORMS.get(resource.spelling, "") if group.is_certain else ""
                self._pools.take(resource, body, group.key, group.stated, form)

    def _take_call(self, call: Call, known: set[str]) -> None:
        """Collect a request in a script, unless its body is a file that is itself an input."""
        paths = (os.path.join(folder, call.file) for folder in _runs_in(call.document.file))
        found = next(filter(os.path.isfile, paths), None)
        if call.file and found is not None:
            if os.path.normpath(found) in known:
                return
            self._sent.add(os.path.normpath(found))
            (document, *_) = templates.read(found, read_file(found))
            self._documents.append(document)
            call = call._replace(document=document)
        if found is None and os.path.basename(call.file) in self._files_inside:
            return  # a ConfigMap has the body, which is judged
        value = call.document.value
        if not isinstance(value, dict) or (call.changed and EXCLUSIVE_LABEL not in str(value)):
            self.skip(call.document.file, NOTHING, value)
            return
        found_groups = templates.groups(call.document, is_closed=self._is_closed, changed=call.changed)
        if found_groups is None:
            self.skip(call.document.file, NOTHING, value)
        for group in found_groups or ():
            key = (call.document.file, call.cluster)
            self._take_group(group._replace(key=key, stated=group.stated or call.stated))

    def _take_plan(self, document: Document) -> None:
        document = document._replace(tree=Printed(document, _PRINTED))
        clusters = Clusters(document)
        for found in planned(document):
            if isinstance(found, Problem):
                self._problems.append(found)
            elif isinstance(found, Skipped):
                self._leave_out(found)
            elif isinstance(found, Document):
                self._take_objects(found, objects(found), named=False)
            else:
                cluster = clusters.of(found)
                unit = ("plan", document.file) if cluster is None else ("plan", document.file, cluster.address)
                body = found.spelling.body_of(found.value)
                self._pools.take(found, body, unit, None if cluster is None else cluster.stated, "plan")

    def _take_hcl(self, path: str, data: bytes, *, named: bool) -> Iterator[LoadedPlan | Problem]:
        try:
            why = self._hcl.add(path, data, named=named)
        except InputError as error:
            yield from error.problems
            return
        if not why:
            self._count(path)
            return
        self.skip(path, why)
        if named:  # a pre-commit hook passes every changed file
            yield LoadedPlan(Document(path, None, NoPlaces()), None)

    def _take_json(self, document: Document) -> bool:
        """Collect Terraform's JSON syntax from a file with another ending. Return whether the document is Terraform."""
        from eniplan.inputs.hcl.json_syntax import JsonText, is_terraform  # noqa: PLC0415 - few files need it

        if not is_terraform(document.value):
            return False
        self._hcl.embed(document.file, str(document.place(()).line), [JsonText(document)])
        return True

    # --- Making plans ----------------------------------------------------------------------------------------

    def finish(self, plans: Mapping[str, LoadedPlan | None]) -> Iterator[LoadedPlan | Problem]:
        """See `Others.finish`."""
        known = {os.path.normpath(document.file) for document in self._documents}
        for call in self._calls:
            self._documents.append(call.document)
            try:
                self._take_call(call, known)
            except (InputError, OSError) as error:
                yield from error.problems if isinstance(error, InputError) else (unreadable_file(call.file, error),)
        self._finish_hcl()
        for document in self._documents:
            yield LoadedPlan(document, None)  # an input, even if there is nothing to check in it
        yield from (*self._problems, *self._pools.problems)
        self._finish_patched_pools()
        yield from self._pools.apart()
        self._finish_kustomizations()
        units = self._pools.units()
        yield from self._manifests.problems
        if self._manifests:
            everything = [*units, *beside({**plans, **self._plans})]
            yield from joined(everything, self._manifests, self._cluster, self._catalog, self.skip, self._changing)
        else:
            for unit in units:
                yield unit.load()

    def _finish_patched_pools(self) -> None:
        """Know nothing of what kustomizations make of node pools, whose patches are no pools themselves."""
        for found in self._kustomizations.values():
            if not kustomize.patches_pools(found):
                continue
            from eniplan.inputs.composition import nothing_known  # noqa: PLC0415 - few runs have such a patch

            self._pools.leave_out(set(found.patches))
            lost = nothing_known(NotKnown(found.changing((CROSSPLANE_POOL,))))
            resource = Resource(found.folder, found.document, (), lost, CROSSPLANE)
            self._pools.take(resource, CROSSPLANE.body_of(lost), (), None, "")

    def _finish_kustomizations(self) -> None:
        """Do not judge patches, nor the pods that they may place elsewhere."""
        every = self._kustomizations.values()
        in_files = self._manifests.in_files()
        for title, why in self._manifests.leave_out({path: found.folder for found in every for path in found.patches}):
            self.skip(title, why)
        files = {os.path.normpath(document.file) for document in self._documents}
        self._built_from = {
            name: kustomize.sources(found, self._kustomizations, files)
            for name, found in self._kustomizations.items()
            if found.changes
        }
        for name, built_from in self._built_from.items():
            found = self._kustomizations[name]
            names = kustomize.placed(found, in_files)
            if names:
                self._manifests.patched.append(Patched(built_from, names, found.as_object.title, found.changing()))

    def _changing(self, files: set[str]) -> Iterator[Unread]:
        """Yield the kustomizations that may change files: eniplan does not apply them."""
        told = {item.title for item in self._manifests.unread}
        for name, built_from in self._built_from.items():
            found, changed = self._kustomizations[name], sorted(files & built_from)
            item = found.as_object
            if changed and item.title not in told:
                yield Unread(item.title, item.origin(), found.changing(tuple(changed)), ("", item.title))

    def _finish_hcl(self) -> None:
        found = self._hcl.finish()
        for group in found.groups:
            self._take_group(group)
        for document in found.manifests:
            self._take_objects(document, objects(document), named=False)
        self._problems += found.problems
        # A file that the configuration itself reads has been checked with it.
        used = self._hcl.used | self._sent
        why = (NOTHING, _UNUSED, _PASSED_ON)
        left = [item for item in self.skipped if item.why not in why or os.path.normpath(item.what) not in used]
        # A module is evaluated as a whole: its variables and locals may name the label in files of their own.
        evaluated = self._hcl.evaluated
        self.skipped = [item._replace(names="") if os.path.normpath(item.what) in evaluated else item for item in left]
        self._manifests.forget(used)
        for item in found.left:
            self._leave_out(item)

    def _leave_out(self, item: Skipped) -> None:
        """Keep skipped pods: those that name what only exclusive nodes have are for them. List everything else."""
        part, is_ours = item.part, item.names in {EXCLUSIVE_LABEL, ENI}
        if part is not None and is_ours and not isinstance(part.value, dict):
            self._manifests.leave_chart(item.what, Origin(part, ()), item.why)
            return
        whole = tuple(() if part is None or item.is_shown else objects(part))
        for one in whole:
            self._manifests.leave_namespace(one, item.why)
        kept = [
            self._manifests.leave_open(one, item.why)
            if is_ours
            else self._manifests.leave_unread(one, item.why, item.what)
            for one in whole
        ]
        if not any(kept):
            self.skipped.append(item)


def _bare(text: str) -> str:
    """Return a text without blanks, of which YAML changes some."""
    return "".join(text.split())


def _placed(document: Document, outer: Block | None) -> Document:
    return document if outer is None else outer.placed(document)


def _runs_in(file: str) -> tuple[str, ...]:
    """Return the folders in which a script may run: its own, the current one, and that of a CI: outside `.github`."""
    folder = os.path.dirname(file)
    return folder, "", _HIDDEN.split(folder)[0]


_HIDDEN = re.compile(r"(?:^|[/\\])\.[^./\\]")


def _may_be_plan(value: Any) -> bool:  # noqa: ANN401 - a document may hold anything
    """Return whether a document without a plan's apiVersion may be a plan with mistakes: it has a key of plans."""
    return is_like_plan(value) or any(nearest(key, SCHEMA["properties"]) for key in value)


def _no_plan(document: Document) -> Problem:
    hint = say("a plan has apiVersion: {version}; `eniplan init` writes one", version=API_VERSION)
    return Problem(say("this is no plan, and no other input that eniplan reads"), document.place(()), hint)


def _objects(document: Document, number: int | None) -> Iterable[Object]:
    """Return the objects of a manifest. Another program may complete some values."""
    value = blanked(document.value)
    if unknown_in(value) is None:
        return objects(document, number)
    # What was read again would not be marked as unknown.
    filled = objects(document._replace(value=value), None)
    return (item._replace(value=as_read(item.value, item.name)) if is_judged(item) else item for item in filled)
