#include "tests/unit/rbac_oracle.h"

#include "base/json.h"
#include "policy/rbac/aggregate.h"
#include "policy/rbac/decision.h"
#include "policy/rbac/escalation.h"
#include "policy/rbac/impersonation.h"
#include "policy/rbac/rbac_json.h"
#include "policy/rbac/request_info.h"
#include "policy/rbac/service_account.h"

#define LINE_MAX_BYTES ((size_t)64 << 20)

struct asked {
    const json_t *j;
    struct arena *arena;
    struct err *e;
};

void rbac_oracle_init(struct rbac_oracle *o)
{
    *o = (struct rbac_oracle){0};
    arena_init(&o->arena, ARENA_NO_MAX);
}

void rbac_oracle_fini(struct rbac_oracle *o)
{
    arena_fini(&o->arena);
}

/* --- in */

static struct str text(const struct asked *q, const char *key)
{
    struct str s = STR_NONE;
    (void)json_get_str(q->j, key, q->arena, &s);
    return s;
}

static struct rbac_user user(const struct asked *q)
{
    struct str *groups = NULL;
    size_t n = 0;
    (void)json_get_strs(q->j, "groups", q->arena, &groups, &n);
    return (struct rbac_user){text(q, "user"), {groups, n}};
}

static struct rbac_question question(const struct asked *q)
{
    return (struct rbac_question){
        text(q, "verb"),     text(q, "group"),
        text(q, "resource"), text(q, "subresource"),
        text(q, "name"),     text(q, "namespace"),
        text(q, "path"),     json_is_string(json_object_get(q->j, "path"))};
}

static int read_objects(const json_t *value, struct arena *a, struct rbac_set *set, struct err *e)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    struct str copy = arena_str(a, STR_C(text));
    free(text);
    return rbac_read_json(copy, a, set, e);
}

/* A list of rules, read as those of a role. */
static struct rbac_rules rules(const struct asked *q, const char *key)
{
    struct rbac_set set = {0};
    auto_json *role = json_pack("{s:s, s:{s:s}, s:O*}", "kind", "ClusterRole", "metadata", "name",
                                "x", "rules", json_object_get(q->j, key));
    if (!role || read_objects(role, q->arena, &set, q->e) < 0 || set.n != 1)
        return (struct rbac_rules){0};
    return rbac_rules_of(&set.items[0]);
}

/* --- out */

static json_t *to_json(struct str s)
{
    return json_stringn(s.p ? s.p : "", s.n);
}

static void put_list(json_t *object, const char *key, struct strs list)
{
    json_t *items = json_array();
    for (size_t i = 0; i < list.n; i++)
        json_array_append_new(items, to_json(list.items[i]));
    json_object_set_new(object, key, items);
}

static json_t *rules_out(struct rbac_rules list)
{
    json_t *out = json_array();
    for (size_t i = 0; i < list.n; i++) {
        const struct rbac_rule *r = &list.items[i];
        const struct {
            const char *key;
            struct strs list;
        } lists[] = {{"apiGroups", r->api_groups},
                     {"resources", r->resources},
                     {"resourceNames", r->resource_names},
                     {"nonResourceURLs", r->non_resource_urls}};
        json_t *rule = json_object();
        put_list(rule, "verbs", r->verbs);
        for (size_t k = 0; k < sizeof(lists) / sizeof(*lists); k++)
            if (lists[k].list.n > 0)
                put_list(rule, lists[k].key, lists[k].list);
        json_array_append_new(out, rule);
    }
    return out;
}

/* --- the questions */

static bool evaluate(struct rbac_oracle *o, struct err *e)
{
    static const struct policy_resources nothing;
    const struct rbac_set **sets = ARENA_ARRAY(&o->arena, 1, const struct rbac_set *);
    sets[0] = &o->set;
    const struct universe *u = universe_new(&o->arena, sets, 1, &nothing, e);
    o->access = u ? access_new(&o->arena, u, &o->set, e) : NULL;
    return o->access;
}

static json_t *world(struct rbac_oracle *o, const struct asked *q)
{
    size_t i;
    const json_t *item, *objects = json_object_get(q->j, "objects");
    rbac_oracle_fini(o);
    rbac_oracle_init(o);
    json_array_foreach(objects, i, item)
    {
        if (read_objects(item, &o->arena, &o->set, q->e) < 0)
            return NULL;
    }
    return evaluate(o, q->e) ? json_true() : NULL;
}

static json_t *settle(struct rbac_oracle *o, const struct asked *q)
{
    json_t *out = json_object();
    rbac_set_aggregate(&o->set, &o->arena);
    for (size_t i = 0; i < o->set.n; i++) {
        const struct rbac_object *role = &o->set.items[i];
        if (role->kind == RBAC_CLUSTER_ROLE && role->aggregated)
            json_object_setn_new(out, role->name.p, role->name.n, rules_out(rbac_rules_of(role)));
    }
    if (evaluate(o, q->e))
        return out;
    json_decref(out);
    return NULL;
}

static json_t *ask(struct rbac_oracle *o, const struct asked *q)
{
    struct rbac_user who = user(q);
    struct rbac_question what = question(q);
    bool plain = rbac_allows(&o->set, &who, &what, NULL);
    if (plain != access_allows(o->access, &who, &what))
        return json_string("the two evaluators differ");
    return json_boolean(plain);
}

static json_t *why(struct rbac_oracle *o, const struct asked *q)
{
    auto_buf out = BUF_INIT((size_t)1 << 20);
    struct rbac_user who = user(q);
    struct rbac_question what = question(q);
    struct rbac_reason reason = {0};
    (void)rbac_allows(&o->set, &who, &what, &reason);
    rbac_reason_write(&reason, &out);
    return to_json(buf_str(&out));
}

static struct impersonation wanted(const struct asked *as)
{
    struct rbac_user then = user(as);
    struct impersonation out = {.user = then.name,
                                .groups = then.groups,
                                .uid = text(as, "uid"),
                                .requestor_node = text(as, "node")};
    const char *key;
    json_t *values;
    json_object_foreach(json_object_get(as->j, "extra"), key, values)
    {
        for (size_t i = 0; i < json_array_size(values); i++)
            *ARENA_PUSH(as->arena, &out.extra) =
                (struct str_pair){impersonation_extra_key(STR_C(key), as->arena),
                                  STR_C(json_string_value(json_array_get(values, i)))};
    }
    return out;
}

/* [user, groups] of who it then is; a number: the HTTP status of a refusal; null: nothing wanted */
static json_t *impersonation_out(enum impersonation_outcome outcome, const struct rbac_user *then)
{
    switch (outcome) {
    case IMPERSONATION_ALLOWED: break;
    case IMPERSONATION_NONE: return json_null();
    case IMPERSONATION_REFUSED: return json_integer(403);
    case IMPERSONATION_WITHOUT_USER: return json_integer(400);
    }
    json_t *groups = json_array();
    for (size_t i = 0; i < then->groups.n; i++)
        json_array_append_new(groups, to_json(then->groups.items[i]));
    return json_pack("[o, o]", to_json(then->name), groups);
}

static json_t *impersonate(struct rbac_oracle *o, const struct asked *q)
{
    const struct asked as = {json_object_get(q->j, "as"), q->arena, q->e};
    struct impersonation w = wanted(&as);
    struct rbac_user who = user(q), then = {0};
    enum impersonation_outcome outcome = impersonation_check(&o->set, &who, &w, q->arena, &then);
    return impersonation_out(outcome, &then);
}

static json_t *impersonate_on(struct rbac_oracle *o, const struct asked *q)
{
    const struct asked as = {json_object_get(q->j, "as"), q->arena, q->e};
    struct impersonation w = wanted(&as);
    struct rbac_user who = user(q);
    struct rbac_question request = question(q);
    const struct impersonation_question wants = {&o->set, &who, &w, &request};
    struct impersonation_answer answer = impersonation_answer(&wants, q->arena);
    return impersonation_out(answer.outcome, &answer.user);
}

/* -1 denies, 1 allows */
static json_t *chain(struct rbac_oracle *o, const struct asked *q)
{
    (void)o;
    const json_t *list = json_object_get(q->j, "chain");
    size_t n = json_array_size(list);
    enum rbac_decision *items = ARENA_ARRAY(q->arena, n, enum rbac_decision);
    for (size_t i = 0; i < n; i++) {
        json_int_t said = json_integer_value(json_array_get(list, i));
        items[i] = said < 0 ? RBAC_DENY : said > 0 ? RBAC_ALLOW : RBAC_NO_OPINION;
    }
    enum rbac_decision decision = rbac_union(items, n);
    return json_integer(decision == RBAC_DENY ? -1 : decision == RBAC_ALLOW);
}

static json_t *who_can(struct rbac_oracle *o, const struct asked *q)
{
    struct rbac_question what = question(q);
    struct access_holders holders = access_who_can(o->access, &what, q->arena);
    json_t *out = json_array();
    for (size_t i = 0; i < holders.n; i++) {
        const struct rbac_subject *s = holders.items[i].reason.subject;
        if (s->kind != RBAC_SUBJECT_UNKNOWN)
            json_array_append_new(out, json_pack("[s, o, o]", rbac_subject_kind_name(s->kind),
                                                 to_json(s->name), to_json(s->namespace)));
    }
    return out;
}

static json_t *rules_for(struct rbac_oracle *o, const struct asked *q)
{
    struct rbac_user who = user(q);
    return rules_out(rbac_rules_for(&o->set, &who, text(q, "namespace"), q->arena));
}

static json_t *aggregate(struct rbac_oracle *o, const struct asked *q)
{
    struct str name = text(q, "name");
    for (size_t i = 0; i < o->set.n; i++) {
        const struct rbac_object *role = &o->set.items[i];
        if (role->kind == RBAC_CLUSTER_ROLE && role->aggregated && str_eq(role->name, name))
            return rules_out(rbac_aggregate(&o->set, role, q->arena));
    }
    return json_null();
}

static json_t *write_object(struct rbac_oracle *o, const struct asked *q)
{
    struct rbac_user who = user(q);
    struct rbac_set set = {0};
    const json_t *old = json_object_get(q->j, "old");
    if (read_objects(json_object_get(q->j, "object"), q->arena, &set, q->e) < 0 ||
        (old && read_objects(old, q->arena, &set, q->e) < 0))
        return NULL;
    struct escalation_question w = {&set.items[0], old ? &set.items[1] : NULL, text(q, "name")};
    return json_boolean(escalation_allowed(escalation_check(&o->set, &who, &w, q->arena).outcome));
}

static json_t *covers(struct rbac_oracle *o, const struct asked *q)
{
    (void)o;
    struct rbac_rules owner = rules(q, "owner"), servant = rules(q, "servant");
    struct rbac_rules uncovered = rbac_uncovered(owner, servant, q->arena);
    bool covered = rbac_covers(owner, servant);
    return json_pack("{s:b, s:o}", "covered", covered, "uncovered", rules_out(uncovered));
}

static int by_text(const void *a, const void *b)
{
    return str_order(a, b);
}

static json_t *compact(struct rbac_oracle *o, const struct asked *q)
{
    (void)o;
    auto_json *list = rules_out(rbac_rules_compact(rules(q, "owner"), q->arena));
    size_t n = json_array_size(list);
    struct str *texts = ARENA_ARRAY(q->arena, n, struct str);
    for (size_t i = 0; i < n; i++) {
        size_t size = json_dumpb(json_array_get(list, i), NULL, 0, JSON_COMPACT);
        char *room = arena_alloc(q->arena, size + 1);
        texts[i] =
            (struct str){room, json_dumpb(json_array_get(list, i), room, size, JSON_COMPACT)};
    }
    if (n > 1)
        qsort(texts, n, sizeof(*texts), by_text);
    json_t *out = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(out, json_loadb(texts[i].p, texts[i].n, 0, NULL));
    return out;
}

static json_t *request(struct rbac_oracle *o, const struct asked *q)
{
    (void)o;
    struct request_info info;
    switch (request_info_read(text(q, "method"), text(q, "url"), q->arena, &info)) {
    case REQUEST_BAD_URL: return json_pack("{s:s}", "error", "url");
    case REQUEST_NO_RESOURCE: return json_pack("{s:s}", "error", "resource");
    case REQUEST_OK: break;
    }
    const struct rbac_question *a = &info.question;
    if (rbac_is_url(a))
        return json_pack("{s:o, s:o}", "verb", to_json(a->verb), "path", to_json(a->path));
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "verb", to_json(a->verb),
                     "group", to_json(a->api_group), "version", to_json(info.api_version),
                     "resource", to_json(a->resource), "subresource", to_json(a->subresource),
                     "name", to_json(a->name), "namespace", to_json(a->namespace), "fieldSelector",
                     to_json(info.field_selector), "labelSelector", to_json(info.label_selector));
}

static json_t *account(struct rbac_oracle *o, const struct asked *q)
{
    (void)o;
    struct str namespace, name;
    if (!service_account_split(text(q, "user"), &namespace, &name))
        return json_null();
    return json_pack("[o, o]", to_json(namespace), to_json(name));
}

static json_t *is_account(struct rbac_oracle *o, const struct asked *q)
{
    (void)o;
    return json_boolean(service_account_is(text(q, "user"), text(q, "namespace"), text(q, "name")));
}

static json_t *is_simple(struct rbac_oracle *o, const struct asked *q)
{
    (void)o;
    struct rbac_rules list = rules(q, "owner");
    return json_boolean(list.n == 1 && rbac_rule_is_simple(&list.items[0]));
}

json_t *rbac_oracle_answer(struct rbac_oracle *o, struct str line, struct err *e)
{
    static const struct {
        const char *op;
        json_t *(*answer)(struct rbac_oracle *o, const struct asked *q);
    } ops[] = {{"world", world},
               {"ask", ask},
               {"who", who_can},
               {"rules", rules_for},
               {"covers", covers},
               {"compact", compact},
               {"aggregate", aggregate},
               {"write", write_object},
               {"request", request},
               {"account", account},
               {"settle", settle},
               {"why", why},
               {"impersonate", impersonate},
               {"impersonate_on", impersonate_on},
               {"chain", chain},
               {"is_account", is_account},
               {"simple", is_simple}};
    auto_arena scratch = {0};
    arena_init(&scratch, ARENA_NO_MAX);
    auto_json *j = json_read(line, LINE_MAX_BYTES, e);
    struct asked q = {j, &scratch, e};
    struct str op = j ? text(&q, "op") : STR_NONE;
    for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++)
        if (j && str_is(op, ops[i].op))
            return ops[i].answer(o, &q);
    if (j)
        (void)fail(e, ERR_INPUT, "no op '%.*s'", STR_F(op));
    return NULL;
}
