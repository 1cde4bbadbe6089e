/* The plan of an apply: only what differs, never what is not ours, and in an order that takes
 * before it gives. */
#include "tests/unit/unit.h"

#include "policy/cluster/apply.h"
#include "policy/cluster/plan.h"

struct fixture {
    struct arena arena;
    struct rbac_set want, live;
    struct plan plan;
    struct err e;
};

static void init(struct fixture *f)
{
    *f = (struct fixture){0};
    arena_init(&f->arena, (size_t)16 << 20);
    f->plan = (struct plan){.arena = &f->arena, .prune = true};
}

static struct rbac_object *add(struct fixture *f, struct rbac_set *set, enum rbac_kind kind,
                               const char *namespace, const char *name)
{
    struct rbac_object *o = ARENA_PUSH(&f->arena, set);
    bool role = kind == RBAC_ROLE || kind == RBAC_CLUSTER_ROLE;
    *o = (struct rbac_object){.kind = kind,
                              .name = STR_C(name),
                              .namespace = STR_C(namespace),
                              .resource_version = STR("7")};
    struct str_pair *label = ARENA_PUSH(&f->arena, &o->labels);
    *label = (struct str_pair){STR(RBAC_LABEL_MANAGED), STR("true")};
    if (!role) {
        o->role_kind = STR("ClusterRole");
        o->role_name = STR_C(name);
    }
    return o;
}

static void subjects(struct fixture *f, struct rbac_object *o, const char *const *groups)
{
    o->subjects = ARENA_ARRAY(&f->arena, 8, struct rbac_subject);
    for (; *groups; groups++)
        o->subjects[o->n_subjects++] =
            (struct rbac_subject){.kind = RBAC_GROUP, .name = STR_C(*groups)};
}
#define GROUPS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void binding(struct fixture *f, struct rbac_set *set, const char *namespace,
                    const char *name, const char *const *groups)
{
    subjects(f, add(f, set, RBAC_ROLE_BINDING, namespace, name), groups);
}

/* An object that does not carry our label, for the group z. */
static void foreign(struct fixture *f, enum rbac_kind kind, const char *namespace, const char *name)
{
    struct rbac_object *o = add(f, &f->live, kind, namespace, name);
    o->labels.n = 0;
    subjects(f, o, GROUPS("z"));
}

static void make(struct fixture *f)
{
    rbac_set_sort(&f->want);
    rbac_set_sort(&f->live);
    assert_int_equal(plan_make(&f->plan, &f->want, &f->live, &f->e), 0);
}

static void assert_steps(struct fixture *f, const char *const *lines)
{
    size_t n = 0;
    for (; lines[n]; n++) {
        auto_buf text = BUF_INIT(4096);
        assert_true(n < f->plan.n);
        plan_describe(&f->plan.items[n], false, &text);
        assert_string_equal(buf_cstr(&text), lines[n]);
    }
    assert_int_equal(f->plan.n, n);
}
#define STEPS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void what_agrees_is_left_alone(void **state)
{
    (void)state;
    struct fixture f;
    init(&f);
    binding(&f, &f.want, "a", "lotse:view", GROUPS("x", "y"));
    binding(&f, &f.live, "a", "lotse:view", GROUPS("y", "x"));
    make(&f);
    assert_int_equal(f.plan.n, 0);
    assert_int_equal(f.plan.n_same, 1);
    assert_int_equal(f.plan.n_owned, 1);
    arena_fini(&f.arena);
}

static void takes_before_it_gives(void **state)
{
    (void)state;
    struct fixture f;
    init(&f);
    add(&f, &f.want, RBAC_CLUSTER_ROLE, NULL, "lotse:new");
    add(&f, &f.live, RBAC_CLUSTER_ROLE, NULL, "lotse:old");
    binding(&f, &f.want, "a", "lotse:add", GROUPS("x", "y"));
    binding(&f, &f.live, "a", "lotse:add", GROUPS("x"));
    binding(&f, &f.want, "a", "lotse:move", GROUPS("x"));
    binding(&f, &f.live, "a", "lotse:move", GROUPS("y"));
    binding(&f, &f.want, "b", "lotse:less", GROUPS("x"));
    binding(&f, &f.live, "b", "lotse:less", GROUPS("x", "y"));
    binding(&f, &f.want, "a", "lotse:new", GROUPS("x"));
    binding(&f, &f.live, "a", "lotse:old", GROUPS("x"));
    make(&f);
    assert_steps(&f,
                 STEPS("create ClusterRole lotse:new", "delete RoleBinding a/lotse:old: -Group x",
                       "patch RoleBinding b/lotse:less: -Group y",
                       "patch RoleBinding a/lotse:move: -Group y +Group x",
                       "patch RoleBinding a/lotse:add: +Group y",
                       "create RoleBinding a/lotse:new: +Group x", "delete ClusterRole lotse:old"));
    arena_fini(&f.arena);
}

static void what_is_not_ours_is_never_touched(void **state)
{
    (void)state;
    struct fixture f;
    init(&f);
    /* a name of ours without our label, our label without a name of ours, and neither */
    binding(&f, &f.want, "a", "lotse:view", GROUPS("x"));
    foreign(&f, RBAC_ROLE_BINDING, "a", "lotse:view");
    binding(&f, &f.live, "a", "other:view", GROUPS("z"));
    foreign(&f, RBAC_CLUSTER_ROLE_BINDING, NULL, "cluster-admin");
    make(&f);
    assert_int_equal(f.plan.n, 0);
    assert_int_equal(f.plan.foreign.n, 1);
    assert_int_equal(f.plan.n_owned, 0);
    arena_fini(&f.arena);
}

static void without_prune_nothing_goes(void **state)
{
    (void)state;
    struct fixture f;
    init(&f);
    f.plan.prune = false;
    binding(&f, &f.live, "a", "lotse:old", GROUPS("x"));
    make(&f);
    assert_int_equal(f.plan.n, 0);
    arena_fini(&f.arena);
}

static void another_role_behind_our_name_is_replaced(void **state)
{
    (void)state;
    struct fixture f;
    init(&f);
    binding(&f, &f.want, "a", "lotse:view", GROUPS("x"));
    binding(&f, &f.live, "a", "lotse:view", GROUPS("x"));
    f.live.items[0].role_name = STR("cluster-admin");
    make(&f);
    assert_steps(&f, STEPS("replace RoleBinding a/lotse:view: it had the role cluster-admin"));
    arena_fini(&f.arena);
}

static void the_guard_stops_a_wipe(void **state)
{
    static const struct {
        size_t owned, kept;
        int64_t percent;
        int expected;
    } cases[] = {
        {10, 10, 20, 0}, {10, 7, 20, 0}, {10, 6, 20, -1},  {10, 6, 40, 0},    {2, 0, 20, -1},
        {2, 1, 0, 0},    {1, 0, 20, -1}, {100, 80, 20, 0}, {100, 79, 20, -1}, {100, 0, 100, -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct fixture f;
        init(&f);
        for (size_t k = 0; k < cases[i].owned; k++) {
            struct str name = arena_fmt(&f.arena, "n%03zu", k);
            binding(&f, &f.live, name.p, "lotse:view", GROUPS("x"));
            if (k < cases[i].kept)
                binding(&f, &f.want, name.p, "lotse:view", GROUPS("x"));
        }
        make(&f);
        int status = plan_guard(&f.plan, STR("fra"), cases[i].percent, &f.e);
        if (status != cases[i].expected)
            fail_msg("case %zu: %d", i, status);
        arena_fini(&f.arena);
    }
}

static void the_result_is_live_with_the_steps(void **state)
{
    (void)state;
    struct fixture f;
    struct rbac_set result;
    init(&f);
    binding(&f, &f.want, "a", "lotse:new", GROUPS("x"));
    binding(&f, &f.want, "a", "lotse:view", GROUPS("x"));
    binding(&f, &f.live, "a", "lotse:old", GROUPS("x"));
    binding(&f, &f.live, "a", "lotse:view", GROUPS("y"));
    foreign(&f, RBAC_ROLE_BINDING, "a", "foreign");
    make(&f);
    assert_int_equal(plan_result(&f.plan, &f.live, &result, &f.e), 0);
    assert_int_equal(result.n, 3);
    assert_true(str_is(result.items[0].name, "foreign"));
    assert_true(str_is(result.items[1].name, "lotse:new"));
    assert_true(str_is(result.items[2].subjects[0].name, "x"));
    arena_fini(&f.arena);
}

static void a_patch_names_the_version_it_changes(void **state)
{
    (void)state;
    struct fixture f;
    auto_buf body = BUF_INIT(65536);
    init(&f);
    binding(&f, &f.want, "a", "lotse:view", GROUPS("x"));
    binding(&f, &f.live, "a", "lotse:view", GROUPS("y"));
    assert_int_equal(apply_json_patch(&f.want.items[0], &f.live.items[0], &body, &f.e), 0);
    assert_non_null(strstr(buf_cstr(&body), "\"resourceVersion\":\"7\""));
    assert_non_null(strstr(buf_cstr(&body), "\"x\""));
    f.want.items[0].n_subjects = 0; /* nobody any more: the list must be written down as empty */
    buf_reset(&body);
    assert_int_equal(apply_json_patch(&f.want.items[0], &f.live.items[0], &body, &f.e), 0);
    assert_non_null(strstr(buf_cstr(&body), "\"subjects\":[]"));
    arena_fini(&f.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_agrees_is_left_alone),
        cmocka_unit_test(takes_before_it_gives),
        cmocka_unit_test(what_is_not_ours_is_never_touched),
        cmocka_unit_test(without_prune_nothing_goes),
        cmocka_unit_test(another_role_behind_our_name_is_replaced),
        cmocka_unit_test(the_guard_stops_a_wipe),
        cmocka_unit_test(the_result_is_live_with_the_steps),
        cmocka_unit_test(a_patch_names_the_version_it_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
