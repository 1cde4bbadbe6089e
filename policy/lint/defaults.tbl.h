/* DEFAULT(kind, namespace, binding, subject kind, subject namespace, subject): the bindings that an
 * API server 1.36 makes by itself (plugin/pkg/auth/authorizer/rbac/bootstrappolicy), and those of
 * kubeadm for nodes that join (cmd/kubeadm/app/phases). No include guard on purpose. */
DEFAULT(CLUSTER_ROLE_BINDING, "", "cluster-admin", GROUP, "", "system:masters")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:basic-user", GROUP, "", "system:authenticated")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:controller:attachdetach-controller", SERVICE_ACCOUNT,
        "kube-system", "attachdetach-controller")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:controller:certificate-controller", SERVICE_ACCOUNT,
        "kube-system", "certificate-controller")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:controller:clusterrole-aggregation-controller",
        SERVICE_ACCOUNT, "kube-system", "clusterrole-aggregation-controller")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:controller:cronjob-controller", SERVICE_ACCOUNT,
        "kube-system", "cronjob-controller")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:controller:daemon-set-controller", SERVICE_ACCOUNT,
        "kube-system", "daemon-set-controller")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:controller:deployment-controller", SERVICE_ACCOUNT,
        "kube-system", "deployment-controller")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:controller:device-taint-eviction-controller",
        SERVICE_ACCOUNT, "kube-system", "device-taint-eviction-controller")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:controller:disruption-controller", SERVICE_ACCOUNT,
        "kube-system", "disruption-controller")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:controller:endpoint-controller", SERVICE_ACCOUNT,
        "kube-system", "endpoint-controller")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:controller:endpointslice-controller", SERVICE_ACCOUNT,
        "kube-system", "endpointslice-controller")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:controller:endpointslicemirroring-controller",
        SERVICE_ACCOUNT, "kube-system", "endpointslicemirroring-controller")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:controller:ephemeral-volume-controller", SERVICE_ACCOUNT,
        "kube-system", "ephemeral-volume-controller")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:controller:expand-controller", SERVICE_ACCOUNT,
        "kube-system", "expand-controller")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:controller:generic-garbage-collector", SERVICE_ACCOUNT,
        "kube-system", "generic-garbage-collector")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:controller:horizontal-pod-autoscaler", SERVICE_ACCOUNT,
        "kube-system", "horizontal-pod-autoscaler")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:controller:job-controller", SERVICE_ACCOUNT,
        "kube-system", "job-controller")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:controller:legacy-service-account-token-cleaner",
        SERVICE_ACCOUNT, "kube-system", "legacy-service-account-token-cleaner")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:controller:namespace-controller", SERVICE_ACCOUNT,
        "kube-system", "namespace-controller")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:controller:node-controller", SERVICE_ACCOUNT,
        "kube-system", "node-controller")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:controller:persistent-volume-binder", SERVICE_ACCOUNT,
        "kube-system", "persistent-volume-binder")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:controller:pod-garbage-collector", SERVICE_ACCOUNT,
        "kube-system", "pod-garbage-collector")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:controller:pv-protection-controller", SERVICE_ACCOUNT,
        "kube-system", "pv-protection-controller")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:controller:pvc-protection-controller", SERVICE_ACCOUNT,
        "kube-system", "pvc-protection-controller")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:controller:replicaset-controller", SERVICE_ACCOUNT,
        "kube-system", "replicaset-controller")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:controller:replication-controller", SERVICE_ACCOUNT,
        "kube-system", "replication-controller")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:controller:resource-claim-controller", SERVICE_ACCOUNT,
        "kube-system", "resource-claim-controller")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:controller:resourcequota-controller", SERVICE_ACCOUNT,
        "kube-system", "resourcequota-controller")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:controller:root-ca-cert-publisher", SERVICE_ACCOUNT,
        "kube-system", "root-ca-cert-publisher")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:controller:route-controller", SERVICE_ACCOUNT,
        "kube-system", "route-controller")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:controller:selinux-warning-controller", SERVICE_ACCOUNT,
        "kube-system", "selinux-warning-controller")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:controller:service-account-controller", SERVICE_ACCOUNT,
        "kube-system", "service-account-controller")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:controller:service-cidrs-controller", SERVICE_ACCOUNT,
        "kube-system", "service-cidrs-controller")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:controller:service-controller", SERVICE_ACCOUNT,
        "kube-system", "service-controller")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:controller:statefulset-controller", SERVICE_ACCOUNT,
        "kube-system", "statefulset-controller")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:controller:ttl-after-finished-controller",
        SERVICE_ACCOUNT, "kube-system", "ttl-after-finished-controller")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:controller:ttl-controller", SERVICE_ACCOUNT,
        "kube-system", "ttl-controller")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:controller:validatingadmissionpolicy-status-controller",
        SERVICE_ACCOUNT, "kube-system", "validatingadmissionpolicy-status-controller")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:controller:volumeattributesclass-protection-controller",
        SERVICE_ACCOUNT, "kube-system", "volumeattributesclass-protection-controller")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:discovery", GROUP, "", "system:authenticated")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:kube-controller-manager", USER, "",
        "system:kube-controller-manager")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:kube-dns", SERVICE_ACCOUNT, "kube-system", "kube-dns")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:kube-scheduler", USER, "", "system:kube-scheduler")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:monitoring", GROUP, "", "system:monitoring")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:node-proxier", USER, "", "system:kube-proxy")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:public-info-viewer", GROUP, "", "system:authenticated")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:public-info-viewer", GROUP, "", "system:unauthenticated")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:service-account-issuer-discovery", GROUP, "",
        "system:serviceaccounts")
DEFAULT(CLUSTER_ROLE_BINDING, "", "system:volume-scheduler", USER, "", "system:kube-scheduler")
DEFAULT(ROLE_BINDING, "kube-public", "system:controller:bootstrap-signer", SERVICE_ACCOUNT,
        "kube-system", "bootstrap-signer")
DEFAULT(ROLE_BINDING, "kube-system", "system::extension-apiserver-authentication-reader", USER, "",
        "system:kube-controller-manager")
DEFAULT(ROLE_BINDING, "kube-system", "system::extension-apiserver-authentication-reader", USER, "",
        "system:kube-scheduler")
DEFAULT(ROLE_BINDING, "kube-system", "system::leader-locking-kube-controller-manager", USER, "",
        "system:kube-controller-manager")
DEFAULT(ROLE_BINDING, "kube-system", "system::leader-locking-kube-controller-manager",
        SERVICE_ACCOUNT, "kube-system", "kube-controller-manager")
DEFAULT(ROLE_BINDING, "kube-system", "system::leader-locking-kube-controller-manager",
        SERVICE_ACCOUNT, "kube-system", "leader-election-controller")
DEFAULT(ROLE_BINDING, "kube-system", "system::leader-locking-kube-scheduler", USER, "",
        "system:kube-scheduler")
DEFAULT(ROLE_BINDING, "kube-system", "system::leader-locking-kube-scheduler", SERVICE_ACCOUNT,
        "kube-system", "kube-scheduler")
DEFAULT(ROLE_BINDING, "kube-system", "system:controller:bootstrap-signer", SERVICE_ACCOUNT,
        "kube-system", "bootstrap-signer")
DEFAULT(ROLE_BINDING, "kube-system", "system:controller:cloud-provider", SERVICE_ACCOUNT,
        "kube-system", "cloud-provider")
DEFAULT(ROLE_BINDING, "kube-system", "system:controller:token-cleaner", SERVICE_ACCOUNT,
        "kube-system", "token-cleaner")
DEFAULT(CLUSTER_ROLE_BINDING, "", "kubeadm:get-nodes", GROUP, "",
        "system:bootstrappers:kubeadm:default-node-token")
DEFAULT(CLUSTER_ROLE_BINDING, "", "kubeadm:kubelet-bootstrap", GROUP, "",
        "system:bootstrappers:kubeadm:default-node-token")
DEFAULT(CLUSTER_ROLE_BINDING, "", "kubeadm:node-autoapprove-bootstrap", GROUP, "",
        "system:bootstrappers:kubeadm:default-node-token")
DEFAULT(CLUSTER_ROLE_BINDING, "", "kubeadm:node-autoapprove-certificate-rotation", GROUP, "",
        "system:nodes")
DEFAULT(CLUSTER_ROLE_BINDING, "", "kubeadm:node-proxier", SERVICE_ACCOUNT, "kube-system",
        "kube-proxy")
DEFAULT(ROLE_BINDING, "kube-public", "kubeadm:bootstrap-signer-clusterinfo", USER, "",
        "system:anonymous")
DEFAULT(ROLE_BINDING, "kube-system", "kube-proxy", GROUP, "",
        "system:bootstrappers:kubeadm:default-node-token")
DEFAULT(ROLE_BINDING, "kube-system", "kubeadm:kubelet-config", GROUP, "", "system:nodes")
DEFAULT(ROLE_BINDING, "kube-system", "kubeadm:kubelet-config", GROUP, "",
        "system:bootstrappers:kubeadm:default-node-token")
DEFAULT(ROLE_BINDING, "kube-system", "kubeadm:nodes-kubeadm-config", GROUP, "", "system:nodes")
DEFAULT(ROLE_BINDING, "kube-system", "kubeadm:nodes-kubeadm-config", GROUP, "",
        "system:bootstrappers:kubeadm:default-node-token")
