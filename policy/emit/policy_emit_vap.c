/*
 * ValidatingAdmissionPolicies (admissionregistration.k8s.io/v1): four guards in CEL. They are
 * themselves outside of admission, so only RBAC protects them: whoever may write them is as good as
 * an administrator.
 */
#include "policy/emit/policy_vap.h"

#define NAME_KEY "kubernetes.io/metadata.name" /* the API server sets it, nobody else can */

static const struct vap_guard guard_owned = {"lotse-owned-objects",
                                             "[\"CREATE\",\"UPDATE\",\"DELETE\"]", RBAC_GROUP_NAME,
                                             "[\"clusterrolebindings\",\"clusterroles\","
                                             "\"rolebindings\",\"roles\"]"};
static const struct vap_guard guard_foreign = {"lotse-foreign-bindings", "[\"CREATE\",\"UPDATE\"]",
                                               RBAC_GROUP_NAME,
                                               "[\"clusterrolebindings\",\"rolebindings\"]"};
/* status and finalize take labels as well */
static const struct vap_guard guard_labels = {
    "lotse-selector-labels", "[\"CREATE\",\"UPDATE\"]", "",
    "[\"namespaces\",\"namespaces/finalize\",\"namespaces/status\"]"};
/* Is the request by one of ours? with_binder: it writes RoleBindings, and nothing else. */
static struct str cel_owner(const struct policy_owners *owners, bool with_binder, struct arena *a)
{
    static const struct str group_prefix = {"group:", 6};
    auto_buf out = BUF_INIT(VAP_TEXT_MAX);
    struct str *users = ARENA_ARRAY(a, owners->platform.n + 1, struct str),
               *groups = ARENA_ARRAY(a, owners->platform.n + 1, struct str);
    size_t n_users = 0, n_groups = 0;
    groups[n_groups++] = STR("system:masters");
    for (size_t i = 0; i < owners->platform.n; i++) {
        struct str who = owners->platform.items[i];
        if (str_starts(who, group_prefix))
            groups[n_groups++] = str_from_to(who, group_prefix.n, who.n);
        else
            users[n_users++] = who;
    }
    buf_lit(&out, "request.userInfo.groups.exists(g, g in ");
    vap_list(&out, strs_sorted(a, (struct strs){groups, n_groups}));
    buf_char(&out, ')');
    if (n_users) {
        buf_lit(&out, " || request.userInfo.username in ");
        vap_list(&out, strs_sorted(a, (struct strs){users, n_users}));
    }
    if (with_binder && owners->binder.n) {
        buf_lit(&out, " || (request.resource.resource == 'rolebindings' && "
                      "request.userInfo.username == ");
        buf_json(&out, owners->binder);
        buf_char(&out, ')');
    }
    return arena_str(a, buf_str(&out));
}

/* --- the four guards */

#define IS_OURS(which) \
    which " != null && ((has(" which ".metadata.name) && " which \
          ".metadata.name.startsWith('" RBAC_PREFIX "')) || (has(" which \
          ".metadata.labels) && '" RBAC_LABEL_MANAGED "' in " which ".metadata.labels))"

static void add_owned(struct vap_draft *d, const struct policy_owners *owners)
{
    const struct vap_cel variables[] = {{"becomesOurs", CEL(IS_OURS("object"))},
                                        {"wasOurs", CEL(IS_OURS("oldObject"))},
                                        {"owner", cel_owner(owners, true, d->arena)}};
    /* the namespace controller empties a namespace that goes; what it takes away there, may go */
    const struct vap_cel validations[] = {
        {"only lotse-policy writes objects called " RBAC_PREFIX "* or labelled " RBAC_LABEL_MANAGED
         ": change the policy instead",
         CEL("variables.owner || !(variables.becomesOurs || variables.wasOurs) || "
             "(request.operation == 'DELETE' && namespaceObject != null && "
             "has(namespaceObject.metadata.deletionTimestamp))")}};
    vap_add(d, &guard_owned,
            &(struct vap_body){.variables = variables,
                               .n_variables = COUNT(variables),
                               .validations = validations,
                               .n_validations = COUNT(validations)});
}

static void add_foreign(struct vap_draft *d)
{
    const struct policy_owners masters = {0}; /* alone: the platform writes by way of the policy */
    const struct vap_cel variables[] = {
        {"exempt", cel_owner(&masters, false, d->arena)},
        {"ours", CEL(IS_OURS("object"))}, /* then lotse-owned-objects looks at who writes it */
        {"groups", CEL("has(object.subjects) ? object.subjects.filter(s, s.kind == 'Group' && "
                       "s.name.startsWith('" RBAC_PREFIX "')) : []")},
        {"before", CEL("oldObject != null && has(oldObject.subjects) ? "
                       "oldObject.subjects.filter(s, s.kind == 'Group').map(s, s.name) : []")}};
    /* what stood there before may stay, or nobody could take a finalizer off such a binding */
    const struct vap_cel validations[] = {
        {"only the policy gives rights to groups called " RBAC_PREFIX
         "*: write a grant instead of a binding",
         CEL("variables.exempt || variables.ours || variables.groups.all(s, s.name in "
             "variables.before)")}};
    vap_add(d, &guard_foreign,
            &(struct vap_body){.variables = variables,
                               .n_variables = COUNT(variables),
                               .validations = validations,
                               .n_validations = COUNT(validations)});
}

/* The labels that decide which space holds a namespace, on any site: a policy is one. */
static struct strs selector_keys(const struct policy *p, struct arena *a)
{
    struct intern keys = {.arena = a};
    for (size_t i = 0; i < p->tree->spaces.n; i++) {
        const struct policy_space *space = &p->tree->spaces.items[i];
        for (size_t k = 0; k < space->label.n; k++)
            if (!str_is(space->label.items[k].key, NAME_KEY))
                intern_add(&keys, space->label.items[k].key);
    }
    return strs_sorted(a, (struct strs){keys.items, keys.n});
}

static void add_labels(struct vap_draft *d, const struct policy *p,
                       const struct policy_owners *owners)
{
    struct strs keys = selector_keys(p, d->arena);
    auto_buf list = BUF_INIT(VAP_TEXT_MAX);
    if (keys.n == 0)
        return;
    vap_list(&list, keys);
    const struct vap_cel variables[] = {
        {"owner", cel_owner(owners, false, d->arena)},
        {"keys", buf_str(&list)},
        {"now", CEL("has(object.metadata.labels) ? object.metadata.labels : {}")},
        {"before", CEL("oldObject != null && has(oldObject.metadata.labels) ? "
                       "oldObject.metadata.labels : {}")}};
    const struct vap_cel validations[] = {
        {"this label decides who may do what in the namespace: only the platform sets, changes or "
         "removes it",
         CEL("variables.owner || variables.keys.all(k, (k in variables.now) == (k in "
             "variables.before) && (!(k in variables.now) || variables.now[k] == "
             "variables.before[k]))")}};
    vap_add(d, &guard_labels,
            &(struct vap_body){.variables = variables,
                               .n_variables = COUNT(variables),
                               .validations = validations,
                               .n_validations = COUNT(validations)});
}

void policy_emit_vap(const struct policy *p, size_t site, const struct policy_owners *owners,
                     struct arena *a, struct manifests *ret)
{
    struct manifests manifests = {0};
    struct vap_draft d = {.arena = a, .manifests = &manifests};
    add_owned(&d, owners);
    add_foreign(&d);
    add_labels(&d, p, owners);
    vap_add_binder(&d, p, site, owners);
    *ret = manifests;
}

int policy_emit_guard_files(const struct policy_at *at, const struct policy_owners *owners,
                            struct policy_files *files, struct err *e)
{
    struct manifests manifests[2];
    static const char *const paths[] = {"20-vap.yaml", "50-binder.yaml"};
    policy_emit_vap(at->policy, at->site, owners, at->arena, &manifests[0]);
    policy_emit_binder(at->policy, owners, at->arena, &manifests[1]);
    for (size_t i = 0; i < 2; i++) {
        auto_buf text = BUF_INIT(VAP_TEXT_MAX);
        if (manifests_yaml(&manifests[i], &text, e) < 0)
            return -1;
        if (text.n)
            *ARENA_PUSH(at->arena, files) =
                (struct policy_file){STR_C(paths[i]), arena_str(at->arena, buf_str(&text))};
    }
    return 0;
}
