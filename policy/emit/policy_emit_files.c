/* The files of a site: what a person reviews and another tool may apply. */
#include "policy/emit/policy_emit.h"
#include "policy/emit/policy_emit_ci.h"
#include "policy/resolve/resolved.h"

#define FILE_MAX ((size_t)256 << 20)

static void add_file(struct policy_files *files, struct arena *a, struct str path,
                     const struct buf *text)
{
    *ARENA_PUSH(a, files) = (struct policy_file){path, arena_str(a, buf_str(text))};
}

static void kind_file(struct policy_files *files, struct arena *a, const struct rbac_set *set,
                      enum rbac_kind kind, const char *path)
{
    auto_buf text = BUF_INIT(FILE_MAX);
    for (size_t i = 0; i < set->n; i++)
        if (set->items[i].kind == kind)
            rbac_write_yaml(&set->items[i], &text);
    if (text.n > 0)
        add_file(files, a, STR_C(path), &text);
}

/* One file per namespace; the set is sorted by namespace. */
static void namespace_files(struct policy_files *files, struct arena *a, const struct rbac_set *set)
{
    for (size_t i = 0, end; i < set->n; i = end) {
        end = i + 1;
        if (set->items[i].kind != RBAC_ROLE_BINDING)
            continue;
        auto_buf text = BUF_INIT(FILE_MAX);
        rbac_write_yaml(&set->items[i], &text);
        for (; end < set->n && str_eq(set->items[end].namespace, set->items[i].namespace); end++)
            rbac_write_yaml(&set->items[end], &text);
        add_file(files, a, arena_fmt(a, "10-rb/%.*s.yaml", STR_F(set->items[i].namespace)), &text);
    }
}

struct policy_files policy_emit_files(const struct policy *p, size_t site,
                                      const struct rbac_set *set,
                                      const struct policy_issuer *issuer, struct arena *a)
{
    struct policy_files files = {0};
    kind_file(&files, a, set, RBAC_CLUSTER_ROLE, "00-clusterroles.yaml");
    namespace_files(&files, a, set);
    kind_file(&files, a, set, RBAC_CLUSTER_ROLE_BINDING, "11-crb.yaml");
    if (issuer->url.n > 0) {
        auto_buf text = BUF_INIT((size_t)1 << 20);
        policy_emit_authn(p, site, issuer, a, &text);
        add_file(&files, a, STR("30-authn.yaml"), &text);
    }
    auto_buf accounts = BUF_INIT(FILE_MAX);
    policy_emit_accounts(p, site, a, &accounts);
    if (accounts.n > 0)
        add_file(&files, a, STR("40-ci.yaml"), &accounts);
    return files;
}
