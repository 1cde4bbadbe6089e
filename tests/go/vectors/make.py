#!/usr/bin/env python3
"""Makes tests/unit/vectors/*.jsonl from the tables in upstream's own tests: run it again when the pinned version changes.

    python3 tests/go/vectors/make.py         needs Go and the network, or the module cache in $GOMODCACHE

Upstream's test programs are run from a copy, with a line added in each loop over a table that writes down the case: what is
asked, and what the test expects. No code of theirs is kept, only cases; the tests replay them without Go.
"""
import json
import os
import pathlib
import re
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
OUT = HERE.parents[1] / "unit/vectors"
MODULE = HERE.parent / "authorizer"

ATTRIBUTES = ('"verb": A.GetVerb(), "group": A.GetAPIGroup(), "resource": A.GetResource(), "subresource": A.GetSubresource(), '
              '"name": A.GetName(), "namespace": A.GetNamespace()')
ASK = ('func lotseAsk(A authorizer.Attributes, want bool) {\n\tq := map[string]any{"op": "ask", ' + ATTRIBUTES + ', "want": want}\n'
       '\tif A.GetUser() != nil {\n\t\tq["user"], q["groups"] = A.GetUser().GetName(), A.GetUser().GetGroups()\n\t}\n'
       '\tif !A.IsResourceRequest() {\n\t\tq["path"] = A.GetPath()\n\t}\n\tlotseDump(q)\n}\n')
# a rule by itself: bound to everybody, so that both evaluators can be asked
RULE = ('func lotseRule(rule rbacv1.PolicyRule) {\n\tlotseWorld(nil, nil, []*rbacv1.ClusterRole{{ObjectMeta: metav1.ObjectMeta{Name: "rule"}, '
        'Rules: []rbacv1.PolicyRule{rule}}}, []*rbacv1.ClusterRoleBinding{{Subjects: []rbacv1.Subject{{Kind: "User", Name: ""}}, '
        'RoleRef: rbacv1.RoleRef{Kind: "ClusterRole", Name: "rule"}}})\n}\n')
APPLIES = '''func lotseApplies(subjects []rbacv1.Subject, who user.Info, namespace string, applies bool, index int) {
	all := rbacv1.PolicyRule{Verbs: []string{"*"}, APIGroups: []string{"*"}, Resources: []string{"*"}}
	ref := rbacv1.RoleRef{Kind: "ClusterRole", Name: "all"}
	roles := []*rbacv1.ClusterRole{{ObjectMeta: metav1.ObjectMeta{Name: "all"}, Rules: []rbacv1.PolicyRule{all}}}
	inside := &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "binding", Namespace: namespace}, RoleRef: ref, Subjects: subjects}
	outside := &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "binding"}, RoleRef: ref, Subjects: subjects}
	want := ""
	if namespace == "" {
		lotseWorld(nil, nil, roles, []*rbacv1.ClusterRoleBinding{outside})
	} else {
		lotseWorld(nil, []*rbacv1.RoleBinding{inside}, roles, nil)
	}
	if applies && namespace == "" {
		want = "RBAC: allowed by " + (&clusterRoleBindingDescriber{outside, &subjects[index]}).String()
	} else if applies {
		want = "RBAC: allowed by " + (&roleBindingDescriber{inside, &subjects[index]}).String()
	}
	q := map[string]any{"user": who.GetName(), "groups": who.GetGroups(), "verb": "get", "resource": "pods", "namespace": namespace}
	q["op"], q["want"] = "ask", applies
	lotseDump(q)
	q["op"], q["want"] = "why", want
	lotseDump(q)
}
'''
WHO = '''func lotseWho(A authorizer.Attributes, superUser string, subjects []rbacv1.Subject) {
	skip := 1 // system:masters and the super user are no matter of RBAC
	if superUser != "" {
		skip = 2
	}
	want := [][3]string{}
	for _, s := range subjects[skip:] {
		want = append(want, [3]string{s.Kind, s.Name, s.Namespace})
	}
	lotseDump(map[string]any{"op": "who", ''' + ATTRIBUTES + ''', "want": want})
}
'''
REQUEST = '''func lotseRequest(method, url string, info *RequestInfo) {
	want := map[string]any{"verb": info.Verb, "path": info.Path}
	if info.IsResourceRequest {
		want = map[string]any{"verb": info.Verb, "group": info.APIGroup, "version": info.APIVersion, "resource": info.Resource,
			"subresource": info.Subresource, "name": info.Name, "namespace": info.Namespace,
			"fieldSelector": info.FieldSelector, "labelSelector": info.LabelSelector}
	}
	lotseDump(map[string]any{"op": "request", "method": method, "url": url, "want": want})
}
'''
IMPERSONATE = '''func lotseImpersonate(who user.Info, name string, groups []string, extra map[string][]string, uid string, then user.Info, code int) {
	var want any
	switch {
	case code != 200:
		want = code
	case name != "":
		want = []any{then.GetName(), then.GetGroups()}
	}
	as := map[string]any{"user": name, "uid": uid, "groups": groups, "extra": extra}
	for _, key := range []string{"groups", "extra"} {
		if len(groups) == 0 && key == "groups" || len(extra) == 0 && key == "extra" {
			delete(as, key)
		}
	}
	lotseDump(map[string]any{"op": "impersonate", "user": who.GetName(), "groups": who.GetGroups(), "as": as, "want": want})
}
'''


def impersonators():
    """What the authorizer of TestImpersonationFilter allows, said in RBAC."""
    scopes = {"apiGroups": ["authentication.k8s.io"], "resources": ["userextras/scopes"]}
    may = {"wheel": [{"resources": ["users"]}], "sa-impersonater": [{"resources": ["serviceaccounts"]}],
           "regular-impersonater": [{"resources": ["users"]}], "group-impersonater": [{"resources": ["groups"]}],
           "extra-setter-scopes": [scopes], "escaped-scopes": [{"resources": ["*"]}], "almost-escaped-scopes": [{"resources": ["*"]}],
           "extra-setter-particular-scopes": [{**scopes, "resourceNames": ["scope-a"]}],
           "extra-setter-project": [{**scopes, "resources": ["userextras/project"]}],
           "everything-impersonater": [{"apiGroups": [""], "resources": ["users", "groups"]}, scopes,
                                       {"apiGroups": ["authentication.k8s.io"], "resources": ["uids"], "resourceNames": ["some-uid"]}]}
    objects = []
    for name, rules in {**may, "system:admin": [{"resources": ["*"]}]}.items():
        rules = [{"verbs": ["impersonate"], "apiGroups": ["*"], **r} for r in rules]
        objects.append({"kind": "ClusterRole", "metadata": {"name": name}, "rules": rules})
        kind = "User" if name == "system:admin" else "Group"
        objects.append({"kind": "ClusterRoleBinding", "metadata": {"name": name}, "roleRef": {"kind": "ClusterRole", "name": name},
                        "subjects": [{"kind": kind, "name": name}]})
    return json.dumps({"op": "world", "objects": objects})


def insert(behind, line):
    """A line behind a place in upstream's source; the place must be there."""
    def change(source):
        changed, n = re.subn(behind, lambda m: m[0] + "\n" + line, source)
        assert n, behind
        return changed
    return change


RBAC = "k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac"
VALIDATION = "k8s.io/kubernetes/pkg/registry/rbac/validation"
WORLD = "lotseWorld(tt.roles, tt.roleBindings, tt.clusterRoles, tt.clusterRoleBindings)"
COVERS = 'lotseDump(map[string]any{"op": "covers", "owner": lotseRules(%s), "servant": lotseRules(%s), "want": map[string]any{"covered": %s, "uncovered": lotseRules(%s)}})'
# file name, package, upstream's file, tests, what is added at its end, changes
TABLES = [
    ("authorizer", RBAC, "rbac_test.go", "TestAuthorizer|TestRuleMatches", ASK + RULE, [
        insert(r"a := RBACAuthorizer\{ruleResolver\}", WORLD),
        insert(r"for _, attr := range tt\.shouldPass \{", "lotseAsk(attr, true)"),
        insert(r"for _, attr := range tt\.shouldFail \{", "lotseAsk(attr, false)"),
        insert(r"for _, tc := range tests \{(?=\n\t\tfor _, requestToTest)", "lotseRule(tc.rule)"),
        insert(r"for _, requestToTest := range tc\.requestsToExpected \{", "lotseAsk(requestToTest.request, requestToTest.expected)")]),
    ("subject_locator", RBAC, "subject_locator_test.go", "TestSubjectLocator", WHO, [
        insert(r"a := SubjectAccessEvaluator\{[^\n]*", WORLD),
        insert(r"for i, action := range tt\.actionsToSubjects \{", "lotseWho(action.action, tt.superUser, action.subjects)")]),
    ("rule", VALIDATION, "rule_test.go", "TestDefaultRuleResolver|TestAppliesTo", APPLIES, [
        insert(r"ruleResolver := newMockRuleResolver\(&tc\.StaticRoles\)",
               "lotseWorld(tc.roles, tc.roleBindings, tc.clusterRoles, tc.clusterRoleBindings)\n"
               'lotseDump(map[string]any{"op": "rules", "user": tc.user.GetName(), "groups": tc.user.GetGroups(), "namespace": tc.namespace, '
               '"want": lotseRules(tc.effectiveRules)})'),
        insert(r"gotIndex, got := appliesTo\([^\n]*", "lotseApplies(tc.subjects, tc.user, tc.namespace, tc.appliesTo, tc.index)")]),
    ("compact", VALIDATION, "policy_compact_test.go", "TestCompactRules|TestIsSimpleResourceRule", "", [
        insert(r"func TestCompactRules(?s:.*?)for k, tc := range testcases \{",
               'lotseDump(map[string]any{"op": "compact", "owner": lotseRules(tc.Rules), "want": lotseRules(tc.Expected)})'),
        insert(r"resource, simple := isSimpleResourceRule\(&tc\.Rule\)",
               'lotseDump(map[string]any{"op": "simple", "owner": lotseRules([]rbacv1.PolicyRule{tc.Rule}), "want": tc.Simple})')]),
    ("covers", "k8s.io/component-helpers/auth/rbac/validation", "policy_comparator_test.go", "TestCovers|TestNonResourceURLCovers", "", [
        insert(r"func \(test escalationTest\) test\(t \*testing\.T\) \{",
               COVERS % ("test.ownerRules", "test.servantRules", "test.expectedCovered", "test.expectedUncoveredRules")),
        insert(r"got := nonResourceURLCovers\([^\n]*",
               'owner, servant := rbacv1.PolicyRule{Verbs: []string{"get"}, NonResourceURLs: []string{tc.owner}}, '
               'rbacv1.PolicyRule{Verbs: []string{"get"}, NonResourceURLs: []string{tc.requested}}\n'
               "uncovered := []rbacv1.PolicyRule{servant}\nif tc.want {\nuncovered = nil\n}\n" +
               COVERS % ("[]rbacv1.PolicyRule{owner}", "[]rbacv1.PolicyRule{servant}", "tc.want", "uncovered"))]),
    ("aggregation", "k8s.io/kubernetes/pkg/controller/clusterroleaggregation", "clusterroleaggregation_controller_test.go",
     "TestSyncClusterRole", "", [
         insert(r"t\.Run\(test\.name, func\(t \*testing\.T\) \{",
                "lotseWorld(nil, nil, test.startingClusterRoles, nil)\nwant := []rbacv1.PolicyRule{}\n"
                "for _, o := range test.startingClusterRoles {\nif o.Name == test.clusterRoleToSync {\nwant = o.Rules\n}\n}\n"
                "if test.expectedClusterRoleApply != nil {\nwant = test.expectedClusterRole.Rules\n}\n"
                'lotseDump(map[string]any{"op": "aggregate", "name": test.clusterRoleToSync, "want": lotseRules(want)})')]),
    ("request_info", "k8s.io/apiserver/pkg/endpoints/request", "requestinfo_test.go",
     "TestGetAPIRequestInfo|TestGetNonAPIRequestInfo|TestSelectorParsing", REQUEST, [
         insert(r"apiRequestInfo, err := resolver\.NewRequestInfo\(req\)", "lotseRequest(req.Method, req.URL.String(), apiRequestInfo)")]),
    ("service_account", "k8s.io/apiserver/pkg/authentication/serviceaccount", "util_test.go", "TestMakeUsername|TestMatchUsername", "", [
        insert(r"namespace, name, err := SplitUsername\(username\)",
               'var want any\nif !tc.ExpectedErr {\nwant = []string{tc.Namespace, tc.Name}\n}\n'
               'lotseDump(map[string]any{"op": "account", "user": username, "want": want})'),
        insert(r"actual := MatchesUsername\([^\n]*",
               'lotseDump(map[string]any{"op": "is_account", "user": tc.Username, "namespace": tc.Namespace, "name": tc.Name, "want": tc.Expect})')]),
    ("union", "k8s.io/apiserver/pkg/authorization/union", "union_test.go", "TestAuthorization(SecondPasses|FirstPasses|NonePasses|UnequivocalDeny)",
     "func lotseChain(handlers ...*mockAuthzHandler) {\n\tchain, want := []int{}, 0\n\tsay := map[authorizer.Decision]int{authorizer.DecisionDeny: -1, "
     "authorizer.DecisionAllow: 1}\n\thandler := unionAuthzHandler{}\n\tfor _, h := range handlers {\n\t\tchain = append(chain, say[h.decision])\n"
     "\t\thandler = append(handler, h)\n\t}\n\tdecision, _, _ := handler.Authorize(context.Background(), nil)\n\twant = say[decision]\n"
     '\tlotseDump(map[string]any{"op": "chain", "chain": chain, "want": want})\n}\n', [
         insert(r"authzHandler := New\(handler1, handler2\)(?=\n\n\tauthorized, _)", "lotseChain(handler1, handler2)"),
         insert(r"func TestAuthorizationUnequivocalDeny(?s:.*?)for i, c := range cs \{",
                "handlers := []*mockAuthzHandler{}\nfor _, h := range c.authorizers {\nhandlers = append(handlers, h.(*mockAuthzHandler))\n}\nlotseChain(handlers...)")]),
    ("impersonation", "k8s.io/apiserver/pkg/endpoints/filters/impersonation", "impersonation_test.go", "TestImpersonationFilter/impersonation/",
     IMPERSONATE, [
         insert(r"t\.Run\(name\+\"/\"\+tc\.name, func\(t \*testing\.T\) \{",
                "lotseImpersonate(tc.user, tc.impersonationUser, tc.impersonationGroups, tc.impersonationUserExtras, tc.impersonationUid, "
                "tc.expectedUser, tc.expectedCode)")]),
]


def go(*arguments, env=None):
    run = subprocess.run(["go", *arguments], cwd=MODULE, capture_output=True, text=True, env=os.environ | (env or {}))
    if run.returncode:
        raise SystemExit(f"go {' '.join(arguments)}:\n{run.stdout[-4000:]}{run.stderr[-4000:]}")
    return run.stdout


MODULES = ("k8s.io/kubernetes", "k8s.io/apiserver", "k8s.io/component-helpers")


def copies(folder):
    """Our go.mod with copies of upstream's modules, which may be changed: {module: (its version, the copy)}."""
    out = {}
    for suffix in ("mod", "sum"):
        (folder / f"go.{suffix}").write_text((MODULE / f"go.{suffix}").read_text())
    flags = ["-mod=mod", f"-modfile={folder}/go.mod"]  # what only upstream's tests need is not in our go.sum
    for module in MODULES:
        version, kept = go("list", *flags, "-m", "-f", "{{.Version}}{{with .Replace}} {{.Version}}{{end}} {{.Dir}}", module).split()[-2:]
        out[module] = version, folder / module.replace("/", "-")
        subprocess.run(["cp", "-al", kept, out[module][1]], check=True)
    for module, (_, copy) in out.items():
        go("mod", "edit", f"-replace={module}={copy}", f"{folder}/go.mod")
    return flags, out


def rewrite(path, text):
    path.unlink(missing_ok=True)  # a link to what the module cache has
    path.write_text(text)


def vectors(flags, modules, table):
    name, package, file, tests, functions, changes = table
    module = next(m for m in MODULES if package.startswith(m))
    version, copy = modules[module]
    where = copy / package[len(module) + 1:]
    original = (where / file).read_text()
    source = original
    for change in changes:
        source = change(source)
    package_name = re.search(r"^package (\w+)", source, re.M)[1]
    helpers = ["dump"] if module == "k8s.io/apiserver" else ["dump", "objects"]
    for helper in helpers:
        rewrite(where / f"lotse_{helper}_test.go", (HERE / f"{helper}_test.go.txt").read_text().replace("PACKAGE", package_name))
    rewrite(where / file, source + "\n" + functions)
    said = copy / f"{name}.jsonl"
    go("test", *flags, "-count=1", "-run", f"^({tests})" if "/" not in tests else tests, package, env={"LOTSE_VECTORS": str(said)})
    rewrite(where / file, original)
    return said.read_text(), f"{package}/{file}, {module} {version}"


def main():
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=go("env", "GOTMPDIR").strip() or None) as folder:
        flags, modules = copies(pathlib.Path(folder))
        for table in TABLES:
            text, source = vectors(flags, modules, table)
            lines = list(dict.fromkeys(text.splitlines())) if '"op":"world"' not in text else text.splitlines()
            if table[0] == "impersonation":
                lines = [impersonators(), *lines]
            count = sum('"want"' in line for line in lines)
            names = re.sub(r"\(.*\)", "*", table[3].split("/")[0]).replace("|", ", ")
            head = [f"# Cases of {names}", f"# from {source}; made by tests/go/vectors/make.py", f"# {count} questions"]
            (OUT / f"{table[0]}.jsonl").write_text("\n".join([*head, *lines]) + "\n")
            print(f"{table[0]}: {count} questions", flush=True)


main()
