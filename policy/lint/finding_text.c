/* A finding in words, for people at a terminal. */
#include "policy/lint/finding.h"

#define NAMED_MAX 4

static void put_some(struct buf *out, struct strs names)
{
    for (size_t i = 0; i < names.n && i < NAMED_MAX; i++)
        buf_fmt(out, "%s%.*s", i ? ", " : "", STR_F(names.items[i]));
    if (names.n > NAMED_MAX)
        buf_fmt(out, " and %zu more", names.n - NAMED_MAX);
}

static void put_places(const struct policy_finding *f, struct buf *out)
{
    for (size_t i = 0; i < f->n_places; i++) {
        const struct policy_finding_place *place = &f->places[i];
        buf_fmt(out, "%s%.*s ", i ? "; " : "  where: ", STR_F(place->site));
        if (place->cluster_wide)
            buf_c(out, place->namespaces.n ? "cluster-wide, and " : "cluster-wide");
        if (place->namespaces.n > 0) {
            buf_fmt(out, "in %zu namespace%s (", place->namespaces.n,
                    place->namespaces.n == 1 ? "" : "s");
            put_some(out, place->namespaces);
            buf_c(out, ")");
        }
    }
    if (f->n_places > 0)
        buf_char(out, '\n');
}

void policy_finding_text(const struct policy_finding *f, struct buf *out)
{
    if (f->pos.line > 0)
        buf_fmt(out, "%s:%u:%u: ", f->pos.source->name, f->pos.line, f->pos.column);
    else
        buf_fmt(out, "%.*s: ", STR_F(f->object.n ? f->object : f->who));
    buf_fmt(out, "%s: %.*s %.*s: %.*s%s\n", lint_severity_name(f->severity), STR_F(f->rule->id),
            STR_F(f->rule->name), STR_F(f->message), f->foreign ? " (not ours)" : "");
    bool itself = f->subjects.n == 1 && str_eq(f->subjects.items[0], f->who);
    if (f->subjects.n > 0 && !itself) {
        buf_fmt(out, "  who: %zu: ", f->subjects.n);
        put_some(out, f->subjects);
        buf_char(out, '\n');
    }
    put_places(f, out);
    for (size_t i = 0; i < f->atoms.n && i < NAMED_MAX; i++)
        buf_fmt(out, "  can: %.*s\n", STR_F(f->atoms.items[i]));
    if (f->atoms.n > NAMED_MAX)
        buf_fmt(out, "  can: and %zu more\n", f->atoms.n - NAMED_MAX);
    for (size_t i = 0; i < f->chain.n; i++)
        buf_fmt(out, "%s%.*s%s", i ? " <- " : "  by: ", STR_F(f->chain.items[i]),
                i + 1 == f->chain.n ? "\n" : "");
    if (f->mend.n > 0)
        buf_fmt(out, "  mend: %.*s\n", STR_F(f->mend));
}
