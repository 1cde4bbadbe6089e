#pragma once
/* The inside of struct ldap_graph, for ldap_graph.c (reads and builds it) and ldap_groups.c (walks
 * it). */
#include <stdatomic.h>

#include "connectors/ldap_groups.h"

struct graph_node {
    struct str id, name;     /* normal form of the DN; the name as stored */
    bool allowed;            /* the name may be shown; others are walked through but left out */
    const uint32_t *parents; /* the groups that this one is directly inside of */
    size_t n_parents;
};
struct graph_edge { /* child is directly inside parent; child: a group's or a person's DN, in normal
                       form */
    struct str child, parent;
};
struct ldap_graph {
    atomic_uint refs;
    int64_t loaded_ms;
    struct arena arena;
    struct graph_node *nodes; /* sorted by id */
    size_t n_nodes;
    struct graph_edge *edges; /* sorted by child, then parent */
    size_t n_edges;
};

/* -1 as size_t: not there */
size_t graph_find(const struct ldap_graph *graph, struct str id);
/* The first edge of a child; n_edges when there is none. */
size_t graph_edges_of(const struct ldap_graph *graph, struct str child);
enum ldap_search_end graph_read(const struct ldap_config *c, struct ldap_conn *conn,
                                int64_t deadline_ms, struct ldap_graph **ret, struct err *e);
