"""Random RBAC at which evaluators go wrong, and questions near it; the same seed gives the same lines.

Every line is one for rbac-probe and for k8s-authorizer (tests/unit/rbac_oracle.h). Words are few, so that questions often meet a
rule, and each is one that somebody has taken for something else: stars in every place, empty texts, slashes, names that look
like other kinds of names.
"""
import json

RBAC = "rbac.authorization.k8s.io"
VERBS = ["get", "list", "watch", "create", "update", "delete", "deletecollection", "*", "", "GET", "escalate", "bind", "impersonate", "get "]
GROUPS = ["", "apps", "batch", RBAC, "*", "apps/v1", "core", "*.example.com", "**"]
RESOURCES = ["pods", "pods/log", "pods/exec", "pods/*", "*/log", "*/scale", "*/*", "*/", "*", "", "/", "/log", "pods/", "pods/log/x", "*/log/x",
             "deployments", "deployments/scale", "secrets", "a/b/c", "*/c", "*/b/c", "**", "*log", "*/*/c", "Pods", "clusterroles", "roles"]
NAMES = ["", "a", "b", "*", "a/b", "**", "viewer", "editor"]
URLS = ["/healthz", "/healthz/*", "/healthz*", "/healthz/**", "*", "**", "", "/", "/*", "//*", "/a*b", "/a*b*", "/api/v1", "/api/*", "healthz",
        "/metrics", "/healthz/etcd"]
PATHS = [*URLS, "/healthz/", "/healthzx", "/a", "/a*bc", "/aXb", "/api", "/api/v1/pods", "//", "//x", "/HEALTHZ"]
NAMESPACES = ["ns-a", "ns-b", "ns-c"]
ROLES = ["viewer", "editor", "admin", "a", "*", "missing"]
USERS = ["alice", "bob", "*", "", "Alice", "system:serviceaccount:ns-a:robot", "system:serviceaccount:ns-b:robot", "system:serviceaccount::robot",
         "system:serviceaccount:ns-a:x:y", "system:serviceaccount:ns-a:", "system:anonymous", "robot", "ns-a:robot"]
TEAMS = ["devs", "ops", "*", "", "system:authenticated", "system:unauthenticated", "system:serviceaccounts", "system:masters", "Devs", "alice"]
ACCOUNTS = ["robot", "x:y", "", "*", "default"]
KINDS = ["User", "User", "Group", "Group", "ServiceAccount", "ServiceAccount", "user", "Robot", ""]
LABELS = ["app", "tier", "rbac.authorization.k8s.io/aggregate-to-view"]
METHODS = ["GET", "GET", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "get", "", "CONNECT"]
SEGMENTS = ["api", "apis", "v1", "apps", "namespaces", "pods", "x", "watch", "proxy", "status", "finalize", "log", "", "%2F", "a%20b", ".", "..",
            "secrets", "a+b", "%", "%zz", "nodes", "*", "ä", "%C3%A4"]
FIELDS = ["metadata.name=x", "metadata.name==x", "metadata.name!=x", "metadata.name=", "metadata.name=x,metadata.name=y", "a=b", "metadata.name",
          "metadata.name=x\\,y", "metadata.name=x\\", "metadata.name=x=y", "metadata.name=a/b", "metadata.name=..", "metadata.name=%252F", ",",
          "a!=b,metadata.name=z", "", "=", "metadata.name=x\\=", "metadata.name=x\\y", " metadata.name=x", "metadata.name= x", "metadata.name=%C3%A4"]
SELECTORS = ["a=b", "a", "!a", "a in (b,c)", "a notin (b)", "a>1", "a<x", "a>=1", "", ",", "a=b,c", "a in ()", "a in (,b)", "a=b=c", "a in b", "!a=b",
             "a!=b", "a==b", "in", "in in (in)", "a =b", "a= b", "-a", "a=-b", "x/y/z", "a,", ",a", "a > 5", "a>-1", "a in (b", "notin", "a in(b)",
             "a=in", "a=(b)", "a in (b),c=d", "a=>5", "!", "a<1,b>2", "a!b", "a\tin (b)", "a in (b c)", "a= ,b", "a in (in,notin)"]


def some(draw, words, most):
    return [draw.choice(words) for _ in range(draw.choice(range(1, most + 1)))]


def a_rule(draw):
    if draw.random() < 0.15:
        rule = {"verbs": some(draw, VERBS[:9], 3), "nonResourceURLs": some(draw, URLS, 3)}
        if draw.random() < 0.2:  # the API server refuses the mixture; an evaluator has to keep the two apart
            rule |= {"apiGroups": some(draw, GROUPS, 2), "resources": some(draw, RESOURCES, 2)}
        if draw.random() < 0.1:
            rule["resourceNames"] = some(draw, NAMES, 2)
        return rule
    rule = {"verbs": some(draw, VERBS, 3), "apiGroups": some(draw, GROUPS, 2), "resources": some(draw, RESOURCES, 3)}
    if draw.random() < 0.3:
        rule["resourceNames"] = some(draw, NAMES, 2)
    if draw.random() < 0.05:
        del rule[draw.choice(list(rule))]
    return rule if "verbs" in rule else {**rule, "verbs": []}


def rules(draw, most=3):
    return [a_rule(draw) for _ in range(draw.randrange(most + 1))]


def a_subject(draw):
    kind = draw.choice(KINDS)
    out = {"kind": kind, "name": draw.choice({"User": USERS, "Group": TEAMS}.get(kind, ACCOUNTS))}
    if draw.random() < (0.6 if kind == "ServiceAccount" else 0.1):
        out["namespace"] = draw.choice([*NAMESPACES, ""])
    if draw.random() < 0.5:
        out["apiGroup"] = draw.choice([RBAC, "", "nonsense"])  # looked at by nobody when a request comes
    return out


def a_selector(draw):
    if draw.random() < 0.1:
        return {}
    if draw.random() < 0.6:
        return {"matchLabels": {draw.choice(LABELS): draw.choice(["true", "false", ""]) for _ in range(draw.choice([1, 1, 2]))}}
    operator = draw.choice(["In", "NotIn", "Exists", "DoesNotExist"])
    expression = {"key": draw.choice(LABELS), "operator": operator}
    if operator in ("In", "NotIn"):
        expression["values"] = some(draw, ["true", "false", ""], 2)
    return {"matchExpressions": [expression]}


def a_role(draw, name, namespace=None):
    out = {"kind": "Role" if namespace else "ClusterRole", "metadata": {"name": name}, "rules": rules(draw)}
    if namespace:
        out["metadata"]["namespace"] = namespace
    if not namespace and draw.random() < 0.5:
        out["metadata"]["labels"] = {draw.choice(LABELS): draw.choice(["true", "false", ""])}
    if not namespace and draw.random() < 0.15:
        out["aggregationRule"] = {"clusterRoleSelectors": [a_selector(draw) for _ in range(draw.choice([0, 1, 1, 2]))]}
    return out


def a_binding(draw, name, namespace=None):
    kinds = ["ClusterRole"] * 6 + ["Role"] * (6 if namespace else 1) + ["Nonsense"]
    out = {"kind": "RoleBinding" if namespace else "ClusterRoleBinding", "metadata": {"name": name},
           "roleRef": {"apiGroup": RBAC, "kind": draw.choice(kinds), "name": draw.choice(ROLES)},
           "subjects": [a_subject(draw) for _ in range(draw.randrange(4))]}
    if namespace:
        out["metadata"]["namespace"] = namespace
    return out


def a_world(draw):
    """Roles and bindings as they may stand in an etcd, in a random order."""
    out = [a_role(draw, name) for name in ROLES[:-1]]
    out += [a_role(draw, name, namespace) for namespace in NAMESPACES for name in draw.sample(ROLES[:-1], 2)]
    out += [a_binding(draw, f"c-{i}") for i in range(draw.randrange(5))]
    out += [a_binding(draw, f"b-{i}", draw.choice(NAMESPACES)) for i in range(draw.randrange(12))]
    draw.shuffle(out)
    return out


def who(draw):
    return {"user": draw.choice(USERS), "groups": [draw.choice(TEAMS) for _ in range(draw.choice([0, 1, 1, 2, 3]))]}


def as_subject(draw, subject, namespace):
    """Somebody whom a subject of a binding means."""
    if subject["kind"] == "Group":
        return {"user": draw.choice(USERS), "groups": [draw.choice(TEAMS), subject["name"]]}
    if subject["kind"] == "ServiceAccount":
        return {"user": f"system:serviceaccount:{subject.get('namespace') or namespace}:{subject['name']}", "groups": []}
    return {"user": subject["name"], "groups": [draw.choice(TEAMS)]}


class Grants:
    """The bindings of a world with the rules behind them, for questions that are likely to be allowed."""

    def __init__(self, objects):
        self.rules = [r for o in objects for r in o.get("rules", [])]
        roles = {}
        for o in objects:
            if "rules" in o:
                roles.setdefault((o["kind"], o["metadata"].get("namespace", "") , o["metadata"]["name"]), o["rules"])
        self.items = []
        for o in objects:
            namespace = o["metadata"].get("namespace", "")
            ref = o.get("roleRef", {})
            behind = roles.get((ref.get("kind"), namespace if ref.get("kind") == "Role" else "", ref.get("name")), [])
            self.items += [(s, namespace, behind) for s in o.get("subjects", []) if behind]

    def ask(self, draw):
        if not self.items or draw.random() < 0.2:
            return {**who(draw), **attributes(draw, self.rules)}
        subject, namespace, behind = draw.choice(self.items)
        out = {**as_subject(draw, subject, namespace), **attributes(draw, behind)}
        if "path" not in out and draw.random() < 0.8:
            out["namespace"] = namespace or out["namespace"]
        return out

    def somebody(self, draw):
        if not self.items or draw.random() < 0.3:
            return who(draw)
        subject, namespace, _ = draw.choice(self.items)
        return as_subject(draw, subject, namespace)


def cut(draw, resource):
    """resource and subresource, cut at one of its slashes or nowhere."""
    at = [i for i, c in enumerate(resource) if c == "/"]
    if not at or draw.random() < 0.2:
        return resource, ""
    i = draw.choice(at)
    return resource[:i], resource[i + 1:]


def attributes(draw, all_rules):
    """Near a rule, with something changed as often as not."""
    rule = draw.choice(all_rules) if all_rules and draw.random() < 0.8 else a_rule(draw)
    verb = draw.choice(rule["verbs"] or VERBS) if draw.random() < 0.9 else draw.choice(VERBS)
    if "nonResourceURLs" in rule and draw.random() < 0.8:
        return {"verb": verb, "path": draw.choice([*rule["nonResourceURLs"], draw.choice(PATHS), draw.choice(PATHS)])}
    group = draw.choice(rule.get("apiGroups") or GROUPS) if draw.random() < 0.9 else draw.choice(GROUPS)
    resource, sub = cut(draw, draw.choice(rule.get("resources") or RESOURCES) if draw.random() < 0.9 else draw.choice(RESOURCES))
    if draw.random() < 0.1:
        sub = draw.choice(["", "log", "scale", "*", "log/x", "c", "b/c"])
    if draw.random() < 0.1:
        resource = draw.choice(["pods", "deployments", "a", "*", "a/b"])
    name = draw.choice([*rule.get("resourceNames", []), draw.choice(NAMES), ""])
    return {"verb": verb, "group": group, "resource": resource, "subresource": sub, "name": name,
            "namespace": draw.choice([*NAMESPACES, "", "elsewhere"])}


def a_write(draw, grants):
    """Somebody writes a role or a binding."""
    namespace = draw.choice([None, *NAMESPACES])
    make = draw.choice([a_role, a_binding])
    new = make(draw, draw.choice(ROLES), namespace)
    if "rules" in new and draw.random() < 0.7:
        new["rules"] = new["rules"][:1]
    if "rules" in new and grants.rules and draw.random() < 0.6:
        new["rules"] = [near(draw, grants.rules)]
    out = {"op": "write", **grants.somebody(draw), "object": new, "name": ""}
    if draw.random() < 0.4:
        old = make(draw, new["metadata"]["name"], namespace)
        old["metadata"]["annotations"] = {"old": "yes"}  # so that something changes
        out |= {"old": old, "name": new["metadata"]["name"]}
    return out


def a_request(draw):
    segments = [draw.choice(SEGMENTS) for _ in range(draw.randrange(7))]
    start = draw.choice(["/api/v1/", "/api/v1/", "/apis/apps/v1/", "/apis/apps/v1/namespaces/", "/api/v1/namespaces/x/", "/api/v1/watch/", "/", "//", ""])
    query = []
    for _ in range(draw.choice([0, 0, 1, 1, 2, 3])):
        key = draw.choice(["watch", "fieldSelector", "fieldSelector", "labelSelector", "limit", "timeoutSeconds", "x", "Watch", "fieldSelecto%72",
                           "resourceVersion", "sendInitialEvents", "shardSelector", "resourceVersionMatch", "allowWatchBookmarks"])
        value = draw.choice({"fieldSelector": FIELDS, "fieldSelecto%72": FIELDS, "labelSelector": SELECTORS}.get(
            key, ["1", "0", "true", "false", "FALSE", "fal%C5%BFe", "", "x", "-1", "+5", "9223372036854775808", "%", "1;2", "t", "+-5", "1_0", "0x1"]))
        # a blank in a request line ends it; most clients write + for it
        query.append(draw.choice([key, f"{key}={value}", f"{key}={value}", f"{key}={value}"]).replace(" ", "+").replace("\t", "%09"))
    url = start + "/".join(segments) + ("?" + "&".join(query) if query else "")
    return {"op": "request", "method": draw.choice(METHODS), "url": url}


IMPERSONATION_VERBS = ["impersonate", "*", "impersonate:user-info", "impersonate-on:user-info:get", "impersonate:serviceaccount",
                       "impersonate-on:serviceaccount:get", "impersonate:arbitrary-node", "impersonate-on:arbitrary-node:get",
                       "impersonate:associated-node", "impersonate-on:associated-node:get"]
IMPERSONATED = ["users", "groups", "serviceaccounts", "nodes", "uids", "userextras/scopes", "userextras/acme.io/x", "userextras/*", "*", "pods"]
PEOPLE = ["alice", "system:serviceaccount:ns-a:robot", "system:node:n1", "system:node:n2", "system:node:", "system:anonymous", ""]
CLUBS = ["devs", "system:authenticated", "system:unauthenticated", "system:masters", "", "ops"]


def an_impersonation(draw):
    """A world in which somebody may be somebody else, and what he tries."""
    def rule():
        out = {"verbs": draw.sample(IMPERSONATION_VERBS, draw.choice([2, 4, 6])), "apiGroups": [draw.choice(["", "authentication.k8s.io", "*", "*"])],
               "resources": draw.sample(IMPERSONATED, draw.choice([2, 4, 6]))}
        return out | ({"resourceNames": draw.sample(["*", "alice", "devs", "n1", "robot", "u1", "v"], 3)} if draw.random() < 0.3 else {})
    me = draw.choice(["bob", "system:serviceaccount:ns-a:agent"])
    yield {"op": "world", "objects": [
        {"kind": "ClusterRole", "metadata": {"name": "r"}, "rules": [rule() for _ in range(draw.choice([1, 2, 3]))]},
        {"kind": "ClusterRoleBinding", "metadata": {"name": "b"}, "roleRef": {"kind": "ClusterRole", "name": "r"}, "subjects": [
            {"kind": "User", "name": "bob"}, {"kind": "ServiceAccount", "namespace": "ns-a", "name": "agent"}]}]}
    for _ in range(4):
        wanted = {"user": draw.choice(PEOPLE), "uid": draw.choice(["", "", "", "u1"]), "node": draw.choice(["", "n1", "n1"]),
                  "groups": [draw.choice(CLUBS[:3 if draw.random() < 0.8 else 6]) for _ in range(draw.choice([0, 0, 1, 2, 4, 5]))]}
        if draw.random() < 0.3:
            wanted["extra"] = {draw.choice(["scopes", "acme.io%2fx", "acme.io%2fX", "a_b%2fx", "acme.io%2f"]): [draw.choice(["v", "w", "v", ""])
                               for _ in range(draw.choice([1, 2, 4]))] for _ in range(draw.choice([1, 1, 2]))}
        who_asks = {"user": me, "groups": draw.choice([[], [], ["system:authenticated"], ["system:masters"]])}
        yield {"op": "impersonate", **who_asks, "as": wanted}
        what = draw.choice([{"path": "/healthz"}, {"resource": "pods", "namespace": "ns-a"}, {"resource": "pods"}])
        yield {"op": "impersonate_on", **who_asks, "as": wanted, "verb": draw.choice(["get", "get", "get", "list"]), **what}


def an_account(draw):
    namespace = draw.choice(["ns-a", "NS", "", "a.b", "-a", "a-", "a" * 63, "a" * 64, "a_b", "1"])
    name = draw.choice(["robot", "a.b", "a..b", ".a", "a.", "x:y", "", "A", "a" * 253, "a" * 254, "a-.b", "a b", "1"])
    return {"op": "account", "user": draw.choice(["system:serviceaccount:", "system:serviceaccount:", "system:serviceaccounts:", "system:node:", ""])
            + draw.choice([f"{namespace}:{name}", namespace, name])}


def lines(draw, questions, per_world=2000):
    """Lines of which `questions` are authorisation questions; each is ready for both programs."""
    asked = 0
    while asked < questions:
        objects = a_world(draw)
        grants = Grants(objects)
        yield json.dumps({"op": "world", "objects": objects})
        for name in ROLES:
            yield json.dumps({"op": "aggregate", "name": name})
        for _ in range(min(per_world, questions - asked)):
            asked += 1
            yield json.dumps({"op": "ask", **grants.ask(draw)})
        for _ in range(per_world // 50):
            yield json.dumps({"op": "why", **grants.ask(draw)})
            yield json.dumps({"op": "who", **attributes(draw, grants.rules)})
            yield json.dumps({"op": "rules", **grants.somebody(draw), "namespace": draw.choice([*NAMESPACES, ""])})
            yield json.dumps(a_write(draw, grants))
            yield json.dumps(a_write(draw, grants))
            owner = rules(draw, 6)
            yield json.dumps({"op": "covers", "owner": owner, "servant": draw.choice([rules(draw, 2), [near(draw, owner)]])})
            yield json.dumps({"op": "compact", "owner": [near(draw, owner) for _ in range(4)]})
            yield json.dumps(a_request(draw))
            yield json.dumps(a_request(draw))
            yield json.dumps(an_account(draw))
        for _ in range(per_world // 50):  # last: these are worlds of their own
            yield from map(json.dumps, an_impersonation(draw))


def near(draw, owner):
    """A rule that some other one nearly covers."""
    rule = dict(draw.choice(owner)) if owner else a_rule(draw)
    if rule.get("resources") and draw.random() < 0.7:
        rule["resources"] = [draw.choice([r, r.replace("*/", "pods/"), "*"]) for r in rule["resources"]][:draw.choice([1, 3])]
    if rule.get("apiGroups") and draw.random() < 0.5:
        rule["apiGroups"] = rule["apiGroups"][:1]
    if rule.get("nonResourceURLs") and draw.random() < 0.5:
        rule["nonResourceURLs"] = [u.rstrip("*") + draw.choice(["", "x", "*"]) for u in rule["nonResourceURLs"]]
    if draw.random() < 0.2:
        rule["resourceNames"] = some(draw, NAMES, 2)
    return rule
