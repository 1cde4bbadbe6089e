#include "gateway/oidc/family.h"

#include "gateway/oidc/subject.h"

#define ID_TEXT   22
#define MARGIN_MS 60000 /* clocks of several gateways */

static struct str key_of(const struct oidc_call *c, struct str id)
{
    return arena_fmt(call_arena(c), "family/%.*s", STR_F(id));
}

int64_t family_end_ms(const struct oidc_settings *settings, const struct family *f)
{
    if (f->offline)
        return f->created_ms + settings->refresh_max_ms;
    /* as long as its access token, and longer than the code it marks as used */
    int64_t token = settings->access_token_ttl_ms, code = settings->code_ttl_ms;
    return f->created_ms + (token > code ? token : code) + MARGIN_MS;
}

static int64_t expiry_of(const struct oidc_call *c, const struct family *f)
{
    int64_t end = family_end_ms(c->env->settings, f),
            idle = call_now_ms(c) + c->env->settings->refresh_idle_ms;
    return f->offline && idle < end ? idle : end;
}

enum family_found family_get(const struct oidc_call *c, struct str id, struct family *ret,
                             struct err *e)
{
    struct store *store = c->env->store;
    struct record record;
    struct family f;
    if (id.n != ID_TEXT)
        return FAMILY_NONE;
    struct str key = key_of(c, id);
    if (!key.n) { /* not "no such family": the client would throw a good token away */
        fail(e, ERR_LIMIT, "the request has used up its memory");
        return FAMILY_FAILED;
    }
    switch (store->ops->get(store, call_arena(c), key, &record, e)) {
    case STORE_OK: break;
    case STORE_NOT_FOUND: return FAMILY_NONE;
    case STORE_CONFLICT:
    case STORE_FAILED: return FAMILY_FAILED;
    }
    if (!family_read(record.value, call_arena(c), &f)) {
        fail(e, ERR_BACKEND, "store: the family %.*s cannot be read", STR_F(id));
        return FAMILY_FAILED;
    }
    if (call_now_ms(c) >=
        family_end_ms(c->env->settings, &f)) /* the settings may have become stricter since */
        return FAMILY_NONE;
    f.id = arena_str(call_arena(c), id);
    f.revision = record.revision;
    *ret = f;
    return FAMILY_FOUND;
}

static bool write_of(const struct oidc_call *c, const struct family *f, struct write *ret,
                     struct err *e)
{
    *ret = (struct write){
        .key = key_of(c, f->id),
        .value = family_json(f, call_arena(c)),
        .expires_ms = expiry_of(c, f),
        .durability = STORE_DURABLE,
    };
    if (ret->key.n && ret->value.n)
        return true;
    fail(e, ERR_LIMIT, "the family of %.*s (%zu groups) does not fit into a record",
         STR_F(f->person.username), f->person.n_groups);
    return false;
}

static enum family_written written(enum store_outcome outcome)
{
    switch (outcome) {
    case STORE_OK: return FAMILY_WRITTEN;
    case STORE_NOT_FOUND:
    case STORE_CONFLICT: return FAMILY_TAKEN;
    case STORE_FAILED: break;
    }
    return FAMILY_WRITE_FAILED;
}

enum family_written family_create(const struct oidc_call *c, struct family *f, struct err *e)
{
    struct write w;
    if (!write_of(c, f, &w, e))
        return FAMILY_WRITE_FAILED;
    return written(c->env->store->ops->put_if_absent(c->env->store, &w, &f->revision, e));
}

enum family_written family_advance(const struct oidc_call *c, const struct family *f, struct err *e)
{
    struct write w;
    uint64_t revision;
    if (!write_of(c, f, &w, e))
        return FAMILY_WRITE_FAILED;
    return written(
        c->env->store->ops->compare_and_swap(c->env->store, &w, f->revision, &revision, e));
}

int family_revoke(const struct oidc_call *c, const struct family *f, const char *why, struct err *e)
{
    struct family dead = *f;
    struct write w;
    uint64_t revision;
    dead.revoked = str_from(why);
    dead.person.n_groups = 0; /* nobody asks a tombstone for them */
    if (!write_of(c, &dead, &w, e))
        return -1;
    /* no compare: whoever writes at the same time compares, and loses. It stays until its last
     * token would have ended by itself. */
    w.expires_ms = family_end_ms(c->env->settings, f);
    if (c->env->store->ops->put(c->env->store, &w, &revision, e) != STORE_OK)
        return fail_within(e, "family");
    EMIT(c, FAMILY_REVOKED, .family_id = f->id, .client_id = f->client_id,
         .username = f->person.username, .subject = subject_of(&f->person, call_arena(c)),
         .reason = str_from(why));
    return 0;
}
