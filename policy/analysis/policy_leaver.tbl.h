/* RESIDUE(verbs, target, what still works, what to do): what a person with this permission may have
 * taken along. SITE and NS stand for the site's context and the namespace. No include guard on
 * purpose. */
RESIDUE(
    "create", "/serviceaccounts/token",
    "tokens minted for any service account there work until they expire",
    "kubectl --context SITE -n NS delete serviceaccount NAME, and create it anew: its tokens end")
RESIDUE("get,list,watch", "/secrets",
        "secrets that were read stay known, long-lived service account tokens among them",
        "kubectl --context SITE -n NS delete secrets --field-selector "
        "type=kubernetes.io/service-account-token; rotate what the other secrets open")
RESIDUE("create,get", "/pods/exec", "tokens and secrets mounted in the pods could be read",
        "kubectl --context SITE -n NS delete pods --all: new pods have new tokens")
RESIDUE("create,get", "/pods/attach", "consoles of running pods stay attached",
        "kubectl --context SITE -n NS delete pod NAME")
RESIDUE("create,get", "/pods/portforward", "forwarded ports stay open",
        "kubectl --context SITE -n NS delete pod NAME")
RESIDUE("update,patch", "/pods/ephemeralcontainers", "debug containers keep running",
        "kubectl --context SITE -n NS get pods -o "
        "jsonpath='{range .items[?(@.spec.ephemeralContainers)]}{.metadata.name}{\"\\n\"}{end}'")
RESIDUE("create", "/pods", "pods left behind run on, under any service account of the namespace",
        "kubectl --context SITE -n NS get pods -o wide")
RESIDUE("create,update,patch", "apps/deployments",
        "workloads left behind run on, under any service account of the namespace",
        "kubectl --context SITE -n NS get deployments,statefulsets,daemonsets -o wide")
RESIDUE("create,update,patch", "batch/cronjobs", "jobs left behind start again and again",
        "kubectl --context SITE -n NS get cronjobs,jobs")
RESIDUE("create,update,patch", "rbac.authorization.k8s.io/rolebindings",
        "bindings made for other names keep giving access",
        "kubectl --context SITE -n NS get rolebindings -o wide")
RESIDUE("create,update,patch", "rbac.authorization.k8s.io/clusterrolebindings",
        "bindings made for other names keep giving access everywhere",
        "kubectl --context SITE get clusterrolebindings -o wide")
RESIDUE("create", "certificates.k8s.io/certificatesigningrequests",
        "a client certificate that was issued cannot be revoked: it works until it ends",
        "kubectl --context SITE get certificatesigningrequests; take the bindings of its name and "
        "groups away, or change the signer's certificate authority")
RESIDUE("create,get", "/nodes/proxy", "every pod of the node could be entered",
        "kubectl --context SITE delete pods --all -A: new pods have new tokens")
RESIDUE("create,update,patch", "admissionregistration.k8s.io/mutatingwebhookconfigurations",
        "a webhook that was registered sees and changes what is created",
        "kubectl --context SITE get mutatingwebhookconfigurations,validatingwebhookconfigurations")
