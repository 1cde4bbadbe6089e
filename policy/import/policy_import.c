#include "policy/import/policy_import.h"

#include <stdlib.h>

#include "policy/import/import.h"
#include "policy/language/policy_tree.h"

#define TEXT_MAX ((size_t)64 << 20)

enum reason_kind { LEFT, NOTE };
static const struct {
    const char *id, *text;
    enum reason_kind kind;
} reasons[] = {
#define REASON(id, kind, text) {#id, text, kind},
#include "policy/import/import_reasons.tbl.h"
#undef REASON
};

bool import_is_left(enum import_reason reason)
{
    return reasons[reason].kind == LEFT;
}

const char *import_reason_text(enum import_reason reason)
{
    return reasons[reason].text;
}

const char *import_reason_name(enum import_reason reason)
{
    return reasons[reason].id;
}

void found(struct importer *im, const struct import_finding *finding)
{
    *ARENA_PUSH(im->arena, &im->out->findings) = *finding;
}

static int finding_order(const void *a, const void *b)
{
    const struct import_finding *x = a, *y = b;
    if (x->reason != y->reason)
        return x->reason < y->reason ? -1 : 1;
    const struct str xs[] = {x->site, x->object, x->subject, x->detail},
                     ys[] = {y->site, y->object, y->subject, y->detail};
    int order = 0;
    for (size_t i = 0; order == 0 && i < sizeof(xs) / sizeof(*xs); i++)
        order = str_cmp(xs[i], ys[i]);
    return order;
}

static void sort_findings(struct import_findings *f)
{
    size_t n = 0;
    if (f->n > 1)
        qsort(f->items, f->n, sizeof(*f->items), finding_order);
    for (size_t i = 0; i < f->n; i++)
        if (n == 0 || finding_order(&f->items[n - 1], &f->items[i]) != 0)
            f->items[n++] = f->items[i];
    f->n = n;
}

/* The same objects in another order are the same cluster. */
static const struct import_input *sorted_input(struct arena *a, const struct import_input *in)
{
    struct import_input *copy = ARENA_NEW(a, struct import_input);
    struct import_site *sites = ARENA_ARRAY(a, in->n_sites, struct import_site);
    *copy = *in;
    copy->sites = sites;
    for (size_t i = 0; i < in->n_sites; i++) {
        struct rbac_set *set = ARENA_NEW(a, struct rbac_set);
        *set = *in->sites[i].objects;
        set->items = ARENA_ARRAY(a, set->n, struct rbac_object);
        for (size_t k = 0; k < set->n; k++)
            set->items[k] = in->sites[i].objects->items[k];
        rbac_set_sort(set);
        sites[i] = in->sites[i];
        sites[i].objects = set;
    }
    return copy;
}

static int check_sites(const struct import_input *in, struct err *e)
{
    if (in->n_sites == 0 || in->n_sites > POLICY_SITES_MAX)
        return fail(e, ERR_CONFIG, "import needs between 1 and %d sites", POLICY_SITES_MAX);
    for (size_t i = 0; i < in->n_sites; i++)
        if (!is_policy_name(in->sites[i].name))
            return fail(e, ERR_CONFIG, "'%.*s' cannot be the name of a site",
                        STR_F(in->sites[i].name));
    return 0;
}

int policy_import(struct arena *a, const struct import_input *in, struct import_result *ret,
                  struct err *e)
{
    struct import_result out = {0};
    struct importer im = {.arena = a, .out = &out, .n_sites = in->n_sites};
    auto_buf text = BUF_INIT(TEXT_MAX);
    if (check_sites(in, e) < 0)
        return -1;
    im.in = sorted_input(a, in);
    im.all_sites = in->n_sites == 64 ? UINT64_MAX : ((uint64_t)1 << in->n_sites) - 1;
    im.sites = ARENA_ARRAY(a, in->n_sites, struct import_site_state);
    im.words.arena = im.verbs.arena = im.forms.arena = im.names.arena = im.groups.arena =
        im.role_keys.arena = a;
    intern_add(&im.words, STR("*"));
    intern_add(&im.verbs, STR("*"));
    intern_add(&im.names, STR_NONE);
    *(struct strs *)arena_push(a, (void **)&im.name_sets, &im.n_name_sets, &im.cap_name_sets,
                               sizeof(struct strs)) = (struct strs){0};
    for (size_t i = 0; in->earlier && i < in->earlier->n; i++)
        found(&im, &in->earlier->items[i]);
    facts_read(&im);
    teams_name(&im);
    roles_finish(&im);
    spaces_make(&im);
    spaces_name(&im);
    text_write(&im, &text);
    if (buf_failed(&text))
        return fail(e, ERR_LIMIT, "the policy would be larger than 64 MB");
    out.text = arena_str(a, buf_str(&text));
    if (import_prove(&im, e) < 0)
        return -1;
    sort_findings(&out.findings);
    *ret = out;
    return 0;
}
