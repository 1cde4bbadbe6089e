"""The JSON Schema for editors takes what the reader takes, and refuses wrong keys, kinds and patterns."""
import json
import pathlib
import re
import subprocess

import jsonschema
import pytest
import yaml

from tests.lib import company
from tests.lib.tools import ours

CASES = sorted((pathlib.Path(__file__).parent / "cases").glob("*.txt"))
# what can be wrong without looking at another entry, another key, or more than the pattern
LOCAL = re.compile(r"has no key '|(?<!permission )needs '(?!in'|add|until|match)[a-z]+'$|'from' or 'add'|'base' or 'can'|'names' or 'label'|'can' or 'reach'"
                   r"|: one of them|expected (?!a text, found nothing)|takes |is not (?:a (?:name|permission|time|share|number of)|the number of)"
                   r"|has no value|cannot (?:name|be a username)|does not say who|this version reads|names no group|is written as|the file does not say"
                   r"|is not a file below")


class Loader(yaml.SafeLoader):
    """As an editor reads it: no dates."""
    yaml_implicit_resolvers = {first: [(tag, regexp) for tag, regexp in found if tag != "tag:yaml.org,2002:timestamp"]
                               for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()}


def as_json(value):
    if isinstance(value, dict):
        return {str(k): as_json(v) for k, v in value.items()}
    return [as_json(v) for v in value] if isinstance(value, list) else value


def read(text):
    return as_json(yaml.load(text, Loader))


@pytest.fixture(scope="module")
def schema():
    schema = json.loads(subprocess.run([ours("lotse-policy"), "schema"], text=True, capture_output=True, check=True).stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def files(case):
    """{name: text} of the policy's files, and what is said about them."""
    sections = re.findall(r"^--- (.*)\n((?:(?!--- ).*\n?)*)", case.read_text(encoding="utf-8", errors="surrogateescape"), re.M)
    said = next((text for name, text in sections if name == "diagnostics"), "")
    return {name.removeprefix("file "): text for name, text in sections if name.endswith(".yaml")}, said


def errors(said):
    return re.findall(r"^(\S+\.yaml)(?::\d+:\d+)?: error: (.*)$", said, re.M)


@pytest.mark.parametrize("case", CASES, ids=lambda p: p.stem)
def test_the_schema_agrees_with_the_reader(schema, case):
    texts, said = files(case)
    for name, text in texts.items():
        try:
            policy = read(text)
        except (yaml.YAMLError, ValueError):
            continue  # no YAML, and that is no schema's business
        wrong = [message for where, message in errors(said) if where == name]
        if not wrong:
            assert [e.message for e in schema.iter_errors(policy)] == [], name
        elif any(LOCAL.search(message) for message in wrong):
            assert not schema.is_valid(policy), (name, wrong)


def test_most_cases_say_something_about_the_schema():
    good = [c for c in CASES if not errors(files(c)[1])]
    bad = [c for c in CASES if any(LOCAL.search(m) for _, m in errors(files(c)[1]))]
    assert len(good) >= 40 and len(bad) >= 20, (len(good), len(bad))


def test_the_sample_company_is_valid(schema):
    assert [e.message for e in schema.iter_errors(read(company.sample().policy()))] == []


HEAD = "lotse: 1\nsites: {fra: {audience: k8s-fra}}\n"


@pytest.mark.parametrize("text", [
    "teams: {a: {from: [x], lede: u}}", "teams: {A: {from: [x]}}", "teams: {a: {max: 3}}", "teams: {a: {from: [x], max: many}}",
    "teams: {a: {add: {U: {}}}}", "roles: {a: {sensitive: true}}", "roles: {a: {can: [pods]}}", "roles: {a: {can: ['get pods']}}",
    "roles: {a: {can: ['get /pods'], sensitive: 1}}", "spaces: {a: {at: fra}}", "grants: {a: {}}", "grants: [{team: a}]",
    "grants: [{team: a, role: b, until: tomorrow}]", "requests: {a: {who: t, role: r, max: 2, approve: {1: [x]}}}",
    "requests: {a: {who: t, role: r, max: 2h, approve: {}}}", "requests: {a: {who: t, role: r, max: 2h, approve: {x: [x]}}}",
    "requests: {a: {who: t, role: r, max: 2h, approve: {1: [x]}, reason: letter}}", "breakglass: {a: {who: t, role: r, max: 2m}}",
    "ci: {a: {role: r}}", "ci: {a: {role: r, sa: a/b, issuer: 'https://x', match: {a: b}}}", "never: [{id: a, who: any of x, can: '*'}]",
    "never: [{id: a, who: any}]", "never: [{id: a, who: any, can: '*', reach: r}]", "always: [{who: any, can: 'get /x'}]",
    "tests: [{as: a, can: 'get /x', in: fra, is: maybe}]", "accept: [{id: L99, who: any, until: 2027-01-01, reason: x, by: u}]",
    "accept: [{id: L01, who: any, reason: x, by: u}]", "include: [a.yaml]", "include: {../a.yaml: {}}", "include: {a.yaml: {owner: x}}",
    "ldap: {max_age: 15}", "ldap: {drop_guard: 120%}", "grunts: []", "lotse: 2",
])
def test_what_cannot_be_right_is_refused(schema, text):
    assert schema.is_valid(read(HEAD))
    assert not schema.is_valid(read(text if text.startswith("lotse") else HEAD + text))
