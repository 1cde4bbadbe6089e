/*
 * The reason that the RBAC authorizer writes (pkg/registry/rbac/validation/rule.go: String of
 * clusterRoleBindingDescriber and roleBindingDescriber, describeSubject):
 *
 *     reason  = "RBAC: allowed by " binding " of " kind " " quoted " to " kind " " quoted
 *     binding = "ClusterRoleBinding " quoted / "RoleBinding " quoted       ; quoted: "name/ns"
 *
 * quoted is Go's %q. A service account is quoted as "name/ns".
 */
#include "policy/analysis/audit_log.h"

static bool take_text(struct str *rest, const char *text)
{
    struct str wanted = STR_C(text);
    if (!str_starts(*rest, wanted))
        return false;
    *rest = str_from_to(*rest, wanted.n, rest->n);
    return true;
}

static struct str take_word(struct str *rest)
{
    size_t n = 0;
    while (n < rest->n && rest->p[n] != ' ')
        n++;
    struct str word = {rest->p, n};
    *rest = str_from_to(*rest, n, rest->n);
    return word;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static void put_utf8(char *out, size_t *n, uint32_t c)
{
    if (c < 0x80) {
        out[(*n)++] = (char)c;
        return;
    }
    unsigned more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned lead[] = {0, 0xc0, 0xe0, 0xf0};
    out[(*n)++] = (char)(lead[more] | c >> (6 * more));
    while (more-- > 0)
        out[(*n)++] = (char)(0x80 | (c >> (6 * more) & 0x3f));
}

/* One escape behind its backslash. */
static bool take_escape(struct str *rest, char *out, size_t *n)
{
    static const char names[] = "abfnrtv\\\"'", values[] = "\a\b\f\n\r\t\v\\\"'";
    char c = rest->n ? rest->p[0] : 0;
    const char *named = c ? strchr(names, c) : NULL;
    size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    uint32_t value = 0;
    if (named) {
        out[(*n)++] = values[named - names];
        *rest = str_from_to(*rest, 1, rest->n);
        return true;
    }
    if (digits == 0 || rest->n < 1 + digits)
        return false;
    for (size_t i = 1; i <= digits; i++) {
        int digit = hex_value(rest->p[i]);
        if (digit < 0)
            return false;
        value = value << 4 | (uint32_t)digit;
    }
    if (value > 0x10ffff)
        return false;
    if (c == 'x')
        out[(*n)++] = (char)value; /* a byte that is no UTF-8 */
    else
        put_utf8(out, n, value);
    *rest = str_from_to(*rest, 1 + digits, rest->n);
    return true;
}

static bool take_quoted(struct str *rest, struct arena *a, struct str *ret)
{
    char *out = arena_alloc(a, rest->n + 1); /* an escape is never shorter than what it says */
    size_t n = 0;
    if (!out || !take_text(rest, "\""))
        return false;
    while (rest->n && rest->p[0] != '"') {
        char c = rest->p[0];
        *rest = str_from_to(*rest, 1, rest->n);
        if (c != '\\')
            out[n++] = c;
        else if (!take_escape(rest, out, &n))
            return false;
    }
    *ret = (struct str){out, n};
    return take_text(rest, "\"");
}

/* "name/ns": neither has a slash in Kubernetes, but RBAC names may; the namespace never does. */
static bool split_last(struct str s, struct str *ret_name, struct str *ret_namespace)
{
    for (size_t i = s.n; i > 0; i--)
        if (s.p[i - 1] == '/') {
            *ret_name = str_from_to(s, 0, i - 1);
            *ret_namespace = str_from_to(s, i, s.n);
            return true;
        }
    return false;
}

static bool take_binding(struct str *rest, struct arena *a, struct audit_use *use)
{
    struct str kind = take_word(rest), name;
    if (!take_text(rest, " ") || !take_quoted(rest, a, &name))
        return false;
    use->binding = name;
    use->binding_kind = RBAC_CLUSTER_ROLE_BINDING;
    if (str_is(kind, "ClusterRoleBinding"))
        return true;
    use->binding_kind = RBAC_ROLE_BINDING;
    return str_is(kind, "RoleBinding") && split_last(name, &use->binding, &use->binding_namespace);
}

static bool take_subject(struct str *rest, struct arena *a, struct audit_use *use)
{
    struct str kind = take_word(rest), name;
    if (!take_text(rest, " ") || !take_quoted(rest, a, &name))
        return false;
    use->subject = (struct rbac_subject){.name = name};
    for (int k = RBAC_USER; k < RBAC_SUBJECT_UNKNOWN; k++)
        if (str_is(kind, rbac_subject_kind_name((enum rbac_subject_kind)k))) {
            use->subject.kind = (enum rbac_subject_kind)k;
            return k != RBAC_SERVICE_ACCOUNT ||
                   split_last(name, &use->subject.name, &use->subject.namespace);
        }
    return false;
}

bool audit_reason_parse(struct str reason, struct arena *a, struct audit_use *ret)
{
    struct audit_use use = {0};
    struct str rest = reason;
    if (!take_text(&rest, "RBAC: allowed by ") || !take_binding(&rest, a, &use) ||
        !take_text(&rest, " of "))
        return false;
    use.role_kind = take_word(&rest);
    if (!take_text(&rest, " ") || !take_quoted(&rest, a, &use.role) || !take_text(&rest, " to ") ||
        !take_subject(&rest, a, &use) || rest.n > 0)
        return false;
    *ret = use;
    return true;
}
