from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from eniplan import resources
from eniplan.rules.examples import POD_NETWORKING, WORKLOAD, example
from tests.emit.support import FULL, HOSTILE, needs
from tests.harness import EXAMPLES

if TYPE_CHECKING:
    from tests.harness import Run

NETWORKED = example({"podNetworkings": [POD_NETWORKING], "workloads": [{**WORKLOAD, "podNetworking": "trading-eni"}]})


def written(folder: Path, plan: dict[str, Any], name: str = "plan.json") -> Path:
    file = folder / name
    file.write_text(json.dumps(plan), encoding="utf-8")
    return file


def test_pod_networkings_are_all_without_workloads(run: Run, tmp_path: Path) -> None:
    plan = written(tmp_path, NETWORKED)
    done = run("render-manifests", plan)
    assert (done.code, done.err) == (0, "")
    assert [item["kind"] for item in yaml.safe_load_all(done.out)] == ["PodNetworking"]
    assert done.out.startswith(f"# Rendered by eniplan 0.1.0 from {plan}, ")
    assert run("render-manifests", plan).out == done.out
    with_workloads = run("render-manifests", plan, "--workloads")
    assert [item["kind"] for item in yaml.safe_load_all(with_workloads.out)] == ["PodNetworking", "StatefulSet"]


def test_a_folder_of_files_is_what_kubectl_takes(run: Run, tmp_path: Path) -> None:
    program = needs("kubectl")
    plans = [written(tmp_path, FULL), *EXAMPLES.glob("*.yaml")]
    for i, plan in enumerate(plans):
        folder = tmp_path / f"out{i}"
        done = run("render-manifests", plan, "--workloads", "--out-dir", folder, "--kustomize")
        if done.code == 1:  # an example of what is wrong
            assert not folder.exists()
            continue
        assert (done.code, done.out) == (0, "")
        built = subprocess.run([program, "kustomize", folder], capture_output=True, check=False)
        assert built.returncode == 0, built.stderr
        stream = run("render-manifests", plan, "--workloads").out
        # In the same order: PodNetworkings first.
        assert list(yaml.safe_load_all(built.stdout)) == list(yaml.safe_load_all(stream))


def test_writing_twice_gives_the_same_bytes(run: Run, tmp_path: Path) -> None:
    plan = written(tmp_path, FULL)
    contents = []
    for _ in range(2):
        run("render-manifests", plan, "--workloads", "--out-dir", tmp_path / "out", "--kustomize")
        contents.append({path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()})
    assert contents[0] == contents[1]
    assert len(contents[0]) == 9


@pytest.mark.parametrize("name", ["../x", "../../x", "/x", "a/../../x", "..", "-rf", *HOSTILE[7:12]])
@pytest.mark.parametrize("where", ["pod networking", "config", "workload", "namespace"])
def test_names_cannot_lead_out_of_the_folder(where: str, name: str, run: Run, tmp_path: Path) -> None:
    place = "podNetworkings[0]" if where == "pod networking" else "workloads[0]"
    waivers = [{"rule": rule, "path": place, "reason": "to get past the check"} for rule in ("PN011", "WL004")]
    plan = example({
        "podNetworkings": [{**POD_NETWORKING, "name": name if where == "pod networking" else "pn"}],
        "cluster.terwayConfigs": {name if where == "config" else "conf": {"vSwitchIds": ["vsw-j"]}},
        "workloads": [{
            **WORKLOAD,
            "name": name if where == "workload" else "matcher",
            "namespace": name if where == "namespace" else "default",
        }],
        "waivers": waivers,
    })  # fmt: skip
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    done = run(
        "render-manifests", "-", "--workloads", "--out-dir", inner / "out", "--kustomize",
        stdin=json.dumps(plan).encode(),
    )  # fmt: skip
    assert (done.code, done.out) in {(3, ""), (1, "")}
    assert "Traceback" not in done.err
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_ids_that_try_to_break_out_are_only_text(run: Run, tmp_path: Path) -> None:
    ids = [text for text in HOSTILE if not text.startswith("<")]  # that is a placeholder of `eniplan init`
    plan = example({"podNetworkings": [{**POD_NETWORKING, "vSwitchIds": ids}]})
    del plan["cluster"]["vSwitches"]
    done = run("render-manifests", written(tmp_path, plan))
    assert done.code == 0
    (found,) = yaml.safe_load_all(done.out)
    assert found["spec"]["vSwitchOptions"] == ids


def test_a_file_name_stays_in_its_comment(run: Run, tmp_path: Path) -> None:
    plan = written(tmp_path, NETWORKED, "a\nkind: Secret\n.json")
    done = run("render-manifests", plan)
    assert [item["kind"] for item in yaml.safe_load_all(done.out)] == ["PodNetworking"]


def test_a_plan_with_findings_is_refused(run: Run, tmp_path: Path) -> None:
    plan = written(tmp_path, example({"podNetworkings": [{**POD_NETWORKING, "eniType": "Trunk"}]}))
    done = run("render-manifests", plan, "--out-dir", tmp_path / "out")
    assert (done.code, done.out) == (1, "")
    assert "PN001" in done.err
    assert not (tmp_path / "out").exists()


def test_own_skeletons(run: Run, tmp_path: Path) -> None:
    plan = written(tmp_path, NETWORKED)
    own = Path(shutil.copytree(Path(resources.folder("templates")) / "manifests", tmp_path / "own"))
    file = own / "statefulset.yaml"
    content = file.read_text(encoding="utf-8").replace("REPLACE-WITH-YOUR-IMAGE", "busybox:1.36")
    file.write_text(content + "      priorityClassName: high\n", encoding="utf-8")
    done = run("render-manifests", plan, "--workloads", "--template-dir", own)
    spec = list(yaml.safe_load_all(done.out))[1]["spec"]["template"]["spec"]
    assert spec["containers"] == [{"name": "main", "image": "busybox:1.36"}]
    assert spec["priorityClassName"] == "high"
    file.write_text(content.replace("  serviceName: NAME\n", ""), encoding="utf-8")
    lost = run("render-manifests", plan, "--workloads", "--template-dir", own)
    assert (lost.code, lost.out) == (3, "")
    assert f"{file}:" in lost.err
    assert "spec.serviceName" in lost.err


def test_two_plans_for_one_object(run: Run, tmp_path: Path) -> None:
    stream = f"{json.dumps(NETWORKED)}\n---\n{json.dumps(NETWORKED)}\n"
    (tmp_path / "plans.yaml").write_text(stream, encoding="utf-8")
    done = run("render-manifests", tmp_path / "plans.yaml")
    assert (done.code, done.out) == (3, "")
    assert "PodNetworking trading-eni is rendered twice" in done.err


def test_nothing_to_render_is_told(run: Run, tmp_path: Path) -> None:
    plan = written(tmp_path, example({}))
    done = run("render-manifests", plan)
    assert done.code == 0
    assert list(yaml.safe_load_all(done.out)) in ([], [None])
    assert "no podNetworkings" in done.err
    assert run("render-manifests", plan, "--out-dir", tmp_path / "out", "--kustomize").code == 0
    assert list((tmp_path / "out").iterdir()) == []


def test_labels_of_the_namespace_are_told(run: Run, tmp_path: Path) -> None:
    plan = json.loads(json.dumps(NETWORKED))
    plan["podNetworkings"][0]["namespaceSelector"] = {"matchLabels": {"team": "trading"}}
    assert "labels of the namespace default" in run("render-manifests", written(tmp_path, plan)).err


@pytest.mark.parametrize(
    "words",
    [
        ["plan.json", "--kustomize"],
        ["plan.json", "--patch", "x", "--workloads"],
        ["plan.json", "--patch", "x", "--out-dir", "y"],
        ["-", "--patch", "-"],
    ],
)
def test_options_that_do_not_go_together(words: list[str], run: Run, tmp_path: Path) -> None:
    written(tmp_path, NETWORKED)
    done = run("render-manifests", *words, cwd=tmp_path)
    assert (done.code, done.out) == (2, "")


def test_patch_tells_what_it_leaves_alone(run: Run, tmp_path: Path) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\nspec:\n  containers: [{name: a}]\n"
    mine = pod.replace("name: x", "name: x\n  annotations: {eniplan.dev/node-pool: trading}")
    stdin = f"{pod}---\n{mine}".encode()
    done = run("render-manifests", written(tmp_path, NETWORKED), "--patch", "-", stdin=stdin)
    assert "Pod x names no node pool, so it was not changed" in done.err
    assert done.out.startswith(pod + "---\n")


def test_a_folder_that_cannot_be_made(run: Run, tmp_path: Path) -> None:
    plan = written(tmp_path, NETWORKED)
    assert run("render-manifests", plan, "--out-dir", plan).code == 3


# --- --patch ------------------------------------------------------------------------------------------------


def test_patch_completes_and_a_second_run_changes_no_byte(run: Run, tmp_path: Path) -> None:
    plan = written(tmp_path, NETWORKED)
    manifest = tmp_path / "app.yaml"
    bare = (
        "# mine\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: matcher}\n"
        "spec:\n  template:\n    spec:\n      containers:\n        - name: a  # é\n"
    )
    manifest.write_text(bare, encoding="utf-8")
    done = run("render-manifests", plan, "--patch", manifest)
    assert done.code == 0
    assert done.out.startswith(bare)
    assert "StatefulSet matcher now fits pool trading: added " in done.err
    assert manifest.read_text(encoding="utf-8") == bare
    again = run("render-manifests", plan, "--patch", "-", stdin=done.out.encode())
    assert again.out == done.out
    assert "StatefulSet matcher already fits pool trading" in again.err


def test_what_cannot_be_patched(run: Run, tmp_path: Path) -> None:
    plan = written(tmp_path, NETWORKED)
    other = b"apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n"
    for words, stdin, message in (
        (["--patch", "-"], b"a: 1\n", "no manifest in this file names a node pool"),
        (["--patch", "-"], b"\xff", "not UTF-8"),
        (["--patch", "-"], other, "eniplan.dev/node-pool"),
        (["--patch", tmp_path / "none.yaml"], b"", "cannot read it"),
    ):
        done = run("render-manifests", plan, *words, stdin=stdin)
        assert (done.code, done.out) == (3, "")
        assert message in done.err


def test_patch_takes_one_plan(run: Run, tmp_path: Path) -> None:
    (tmp_path / "plans.yaml").write_text(f"{json.dumps(NETWORKED)}\n---\n{json.dumps(example({}))}\n", encoding="utf-8")
    assert run("render-manifests", tmp_path / "plans.yaml", "--patch", "x").code == 2
