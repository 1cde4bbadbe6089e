#pragma once
/*
 * The user names and groups of service accounts
 * (apiserver/pkg/authentication/serviceaccount/util.go). Pure; any thread.
 */
#include "base/words.h"

#define SERVICE_ACCOUNT_PREFIX "system:serviceaccount:"

/* "system:serviceaccount:ns:name"; nothing is checked. */
struct str service_account_user(struct arena *a, struct str namespace, struct str name);
/* As MatchesUsername: string by string, whatever they hold. */
bool service_account_is(struct str user, struct str namespace, struct str name);
/* Into namespace and name, if that is what the user name of a service account can be; outputs point
 * into user. */
bool service_account_split(struct str user, struct str *ret_namespace, struct str *ret_name);
/* system:serviceaccounts, system:serviceaccounts:ns, system:authenticated: what its tokens carry.
 */
struct strs service_account_groups(struct arena *a, struct str namespace);
