/* The provider and its store: what is written, and what happens when writing or reading fails. */
#include "tests/unit/oidc_asserts.h"

/* --- a store that fails */

static struct store *whole;
static int fail_at; /* the n-th call fails, counted down; 0: none */

static bool fails(struct err *e)
{
    if (fail_at == 0 || --fail_at > 0)
        return false;
    fail_at = 0;
    fail(e, ERR_BACKEND, "disk full");
    return true;
}
static enum store_outcome f_get(struct store *s, struct arena *a, struct str key,
                                struct record *ret, struct err *e)
{
    (void)s;
    return fails(e) ? STORE_FAILED : whole->ops->get(whole, a, key, ret, e);
}
static enum store_outcome f_put(struct store *s, const struct write *w, uint64_t *ret,
                                struct err *e)
{
    (void)s;
    return fails(e) ? STORE_FAILED : whole->ops->put(whole, w, ret, e);
}
static enum store_outcome f_put_if_absent(struct store *s, const struct write *w, uint64_t *ret,
                                          struct err *e)
{
    (void)s;
    return fails(e) ? STORE_FAILED : whole->ops->put_if_absent(whole, w, ret, e);
}
static enum store_outcome f_swap(struct store *s, const struct write *w, uint64_t revision,
                                 uint64_t *ret, struct err *e)
{
    (void)s;
    return fails(e) ? STORE_FAILED : whole->ops->compare_and_swap(whole, w, revision, ret, e);
}
static enum store_outcome f_delete(struct store *s, struct str key, uint64_t revision,
                                   struct err *e)
{
    (void)s;
    return fails(e) ? STORE_FAILED : whole->ops->delete_if(whole, key, revision, e);
}
static const struct store_ops failing_ops = {.get = f_get,
                                             .put = f_put,
                                             .put_if_absent = f_put_if_absent,
                                             .compare_and_swap = f_swap,
                                             .delete_if = f_delete};

/* SEC-081: whichever call fails, the answer is 503, nothing is lost, and the next try works. */
static void a_failing_store_is_said_and_nothing_is_lost(void **state)
{
    (void)state;
    struct store failing = {&failing_ops};
    whole = rig.env.store;
    rig.env.store = &failing;
    for (int n = 1; n <= 2; n++) { /* redemption: session, family */
        struct str code = rig_code(&rig, "spa", "scope=openid+offline_access&prompt=login", "ada");
        fail_at = n;
        assert_error(rig_redeem(&rig, "spa", code), 503, "temporarily_unavailable");
        struct reply *tokens = rig_redeem(&rig, "spa", code);
        assert_int_equal(tokens->status, 200);
        struct str refresh = rig_json(&rig, tokens, "refresh_token");
        fail_at = n; /* refresh: read, swap */
        assert_error(rig_refresh(&rig, "spa", refresh, ""), 503, "temporarily_unavailable");
        tokens = rig_refresh(&rig, "spa", refresh, "");
        assert_int_equal(tokens->status, 200);
        fail_at = n; /* userinfo reads once */
        assert_int_equal(rig_userinfo(&rig, rig_json(&rig, tokens, "access_token"))->status,
                         n == 1 ? 503 : 200);
        const struct ask revoke = {.method = HTTP_POST,
                                   .path = "/token/revoke",
                                   .foreign = true,
                                   .form = rig_fmt(&rig, "client_id=spa&token=%.*s",
                                                   STR_F(rig_json(&rig, tokens, "refresh_token")))};
        fail_at = n;
        assert_error(rig_ask(&rig, &revoke), 503, "temporarily_unavailable");
        assert_int_equal(rig_userinfo(&rig, rig_json(&rig, tokens, "access_token"))->status, 200);
        assert_int_equal(rig_ask(&rig, &revoke)->status, 200);
        fail_at = 0;
    }
    fail_at = 1;
    struct reply *reply =
        rig_ask(&rig, &(struct ask){.path = "/auth", .query = rig_query(&rig, "app", "")});
    assert_str(rig_location(&rig, reply, "error"), "temporarily_unavailable");
    rig.env.store = whole;
}

static void sec_037_a_dump_of_the_store_cannot_be_replayed(void **state)
{
    (void)state;
    struct str code = rig_code(&rig, "spa", "scope=openid+offline_access", "ada");
    struct reply *tokens = rig_redeem(&rig, "spa", code);
    struct records records;
    struct err e;
    const struct store_range all = {.prefix = STR(""), .limit = 100};
    assert_int_equal(rig.env.store->ops->list(rig.env.store, &rig.work, &all, &records, &e),
                     STORE_OK);
    assert_int_equal(records.n, 2); /* one session, one family: nothing else was written */
    struct str sid, secret;
    assert_true(str_split(rig.session_cookie, '.', &sid, &secret));
    for (size_t i = 0; i < records.n; i++) {
        assert_false(str_contains(records.items[i].value, code));
        assert_false(str_contains(records.items[i].value, secret));
        assert_false(str_contains(records.items[i].value, rig_json(&rig, tokens, "refresh_token")));
        assert_false(str_contains(records.items[i].value, rig_json(&rig, tokens, "access_token")));
        assert_false(str_contains(records.items[i].value, STR("correct horse")));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_failing_store_is_said_and_nothing_is_lost),
        TEST(sec_037_a_dump_of_the_store_cannot_be_replayed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
