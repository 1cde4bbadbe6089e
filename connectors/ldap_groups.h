#pragma once
/*
 * Groups, nested ones included. The graph of the groups (who is inside whom) is read with one paged
 * search, kept for some seconds as an immutable, reference counted snapshot, and shared by all
 * threads; a person's own groups are read anew each time. When half of its time is over one thread
 * reads it again while the others go on with the old one.
 */
#include "connectors/ldap_person.h"

struct ldap_graph; /* immutable */
struct ldap_groups;

struct ldap_groups *ldap_groups_new(const struct ldap_config *c);
void ldap_groups_free(struct ldap_groups *g);

/* All of a person's groups into found->person, complete or not at all. */
enum ldap_search_end ldap_groups_of(struct ldap_groups *g, struct ldap_conn *conn,
                                    struct ldap_found *found, struct arena *a, struct err *e);

/* The graph read now, with the groups' people: for read_all. Free by ldap_graph_unref. */
enum ldap_search_end ldap_graph_load(struct ldap_groups *g, struct ldap_conn *conn,
                                     int64_t deadline_ms, struct ldap_graph **ret, struct err *e);
void ldap_graph_unref(struct ldap_graph *graph);
/* From memberOf, or, where that is not used, from the groups' members in the graph. */
must_check int ldap_graph_groups_of(const struct ldap_config *c, const struct ldap_graph *graph,
                                    struct ldap_found *found, struct arena *a, struct err *e);
must_check int ldap_graph_list(const struct ldap_graph *graph, struct arena *a,
                               struct directory *ret, struct err *e);
