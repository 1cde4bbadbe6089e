/* Any method and URL, a line each, as from an audit log: what is understood is a question that can
 * be asked, and what its parts say is found in the URL. */
#include "policy/rbac/request_info.h"
#include "tests/fuzz/fuzz.h"

static bool known_verb(struct str verb)
{
    static const char *const verbs[] = {"get",    "list",  "watch",  "create",
                                        "update", "patch", "delete", "deletecollection",
                                        "proxy",  ""};
    for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
        if (str_is(verb, verbs[i]))
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    auto_arena a = {0};
    struct str url = input_of(data, n), method;
    struct request_info info = {0};
    arena_init(&a, ARENA_NO_MAX);
    if (!str_next(&url, '\n', &method) || request_info_read(method, url, &a, &info) != REQUEST_OK)
        return 0;
    const struct rbac_question *q = &info.question;
    if (rbac_is_url(q)) {
        MUST(q->resource.n == 0 && q->namespace.n == 0 && q->path.n <= url.n);
        MUST(q->verb.n == method.n);
        return 0;
    }
    MUST(known_verb(q->verb));
    /* a name decides between one and many, and only what is named can be got or deleted */
    MUST(!str_is(q->verb, "get") || q->name.n > 0);
    MUST(!str_is(q->verb, "delete") || q->name.n > 0);
    MUST(!str_is(q->verb, "deletecollection") || q->name.n == 0);
    MUST(!str_is(q->verb, "proxy") || q->subresource.n == 0);
    MUST(info.field_selector.n <= url.n && info.label_selector.n <= url.n);
    /* a name from a field selector is one that a path could hold */
    MUST((!str_is(q->verb, "list") && !str_is(q->verb, "watch")) || q->subresource.n > 0 ||
         str_contains(url, STR("watch/")) || !str_has(q->name, '/'));
    return 0;
}
