#include "base/json.h"
#include "policy/cluster/api.h"

#define JSON_MAX ((size_t)256 << 20)

struct str api_json_message(struct str body, struct arena *a)
{
    struct err ignored;
    struct str message = STR_NONE;
    auto_json *j = json_read(body, JSON_MAX, &ignored);
    if (j)
        (void)json_get_str(j, "message", a, &message);
    return message;
}

int api_json_continue(struct str body, struct arena *a, struct str *ret_token, struct err *e)
{
    auto_json *j = json_read(body, JSON_MAX, e);
    if (!j)
        return -1;
    const json_t *metadata = json_object_get(j, "metadata");
    if (!metadata || !json_is_array(json_object_get(j, "items")))
        return fail(e, ERR_BACKEND, "the answer is not a list");
    struct str token = STR_NONE;
    (void)json_get_str(metadata, "continue", a, &token);
    *ret_token = token;
    return 0;
}
