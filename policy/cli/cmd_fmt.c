/* fmt: the layout of policy files. */
#include <sys/stat.h>

#include "base/file.h"
#include "policy/cli/run.h"
#include "policy/language/policy_format.h"

#define POLICY_MAX ((size_t)16 << 20)

static int write_back(const char *path, struct str text, struct err *e)
{
    struct stat st;
    if (stat(path, &st) < 0)
        return fail_errno(e, "%s", path);
    return file_replace(path, st.st_mode & 0777, text, e);
}

static void say_file(struct run *s, const char *path, bool changed, struct str text)
{
    const struct cli_options *o = s->options;
    if (o->json) {
        json_open_object(&s->json);
        json_put_str(&s->json, "file", STR_C(path));
        json_put_bool(&s->json, "changed", changed);
        if (!o->check && !o->write)
            json_put_str(&s->json, "text", text);
        json_close_object(&s->json);
        return;
    }
    if (!o->check && !o->write) {
        auto_buf out = BUF_INIT(POLICY_MAX * 2);
        buf_add(&out, str_ends(text, STR("\n")) ? str_from_to(text, 0, text.n - 1) : text);
        run_say_buf(s, &out);
    } else if (changed) {
        run_say(s, "%s: %s", path, o->write ? "laid out" : "not laid out");
    }
}

static enum cli_exit format_file(struct run *s, struct str file)
{
    auto_buf text = BUF_INIT(POLICY_MAX);
    struct diags d;
    struct str out;
    struct source *source = ARENA_NEW(s->arena, struct source);
    const char *path = arena_cstr(s->arena, file);
    if (file_read(path, POLICY_MAX, &text, &s->err) < 0)
        return run_fail(s);
    source->name = path;
    source->text = arena_str(s->arena, buf_str(&text));
    diags_init(&d, s->arena);
    if (!policy_format(s->arena, source, &d, &out)) {
        run_diags(s, &d);
        return CLI_USAGE;
    }
    bool changed = !str_eq(source->text, out);
    if (changed && s->options->write && write_back(path, out, &s->err) < 0)
        return run_fail(s);
    say_file(s, path, changed, out);
    return changed && s->options->check ? CLI_FINDINGS : CLI_OK;
}

enum cli_exit cmd_fmt(struct run *s)
{
    enum cli_exit worst = CLI_OK;
    if (s->options->json) {
        json_key(&s->json, "files");
        json_open_array(&s->json);
    }
    for (size_t i = 0; i < s->options->policy.n; i++) {
        enum cli_exit status = format_file(s, s->options->policy.items[i]);
        worst = status > worst ? status : worst;
    }
    if (s->options->json)
        json_close_array(&s->json);
    return worst;
}
