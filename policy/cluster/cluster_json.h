#pragma once
/* For another *_json.c that comes to such an object in its document; everybody else reads texts, by
 * cluster_read_json. */
#include "base/json_scan.h"
#include "policy/cluster/cluster.h"

/* The object that comes next, which is of this kind: a Namespace, an APIGroupDiscovery, one of
 * RBAC; others are left to be passed over. s reads into the arena of c. */
must_check int cluster_scan_object(struct cluster *c, struct str kind, struct json_scan *s);
