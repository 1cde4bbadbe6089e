#include "connectors/ldap_graph.h"

#include <stdlib.h>

#include "base/dn.h"
#include "base/log.h"
#include "base/mem.h"
#include "connectors/names.h"

#define GRAPH_BYTES_MAX ((size_t)256 << 20)

struct builder {
    const struct ldap_config *config;
    struct ldap_graph *graph;
    struct {
        struct graph_node *items;
        size_t n, cap;
    } nodes;
    struct {
        struct graph_edge *items;
        size_t n, cap;
    } edges;
};

void ldap_graph_unref(struct ldap_graph *graph)
{
    if (!graph || atomic_fetch_sub(&graph->refs, 1) != 1)
        return;
    arena_fini(&graph->arena);
    mem_free(graph);
}

/* The name attribute's only value; of several the one that is in the DN. */
static struct str name_of(const struct ldap_entry *entry, const struct builder *b, struct str id)
{
    struct str type, value, folded;
    const struct ldap_attribute *at = ldap_entry_get(entry, b->config->s.groups.name);
    if (!at || at->n == 0)
        return STR_NONE;
    if (at->n == 1)
        return ldap_value(at, 0);
    if (!dn_first(id, &type, &value) || !str_eq_nocase(type, b->config->s.groups.name))
        return STR_NONE;
    for (size_t i = 0; i < at->n; i++)
        if (dn_normalise_value(ldap_value(at, i), &b->graph->arena, &folded) &&
            str_eq(folded, value))
            return ldap_value(at, i);
    return STR_NONE;
}

static int too_large(struct err *e)
{
    return fail(e, ERR_LIMIT, "the directory's groups are too large");
}

static int add_edges(struct builder *b, const struct ldap_entry *entry, struct str id,
                     struct err *e)
{
    bool by_member = b->config->s.groups.rules == LDAP_GROUPS_MEMBER;
    const struct ldap_attribute *at = ldap_entry_get(
        entry, by_member ? b->config->s.groups.member : b->config->s.groups.member_of);
    for (size_t i = 0; at && i < at->n; i++) {
        struct str other;
        struct graph_edge *edge;
        if (!dn_normalise(ldap_value(at, i), &b->graph->arena, &other))
            continue; /* names nobody: no entry has a DN that is none */
        edge = ARENA_PUSH(&b->graph->arena, &b->edges);
        if (!edge)
            return too_large(e);
        *edge = by_member ? (struct graph_edge){other, id} : (struct graph_edge){id, other};
    }
    return b->graph->arena.exhausted ? too_large(e) : 0;
}

static int add_group(void *user, const struct ldap_entry *entry, struct err *e)
{
    struct builder *b = user;
    struct str id;
    if (!dn_normalise(entry->dn, &b->graph->arena, &id) || !dn_is_below(id, b->config->groups_base))
        return fail(e, ERR_BACKEND, "the directory answered with the group '%.*s'",
                    STR_F(entry->dn));
    struct str name = name_of(entry, b, id);
    struct graph_node *node = ARENA_PUSH(&b->graph->arena, &b->nodes);
    if (!node)
        return too_large(e);
    node->id = id;
    node->name = arena_str(&b->graph->arena, name);
    node->allowed = group_name_is_allowed(name);
    return add_edges(b, entry, id, e);
}

static int by_id(const void *a, const void *b)
{
    return str_cmp(((const struct graph_node *)a)->id, ((const struct graph_node *)b)->id);
}

static int by_child(const void *a, const void *b)
{
    const struct graph_edge *x = a, *y = b;
    int order = str_cmp(x->child, y->child);
    return order ? order : str_cmp(x->parent, y->parent);
}

size_t graph_find(const struct ldap_graph *graph, struct str id)
{
    size_t low = 0, high = graph->n_nodes;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_cmp(graph->nodes[middle].id, id);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return (size_t)-1;
}

size_t graph_edges_of(const struct ldap_graph *graph, struct str child)
{
    size_t low = 0, high = graph->n_edges;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_cmp(graph->edges[middle].child, child) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < graph->n_edges && str_eq(graph->edges[low].child, child) ? low : graph->n_edges;
}

static int link_parents(struct ldap_graph *graph, struct err *e)
{
    uint32_t *parents = ARENA_ARRAY(&graph->arena, graph->n_edges + 1, uint32_t);
    if (!parents)
        return too_large(e);
    size_t used = 0;
    for (size_t i = 0; i < graph->n_nodes; i++) {
        struct graph_node *node = &graph->nodes[i];
        if (i > 0 && str_eq(node->id, graph->nodes[i - 1].id))
            return fail(e, ERR_BACKEND, "the directory sent the group '%.*s' twice",
                        STR_F(node->id));
        node->parents = &parents[used];
        for (size_t k = graph_edges_of(graph, node->id);
             k < graph->n_edges && str_eq(graph->edges[k].child, node->id); k++) {
            size_t parent = graph_find(graph, graph->edges[k].parent);
            if (parent != (size_t)-1) { /* else outside of groups.base or no group by the filter */
                parents[used++] = (uint32_t)parent;
                node->n_parents++;
            }
        }
    }
    return 0;
}

enum ldap_search_end graph_read(const struct ldap_config *c, struct ldap_conn *conn,
                                int64_t deadline_ms, struct ldap_graph **ret, struct err *e)
{
    struct ldap_graph *graph = MEM_NEW(struct ldap_graph);
    atomic_init(&graph->refs, 1);
    arena_init(&graph->arena, GRAPH_BYTES_MAX);
    struct builder b = {.config = c, .graph = graph};
    auto_buf filter = BUF_INIT(LDAP_FILTER_MAX);
    ldap_filter_render(&c->group, STR_NONE, &filter);
    struct ldap_query q = {
        .base = c->s.groups.base.p,
        .filter = buf_cstr(&filter),
        .scope = ldap_scope_number(c->s.groups.scope),
        .attributes = (char **)(uintptr_t)c->group_attributes,
        .entries_max = c->s.groups.max_groups,
        .page_size = (int)c->s.page_size,
        .deadline_ms = deadline_ms,
        .entry = add_group,
        .user = &b,
    };
    graph->loaded_ms = clock_monotonic_ms(c->clock); /* before: its age counts from the question */
    enum ldap_search_end end = ldap_search(conn, c, &q, e);
    graph->nodes = b.nodes.items;
    graph->n_nodes = b.nodes.n;
    graph->edges = b.edges.items;
    graph->n_edges = b.edges.n;
    if (end == LDAP_SEARCH_WHOLE) {
        if (graph->n_nodes > 0)
            qsort(graph->nodes, graph->n_nodes, sizeof *graph->nodes, by_id);
        if (graph->n_edges > 0)
            qsort(graph->edges, graph->n_edges, sizeof *graph->edges, by_child);
        if (link_parents(graph, e) != 0)
            end = LDAP_SEARCH_FAILED;
    }
    if (end != LDAP_SEARCH_WHOLE) {
        ldap_graph_unref(graph);
        return end;
    }
    *ret = graph;
    return end;
}
