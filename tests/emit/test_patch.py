"""Adding to a user's own manifests: only what is missing is new, every other byte stays."""

from __future__ import annotations

import difflib
import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from eniplan.emit import splice
from eniplan.emit.manifests import render, text
from eniplan.emit.patch import patch
from eniplan.emit.skeletons import Skeletons
from eniplan.errors import InputError
from eniplan.k8s.nodes import repelling
from eniplan.k8s.pods import read_pod
from eniplan.k8s.terway import ENI
from eniplan.plan.document import values_in
from eniplan.plan.model import plan_from
from tests.emit.support import FAMILY_POOL, FULL, example_plans, view_of_plan

PLAN = plan_from({**FULL, "nodePools": [pool for pool in FULL["nodePools"] if pool != FAMILY_POOL]})
"""Without the pool that has no taint: it would take the pods of the others, which are kept off by a label."""
ANNOTATED = "  annotations: {eniplan.dev/node-pool: trading}\n"
BARE = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
      - name: web
        image: i
"""


def patched(manifest: str) -> str:
    """Patch, and prove on the way that a second run changes no byte."""
    out, _ = patch("app.yaml", manifest, PLAN)
    again, changes = patch("app.yaml", out, PLAN)
    assert again == out
    assert not any(change.added for change in changes)
    return out


def lost_lines(before: str, after: str) -> list[str]:
    return [line[2:] for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line.startswith("- ")]


@pytest.mark.parametrize("plan", example_plans())
def test_what_eniplan_renders_lacks_nothing(plan: dict[str, Any]) -> None:
    view = view_of_plan(plan)
    items = render(view.plan, Skeletons(), workloads=True)
    if not any(item.object["kind"] in {"Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"} for item in items):
        return
    stream = "---\n".join(map(text, items))
    out, changes = patch("x.yaml", stream, view.plan)
    assert out == stream
    assert all(change.pool and not change.added for change in changes)


STYLED = """\
# A comment of the file
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: matcher, namespace: trading}   # on one line
spec:
    replicas:   2     # spaces
    template:
        metadata:
            labels: {app: "m"}
        spec:
            containers:
              - name: a
                image: "x:1.10"   # quoted
                args: ['--a',   "b", 0o17, on, 1e3]
                env: &env
                  - name: A
                    value: >-
                      folded
                      text
              - name: b
                env: *env
                command:
                  - |
                    echo hi

                    exit 0
            # a comment about tolerations
            tolerations: []   # none yet


---
apiVersion: v1
kind: Service
metadata: {name:   s}
...
---
# nothing here
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    metadata:
      labels:
        app: web

        tier: x
    spec:
      affinity:
        nodeAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            nodeSelectorTerms:
            - matchExpressions:
              - key: topology.kubernetes.io/zone
                operator: In
                values: [cn-hangzhou-j]
            - matchFields: []
      tolerations:
      # why
      - operator: Exists
        effect: NoExecute
      containers:
      - name: web
        resources:
          limits:
            cpu: "1"   # one
"""


def test_only_what_is_missing_is_new() -> None:
    out = patched(STYLED)
    assert lost_lines(STYLED, out) == [
        '            labels: {app: "m"}',
        "            tolerations: []   # none yet",
    ]
    assert '            labels: {app: "m", network: trading-eni}\n' in out
    first, _, _, web = yaml.safe_load_all(out)
    assert "resources" not in first["spec"]["template"]["spec"]["containers"][0]
    spec = web["spec"]["template"]["spec"]
    assert spec["containers"][0]["resources"] == {
        "limits": {"cpu": "1", "aliyun/eni": 1}, "requests": {"aliyun/eni": 1},
    }  # fmt: skip
    terms = spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert [len(term.get("matchExpressions", [])) for term in terms] == [2, 0]  # an empty term matches no node
    assert [t.get("key") for t in spec["tolerations"]] == [None, "exclusive-eni", "soft"]


def test_golden_output_of_a_bare_deployment() -> None:
    assert patched(BARE) == BARE + """\
        resources:
          requests:
            aliyun/eni: 1
          limits:
            aliyun/eni: 1
      tolerations:
      - key: exclusive-eni
        operator: Equal
        value: "true"
        effect: NoSchedule
      - key: soft
        operator: Exists
        effect: PreferNoSchedule
      affinity:
        nodeAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            nodeSelectorTerms:
            - matchExpressions:
              - key: k8s.aliyun.com/exclusive-mode-eni-type
                operator: In
                values:
                - eniOnly
"""  # fmt: skip


@pytest.mark.parametrize(
    "manifest",
    [
        BARE.replace("\n", "\r\n"),
        BARE.rstrip("\n"),
        "\ufeff" + BARE,
        "---\n" + BARE + "...\n",
        BARE + "# the end\n",
        BARE.replace("      containers:\n", "      tolerations:\n      containers:\n"),
        BARE.replace("      containers:\n", "      tolerations: ~  # none\n      affinity: {}\n      containers:\n"),
        BARE.replace("      - name: web\n        image: i\n", "      - {name: web, image: i, }\n"),
        BARE.replace("    spec:\n", "    spec: &spec\n"),
        BARE.replace("      - name: web\n", "      -   name: web\n").replace("        image", "          image"),
        BARE.replace("image: i\n", "image: i\n        args:\n        - |+\n          x\n\n"),
        BARE.replace("image: i\n", "image: 'i\n\n          j'\n"),
        BARE.replace("      containers:\n      - name: web\n        image: i\n",
                     "      containers:\n        -\n          name: web\n          image: i\n"),
        BARE.replace("metadata:\n", "metadata:\n  labels: &l {a: b}\n  annotations: *l\n"),
    ],
)  # fmt: skip
def test_forms_of_text(manifest: str) -> None:
    out = patched(manifest)
    assert out != manifest
    (value,) = yaml.safe_load_all(out)
    spec = value["spec"]["template"]["spec"]
    assert spec["containers"][0]["resources"]["limits"] == {"aliyun/eni": 1}
    assert len(spec["tolerations"]) == 2
    assert ("\r\n" in manifest) == ("\r\n" in out)
    assert "\r\n" not in manifest or "\n" not in out.replace("\r\n", "")


def test_json_stays_json() -> None:
    manifest = (
        '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one"},\n'
        ' "spec": {"tolerations": [], "containers": [{"name": "a"}]}}'
    )
    out = patched(manifest)
    (value,) = yaml.safe_load_all(out)
    assert value == json.loads(out)


def test_merged_values_are_written_out_beside_the_merge() -> None:
    manifest = (
        "base: &base\n  tolerations: [{operator: Exists, effect: NoExecute}]\napiVersion: v1\nkind: Pod\n"
        "metadata: {name: one}\nspec:\n  <<: *base\n  containers: [{name: a}]\n"
    )
    out = patched(manifest)
    assert lost_lines(manifest, out) == ["  containers: [{name: a}]"]
    assert len(yaml.safe_load(out)["spec"]["tolerations"]) == 3


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        (BARE.replace("containers:\n      - name: web\n        image: i", "containers: *c"), "alias has no anchor"),
        (BARE.replace("name: web\nspec", "name: other\nspec"), "no manifest in this file names a node pool"),
        ("", "no manifest in this file names a node pool"),
        ("a: [", "not valid YAML"),
        ("{{ .Values.x }}: y: z", "not valid YAML"),
        ("a: \x00", "not readable"),
        (f"{BARE}spec: {{}}\n", r"duplicate key 'spec'; first in line \d"),
        (BARE.replace("spec:\n  template:\n    spec:\n", "spec:\n  tmpl:\n    spec:\n"), "no pod template"),
        (BARE.replace("containers:\n      - name: web\n        image: i\n", "containers: []\n"), "no container"),
        (BARE.replace("containers:\n      - name: web\n        image: i\n", "containers: x\n"), "must be a list"),
        (BARE.replace("      - name: web\n        image: i\n", "      - web\n"), "must be a map"),
        (BARE.replace("      - name: web\n        image: i\n", "      -\n"), "an item of 'containers' must be a map"),
        (BARE.replace("name: web\nspec", "name: web\n  annotations: {eniplan.dev/node-pool: x}\nspec"), "plan says"),
        (BARE.replace("name: web\nspec", "name: w\n  annotations: {eniplan.dev/node-pool: x}\nspec"), "does not have"),
        (BARE.replace("name: web\nspec", "name: w\n  annotations: {eniplan.dev/node-pool: training, "
                      "eniplan.dev/pod-networking: trading-eni}\nspec"), "Lingjun pool"),
        (BARE.replace("name: web\nspec", "name: w\n  annotations: {eniplan.dev/node-pool: training}\nspec")
         .replace("image: i", "resources: {limits: {aliyun/eni: 1}}"), "Lingjun nodes never offer"),
        (BARE.replace("      containers", "      nodeSelector: {k8s.aliyun.com/exclusive-mode-eni-type: eni}\n"
                      "      containers"), "keeps the pods away"),
        (STYLED.replace('{app: "m"}', "{network: other}"), "its PodNetworking cannot select"),
    ],
)  # fmt: skip
def test_what_cannot_be_patched_is_told(manifest: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        patch("app.yaml", manifest, PLAN)
    assert caught.value.problems[0].place.file == "app.yaml"


def annotated(*notes: str) -> str:
    return BARE.replace("name: web\nspec", f"name: w\n  annotations: {{{', '.join(notes)}}}\nspec")


LINGJUN = annotated("eniplan.dev/node-pool: training", "eniplan.dev/pod-networking: trading-eni")
ALIASED = "x: &c [{name: a, resources: {limits: {aliyun/eni: x}}}]\n" + BARE.replace(
    "containers:\n      - name: web\n        image: i", "containers: *c"
)
LISTED = """\
kind: List
items:
- kind: Service
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec: {template: {spec: {containers: []}}}
"""


@pytest.mark.parametrize(
    ("manifest", "message", "place", "hint"),
    [
        (annotated("eniplan.dev/node-pool: zzz"), "Deployment w names the node pool 'zzz', which the plan",
         (4, 3, "metadata"), ""),
        (annotated("eniplan.dev/node-pool: tradin"), "Deployment w names the node pool 'tradin', which the plan",
         (4, 3, "metadata"), "did you mean 'trading'?"),
        (annotated("eniplan.dev/node-pool: trading", "eniplan.dev/pod-networking: y"),
         "Deployment w names the PodNetworking 'y', which the plan", (4, 3, "metadata"), ""),
        (LINGJUN, "Deployment w uses a PodNetworking on the Lingjun pool 'training'", (4, 3, "metadata"),
         "remove the PodNetworking"),
        (annotated("eniplan.dev/node-pool: x").replace("name: w\n", "name: web\n"),
         "Deployment web has the annotation eniplan.dev/node-pool: x, but the plan says trading",
         (5, 40, 'metadata.annotations["eniplan.dev/node-pool"]'), "keep one of them"),
        (BARE.replace("template", "tmpl"), "Deployment web has no pod template", (6, 3, "spec.template"), ""),
        (BARE[: BARE.index("spec")] + "spec: [1]\n", "Deployment web has no pod template", (5, 7, "spec.template"), ""),
        (ALIASED, "must be a quantity", (9, 19, 'spec.template.spec.containers[0].resources.limits["aliyun/eni"]'), ""),
        (BARE.replace("    spec:\n      containers:", "    containers:"), "the pod has no container",
         (7, 5, "spec.template.spec.containers"), "add one"),
        (LISTED, "the pod has no container", (7, 40, "spec.template.spec.containers"), "add one"),
        ("---\n" + BARE.replace("name: web\n        image", "image: i\n        resources: x\n        imag"),
         "must be a map", (11, 20, "spec.template.spec.containers[0].resources"), ""),
    ],
)  # fmt: skip
def test_places_and_words(manifest: str, message: str, place: tuple[int, int, str], hint: str) -> None:
    with pytest.raises(InputError) as caught:
        patch("app.yaml", manifest, PLAN)
    (problem,) = caught.value.problems
    assert message in problem.message
    assert (problem.place.line, problem.place.column, problem.place.path) == place
    assert problem.hint == hint


@pytest.mark.parametrize(
    ("planned", "stated", "pool"),
    [
        (["default"], None, 0), (["default"], "default", 0), (["default"], "other", None), (["a"], None, 0),
        (["a"], "a", 0), (["a"], "default", None), (["a", "default"], None, 1), (["a", "default"], "a", 0),
        (["a", "b"], None, None),
    ],
)  # fmt: skip
def test_a_manifest_is_matched_by_its_namespace(planned: list[str], stated: str | None, pool: int | None) -> None:
    names = [found["name"] for found in FULL["nodePools"]]
    workloads = [
        {"name": "web", "namespace": namespace, "kind": "Deployment", "nodePool": names[i]}
        for i, namespace in enumerate(planned)
    ]
    one = manifest("Deployment", "web")
    del one["metadata"]["annotations"]
    one["metadata"] |= {"namespace": stated} if stated else {}
    nameless = {**manifest("Deployment"), "metadata": 1}
    text = yaml.safe_dump_all([one, manifest(name="other"), nameless])
    _, changes = patch("x", text, plan_from({**FULL, "workloads": workloads}))
    assert [(change.name, change.pool) for change in changes] == [
        ("Deployment web", None if pool is None else names[pool]),
        ("Deployment other", "trading"),
        ("Deployment (no name)", None),
    ]


@pytest.mark.parametrize(("stated", "requested"), [(2, 2), (None, 1), (0, None)])
def test_the_plan_says_how_many_enis(stated: int | None, requested: int | None) -> None:
    workload = {"name": "web", "kind": "Deployment", "nodePool": "trading"} | (
        {} if stated is None else {"eniRequest": stated}
    )
    out, _ = patch("x", BARE, plan_from({**FULL, "workloads": [workload]}))
    resources = yaml.safe_load(out)["spec"]["template"]["spec"]["containers"][0].get("resources")
    one = {"aliyun/eni": requested}
    assert resources == (None if requested is None else {"requests": one, "limits": one})


def test_an_alias_is_not_changed_behind_its_back() -> None:
    shared = BARE.replace("    spec:\n", "    spec:\n      affinity: &a\n        podAffinity: {}\n      x: *a\n")
    used = BARE.replace("apiVersion", "x: &a {podAffinity: {}}\napiVersion").replace(
        "    spec:\n", "    spec:\n      affinity: *a\n"
    )
    for manifest, message in ((shared, "cannot be added without rewriting"), (used, r"this is the alias \*a")):
        with pytest.raises(InputError, match=message):
            patch("app.yaml", manifest, PLAN)


@pytest.mark.parametrize("written", ["!!bool true", '!!bool "true"'])
def test_a_tag_of_yaml_itself_is_read_as_check_reads_it(written: str) -> None:
    out = patched(BARE.replace("    spec:\n", f"    spec:\n      hostNetwork: {written}\n"))
    assert "exclusive-mode-eni-type" in out
    assert ENI not in out  # on the host network a pod takes none


def test_what_a_merge_elsewhere_would_get_as_well_is_refused() -> None:
    merged = BARE.replace("    spec:\n", "    spec: &s\n") + "x:\n  <<: *s\n"
    with pytest.raises(InputError, match="cannot be added without rewriting") as caught:
        patch("app.yaml", merged, PLAN)
    assert "add it by hand: spec.template.spec.containers[0].resources" in caught.value.problems[0].hint


def test_an_anchor_bomb_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    with pytest.raises(InputError, match="aliases expand"):
        patch("app.yaml", "\n".join(lines) + "\n", PLAN)


def test_kinds_of_other_groups_are_left_alone() -> None:
    other = BARE.replace("apps/v1", "apps.example/v1") + "---\n" + BARE
    out = patched(other)
    assert out.startswith(other)


def test_a_plan_may_have_a_job_or_its_roles() -> None:
    replicas = {role: {"template": {"spec": {"containers": [{"name": "a"}]}}} for role in ("Master", "Worker")}
    job = {"apiVersion": "kubeflow.org/v1", "kind": "TFJob", "metadata": {"name": "own"},
           "spec": {"tfReplicaSpecs": replicas}}  # fmt: skip
    for name, changed in (("own", ["Master", "Worker"]), ("own-worker", ["Worker"]), ("own-master", ["Master"])):
        plan = plan_from({**FULL, "workloads": [{"name": name, "kind": "TFJob", "nodePool": "trading"}]})
        out, changes = patch("x", yaml.safe_dump(job), plan)
        found = yaml.safe_load(out)["spec"]["tfReplicaSpecs"]
        assert [role for role, each in found.items() if "tolerations" in each["template"]["spec"]] == changed
        assert [(change.name, change.pool) for change in changes] == [("TFJob own", "trading")]


GROUP = """\
apiVersion: leaderworkerset.x-k8s.io/v1
kind: LeaderWorkerSet
metadata:
  name: vllm
  annotations: {eniplan.dev/node-pool: trading}
spec:
  leaderWorkerTemplate:
    leaderTemplate: # leads
      spec:
        containers: [{name: a}]
    workerTemplate:
      spec:
        containers:
        - name: b
"""


def test_all_pods_of_an_annotated_object_of_any_kind() -> None:
    out = patched(GROUP)
    for pods in yaml.safe_load(out)["spec"]["leaderWorkerTemplate"].values():
        pod = read_pod(pods)
        assert pod.request(ENI) == 1
        assert pod.placement.needs(LABEL, "eniOnly")
        assert pod.tolerations[0].key == "exclusive-eni"
    assert lost_lines(GROUP, out) == ["        containers: [{name: a}]"]
    _, changes = patch("x", GROUP, PLAN)
    assert [(change.name, change.pool) for change in changes] == [("LeaderWorkerSet vllm", "trading")]


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"driver": {"cores": 1}}, True),
        ({"podTemplate": {"spec": {"initContainers": []}}}, True),
        ({"containers": [{"name": "sidecar"}]}, True),  # of a SidecarSet
        ({"selector": {"app": "x"}}, False),
    ],
)
def test_an_annotated_object_without_a_pod_template(spec: dict[str, Any], told: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """It is told, unless it has no pods: Kustomize annotates every object."""
    notes = {"name": "x", "annotations": {"eniplan.dev/node-pool": "trading"}}
    item = {"apiVersion": "x.io/v1", "kind": "Thing", "metadata": notes, "spec": spec}
    text = f"{BARE}---\n{yaml.safe_dump(item)}"
    if not told:
        assert patched(text).endswith(yaml.safe_dump(item))
        return
    with pytest.raises(InputError, match="Thing x names a node pool, and has no pod template") as caught:
        patch("app.yaml", text, PLAN)
    (problem,) = caught.value.problems
    assert problem.place.path == 'metadata.annotations["eniplan.dev/node-pool"]'
    assert problem.hint == "add the toleration, the node affinity and the request where its kind takes them"


def test_annotations_name_pool_and_pod_networking() -> None:
    manifest = BARE.replace("  name: web\n", "  name: new\n  annotations:\n    eniplan.dev/node-pool: trading\n"
                            "    eniplan.dev/pod-networking: trading-eni\n")  # fmt: skip
    value = yaml.safe_load(patched(manifest))
    assert value["spec"]["template"]["metadata"]["labels"] == {"network": "trading-eni"}
    assert "resources" not in value["spec"]["template"]["spec"]["containers"][0]


def test_changes_are_told() -> None:
    _, changes = patch("x", BARE + "---\n" + BARE.replace("name: web\nspec", "name: w\nspec"), PLAN)
    assert [(c.name, c.pool) for c in changes] == [("Deployment web", "trading"), ("Deployment w", None)]
    assert "spec.template.spec.tolerations" in changes[0].added


def test_limits_alone_are_a_request_and_requests_alone_get_their_limit() -> None:
    limited = BARE.replace("image: i", "resources: {limits: {aliyun/eni: '1'}}")
    assert "requests" not in patched(limited)
    requested = BARE.replace("image: i", "resources: {requests: {aliyun/eni: '1'}}")
    resources = yaml.safe_load(patched(requested))["spec"]["template"]["spec"]["containers"][0]["resources"]
    assert resources == {"requests": {"aliyun/eni": "1"}, "limits": {"aliyun/eni": "1"}}


def test_a_node_selector_does_what_the_affinity_would() -> None:
    selector = "      nodeSelector: {k8s.aliyun.com/exclusive-mode-eni-type: eniOnly}\n"
    selected = BARE.replace("      containers", selector + "      containers")
    assert "affinity" not in patched(selected)


def test_host_network_pods_take_no_eni() -> None:
    assert "aliyun/eni" not in patched(BARE.replace("    spec:\n", "    spec:\n      hostNetwork: true\n"))


def test_the_webhook_adds_nothing_to_host_network_pods() -> None:
    """So a second container doubles nothing, and their labels need not be those of a PodNetworking."""
    notes = "{eniplan.dev/node-pool: trading, eniplan.dev/pod-networking: trading-eni}"
    item = BARE.replace("name: web\nspec", f"name: new\n  annotations: {notes}\nspec")
    item = item.replace("    spec:\n", "    spec:\n      hostNetwork: true\n")
    item += "      - name: b\n        resources: {limits: {aliyun/eni: 1}}\n"
    template = yaml.safe_load(patched(item))["spec"]["template"]
    assert template["spec"]["tolerations"]
    assert "metadata" not in template
    with pytest.raises(InputError, match="the pod would use two"):
        patch("x", item.replace("hostNetwork: true", "hostPID: true"), PLAN)


# --- Any text -----------------------------------------------------------------------------------------------

keys = st.sampled_from(["a", "b", "kind", "1", "on"])
scalars = st.sampled_from(["x", "1", "", "a b", "é", "line\nbreak\n", "true"]) | st.integers(0, 9) | st.none()
trees = st.recursive(
    scalars, lambda v: st.lists(v, max_size=3) | st.dictionaries(keys, v, max_size=3), max_leaves=10
)  # fmt: skip


@given(st.dictionaries(keys, trees, min_size=1), trees, st.booleans() | st.none(), st.integers(1, 6))
def test_any_map_gets_a_new_key_and_keeps_its_text(
    value: dict[str, Any], new: Any, style: bool | None, indent: int  # noqa: ANN401, FBT001 - drawn by hypothesis
) -> None:  # fmt: skip
    before = yaml.safe_dump(value, default_flow_style=style, indent=indent + 1, allow_unicode=True)
    (old,) = values_in("x", before)
    assert isinstance(old, dict)
    out, _ = splice.splice("x", before, [old], [{**old, "new": new}])
    assert values_in("x", out) == [{**old, "new": new}]
    if style is False:
        assert out.startswith(before.removesuffix("\n"))


# --- what must never happen: a pod that cannot be placed, a request that is doubled ------------------------------

LABEL = "k8s.aliyun.com/exclusive-mode-eni-type"
ONE = {"aliyun/eni": 1}


def manifest(kind: str = "Deployment", name: str = "web", **spec: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    pod = {"containers": [{"name": "a"}], **spec}
    versions = {"Pod": "v1", "CloneSet": "apps.kruise.io/v1alpha1"}
    whole = pod if kind == "Pod" else {"template": {"spec": pod}}
    metadata = {"name": name, "annotations": {"eniplan.dev/node-pool": "trading"}}
    return {"apiVersion": versions.get(kind, "apps/v1"), "kind": kind, "metadata": metadata, "spec": whole}


def patched_pod(**spec: Any) -> dict[str, Any]:  # noqa: ANN401 - any field of a spec
    (value,) = yaml.safe_load_all(patched(yaml.safe_dump(manifest(name="other", **spec))))
    found: dict[str, Any] = value["spec"]["template"]["spec"]
    return found


def required(*terms: dict[str, Any]) -> dict[str, Any]:
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": list(terms)}}}


def term(operator: str, *values: str, key: str = LABEL) -> dict[str, Any]:
    return {"matchExpressions": [{"key": key, "operator": operator, **({"values": list(values)} if values else {})}]}


TERMS = "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"
NODE_SELECTOR = 'nodeSelector["k8s.aliyun.com/exclusive-mode-eni-type"]'
RESOURCES = "containers[0].resources"


@pytest.mark.parametrize(
    ("spec", "message", "path"),
    [
        ({"affinity": required(term("NotIn", "eniOnly"))}, "keeps the pods away", f"{TERMS}[0].matchExpressions[0]"),
        ({"affinity": required(term("DoesNotExist"))}, "keeps the pods away", f"{TERMS}[0].matchExpressions[0]"),
        ({"affinity": required(term("Exists", key="a"), term("In", "enionly"))}, "keeps the pods away",
         f"{TERMS}[1].matchExpressions[0]"),
        ({"nodeSelector": {LABEL: "ENI"}}, "keeps the pods away", NODE_SELECTOR),
        ({"affinity": required({})}, "matches no node", TERMS),
        ({"affinity": required({}), "nodeSelector": {LABEL: "eniOnly"}}, "matches no node", TERMS),
        ({"nodeSelector": {"not-of-the-pool": "x"}}, r"match no node of the pool: not-of-the-pool In \(x\)",
         "nodeSelector.not-of-the-pool"),
        ({"nodeSelector": {"topology.kubernetes.io/zone": "cn-hangzhou-z"}}, r"zone In \(cn-hangzhou-z\)",
         'nodeSelector["topology.kubernetes.io/zone"]'),
        ({"affinity": required({"matchFields": [{"key": "metadata.uid", "operator": "In", "values": ["x"]}]})},
         "only the field metadata.name", f"{TERMS}[0].matchFields[0].key"),
        ({"containers": [{"name": "a", "resources": {"requests": {"aliyun/eni": 0}}}]}, "requests 0", RESOURCES),
        ({"containers": [{"name": "a", "resources": {"requests": ONE, "limits": {"aliyun/eni": 2}}}]}, "limit of 2",
         f'{RESOURCES}.requests["aliyun/eni"]'),
        ({"containers": [{"name": "a", "resources": {"limits": {"aliyun/eni": 0.5}}}]}, "a whole number, not 0.5",
         f'{RESOURCES}.limits["aliyun/eni"]'),
        ({"containers": [{"name": "a", "resources": {"limits": {"aliyun/member-eni": 1}}}]}, "never offer", RESOURCES),
        ({"containers": [{"name": "a", "resources": {"limits": {"aliyun/eni": "x"}}}]}, "must be a quantity",
         f'{RESOURCES}.limits["aliyun/eni"]'),
        ({"tolerations": [{"key": "a", "operator": "Exists", "effect": ["NoSchedule"]}]}, "must be text",
         "tolerations[0].effect"),
    ],
)  # fmt: skip
def test_what_is_refused(spec: dict[str, Any], message: str, path: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        patch("app.yaml", yaml.safe_dump(manifest(**spec)), PLAN)
    (problem,) = caught.value.problems
    assert problem.place.line > 1
    assert problem.place.path == f"spec.template.spec.{path}".removesuffix(".")


def test_pods_that_terway_ignores_are_refused() -> None:
    ignored = manifest()
    ignored["spec"]["template"]["metadata"] = {"labels": {"k8s.aliyun.com/ignore-by-terway": "true"}}
    with pytest.raises(InputError, match="with this label Terway gives the pods no ENI") as caught:
        patch("app.yaml", yaml.safe_dump(ignored), PLAN)
    (problem,) = caught.value.problems
    assert problem.place.path == 'spec.template.metadata.labels["k8s.aliyun.com/ignore-by-terway"]'
    ignored["spec"]["template"]["spec"]["hostNetwork"] = True
    patch("app.yaml", yaml.safe_dump(ignored), PLAN)


def test_a_bare_pod_with_an_empty_term_is_refused() -> None:
    with pytest.raises(InputError, match="a term without a requirement matches no node"):
        patch("app.yaml", yaml.safe_dump(manifest("Pod", affinity=required({}))), PLAN)


def test_a_toleration_that_ends_is_refused() -> None:
    plan = {**FULL, "nodePools": [{**FULL["nodePools"][0], "taints": [{"key": "a", "effect": "NoExecute"}]}]}
    tolerations = [{"key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 60}]
    text = yaml.safe_dump(manifest(name="other", tolerations=tolerations))
    with pytest.raises(InputError, match="for 60 s, and is evicted after that") as caught:
        patch("app.yaml", text, plan_from({**plan, "workloads": [], "podNetworkings": []}))
    assert caught.value.problems[0].place.path == "spec.template.spec.tolerations"


def test_the_first_container_asks() -> None:
    containers = patched_pod(containers=[{"name": "a"}, {"name": "b"}])["containers"]
    assert containers == [{"name": "a", "resources": {"requests": ONE, "limits": ONE}}, {"name": "b"}]


@pytest.mark.parametrize("asked", [{"limits": {"aliyun/member-eni": 1}}, {"requests": {"aliyun/eni": 0}}])
def test_the_first_container_that_cannot_ask_is_told(asked: dict[str, Any]) -> None:
    containers = [{"name": "a"}, {"name": "b", "resources": asked}, {"name": "c", "resources": asked}]
    with pytest.raises(InputError) as caught:
        patch("app.yaml", yaml.safe_dump(manifest(containers=containers)), PLAN)
    assert [p.place.path for p in caught.value.problems] == ["spec.template.spec.containers[1].resources"]


def of_networking(selector: dict[str, Any], *, host: bool = False, **spec: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    """Return the template of a workload of a PodNetworking, patched."""
    networking = {**FULL["podNetworkings"][0], "podSelector": selector}
    workload = {"name": "web", "kind": "Deployment", "nodePool": "trading", "podNetworking": networking["name"]}
    plan = {**FULL, "podNetworkings": [networking], "workloads": [{**workload, "hostNetwork": host}]}
    out, _ = patch("x", yaml.safe_dump(manifest(**spec)), plan_from(plan))
    found: dict[str, Any] = yaml.safe_load(out)["spec"]["template"]
    return found


@pytest.mark.parametrize(
    ("selector", "host", "labels"),
    [
        ({"matchLabels": {"a": "b", "c": "d"}}, False, {"a": "b", "c": "d"}),
        ({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, False, None),
        ({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, False, {"a": "true"}),
        ({"matchExpressions": [{"key": "a", "operator": "Exists"},
                               {"key": "a", "operator": "NotIn", "values": ["true"]}]}, False, {"a": "yes"}),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["x", "y"]},
                               {"key": "a", "operator": "NotIn", "values": ["x"]}]}, False, {"a": "y"}),
        ({"matchLabels": {"a": "b"}}, True, None),
    ],
)  # fmt: skip
def test_labels_are_those_that_a_podnetworking_needs(
    selector: dict[str, Any], host: bool, labels: dict[str, str] | None  # noqa: FBT001 - a row of the table
) -> None:  # fmt: skip
    template = of_networking(selector, host=host)
    assert template.get("metadata") == (None if labels is None else {"labels": labels})
    assert "resources" not in template["spec"]["containers"][0]


def test_a_first_container_may_request_what_the_webhook_would() -> None:
    template = of_networking({}, containers=[{"name": "a", "resources": {"requests": ONE}}])
    assert template["spec"]["containers"][0]["resources"] == {"requests": ONE, "limits": ONE}


def test_no_label_can_satisfy_the_selector() -> None:
    never = {"matchExpressions": [{"key": "a", "operator": o} for o in ("Exists", "DoesNotExist")]}
    with pytest.raises(InputError, match="no value of the label a satisfies the whole podSelector") as caught:
        of_networking(never)
    assert caught.value.problems[0].place.path == "spec.template.metadata.labels.a"


def test_only_terms_without_the_requirement_get_it() -> None:
    ours, other = term("In", "eniOnly"), term("Exists", key="kubernetes.io/arch")
    pod = patched_pod(affinity=required(ours, other))
    both = {"matchExpressions": other["matchExpressions"] + ours["matchExpressions"]}
    assert pod["affinity"] == required(ours, both)


@pytest.mark.parametrize(
    "containers",
    [
        {"initContainers": [{"name": "s", "restartPolicy": "Always", "resources": {"limits": ONE, "requests": ONE}}]},
        {"containers": [{"name": "a"}, {"name": "b", "resources": {"limits": {"aliyun/eni": "1000m"}}}]},
    ],
)
def test_a_request_that_is_there_is_not_doubled(containers: dict[str, Any]) -> None:
    pod = patched_pod(**containers)
    assert "resources" not in pod["containers"][0]


def test_an_init_container_that_has_ended_is_no_second_request() -> None:
    spec = {
        "containers": [{"name": "a", "image": "i"}],
        "initContainers": [{"name": "i", "image": "i", "resources": {"limits": {"aliyun/eni": 1}}}],
    }
    notes = {"eniplan.dev/node-pool": "trading", "eniplan.dev/pod-networking": "trading-eni"}
    manifest = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "annotations": notes},
        "spec": {"template": {"spec": spec}},
    }
    (found,) = yaml.safe_load_all(patched(yaml.safe_dump(manifest)))
    assert "resources" not in found["spec"]["template"]["spec"]["containers"][0]


def test_a_second_request_beside_the_webhooks_is_refused() -> None:
    text = STYLED.replace("- name: b\n", "- name: b\n                resources: {limits: {aliyun/eni: 1}}\n", 1)
    with pytest.raises(InputError, match="would use two") as caught:
        patch("app.yaml", text, PLAN)
    assert caught.value.problems[0].place.path == "spec.template.spec.containers[1].resources"


def test_terms_that_are_empty_stay_empty() -> None:
    pod = patched_pod(
        affinity=required({}, {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n"]}]})
    )
    terms = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert terms[0] == {}
    assert terms[1]["matchExpressions"] == term("In", "eniOnly")["matchExpressions"]


def test_a_bare_pod_is_steered_by_its_node_selector() -> None:
    """Terway's webhook rewrites the terms of a node affinity, and then a second apply is refused."""
    out = yaml.safe_load(patched(yaml.safe_dump(manifest("Pod", "other"))))
    assert out["spec"]["nodeSelector"] == {LABEL: "eniOnly"}
    assert "affinity" not in out["spec"]
    ours = yaml.safe_dump(manifest("Pod", "other", affinity=required(term("In", "eniOnly"))))
    assert "nodeSelector" not in yaml.safe_load(patched(ours))["spec"]


def test_lists_and_other_kinds() -> None:
    inner = {"apiVersion": "v1", "kind": "List", "items": [manifest("CloneSet", "a"), {"kind": "Service"}]}
    text = yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": [inner, manifest("Pod", "b"), 1]})
    out, changes = patch("app.yaml", text, PLAN)
    value = yaml.safe_load(out)
    assert value["items"][0]["items"][0]["spec"]["template"]["spec"]["tolerations"]
    assert value["items"][1]["spec"]["tolerations"]
    assert [(change.name, change.added[0].split(".")[0]) for change in changes] == [
        ("CloneSet a", "spec"), ("Pod b", "spec"),
    ]  # fmt: skip
    assert patch("app.yaml", out, PLAN)[0] == out


@pytest.mark.parametrize("depth", [60, 490, 5000])
def test_depth_is_told(depth: int) -> None:
    text = yaml.safe_dump(manifest()) + "x: " + "[" * depth + "]" * depth + "\n"
    with pytest.raises(InputError, match="nested deeper than 40 levels"):
        patch("app.yaml", text, PLAN)


REQUESTS = st.fixed_dictionaries(
    {}, optional={"aliyun/eni": st.sampled_from([0, 1, "1", "2", "1000m", 1.5, "x", None])}
)
CONTAINERS = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from("ab")}, optional={
        "resources": st.fixed_dictionaries({}, optional={"requests": REQUESTS, "limits": REQUESTS}),
        "restartPolicy": st.just("Always"),
    }), min_size=0, max_size=2,
)  # fmt: skip
EXPRESSIONS = st.lists(
    st.fixed_dictionaries({
        "key": st.sampled_from([LABEL, "topology.kubernetes.io/zone", "a"]),
        "operator": st.sampled_from(["In", "NotIn", "Exists", "DoesNotExist"]),
        "values": st.lists(st.sampled_from(["eniOnly", "x"]), max_size=2),
    }), max_size=2,
)  # fmt: skip
PODS = st.fixed_dictionaries({"containers": CONTAINERS}, optional={
    "initContainers": CONTAINERS,
    "nodeSelector": st.dictionaries(st.sampled_from([LABEL, "kubernetes.io/arch"]), st.sampled_from(["eniOnly", "x"])),
    "affinity": st.lists(st.fixed_dictionaries({}, optional={"matchExpressions": EXPRESSIONS}), max_size=2).map(
        lambda terms: required(*terms)),
    "tolerations": st.lists(st.fixed_dictionaries({}, optional={
        "key": st.sampled_from(["exclusive-eni", "x"]), "operator": st.sampled_from(["Exists", "Equal"]),
        "value": st.just("true"), "effect": st.sampled_from(["NoSchedule", "NoExecute"]),
    }), max_size=2),
    "hostNetwork": st.booleans(),
})  # fmt: skip


@given(PODS, st.sampled_from(["Deployment", "Pod", "CloneSet"]))
def test_a_patched_pod_can_be_placed_and_is_patched_no_more(pod: dict[str, Any], kind: str) -> None:
    text = yaml.safe_dump(manifest(kind, "other", **pod))
    try:
        out, _ = patch("app.yaml", text, PLAN)
    except InputError:
        return
    again, changes = patch("app.yaml", out, PLAN)
    assert again == out
    assert not any(change.added for change in changes)
    value = yaml.safe_load(out)
    before, after = (read_pod(v if kind == "Pod" else v["spec"]["template"]) for v in (yaml.safe_load(text), value))
    pool = PLAN.node_pools[0]
    assert not after.refused
    assert after.placement.needs(LABEL, "eniOnly")
    assert after.placement.allows(pool.node_labels("cn-hangzhou", {})) is not False
    assert repelling(pool.node_taints, after.tolerations) == ()
    assert after.request("aliyun/eni") == before.request("aliyun/eni") or before.request("aliyun/eni") == 0
    assert after.host_network or after.request("aliyun/eni") >= 1


TAINT = {"key": "exclusive-eni", "value": "true", "effect": "NoSchedule"}
OTHER_TAINT = {"key": "batch", "effect": "NoSchedule"}


def labelled(name: str, labels: dict[str, str] | None, taint: dict[str, str] = TAINT) -> dict[str, Any]:
    return {**FAMILY_POOL, "name": name, "taints": [taint], **({} if labels is None else {"labels": labels})}


@pytest.mark.parametrize(
    ("own", "others", "labels"),
    [
        ({"team": "a"}, [({"team": "b"}, TAINT)], {"team": "a"}),
        ({"team": "a"}, [(None, TAINT), ({"team": "c"}, TAINT)], {"team": "a"}),
        ({"env": "prod", "team": "a"}, [({"env": "prod", "team": "b"}, TAINT)], {"team": "a"}),
        (
            {"env": "prod", "team": "a", "tier": "x"},
            [({"env": "test", "team": "a"}, TAINT), ({"env": "prod", "team": "b"}, TAINT)],
            {"env": "prod", "team": "a"},
        ),
        ({"team": "a"}, [({"team": "a"}, TAINT)], {}),
        (None, [({"team": "b"}, TAINT)], {}),
        ({"team": "a"}, [({"team": "b"}, OTHER_TAINT)], {}),
        ({LABEL: "eniOnly", "team": "a"}, [({"team": "b"}, TAINT)], {"team": "a"}),
        ({"team": "a"}, [], {}),
    ],
)
@pytest.mark.parametrize("is_bare", [False, True])
def test_pods_are_kept_off_pools_whose_taints_they_tolerate(
    own: dict[str, str] | None,
    others: list[tuple[dict[str, str] | None, dict[str, str]]],
    labels: dict[str, str],
    *,
    is_bare: bool,
) -> None:
    pools = [labelled(f"other-{n}", *other) for n, other in enumerate(others)]
    kind = "Pod" if is_bare else "Deployment"
    workload = {"name": "web", "namespace": "default", "kind": kind, "nodePool": "own"}
    full = {"nodePools": [*pools, labelled("own", own)], "podNetworkings": [], "workloads": [workload]}
    plan = plan_from({**FULL, **full})
    found = manifest(kind, "web")
    del found["metadata"]["annotations"]
    out, _ = patch("app.yaml", yaml.safe_dump(found), plan)
    assert patch("app.yaml", out, plan)[0] == out
    found = yaml.safe_load(out)
    spec = found["spec"] if is_bare else found["spec"]["template"]["spec"]
    wanted = {LABEL: "eniOnly", **labels}
    if is_bare:
        assert spec["nodeSelector"] == wanted
        return
    (term,) = spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert term["matchExpressions"] == [
        {"key": key, "operator": "In", "values": [value]} for key, value in wanted.items()
    ]
