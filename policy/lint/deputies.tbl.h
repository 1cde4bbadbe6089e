/* DEPUTY(rule, verbs, targets, controller, source): custom resources that make a controller act
 * with its own rights. L14: it runs pods in the namespace of the resource, as any service account
 * there; L27: it does more than the namespace. No include guard on purpose. */
DEPUTY(L14, "create,update,patch", "argoproj.io/rollouts", "Argo Rollouts",
       "argo-rollouts.readthedocs.io: a Rollout holds a pod template as a Deployment does")
DEPUTY(L14, "create,update,patch",
       "argoproj.io/workflows,argoproj.io/cronworkflows,argoproj.io/workflowtemplates",
       "Argo Workflows", "argo-workflows.readthedocs.io: spec.serviceAccountName")
DEPUTY(L14, "create,update,patch",
       "tekton.dev/taskruns,tekton.dev/pipelineruns,tekton.dev/tasks,tekton.dev/pipelines",
       "Tekton Pipelines", "tekton.dev/docs/pipelines/taskruns: serviceAccountName")
DEPUTY(L14, "create,update,patch",
       "serving.knative.dev/services,serving.knative.dev/configurations", "Knative Serving",
       "knative.dev/docs/serving: serviceAccountName of the revision")
DEPUTY(L14, "create,update,patch",
       "kubevirt.io/virtualmachines,kubevirt.io/virtualmachineinstances", "KubeVirt",
       "kubevirt.io/user-guide: serviceAccount volumes")
DEPUTY(L14, "create,update,patch",
       "sparkoperator.k8s.io/sparkapplications,sparkoperator.k8s.io/scheduledsparkapplications",
       "Spark operator", "kubeflow/spark-operator: spec.driver.serviceAccount")
DEPUTY(L14, "create,update,patch",
       "apps.kruise.io/clonesets,apps.kruise.io/statefulsets,apps.kruise.io/daemonsets",
       "OpenKruise", "openkruise.io/docs: pod templates as in apps/v1")
DEPUTY(L14, "create,update,patch", "batch.volcano.sh/jobs", "Volcano",
       "volcano.sh/docs: tasks hold pod templates")
DEPUTY(L14, "create,update,patch", "keda.sh/scaledjobs", "KEDA",
       "keda.sh/docs: jobTargetRef is a job template")
DEPUTY(L14, "create,update,patch", "ray.io/rayclusters,ray.io/rayjobs,ray.io/rayservices",
       "KubeRay", "docs.ray.io/cluster/kubernetes: pod templates of head and workers")

DEPUTY(L27, "create,update,patch",
       "argoproj.io/applications,argoproj.io/applicationsets,argoproj.io/appprojects", "Argo CD",
       "argo-cd.readthedocs.io/operator-manual/app-any-namespace: deploys with the controller's "
       "rights, bounded by the AppProject")
DEPUTY(L27, "create,update,patch",
       "kustomize.toolkit.fluxcd.io/kustomizations,helm.toolkit.fluxcd.io/helmreleases", "Flux",
       "fluxcd.io/flux/installation/configuration/multitenancy: without serviceAccountName as "
       "cluster-admin")
DEPUTY(L27, "create,update,patch", "helm.cattle.io/helmcharts,helm.cattle.io/helmchartconfigs",
       "K3s and RKE2 helm-controller", "docs.k3s.io/helm: charts are installed by cluster-admin")
DEPUTY(L27, "create,update,patch", "fleet.cattle.io/bundles,fleet.cattle.io/gitrepos", "Fleet",
       "fleet.rancher.io: agents deploy as cluster-admin")
DEPUTY(L27, "create,update,patch",
       "external-secrets.io/externalsecrets,external-secrets.io/clusterexternalsecrets,"
       "external-secrets.io/secretstores,external-secrets.io/clustersecretstores,"
       "external-secrets.io/pushsecrets",
       "External Secrets", "external-secrets.io/guides/security-best-practices")
DEPUTY(L27, "create,update,patch", "secrets-store.csi.x-k8s.io/secretproviderclasses",
       "Secrets Store CSI driver", "secrets-store-csi-driver.sigs.k8s.io: secretObjects")
DEPUTY(L27, "create,update,patch",
       "cert-manager.io/issuers,cert-manager.io/clusterissuers,cert-manager.io/certificates,"
       "cert-manager.io/certificaterequests",
       "cert-manager", "cert-manager.io/docs/policy/approval: requests are approved by default")
DEPUTY(L27, "create,update,patch",
       "apiextensions.crossplane.io/compositions,"
       "apiextensions.crossplane.io/compositeresourcedefinitions,pkg.crossplane.io/providers,"
       "pkg.crossplane.io/configurations,kubernetes.crossplane.io/objects",
       "Crossplane", "docs.crossplane.io: providers act with their own credentials")
DEPUTY(L27, "create,update,patch",
       "triggers.tekton.dev/eventlisteners,triggers.tekton.dev/triggers", "Tekton Triggers",
       "tekton.dev/docs/triggers/eventlisteners: resources are made by the listener's account")
DEPUTY(L27, "create,update,patch",
       "operators.coreos.com/subscriptions,operators.coreos.com/clusterserviceversions,"
       "operators.coreos.com/installplans",
       "Operator Lifecycle Manager", "olm.operatorframework.io: installs RBAC and deployments")
DEPUTY(L27, "create,update,patch",
       "monitoring.coreos.com/prometheuses,monitoring.coreos.com/alertmanagers",
       "Prometheus operator",
       "prometheus-operator.dev/docs/platform/rbac: makes pods with mounted secrets")
DEPUTY(L27, "create,update,patch", "kyverno.io/policies,kyverno.io/clusterpolicies", "Kyverno",
       "kyverno.io/docs: generate and mutate rules act as the controller")
DEPUTY(L27, "create,update,patch", "velero.io/backups,velero.io/restores,velero.io/schedules",
       "Velero", "velero.io/docs: backs up and restores with cluster-admin, secrets included")
DEPUTY(L27, "create,update,patch", "capsule.clastix.io/tenants", "Capsule",
       "projectcapsule.dev: makes bindings in the namespaces of the tenant")
DEPUTY(L27, "create,update,patch", "rbacmanager.reactiveops.io/rbacdefinitions", "RBAC Manager",
       "rbac-manager.docs.fairwinds.com: makes bindings")
DEPUTY(L27, "create,update,patch",
       "management.cattle.io/globalrolebindings,management.cattle.io/clusterroletemplatebindings,"
       "management.cattle.io/projectroletemplatebindings",
       "Rancher", "ranchermanager.docs.rancher.com: makes bindings")
DEPUTY(L27, "create,update,patch", "cluster.x-k8s.io/clusters,cluster.x-k8s.io/machinedeployments",
       "Cluster API", "cluster-api.sigs.k8s.io: makes machines with the provider's credentials")
