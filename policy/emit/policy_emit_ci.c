/*
 * Machines. An issuer of a CI system becomes a jwt authenticator of its own: whatever its tokens
 * claim, a CEL expression over their claims gives nothing but groups "lotse:ci:<name>". The API
 * server wants each issuer once, so the entries of one issuer become one.
 */
#include "policy/emit/policy_emit_ci.h"

#define HOUR_MS   ((int64_t)60 * 60 * 1000)
#define EXPR_MAX  ((size_t)1 << 20)
#define LIFE_NOTE "lotse.io/token-life"

static int64_t life_of(const struct policy_ci *ci)
{
    return ci->token ? ci->token : HOUR_MS;
}

static bool is_here(const struct policy *p, size_t i, size_t site)
{
    return p->ci[i].usable && p->ci[i].sites & site_bit(site);
}

/* --- CEL */

/* A line may not end in a literal (cel-spec, langdef): one such claim, and the API server takes no
 * configuration at all. */
static void cel_text(struct buf *out, struct str text)
{
    buf_char(out, '\'');
    for (size_t i = 0; i < text.n; i++) {
        if ((unsigned char)text.p[i] < ' ') {
            buf_fmt(out, "\\x%02x", (unsigned)(unsigned char)text.p[i]);
            continue;
        }
        if (text.p[i] == '\'' || text.p[i] == '\\')
            buf_char(out, '\\');
        buf_char(out, text.p[i]);
    }
    buf_char(out, '\'');
}

/* RE2, the whole text */
static void cel_glob(struct buf *out, struct str glob)
{
    auto_buf pattern = BUF_INIT(EXPR_MAX);
    buf_lit(&pattern, "(?s)^");
    for (size_t i = 0; i < glob.n; i++) {
        if (glob.p[i] == '*') {
            buf_lit(&pattern, ".*");
            continue;
        }
        if (memchr("\\.+?()|[]{}^$", glob.p[i], sizeof("\\.+?()|[]{}^$") - 1))
            buf_char(&pattern, '\\');
        buf_char(&pattern, glob.p[i]);
    }
    buf_char(&pattern, '$');
    cel_text(out, buf_str(&pattern));
}

static void cel_claim(struct buf *out, const struct str_pair *match)
{
    auto_buf claim = BUF_INIT(EXPR_MAX);
    buf_lit(&claim, "claims[");
    cel_text(&claim, match->key);
    buf_char(&claim, ']');
    /* the API server's map of claims knows no `in` */
    buf_lit(out, "claims[?");
    cel_text(out, match->key);
    buf_lit(out, "].hasValue() && ");
    if (str_has(match->value, '*')) {
        /* a claim of another type must not make an error of the whole expression */
        buf_fmt(out, "type(%s) == string && %s.matches(", buf_cstr(&claim), buf_cstr(&claim));
        cel_glob(out, match->value);
        buf_char(out, ')');
        return;
    }
    bool flag = str_is(match->value, "true") || str_is(match->value, "false");
    buf_fmt(out, "%s%s == ", flag ? "(" : "", buf_cstr(&claim));
    cel_text(out, match->value);
    if (flag)
        buf_fmt(out, " || %s == %.*s)", buf_cstr(&claim), STR_F(match->value));
}

static struct str audience_of(const struct policy *p, size_t i, size_t site)
{
    const struct policy_ci *ci = &p->tree->ci.items[i];
    return ci->audience.text.n ? ci->audience.text : p->tree->sites.items[site].audience.text;
}

/* True of the tokens that this entry takes. */
static void cel_entry(const struct policy *p, size_t i, size_t site, struct buf *out)
{
    const struct policy_ci *ci = &p->tree->ci.items[i];
    buf_lit(out, "(type(claims.aud) == string ? claims.aud == ");
    cel_text(out, audience_of(p, i, site));
    buf_lit(out, " : ");
    cel_text(out, audience_of(p, i, site));
    buf_fmt(out, " in claims.aud) && claims.exp - claims.iat <= %lld",
            (long long)(life_of(ci) / 1000));
    for (size_t k = 0; k < ci->match.n; k++) {
        buf_lit(out, " && ");
        cel_claim(out, &ci->match.items[k]);
    }
}

/* --- one issuer */

struct issuer {
    const struct policy *p;
    struct arena *arena;
    size_t site, first; /* its first entry on this site */
};

static bool is_its(const struct issuer *x, size_t i)
{
    return is_here(x->p, i, x->site) && x->p->tree->ci.items[i].issuer.text.n > 0 &&
           str_eq(x->p->tree->ci.items[i].issuer.text, x->p->tree->ci.items[x->first].issuer.text);
}

static void put_audiences(const struct issuer *x, struct buf *out)
{
    struct intern audiences = {.arena = x->arena};
    for (size_t i = x->first; i < x->p->tree->ci.n; i++)
        if (is_its(x, i))
            intern_add(&audiences, audience_of(x->p, i, x->site));
    buf_lit(out, "    audiences: [");
    for (size_t i = 0; i < audiences.n; i++) {
        buf_c(out, i ? ", " : "");
        buf_json(out, audiences.items[i]);
    }
    buf_lit(out, "]\n    audienceMatchPolicy: MatchAny\n");
}

static void put_expression(const struct issuer *x, bool groups, struct buf *out)
{
    auto_buf cel = BUF_INIT(EXPR_MAX);
    size_t n = 0;
    for (size_t i = x->first; i < x->p->tree->ci.n; i++) {
        if (!is_its(x, i))
            continue;
        buf_c(&cel, n++ ? (groups ? " + (" : " || (") : "(");
        cel_entry(x->p, i, x->site, &cel);
        if (groups)
            buf_fmt(&cel, " ? ['" RBAC_PREFIX "%.*s'] : []", STR_F(x->p->ci[i].group));
        buf_char(&cel, ')');
    }
    buf_json(out, buf_str(&cel));
}

static void put_issuer(const struct issuer *x, struct buf *out)
{
    const struct policy_ci *first = &x->p->tree->ci.items[x->first];
    size_t prefix = sizeof(RBAC_PREFIX "ci:") - 1 + first->name.text.n + 1;
    buf_lit(out, "- issuer:\n    url: ");
    buf_json(out, first->issuer.text);
    buf_char(out, '\n');
    put_audiences(x, out);
    buf_fmt(out,
            "  claimMappings:\n"
            "    username: {claim: sub, prefix: \"" RBAC_PREFIX "ci:%.*s:\"}\n"
            "    groups:\n"
            "      expression: ",
            STR_F(first->name.text));
    put_expression(x, true, out);
    buf_lit(out, "\n  claimValidationRules:\n  - expression: ");
    put_expression(x, false, out);
    buf_fmt(out,
            "\n    message: \"no ci entry of the policy takes this token\"\n"
            "  userValidationRules:\n"
            "  - {expression: \"user.username.size() > %zu\", message: \"empty username\"}\n"
            "  - {expression: \"!user.username.startsWith('system:')\", message: \"reserved "
            "username\"}\n"
            "  - {expression: \"user.groups.all(g, g.startsWith('" RBAC_PREFIX
            "ci:'))\", message: \"foreign group\"}\n",
            prefix);
}

void policy_emit_ci_issuers(const struct policy *p, size_t site, struct arena *a, struct buf *out)
{
    struct intern issuers = {.arena = a};
    for (size_t i = 0; i < p->tree->ci.n; i++) {
        struct issuer x = {p, a, site, i};
        size_t before = issuers.n;
        if (is_its(&x, i))
            intern_add(&issuers, p->tree->ci.items[i].issuer.text);
        if (issuers.n > before)
            put_issuer(&x, out);
    }
}

/* --- service accounts */

static bool same_account(const struct policy *p, size_t i, size_t k)
{
    return p->ci[i].sa_name.n > 0 && str_eq(p->ci[i].sa_name, p->ci[k].sa_name) &&
           str_eq(p->ci[i].sa_namespace, p->ci[k].sa_namespace);
}

static void put_account(const struct policy *p, size_t site, size_t first, struct arena *a,
                        struct buf *out)
{
    int64_t life = INT64_MAX;
    auto_buf src = BUF_INIT(EXPR_MAX);
    for (size_t i = first; i < p->tree->ci.n; i++) {
        const struct policy_ci *ci = &p->tree->ci.items[i];
        if (!is_here(p, i, site) || !same_account(p, i, first))
            continue;
        buf_c(&src, src.n ? " " : "");
        buf_add(&src, src_of(a, &ci->name.pos));
        life = life_of(ci) < life ? life_of(ci) : life;
    }
    buf_fmt(out,
            "---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n"
            "  name: \"%.*s\"\n  namespace: \"%.*s\"\n"
            "  labels: {" RBAC_LABEL_MANAGED ": \"true\"}\n  annotations: {" RBAC_SRC ": ",
            STR_F(p->ci[first].sa_name), STR_F(p->ci[first].sa_namespace));
    buf_json(out, buf_str(&src));
    /* its pods mount a token that is asked for and ends, not one that lies there */
    buf_fmt(out, ", " LIFE_NOTE ": \"%llds\"}\nautomountServiceAccountToken: false\n",
            (long long)(life / 1000));
}

void policy_emit_accounts(const struct policy *p, size_t site, struct arena *a, struct buf *out)
{
    struct intern written = {.arena = a};
    for (size_t i = 0; i < p->tree->ci.n; i++) {
        if (!is_here(p, i, site) || p->ci[i].sa_name.n == 0)
            continue;
        size_t before = written.n;
        intern_add(&written, p->tree->ci.items[i].sa.text);
        if (written.n > before)
            put_account(p, site, i, a, out);
    }
}
