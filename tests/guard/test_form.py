"""The objects of guard have the form that the API reference gives for admissionregistration.k8s.io/v1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml

from tests.harness import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.harness import Run

Schema = dict[str, Any]
SUBDOMAIN = {
    "type": "string",
    "maxLength": 253,
    "pattern": r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
}
QUALIFIED = {"type": "string", "maxLength": 63, "pattern": r"^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$"}
IDENTIFIER = {"type": "string", "pattern": r"^[_a-zA-Z][_a-zA-Z0-9]*$"}
TEXT = {"type": "string", "minLength": 1}


def record(required: tuple[str, ...] = (), **properties: Schema) -> Schema:
    return {"type": "object", "additionalProperties": False, "required": list(required), "properties": properties}


def rows(item: Schema, least: int = 0, most: int | None = None) -> Schema:
    return {"type": "array", "items": item, "minItems": least, **({} if most is None else {"maxItems": most})}


def labelled(kind: str, spec: Schema) -> Schema:
    texts = {"type": "object", "additionalProperties": {"type": "string"}}
    return record(
        ("apiVersion", "kind", "metadata", "spec"),
        apiVersion={"const": "admissionregistration.k8s.io/v1"},
        kind={"const": kind},
        metadata=record(("name",), name=SUBDOMAIN, labels=texts, annotations=texts),
        spec=spec,
    )


SELECTOR = record(
    matchLabels={"type": "object", "additionalProperties": {"type": "string"}},
    matchExpressions=rows(
        record(
            ("key", "operator"),
            key=TEXT,
            operator={"enum": ["In", "NotIn", "Exists", "DoesNotExist"]},
            values=rows({"type": "string"}),
        )
    ),
)
RULE = record(
    ("apiGroups", "apiVersions", "operations", "resources"),
    apiGroups=rows({"type": "string"}, 1),
    apiVersions=rows(TEXT, 1),
    operations=rows({"enum": ["CREATE", "UPDATE", "DELETE", "CONNECT", "*"]}, 1),
    resources=rows(TEXT, 1),
    scope={"enum": ["Cluster", "Namespaced", "*"]},
    resourceNames=rows(TEXT),
)
MATCH = record(
    ("resourceRules",),
    resourceRules=rows(RULE, 1),
    excludeResourceRules=rows(RULE),
    matchPolicy={"enum": ["Exact", "Equivalent"]},
    namespaceSelector=SELECTOR,
    objectSelector=SELECTOR,
)
POLICY = labelled(
    "ValidatingAdmissionPolicy",
    record(
        ("matchConstraints", "validations"),
        failurePolicy={"enum": ["Fail", "Ignore"]},
        paramKind=record(("apiVersion", "kind"), apiVersion=TEXT, kind=TEXT),
        matchConstraints=MATCH,
        matchConditions=rows(record(("name", "expression"), name=QUALIFIED, expression=TEXT), 0, 64),
        variables=rows(record(("name", "expression"), name=IDENTIFIER, expression=TEXT)),
        validations=rows(
            record(
                ("expression",),
                expression=TEXT,
                message={"type": "string", "minLength": 1, "pattern": "^[^\n]*$"},
                messageExpression=TEXT,
                reason={"enum": ["Unauthorized", "Forbidden", "Invalid", "RequestEntityTooLarge"]},
            ),
            1,
        ),
        auditAnnotations=rows(record(("key", "valueExpression"), key=QUALIFIED, valueExpression=TEXT), 0, 20),
    ),
)
BINDING = labelled(
    "ValidatingAdmissionPolicyBinding",
    record(
        ("policyName", "validationActions"),
        policyName=SUBDOMAIN,
        # A refusal is no warning as well.
        validationActions={**rows({"enum": ["Deny", "Warn", "Audit"]}, 1), "uniqueItems": True,
                           "not": {"allOf": [{"contains": {"const": "Deny"}}, {"contains": {"const": "Warn"}}]}},
        paramRef={
            **record(("parameterNotFoundAction",), name=SUBDOMAIN, namespace=SUBDOMAIN, selector=SELECTOR,
                     parameterNotFoundAction={"enum": ["Allow", "Deny"]}),
            "oneOf": [{"required": ["name"]}, {"required": ["selector"]}],
        },
        matchResources=MATCH,
    ),
)  # fmt: skip
FORMS = {"ValidatingAdmissionPolicy": POLICY, "ValidatingAdmissionPolicyBinding": BINDING}


@pytest.mark.parametrize(
    "plan", sorted(p for p in EXAMPLES.iterdir() if p.stem != "many-mistakes"), ids=lambda p: p.stem
)
@pytest.mark.parametrize("action", ["warn", "deny"])
def test_objects_have_the_form_of_the_api(run: Run, plan: Path, action: str) -> None:
    result = run("guard", plan, "--action", action)
    assert result.code == 0, result.err
    objects = list(yaml.safe_load_all(result.out))
    assert len(objects) > 20
    for item in objects[1:]:
        jsonschema.validate(item, FORMS[item["kind"]])
        names = [variable["name"] for variable in item["spec"].get("variables", ())]
        assert len(names) == len(set(names))
    assert len({(item["kind"], item["metadata"]["name"]) for item in objects}) == len(objects)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda policy, _: policy["spec"].update(failurePolicy="Open"),
        lambda policy, _: policy["spec"]["validations"].clear(),
        lambda policy, _: policy["spec"]["variables"].append({"name": "not-one", "expression": "1"}),
        lambda _, binding: binding["spec"].update(validationActions=["Deny", "Warn"]),
        lambda _, binding: binding["spec"].update(paramRef={"name": "x"}),
    ],
    ids=["failurePolicy", "validations", "variable", "actions", "paramRef"],
)
def test_the_form_refuses_what_the_api_refuses(run: Run, wrong: Callable[[Any, Any], object]) -> None:
    policy, binding = list(yaml.safe_load_all(run("guard", EXAMPLES / "trading-ipv4.yaml").out))[1:3]
    wrong(policy, binding)
    assert not all(jsonschema.Draft7Validator(FORMS[item["kind"]]).is_valid(item) for item in (policy, binding))
