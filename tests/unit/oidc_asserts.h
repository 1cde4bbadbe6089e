#pragma once
/* What the tests of the provider share: one rig per test, and how to look at answers. Included once
 * per program. */
#include "tests/unit/unit.h"

#include "tests/unit/oidc_rig.h"

static struct rig rig;

static int set_up(void **state)
{
    (void)state;
    rig_init(&rig);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rig_fini(&rig);
    return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#define assert_str(actual, expected) \
    assert_string_equal(rig_fmt(&rig, "%.*s", STR_F(actual)), (expected))

/* RFC 6749 5.2: an error of the token endpoint, with all it owes. */
static inline void assert_error(struct reply *reply, int status, const char *error)
{
    assert_str(rig_json(&rig, reply, "error"), error);
    assert_int_equal(reply->status, status);
    assert_true(rig_json(&rig, reply, "error_description").n > 0);
    assert_string_equal(reply->content_type, "application/json");
    assert_str(rig_header(reply, "Cache-Control"), "no-store");
    assert_true((status == 401) ==
                str_starts(rig_header(reply, "WWW-Authenticate"), STR("Basic ")));
    assert_int_equal(rig_json(&rig, reply, "access_token").n, 0);
}

/* A page: never a redirect, with the headers every page carries. */
static inline void assert_page(const struct reply *reply, int status)
{
    assert_int_equal(reply->status, status);
    assert_int_equal(rig_header(reply, "Location").n, 0);
    assert_str(rig_header(reply, "X-Frame-Options"), "DENY");        /* SEC-015 */
    assert_str(rig_header(reply, "Referrer-Policy"), "no-referrer"); /* SEC-016 */
    assert_str(rig_header(reply, "X-Content-Type-Options"), "nosniff");
    assert_str(rig_header(reply, "Cache-Control"), "no-store");
    struct str csp = rig_header(reply, "Content-Security-Policy");
    assert_true(str_contains(csp, STR("default-src 'none'")) &&
                str_contains(csp, STR("frame-ancestors 'none'")));
}
