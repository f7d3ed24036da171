from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from eniplan import resources
from eniplan.emit.manifests import render
from eniplan.emit.skeletons import SHAPES, Skeletons
from eniplan.errors import InputError, Place, Problem
from eniplan.messages import say
from eniplan.plan.model import plan_from
from eniplan.rules.examples import WORKLOAD, example

OWN = Path(resources.folder("templates")) / "manifests"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of eniplan's own skeletons."""
    return Path(shutil.copytree(OWN, tmp_path / "skeletons"))


def without(value: Any, path: tuple[str | int, ...]) -> Any:  # noqa: ANN401 - a value of a skeleton
    """Return a value without what stands at a path."""
    inner = value
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return value


def test_there_is_one_for_every_kind_and_each_is_complete() -> None:
    assert {path.stem for path in OWN.iterdir()} == {kind.lower() for kind in SHAPES}
    for kind in SHAPES:
        assert Skeletons().get(kind)["kind"] == kind


def test_each_is_handed_out_as_a_copy() -> None:
    skeletons = Skeletons()
    skeletons.get("Pod")["spec"].clear()
    assert skeletons.get("Pod")["spec"]


LOST = [(kind, path) for kind, shape in SHAPES.items() for path in [("apiVersion",), ("kind",), *shape.required()]]


@pytest.mark.parametrize(("kind", "path"), LOST)
def test_a_lost_field_is_told_with_file_and_key(kind: str, path: tuple[str | int, ...], folder: Path) -> None:
    file = folder / f"{kind.lower()}.yaml"
    value = without(yaml.safe_load(file.read_text(encoding="utf-8")), path)
    file.write_text(yaml.safe_dump(value), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        Skeletons(str(folder)).get(kind)
    first = caught.value.problems[0]
    assert first.place.file == str(file)
    wanted = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")
    assert first.place.path == wanted


def test_a_field_of_another_type_counts_as_lost(folder: Path) -> None:
    file = folder / "deployment.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("labels: {}", "labels: []"), encoding="utf-8")
    with pytest.raises(InputError, match="lacks a field"):
        Skeletons(str(folder)).get("Deployment")


@pytest.mark.parametrize(
    ("before", "after", "path"),
    [
        ("metadata:\n", "metadata:\n  namespace: a\n", "metadata.namespace"),
        ("spec:\n", "status: {}\nspec:\n", "status"),
    ],
)
def test_a_pod_networking_has_no_namespace_and_no_status(before: str, after: str, path: str, folder: Path) -> None:
    file = folder / "podnetworking.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        Skeletons(str(folder)).get("PodNetworking")
    (problem,) = caught.value.problems
    assert (problem.message, problem.hint) == ("a PodNetworking cannot have this field", "remove it")
    assert (problem.place.file, problem.place.path) == (str(file), path)


@pytest.mark.parametrize("content", ["{{ .Values.x }}: y", "\0"])
def test_what_is_no_skeleton(content: str, folder: Path) -> None:
    (folder / "job.yaml").write_text(content, encoding="utf-8")
    with pytest.raises(InputError):
        Skeletons(str(folder)).get("Job")


@pytest.mark.parametrize("content", ["[]", "a", "a: 1\n---\nb: 2", "{}\n---\n{}"])
def test_a_skeleton_is_one_object(content: str, folder: Path) -> None:
    (folder / "job.yaml").write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        Skeletons(str(folder)).get("Job")
    (problem,) = caught.value.problems
    assert problem == Problem(say("a skeleton must be one object of kind Job"), Place(str(folder / "job.yaml")))


def test_a_missing_file(folder: Path) -> None:
    (folder / "job.yaml").unlink()
    with pytest.raises(InputError, match="cannot read the skeleton of a Job"):
        Skeletons(str(folder)).get("Job")


def test_what_a_team_adds_stays(folder: Path) -> None:
    file = folder / "deployment.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "      priorityClassName: high\n", encoding="utf-8")
    assert Skeletons(str(folder)).get("Deployment")["spec"]["template"]["spec"]["priorityClassName"] == "high"


def test_tolerations_of_the_skeleton_and_of_the_plan(folder: Path) -> None:
    file = folder / "deployment.yaml"
    value = yaml.safe_load(file.read_text(encoding="utf-8"))
    value["spec"]["template"]["spec"]["tolerations"] = [{"key": "own", "operator": "Exists"}]
    file.write_text(yaml.safe_dump(value), encoding="utf-8")
    workload = {**WORKLOAD, "kind": "Deployment", "tolerations": [{"key": "planned", "operator": "Exists"}]}
    (item,) = render(plan_from(example({"workloads": [workload]})), Skeletons(str(folder)), workloads=True)
    tolerations = item.object["spec"]["template"]["spec"]["tolerations"]
    assert [toleration["key"] for toleration in tolerations] == ["own", "planned", "exclusive-eni"]
