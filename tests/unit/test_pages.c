/* The pages: everything from outside is escaped, nothing of a template is left over, the style's
 * hash is in the policy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "webui/pages/pages.h"
#include "webui/pages/template.h"

#define PAGE BUF_INIT((size_t)1 << 20)

static void assert_has(const struct buf *b, const char *part)
{
    if (!str_contains(buf_str(b), str_from(part)))
        fail_msg("'%s' is not in: %s", part, buf_cstr(b));
}
static void assert_has_not(const struct buf *b, const char *part)
{
    if (str_contains(buf_str(b), str_from(part)))
        fail_msg("'%s' is in: %s", part, buf_cstr(b));
}

#define EVIL "\"><script>alert(1)</script>{{t.brand}}'"

static void values_from_outside_are_escaped_on_every_page(void **state)
{
    (void)state;
    struct str evil = STR(EVIL);
    for (int lang = LANG_EN; lang <= LANG_DE; lang++) {
        auto_buf out = PAGE;
        page_login(&out, &(struct page_login){.lang = (enum lang)lang,
                                              .client_name = evil,
                                              .action = evil,
                                              .state = evil,
                                              .username = evil});
        page_error(&out, &(struct page_error){(enum lang)lang, evil, evil, evil});
        page_logout(&out, &(struct page_logout){(enum lang)lang, evil, evil, evil});
        const struct page_home_site site = {evil, evil, evil};
        page_home(&out, &(struct page_home){(enum lang)lang, evil, evil, evil, evil, evil, &evil, 1,
                                            &site, 1});
        assert_false(buf_failed(&out));
        assert_has_not(&out, "<script");
        assert_has_not(&out, "{{#");
        assert_has_not(&out, "{{/");
        assert_has(&out, "&gt;&lt;script&gt;");
        assert_has(&out, "{{t.brand}}"); /* what a value says is never filled again */
    }
}

static void each_notice_has_its_own_text_in_both_languages(void **state)
{
    (void)state;
    for (int lang = LANG_EN; lang <= LANG_DE; lang++) {
        struct str seen[LOGIN_NOTICE_EXPIRED_FORM + 1];
        auto_arena arena = {0};
        arena_init(&arena, ARENA_NO_MAX);
        for (int n = LOGIN_NOTICE_NONE; n <= LOGIN_NOTICE_EXPIRED_FORM; n++) {
            auto_buf out = PAGE;
            page_login(&out, &(struct page_login){.lang = (enum lang)lang,
                                                  .action = STR("/a"),
                                                  .notice = (enum login_notice)n});
            seen[n] = arena_str(&arena, buf_str(&out));
            if (n != LOGIN_NOTICE_NONE)
                assert_has(&out, "role=\"alert\"");
            for (int before = 0; before < n; before++)
                assert_false(str_eq(seen[before], seen[n]));
        }
    }
}

static void an_account_without_teams_is_told_what_to_do(void **state)
{
    (void)state;
    auto_buf out = PAGE;
    page_home(&out, &(struct page_home){.lang = LANG_DE,
                                        .issuer = STR("https://lotse.example"),
                                        .username = STR("j.mueller"),
                                        .logout_action = STR("/logout")});
    assert_has(&out, "Sie sind noch in keinem Team");
    assert_has(&out, "lotse-login setup <span>--issuer</span>=https://lotse.example");
    assert_has_not(&out, "Daraus ergibt sich");
}

static void the_policy_allows_our_style_and_nothing_else(void **state)
{
    (void)state;
    auto_buf csp = BUF_INIT(1024);
    auto_buf page = PAGE;
    page_csp(&csp, STR("https://rp.example"));
    assert_has(&csp, "default-src 'none'");
    assert_has(&csp, "frame-ancestors 'none'");
    assert_has(&csp, "form-action 'self' https: https://rp.example");
    assert_has_not(&csp, "unsafe");
    page_logged_out(&page, LANG_EN);
    page_close_window(&page, LANG_DE);
    assert_has_not(&page, "style=");
    assert_has_not(&page, " onclick");
    assert_has_not(&page, "src=");
}

static void the_language_follows_accept_language(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        enum lang expect;
    } cases[] = {
        {"", LANG_EN},
        {"de", LANG_DE},
        {"DE-at", LANG_DE},
        {"de-DE,de;q=0.9,en;q=0.8", LANG_DE},
        {"en-US,en;q=0.9,de;q=0.8", LANG_EN},
        {"fr, de;q=0.3", LANG_DE},
        {"fr, de;q=0", LANG_EN},
        {"de;q=0.5, en;q=0.5", LANG_EN},
        {"de;q=x;;;,,,", LANG_EN},
        {"den", LANG_EN},
        {"*", LANG_EN},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(lang_from_accept(str_from(cases[i].header)), cases[i].expect);
}

static struct str no_words(const struct template_words *w, struct str key)
{
    (void)w;
    (void)key;
    return STR_NONE;
}

static void broken_templates_end_without_harm(void **state)
{
    (void)state;
    const struct template_words words = {.word = no_words};
    const struct template_var vars[] = {{.name = "a", .type = VAR_TEXT, .text = STR("A")},
                                        {.name = NULL}};
    static const struct {
        const char *html, *expect;
    } cases[] = {
        {"x{{a}}y", "xAy"},       {"{{", "{{"},
        {"{{a", "{{a"},           {"{{}}", ""},
        {"{{#a}}in{{/a}}", "in"}, {"{{^a}}in{{/a}}", ""},
        {"{{#a}}open", ""},       {"{{nobody}}", ""},
        {"{{/a}}x", "x"},         {"{{#b}}in{{/b}}x", "x"},
        {"{{^b}}in{{/b}}", "in"}, {"{{>a}}", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        auto_buf out = PAGE;
        template_fill(&out, str_from(cases[i].html), vars, &words);
        assert_string_equal(buf_cstr(&out), cases[i].expect);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_from_outside_are_escaped_on_every_page),
        cmocka_unit_test(each_notice_has_its_own_text_in_both_languages),
        cmocka_unit_test(an_account_without_teams_is_told_what_to_do),
        cmocka_unit_test(the_policy_allows_our_style_and_nothing_else),
        cmocka_unit_test(the_language_follows_accept_language),
        cmocka_unit_test(broken_templates_end_without_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
