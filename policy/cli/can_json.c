#include "policy/cli/can_json.h"

#include "base/json.h"
#include "policy/rbac/decision.h"

int can_read_json(struct str line, struct arena *a, struct can_question *ret, struct err *e)
{
    struct can_question q = {0};
    struct str *groups = NULL;
    size_t n = 0;
    auto_json *j = json_read(line, (size_t)1 << 20, e);
    if (!j)
        return -1;
    const struct {
        const char *key;
        struct str *field;
    } texts[] = {{"site", &q.site},
                 {"user", &q.user.name},
                 {"verb", &q.question.verb},
                 {"group", &q.question.api_group},
                 {"resource", &q.question.resource},
                 {"subresource", &q.question.subresource},
                 {"name", &q.question.name},
                 {"namespace", &q.question.namespace},
                 {"path", &q.question.path}};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        if (!json_get_str(j, texts[i].key, a, texts[i].field) && json_object_get(j, texts[i].key))
            return fail(e, ERR_INPUT, "%s is not a text", texts[i].key);
    if (json_object_get(j, "groups") && !json_get_strs(j, "groups", a, &groups, &n))
        return fail(e, ERR_INPUT, "groups is not a list of texts");
    q.user.groups = (struct strs){groups, n};
    q.question.non_resource = json_object_get(j, "path"); /* also an empty one */
    *ret = q;
    return 0;
}

void can_write_json(bool allowed, const struct rbac_reason *reason, struct buf *out)
{
    struct json_out j;
    json_out_init(&j, out);
    json_open_object(&j);
    json_put_bool(&j, "allowed", allowed);
    if (allowed && !reason->binding)
        json_put_str(&j, "reason", STR(RBAC_MASTERS));
    if (allowed && reason->binding) {
        auto_buf text = BUF_INIT((size_t)1 << 20);
        rbac_reason_write(reason, &text);
        json_put_str(&j, "reason", buf_str(&text));
        json_put_str(&j, "binding", reason->binding->name);
        json_put_str_opt(&j, "namespace", reason->binding->namespace);
        json_put_str(&j, "role", reason->role->name);
        json_put_str(&j, "subject", reason->subject->name);
    }
    json_close_object(&j);
    buf_char(out, '\n');
}
