#pragma once
/* For another *_json.c that has parsed a document already; everybody else reads texts, by
 * cluster_read_json. */
#include "base/json.h"
#include "policy/cluster/cluster.h"

/* One Namespace or APIGroupDiscovery; other kinds are passed over. */
must_check int cluster_read_value(struct cluster *c, const json_t *object, struct err *e);
