#pragma once
/*
 * Where identities come from. A connector authenticates a person once (at login) and looks the same
 * person up again (at each refresh); both give the same typed result. Implementations: ldap, local
 * (people in a file). The protocol and the policy compiler know only this header.
 *
 * Every call blocks at most until its deadline (monotonic ms). Called from worker threads, several
 * at a time.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/secret.h"
#include "base/str.h"

enum account_state {
    ACCOUNT_ACTIVE,
    ACCOUNT_DISABLED,
    ACCOUNT_LOCKED,
    ACCOUNT_EXPIRED,
    ACCOUNT_MUST_CHANGE_PASSWORD,
};

struct person_group {
    struct str
        id; /* stable name in the directory: the normalised DN; for `local` the group's name */
    struct str name; /* short name (cn), as stored */
};

struct person {
    struct str connector_id;
    struct str id;       /* stable, never reassigned, never what was typed: entryUUID, objectGUID */
    struct str username; /* as stored in the directory, [a-z0-9._@-]{1,128} */
    struct str display_name, mail; /* may be absent */
    enum account_state state;
    struct person_group *groups; /* direct and nested, sorted by id, no duplicates, complete (a
                                    truncated answer is a failure) */
    size_t n_groups;
};

struct directory_group {
    struct str id, name;
};
struct directory {
    struct person *people; /* sorted by username */
    size_t n_people;
    struct directory_group *groups; /* all of them, also those without people; sorted by id */
    size_t n_groups;
};

/* What a peer must handle by a switch without default. */
enum connector_outcome {
    CONNECTOR_OK, /* *ret_person is filled; state is ACCOUNT_ACTIVE after authenticate */
    /* Or unknown person: the two cannot be told apart, by text or by time. After authenticate
     * ret_person->id says whose password it was not, when the connector knows: one person may have
     * several login names, and only who counts tries may look at it. */
    CONNECTOR_WRONG_PASSWORD,
    CONNECTOR_GONE, /* lookup only: no such person any more */
    CONNECTOR_DISABLED,
    CONNECTOR_LOCKED,
    CONNECTOR_EXPIRED,
    CONNECTOR_MUST_CHANGE_PASSWORD,
    CONNECTOR_REFUSED, /* the entry is not usable: ambiguous, no id, a name outside the allowed set;
                          e says why (for the log) */
    CONNECTOR_UNAVAILABLE, /* down, slow, lying, truncated; e says why (for the log) */
};

struct connector;
struct connector_ops {
    enum connector_outcome (*authenticate)(struct connector *c, struct arena *a, struct str name,
                                           const struct secret *password, int64_t deadline_ms,
                                           struct person *ret_person, struct err *e);
    /* id: person.id of an earlier result. state other than active is an outcome here as well. */
    enum connector_outcome (*lookup)(struct connector *c, struct arena *a, struct str id,
                                     int64_t deadline_ms, struct person *ret_person, struct err *e);
    /* Everybody with their groups: what the policy compiler resolves names against. */
    int (*read_all)(struct connector *c, struct arena *a, int64_t deadline_ms,
                    struct directory *ret_directory, struct err *e);
    /* 0: could serve a login now. For readiness and metrics. */
    int (*health)(struct connector *c, int64_t deadline_ms, struct err *e);
    void (*free)(struct connector *c);
};
struct connector {
    const struct connector_ops *ops;
    struct str id; /* as configured: goes into `sub`, so it never changes */
};
