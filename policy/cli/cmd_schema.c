/* schema: the language as a JSON Schema, for editors. */
#include "policy/language/policy_schema.h"

#include "policy/cli/run.h"

enum cli_exit cmd_schema(struct run *s)
{
    auto_buf schema = BUF_INIT((size_t)1 << 20);
    policy_schema(&schema);
    if (!s->options->json) {
        run_say_buf(s, &schema);
        return CLI_OK;
    }
    json_key(&s->json, "schema");
    buf_add(s->json.b, buf_str(&schema));
    s->json.comma = true;
    return CLI_OK;
}
