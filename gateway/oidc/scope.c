#include "gateway/oidc/scope.h"

#include "gateway/oidc/call.h"

static const struct {
    struct str name;
    unsigned flag; /* 0: known, grants nothing (OpenID Connect Core 5.4: address, phone) */
} scopes[] = {
    {{"openid", 6}, SCOPE_OPENID},
    {{"profile", 7}, SCOPE_PROFILE},
    {{"email", 5}, SCOPE_EMAIL},
    {{"groups", 6}, SCOPE_GROUPS},
    {{"offline_access", 14}, SCOPE_OFFLINE_ACCESS},
    {{"federated:id", 12}, SCOPE_FEDERATED_ID},
    {{"address", 7}, 0},
    {{"phone", 5}, 0},
};
#define N_SCOPES (sizeof(scopes) / sizeof(scopes[0]))

const struct str *scope_names(void)
{
    static const struct str names[] = {{"openid", 6}, {"profile", 7},         {"email", 5},
                                       {"groups", 6}, {"offline_access", 14}, {"federated:id", 12},
                                       {NULL, 0}};
    return names;
}

static bool is_in(const struct str *items, size_t n, struct str wanted)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(items[i], wanted))
            return true;
    return false;
}

/* Dex: a client may ask for another one's audience only when that one names it as a trusted peer.
 */
static bool audience_add(const struct oidc_settings *settings, const struct client *client,
                         struct str id, struct scope *s)
{
    const struct client *audience = client_find(settings, id);
    if (!audience)
        return false;
    if (audience != client &&
        !is_in(audience->trusted_peers, audience->n_trusted_peers, client->id))
        return false;
    if (is_in(s->audiences, s->n_audiences, id))
        return true;
    if (s->n_audiences == SCOPE_AUDIENCES_MAX)
        return false;
    s->audiences[s->n_audiences++] = audience->id;
    return true;
}

static bool known(struct str word, unsigned *ret_flag)
{
    for (size_t i = 0; i < N_SCOPES; i++)
        if (str_eq(scopes[i].name, word)) {
            *ret_flag = scopes[i].flag;
            return true;
        }
    return false;
}

enum word { WORD_TAKEN, WORD_UNKNOWN, WORD_FORBIDDEN };

static enum word take_word(const struct oidc_settings *settings, const struct client *client,
                           struct str word, struct scope *s)
{
    const struct str cross = STR("audience:server:client_id:");
    unsigned flag = 0;
    if (str_starts(word, cross))
        return audience_add(settings, client, str_from_to(word, cross.n, word.n), s)
                   ? WORD_TAKEN
                   : WORD_FORBIDDEN;
    if (word.n && !known(word, &flag))
        return WORD_UNKNOWN;
    s->flags |= flag;
    return WORD_TAKEN;
}

static bool begin(struct arena *a, struct scope *s)
{
    *s = (struct scope){.audiences = ARENA_ARRAY(a, SCOPE_AUDIENCES_MAX, struct str)};
    return s->audiences;
}

/* OpenID Connect Core 11: MUST be ignored unless the conditions for offline access are met; here:
 * the client may refresh. */
static void finish(const struct client *client, struct scope *s)
{
    if (!client->allow_refresh)
        s->flags &= ~(unsigned)SCOPE_OFFLINE_ACCESS;
}

bool scope_parse(const struct oidc_settings *settings, const struct client *client, struct str text,
                 struct arena *a, struct scope *ret)
{
    struct scope s;
    struct str rest = text, word;
    if (!begin(a, &s))
        return false;
    while (str_next(&rest, ' ', &word))
        switch (take_word(settings, client, word, &s)) {
        case WORD_TAKEN: break;
        case WORD_UNKNOWN:
            if (!client->unknown_scopes_ignored)
                return false;
            break;
        case WORD_FORBIDDEN:
            return false; /* never ignored: a token for somebody else than asked for would be worse
                           */
        }
    finish(client, &s);
    *ret = s;
    return true;
}

bool scope_parse_granted(const struct oidc_settings *settings, const struct client *client,
                         struct str text, struct arena *a, struct scope *ret)
{
    struct scope s;
    struct str rest = text, word;
    if (!begin(a, &s))
        return false;
    while (str_next(&rest, ' ', &word))
        (void)take_word(settings, client, word, &s);
    finish(client, &s);
    *ret = s;
    return true;
}

struct str scope_text(const struct scope *s, struct arena *a)
{
    auto_buf text = BUF_INIT(8192);
    for (size_t i = 0; i < N_SCOPES; i++)
        if (s->flags & scopes[i].flag) {
            if (text.n)
                buf_char(&text, ' ');
            buf_add(&text, scopes[i].name);
        }
    for (size_t i = 0; i < s->n_audiences; i++) {
        if (text.n)
            buf_char(&text, ' ');
        buf_lit(&text, "audience:server:client_id:");
        buf_add(&text, s->audiences[i]);
    }
    return buf_failed(&text) ? STR_NONE : arena_str(a, buf_str(&text));
}

bool scope_is_within(const struct scope *narrow, const struct scope *wide)
{
    if (narrow->flags & ~wide->flags)
        return false;
    for (size_t i = 0; i < narrow->n_audiences; i++)
        if (!is_in(wide->audiences, wide->n_audiences, narrow->audiences[i]))
            return false;
    return true;
}
