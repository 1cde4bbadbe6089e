#pragma once
/*
 * Searches on a service connection. Entries come one by one into a function; what a server may send
 * is bounded in number, in size and in time. An answer that is cut short is never taken for a whole
 * one.
 */
#include "connectors/ldap_conn.h"

#define LDAP_ENTRY_ATTRIBUTES_MAX 24

struct ldap_attribute {
    struct str name;
    const struct berval *values;
    size_t n;
};
struct ldap_entry { /* valid inside the function only */
    struct str dn;
    struct ldap_attribute attributes[LDAP_ENTRY_ATTRIBUTES_MAX];
    size_t n;
};
/* NULL: absent. Names compare without case (RFC 4512 2.5). */
const struct ldap_attribute *ldap_entry_get(const struct ldap_entry *entry, struct str name);
static inline struct str ldap_value(const struct ldap_attribute *a, size_t i)
{
    return (struct str){a->values[i].bv_val, a->values[i].bv_len};
}
/* The only value; STR_NONE when there is none or more than one. */
struct str ldap_entry_one(const struct ldap_entry *entry, struct str name);

struct ldap_query {
    const char *base, *filter;
    int scope;
    char **attributes;
    size_t entries_max; /* more is a failure; with page_size 0 also asked of the server */
    int page_size;      /* RFC 2696; 0: one answer */
    int64_t deadline_ms;
    int (*entry)(void *user, const struct ldap_entry *entry,
                 struct err *e); /* -1 ends the search */
    void *user;
};
enum ldap_search_end {
    LDAP_SEARCH_WHOLE,    /* every entry has been seen */
    LDAP_SEARCH_TOO_MANY, /* more than entries_max, or the server's size limit */
    LDAP_SEARCH_FAILED,   /* the server or the entry function says no; the connection is fine */
    LDAP_SEARCH_BROKEN,   /* the connection or the server is not usable: late, hung up, nonsense */
};
enum ldap_search_end ldap_search(struct ldap_conn *conn, const struct ldap_config *c,
                                 const struct ldap_query *q, struct err *e);
