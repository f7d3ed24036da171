"""Reads the file of `--cluster`: facts of the cluster for inputs that state none."""

from __future__ import annotations

from typing import Any

from eniplan.errors import InputError, Place, Problem
from eniplan.inputs.cluster import is_config, of_config
from eniplan.inputs.places import Origin, translated
from eniplan.inputs.units import root_of
from eniplan.messages import say
from eniplan.plan.document import read_documents
from eniplan.plan.load import load_document
from eniplan.plan.schema import API_VERSION, SCHEMA
from eniplan.terminal import read_named


def _no_facts(file: str, value: dict[str, Any]) -> Problem | None:
    """Return why a document, which another program printed, does not state the facts of a cluster."""
    if "apiVersion" in value and "kind" in value:
        hint = say(
            "make such a file: eniplan init --from-cluster --from {file} --cluster-facts cluster.yaml", file=file
        )
        return Problem(say("these are Kubernetes objects, not the facts of a cluster"), Place(file), hint)
    if "cluster_id" in value and ("current_version" in value or "meta_data" in value):
        hint = say("--live queries the account itself; a file has the keys of a plan's cluster part")
        return Problem(say("this is an answer of DescribeClusterDetail, not the facts of a cluster"), Place(file), hint)
    return None


def read_cluster(file: str) -> Origin:
    """Return the facts of a cluster from a `cluster` part of a plan, alone or within a plan.

    Raises:
        InputError: the file cannot be read, or has no such part.

    """
    documents = read_documents(file, read_named(file, say("--cluster names a file")))
    documents = [of_config(item) if is_config(item.value) else item for item in documents]
    value: Any = documents[0].value
    if isinstance(value, dict) and (why := _no_facts(file, value)) is not None:
        raise InputError(why)
    whole = isinstance(value, dict) and ("cluster" in value or "nodePools" in value)
    origin = Origin(documents[0], ("cluster",) if whole else ())
    if len(documents) > 1:
        raise InputError(Problem(say("several documents"), Place(file), say("give one cluster")))
    if whole and "cluster" not in value:
        raise InputError(
            Problem(say("this plan has no cluster part"), Place(file), say("add cluster:, or pass another file"))
        )
    others = {key: item for key, item in value.items() if key not in SCHEMA["properties"]} if whole else {}
    stub: dict[str, Any] = {
        **others,  # keep unknown keys, so that they are reported
        "apiVersion": API_VERSION,
        "nodePools": [{"name": "stub"}],
        "cluster": value["cluster"] if whole else value,
    }
    found = load_document(translated(stub, root_of(documents[0]) | {("cluster",): origin}))
    if found.problems:
        raise InputError(*found.problems)
    return origin
