#pragma once
/*
 * For another *_json.c that comes to RBAC objects in a document of its own; everybody else reads
 * texts, by rbac_read_json. Everything goes into the arena of the reader, and texts stay views of
 * what is read.
 */
#include "base/json_scan.h"
#include "policy/rbac/rbac.h"

bool rbac_kind_of(struct str kind, enum rbac_kind *ret_kind); /* false: not one of RBAC */
/* The subject that comes next. False: it has no kind, or no name. */
bool rbac_scan_subject(struct json_scan *s, struct rbac_subject *ret);
/* The object that comes next, which is of this kind; it is added to set. */
must_check int rbac_scan_object(struct json_scan *s, enum rbac_kind kind, struct rbac_set *set);
/* A list of rules; nothing is set when it is null. */
must_check int rbac_scan_rules(struct json_scan *s, struct rbac_rule **ret, size_t *ret_n);
/* Labels, annotations: members that are no text are passed over. */
void rbac_scan_pairs(struct json_scan *s, struct str_pairs *pairs);
/* Calls read for each item of the list that comes next ("List", "RoleBindingList"), with its own
 * kind or that of the list. Items that read leaves alone are passed over. */
must_check int rbac_scan_list(struct json_scan *s, struct str list_kind,
                              int (*read)(struct json_scan *s, struct str kind, void *context),
                              void *context);
