module lotse.test/default-roles

go 1.24.0

require k8s.io/kubernetes v1.34.4
