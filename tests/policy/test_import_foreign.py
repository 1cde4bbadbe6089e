"""import of what rbac-manager and Rancher keep in objects of their own: the bindings these tools make of them."""
import json

import pytest

from tests.policy.test_import import NAMESPACES, Saved, account, bind, group, left, namespace, role, rule, user


@pytest.fixture
def saved(tmp_path):
    return Saved(tmp_path)


def definition(name, *bindings):
    return {"apiVersion": "rbacmanager.reactiveops.io/v1beta1", "kind": "RBACDefinition", "metadata": {"name": name}, "rbacBindings": list(bindings)}


def manager(name, subjects, roles=(), cluster_roles=()):
    return {"name": name, "subjects": subjects, "roleBindings": list(roles), "clusterRoleBindings": [{"clusterRole": c} for c in cluster_roles]}


def rancher(kind, name, **fields):
    return {"apiVersion": "management.cattle.io/v3", "kind": kind, "metadata": {"name": name, "namespace": "p-1"}, **fields}


def access(answer):
    """{(team, role definition, space definition)} of the policy."""
    tree = answer["tree"]
    spaces = tree.get("spaces") or {}
    return {(g["team"], json.dumps(tree["roles"][g["role"]], sort_keys=True), json.dumps(spaces.get(s), sort_keys=True))
            for g in tree.get("grants") or [] for s in (g["in"] if isinstance(g.get("in"), list) else [g.get("in")])}


VIEW = '{"base": "k8s/view"}'


def imported(saved, *objects, with_live=()):
    saved.site("fra", list(with_live), NAMESPACES)
    (saved.folder / "more.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}))
    answer = saved.json("--from", "more.json")
    assert answer["equal"]
    return answer


# --- rbac-manager

def test_a_definition_is_its_bindings(saved):
    answer = imported(saved, definition("access", manager("pay", [group("pay-dev"), user("u")], [{"clusterRole": "view", "namespace": "shop-a"}], ["view"])))
    assert access(answer) == {("pay-dev", VIEW, '{"names": "shop-a"}'), ("pay-dev", '{"base": "view", "cluster": true}', "null")}
    assert left(answer) == [("USER", "ClusterRoleBinding access-pay-view", "User u"), ("USER", "RoleBinding shop-a/access-pay-view", "User u")]


@pytest.mark.parametrize("selector,space", [
    ({"matchLabels": {"team": "pay"}}, '{"label": {"team": "pay"}}'),
    ({"matchExpressions": [{"key": "team", "operator": "In", "values": ["pay", "x"]}]}, '{"label": {"team": "pay"}}'),
    ({"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]}, '{"names": ["kube-system", "shop-a"]}'),
    ({"matchLabels": {}}, '{"names": "*"}'),
])
def test_a_namespace_selector_is_evaluated(saved, selector, space):
    answer = imported(saved, definition("d", manager("b", [group("g")], [{"clusterRole": "view", "namespaceSelector": selector}])))
    assert access(answer) == {("g", VIEW, space)}


def test_a_role_of_the_namespace_is_found(saved):
    own = role("Role", "r", rule("get", "pods"), namespace="shop-a")
    answer = imported(saved, definition("d", manager("b", [group("g")], [{"role": "r", "namespace": "shop-a"}])), with_live=[own])
    assert access(answer) == {("g", '{"can": ["get /pods"]}', '{"names": "shop-a"}')}


@pytest.mark.parametrize("binding,reason", [
    ({"clusterRole": "view"}, "FOREIGN_NOWHERE"),
    ({"namespace": "shop-a"}, "FOREIGN_NOWHERE"),
    ({"clusterRole": "view", "namespaceSelector": {"matchLabels": {"a": 1}}}, "FOREIGN_SELECTOR"),
    ({"clusterRole": "view", "namespaceSelector": {"matchExpressions": [{"key": "a", "operator": "Exists"}, {"key": "a", "operator": "DoesNotExist"}]}},
     "FOREIGN_SELECTOR"),
    ({"clusterRole": "view", "namespace": "gone"}, "NO_NAMESPACE"),
    ({"clusterRole": "missing", "namespace": "shop-a"}, "NO_ROLE"),
])
def test_what_it_would_refuse_is_named(saved, binding, reason):
    answer = imported(saved, definition("d", manager("b", [group("g")], [binding])))
    assert [f["reason"] for f in answer["left"]] == [reason] and answer["teams"] == 0


def test_what_is_there_live_as_well_is_one_grant(saved):
    live = bind("d-b-view", "view", group("g"), namespace="shop-a", labels={"rbac-manager": "reactiveops"})
    answer = imported(saved, definition("d", manager("b", [group("g")], [{"clusterRole": "view", "namespace": "shop-a"}])), with_live=[live])
    assert answer["grants"] == 1


# --- Rancher

TEMPLATES = [
    rancher("RoleTemplate", "member", context="project", rules=[rule("GET,list", "Pods")], roleTemplateNames=["base"]),
    rancher("RoleTemplate", "base", context="project", rules=[rule("get", "services")]),
    rancher("RoleTemplate", "view", context="project", external=True),
]
GROUP = "openldap_group://cn=pay-dev,ou=groups,dc=corp,dc=example"


def rancher_import(saved, *objects):
    spaces = [namespace("pay-api", {"field.cattle.io/projectId": "c-1:p-1"}), namespace("pay-web", {"field.cattle.io/projectId": "c-1:p-1"}),
              namespace("other", {"field.cattle.io/projectId": "c-1:p-2"}), namespace("free")]
    saved.site("fra", [], spaces)
    (saved.folder / "objects" / "fra" / "rancher.json").write_text(json.dumps({"kind": "List", "items": [*TEMPLATES, *objects]}))
    answer = saved.json()
    assert answer["equal"]
    return answer


def test_a_project_binding_holds_in_the_namespaces_of_the_project(saved):
    answer = rancher_import(saved, rancher("ProjectRoleTemplateBinding", "b", projectName="c-1:p-1", roleTemplateName="member", groupPrincipalName=GROUP))
    space = '{"names": ["pay-api", "pay-web"]}'
    assert access(answer) == {("pay-dev", '{"can": ["get,list /pods"]}', space), ("pay-dev", '{"can": ["get /services"]}', space)}
    assert answer["tree"]["teams"] == {"pay-dev": {"from": ["cn=pay-dev,ou=groups,dc=corp,dc=example"]}}


def test_an_external_template_is_the_cluster_role_of_its_name(saved):
    answer = rancher_import(saved, rancher("ProjectRoleTemplateBinding", "b", projectName="c-1:p-2", roleTemplateName="view", groupName="g"))
    assert access(answer) == {("g", VIEW, '{"names": "other"}')}


def test_a_cluster_binding_holds_in_the_whole_cluster(saved):
    answer = rancher_import(saved, rancher("ClusterRoleTemplateBinding", "b", clusterName="c-1", roleTemplateName="base", groupPrincipalName="g"))
    assert access(answer) == {("g", '{"can": ["get /services"], "cluster": true}', "null")}


@pytest.mark.parametrize("binding,reason", [
    (rancher("ProjectRoleTemplateBinding", "b", projectName="c-9:p-1", roleTemplateName="base", groupName="g"), "FOREIGN_CLUSTER"),
    (rancher("ClusterRoleTemplateBinding", "b", clusterName="c-9", roleTemplateName="base", groupName="g"), "FOREIGN_CLUSTER"),
    (rancher("ClusterRoleTemplateBinding", "b", clusterName="c-1", roleTemplateName="nope", groupName="g"), "FOREIGN_TEMPLATE"),
    (rancher("ClusterRoleTemplateBinding", "b", clusterName="c-1", roleTemplateName="base"), "FOREIGN_SUBJECTS"),
    (rancher("ClusterRoleTemplateBinding", "b", clusterName="c-1", roleTemplateName="base", groupName="g", userName="u"), "FOREIGN_SUBJECTS"),
    (rancher("ClusterRoleTemplateBinding", "b", clusterName="c-1", groupName="g"), "FOREIGN_NOWHERE"),
    (rancher("GlobalRoleBinding", "b", globalRoleName="admin", userName="u"), "FOREIGN_GLOBAL"),
    (rancher("ClusterRoleTemplateBinding", "b", clusterName="c-1", roleTemplateName="base", userName="u-1"), "USER"),
    (rancher("ProjectRoleTemplateBinding", "b", projectName="c-1:p-2", roleTemplateName="base", serviceAccount="ci:bot"), "SERVICE_ACCOUNT"),
])
def test_what_cannot_be_placed_is_named(saved, binding, reason):
    answer = rancher_import(saved, binding)
    assert [f["reason"] for f in answer["left"]] == [reason], answer["left"]


def test_templates_that_inherit_from_each_other_end(saved):
    circle = [rancher("RoleTemplate", "x", rules=[rule("get", "pods")], roleTemplateNames=["y"]),
              rancher("RoleTemplate", "y", rules=[rule("get", "services")], roleTemplateNames=["x"])]
    answer = rancher_import(saved, *circle, rancher("ProjectRoleTemplateBinding", "b", projectName="c-1:p-2", roleTemplateName="x", groupName="g"))
    assert len(access(answer)) == 2


@pytest.mark.parametrize("bad", [
    {"kind": "RBACDefinition"}, {"kind": "RBACDefinition", "metadata": {"name": "x"}, "rbacBindings": {}},
    {"kind": "RBACDefinition", "metadata": {"name": "x"}, "rbacBindings": [1]}, {"kind": "RoleTemplate", "metadata": {"name": "x"}, "rules": [1]},
    definition("x", {"name": "b", "subjects": [{"kind": "Group"}]}), definition("x", {"name": "b", "subjects": {}}),
    {"kind": "ProjectRoleTemplateBinding"},
])
def test_an_object_that_is_none_is_an_error_with_its_file(saved, bad):
    saved.site("fra", [], NAMESPACES)
    (saved.folder / "more.json").write_text(json.dumps(bad))
    run = saved.run("--from", "more.json")
    assert run.returncode == 2 and "more.json: " in run.stderr and not (saved.folder / "policy.yaml").exists()


def test_accounts_of_a_definition_are_left(saved):
    answer = imported(saved, definition("d", manager("b", [account("bot")], [{"clusterRole": "view", "namespace": "shop-a"}])))
    assert [f["reason"] for f in answer["left"]] == ["SERVICE_ACCOUNT"]
