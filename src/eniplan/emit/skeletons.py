"""Skeletons of manifests: parse the YAML, fill in values as data, and dump it again.

A skeleton is a whole object with placeholders. It must have all fields that eniplan fills in, so that a team's own
skeleton cannot silently lose one; other fields are kept.
"""

from __future__ import annotations

import copy
import os
from typing import TYPE_CHECKING, Any

from eniplan import resources
from eniplan.errors import InputError, Place, Problem, reason
from eniplan.k8s.kinds import HOLDERS
from eniplan.messages import say
from eniplan.plan.document import path_text, read_documents, value_at
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from eniplan.k8s.kinds import Holder
    from eniplan.plan.document import Document, Path


class Shape(NamedTuple):
    """The fields of a kind that eniplan uses."""

    api_version: str
    holder: Holder | None = None
    """The description of a kind with pods, which all readers use."""
    more: Mapping[Path, type] = {}
    """Other required fields, with the type of each."""

    def required(self) -> dict[Path, type]:
        """Return the fields that a skeleton must have, with the type of each."""
        fields: dict[Path, type] = {("metadata", "name"): str}
        if self.holder is not None:
            template = self.holder.template
            fields |= {
                ("metadata", "namespace"): str,
                (*template, "metadata", "labels"): dict,
                (*template, "spec", "containers"): list,
                (*template, "spec", "containers", 0, "name"): str,
                (*template, "spec", "containers", 0, "image"): str,
            }
            if self.holder.selects:
                fields["spec", "selector", "matchLabels"] = dict
            fields |= dict.fromkeys(self.holder.replicas, int)
        return {**fields, **self.more}


(_CRON_JOB,) = HOLDERS["CronJob"]


SHAPES = {
    "PodNetworking": Shape(
        "network.alibabacloud.com/v1beta1",
        more={
            ("spec", "eniOptions", "eniType"): str,
            ("spec", "vSwitchSelectOptions", "vSwitchSelectionPolicy"): str,
            ("spec", "vSwitchOptions"): list,
            ("spec", "securityGroupIDs"): list,
            ("spec", "selector"): dict,
        },
    ),
    "ConfigMap": Shape("v1", more={("metadata", "namespace"): str, ("data", "eni_conf"): str}),
    "Deployment": Shape("apps/v1", HOLDERS["Deployment"][0]),
    "StatefulSet": Shape("apps/v1", HOLDERS["StatefulSet"][0], {("spec", "serviceName"): str}),
    "DaemonSet": Shape("apps/v1", HOLDERS["DaemonSet"][0]),
    "Job": Shape("batch/v1", HOLDERS["Job"][0], {("spec", "template", "spec", "restartPolicy"): str}),
    "CronJob": Shape(
        "batch/v1", _CRON_JOB, {("spec", "schedule"): str, (*_CRON_JOB.template, "spec", "restartPolicy"): str}
    ),
    "Pod": Shape("v1", HOLDERS["Pod"][0]),
}
"""The shape of every kind with a skeleton, by kind."""

_FORBIDDEN: dict[str, tuple[Path, ...]] = {"PodNetworking": (("metadata", "namespace"), ("status",))}
"""Fields that a kind must not have: a PodNetworking is cluster-scoped, and Terway writes its status."""


class Skeletons:
    """The skeletons of one folder, each read on first use."""

    def __init__(self, folder: str | None = None) -> None:
        """Store the folder; None: eniplan's own skeletons."""
        self._folder = folder or os.path.join(resources.folder("templates"), "manifests")
        self._read: dict[str, dict[str, Any]] = {}

    def get(self, kind: str) -> dict[str, Any]:
        """Return a copy of the skeleton of a kind.

        Raises:
            InputError: the file cannot be read, is not YAML, or lacks a field that eniplan fills in.

        """
        if kind not in self._read:
            self._read[kind] = self._load(kind)
        return copy.deepcopy(self._read[kind])

    def _load(self, kind: str) -> dict[str, Any]:
        file = os.path.join(self._folder, f"{kind.lower()}.yaml")
        try:
            with open(file, "rb") as stream:
                data = stream.read()
        except OSError as error:
            hint = say("a folder of skeletons needs one for each kind; copy the missing one from eniplan's templates")
            message = say(
                "cannot read the skeleton of a {kind}: {reason}",
                kind=kind,
                reason=reason(error),
            )
            raise InputError(Problem(message, Place(file), hint)) from None
        documents = read_documents(file, data)
        value = documents[0].value
        if len(documents) != 1 or not isinstance(value, dict):
            raise InputError(Problem(say("a skeleton must be one object of kind {kind}", kind=kind), Place(file)))
        problems = list(_problems(documents[0], kind))
        if problems:
            raise InputError(*problems)
        return value


def _problems(document: Document, kind: str) -> Iterator[Problem]:
    shape = SHAPES[kind]
    for key, wanted in (("apiVersion", shape.api_version), ("kind", kind)):
        if value_at(document.value, (key,)) != wanted:
            yield Problem(say("{key} must be {wanted}", key=key, wanted=wanted), document.place((key,)))
    for path, needed in shape.required().items():
        if not isinstance(value_at(document.value, path), needed):
            message = say("the skeleton of a {kind} lacks a field that eniplan fills in", kind=kind)
            hint = say("add {path}, with any value of its type", path=path_text(path))
            yield Problem(message, document.place(path), hint)
    for path in _FORBIDDEN.get(kind, ()):
        if value_at(document.value, path) is not None:
            yield Problem(say("a {kind} cannot have this field", kind=kind), document.place(path), say("remove it"))
