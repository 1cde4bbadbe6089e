#include "connectors/ldap_search.h"

#define COOKIE_MAX \
    4096 /* RFC 2696: opaque; slapd's is 8 bytes, Active Directory's some hundred \
          */

struct run {
    struct ldap_conn *conn;
    const struct ldap_config *config;
    const struct ldap_query *query;
    size_t n_entries;
    struct berval cookie; /* ours; of the next page */
};

const struct ldap_attribute *ldap_entry_get(const struct ldap_entry *entry, struct str name)
{
    for (size_t i = 0; i < entry->n; i++)
        if (str_eq_nocase(entry->attributes[i].name, name))
            return &entry->attributes[i];
    return NULL;
}

struct str ldap_entry_one(const struct ldap_entry *entry, struct str name)
{
    const struct ldap_attribute *a = ldap_entry_get(entry, name);
    return a && a->n == 1 ? ldap_value(a, 0) : STR_NONE;
}

/* Each attribute once (RFC 4511 4.1.7), none of them in parts (Active Directory's
 * `member;range=0-1499`): a cut list of groups must not pass for a whole one. */
static int check_attribute(const struct ldap_entry *entry, struct str name, struct err *e)
{
    if (str_contains(name, STR(";range=")))
        return fail(e, ERR_BACKEND, "the directory cut '%.*s' into ranges", STR_F(name));
    if (ldap_entry_get(entry, name))
        return fail(e, ERR_BACKEND, "the directory sent '%.*s' twice", STR_F(name));
    return 0;
}

/* Reads the entry in place: names and values point into the message. */
static int read_entry(const struct run *r, LDAPMessage *message, struct err *e)
{
    struct ldap_entry entry = {.n = 0};
    BerElement *ber = NULL;
    struct berval dn = {0, NULL}, name = {0, NULL}, *values = NULL;
    int code = ldap_get_dn_ber(r->conn->ld, message, &ber, &dn);
    bool ok = code == LDAP_SUCCESS && dn.bv_val != NULL;
    entry.dn = (struct str){dn.bv_val, dn.bv_len};
    if (!ok)
        fail(e, ERR_BACKEND, "the directory sent an entry without a name");
    while (ok) {
        code = ldap_get_attribute_ber(r->conn->ld, message, ber, &name, &values);
        if (code != LDAP_SUCCESS || name.bv_val == NULL)
            break;
        struct str wanted = {name.bv_val, name.bv_len};
        ok = check_attribute(&entry, wanted, e) == 0;
        if (ok && entry.n == LDAP_ENTRY_ATTRIBUTES_MAX)
            ok = fail(e, ERR_BACKEND, "the directory sent more attributes than it was asked") == 0;
        if (!ok) {
            ber_memfree(values);
            break;
        }
        struct ldap_attribute *a = &entry.attributes[entry.n++];
        *a = (struct ldap_attribute){wanted, values, 0};
        while (values && values[a->n].bv_val)
            a->n++;
        values = NULL;
    }
    if (ok && code != LDAP_SUCCESS)
        ok = fail(e, ERR_BACKEND, "the directory sent an entry that cannot be read") == 0;
    int done = ok ? r->query->entry(r->query->user, &entry, e) : -1;
    for (size_t i = 0; i < entry.n; i++)
        ber_memfree((void *)(uintptr_t)entry.attributes[i].values);
    ber_free(ber, 0);
    return done;
}

static int send_page(struct run *r, int *ret_msgid, struct err *e)
{
    const struct ldap_query *q = r->query;
    struct timeval limit;
    LDAPControl *page = NULL;
    if (!ldap_time_left(r->config, q->deadline_ms, &limit))
        return fail(e, ERR_BACKEND, "no time is left to ask the directory");
    if (limit.tv_usec > 0) /* the protocol knows whole seconds */
        limit = (struct timeval){limit.tv_sec + 1, 0};
    if (q->page_size > 0 &&
        ldap_create_page_control(r->conn->ld, q->page_size, &r->cookie, 0, &page) != LDAP_SUCCESS)
        return fail(e, ERR_BUG, "ldap_create_page_control");
    LDAPControl *controls[] = {page, NULL};
    int most = q->page_size > 0 || q->entries_max > 100000 ? 0 : (int)q->entries_max;
    int code = ldap_search_ext(r->conn->ld, q->base, q->scope, q->filter, q->attributes, 0,
                               page ? controls : NULL, NULL, &limit, most, ret_msgid);
    if (page)
        ldap_control_free(page);
    if (code == LDAP_SUCCESS)
        return 0;
    return ldap_conn_fail(r->conn, r->config, code, "search", e);
}

static void forget_cookie(struct run *r)
{
    ber_memfree(r->cookie.bv_val);
    r->cookie = (struct berval){0, NULL};
}

/* The cookie for the next page out of the last message's controls; empty: that was the last. */
static enum ldap_search_end next_page(struct run *r, LDAPControl **controls, struct err *e)
{
    forget_cookie(r);
    LDAPControl *page = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, controls, NULL);
    ber_int_t estimate = 0;
    if (!page || r->query->page_size == 0)
        return LDAP_SEARCH_WHOLE;
    /* libldap ends the process by an assertion when the control has no value at all */
    if (!page->ldctl_value.bv_val || page->ldctl_value.bv_len == 0 ||
        ldap_parse_pageresponse_control(r->conn->ld, page, &estimate, &r->cookie) != LDAP_SUCCESS ||
        r->cookie.bv_len > COOKIE_MAX) {
        fail(e, ERR_BACKEND, "the directory's paging cannot be read");
        return LDAP_SEARCH_BROKEN;
    }
    return LDAP_SEARCH_WHOLE;
}

static enum ldap_search_end finish(struct run *r, LDAPMessage *message, struct err *e)
{
    int code = LDAP_OTHER;
    char *text = NULL;
    LDAPControl **controls = NULL;
    int parsed = ldap_parse_result(r->conn->ld, message, &code, NULL, &text, NULL, &controls, 0);
    enum ldap_search_end end = LDAP_SEARCH_WHOLE;
    if (parsed != LDAP_SUCCESS) {
        ldap_conn_fail(r->conn, r->config, parsed, "the end of a search", e);
        end = LDAP_SEARCH_BROKEN;
    } else if (code == LDAP_SUCCESS) {
        end = next_page(r, controls, e);
    } else {
        fail(e, ERR_BACKEND, "%s: search below '%s': %s%s%s",
             r->config->endpoints[r->conn->server].url, r->query->base, ldap_err2string(code),
             text && *text ? ": " : "", text ? text : "");
        /* a whole server's trouble, worth asking the next one */
        bool server = code == LDAP_BUSY || code == LDAP_UNAVAILABLE;
        end = server                            ? LDAP_SEARCH_BROKEN
              : code == LDAP_SIZELIMIT_EXCEEDED ? LDAP_SEARCH_TOO_MANY
                                                : LDAP_SEARCH_FAILED;
    }
    ldap_memfree(text);
    ldap_controls_free(controls);
    return end;
}

/* One message. True: the page is over, *end says how. */
static bool take_message(struct run *r, LDAPMessage *message, enum ldap_search_end *end,
                         struct err *e)
{
    switch (ldap_msgtype(message)) {
    case LDAP_RES_SEARCH_ENTRY:
        if (++r->n_entries > r->query->entries_max) {
            fail(e, ERR_BACKEND, "the directory sent more than %zu entries", r->query->entries_max);
            *end = LDAP_SEARCH_TOO_MANY;
            return true;
        }
        *end = LDAP_SEARCH_FAILED;
        return read_entry(r, message, e) != 0;
    case LDAP_RES_SEARCH_RESULT: *end = finish(r, message, e); return true;
    case LDAP_RES_SEARCH_REFERENCE: return false; /* never followed, see ldap_options_set */
    default:
        fail(e, ERR_BACKEND, "the directory sent a message that answers nothing");
        *end = LDAP_SEARCH_BROKEN;
        return true;
    }
}

static enum ldap_search_end one_page(struct run *r, bool *ret_between, struct err *e)
{
    int msgid = -1;
    if (send_page(r, &msgid, e) != 0)
        return LDAP_SEARCH_BROKEN;
    for (;;) {
        struct timeval left;
        LDAPMessage *message = NULL;
        int got = 0;
        if (ldap_time_left(r->config, r->query->deadline_ms, &left))
            got = ldap_result(r->conn->ld, msgid, LDAP_MSG_ONE, &left, &message);
        if (got <= 0) {
            ldap_msgfree(message); /* a message of type 0 looks like a timeout */
            int code = LDAP_TIMEOUT;
            if (got < 0)
                ldap_get_option(r->conn->ld, LDAP_OPT_RESULT_CODE, &code);
            ldap_conn_fail(r->conn, r->config, code, "search", e);
            return LDAP_SEARCH_BROKEN;
        }
        enum ldap_search_end end = LDAP_SEARCH_WHOLE;
        bool over = take_message(r, message, &end, e);
        bool last = ldap_msgtype(message) == LDAP_RES_SEARCH_RESULT;
        ldap_msgfree(message);
        if (over) {
            *ret_between = last; /* nothing of this search is on its way any more */
            return end;
        }
    }
}

enum ldap_search_end ldap_search(struct ldap_conn *conn, const struct ldap_config *c,
                                 const struct ldap_query *q, struct err *e)
{
    struct run r = {.conn = conn, .config = c, .query = q};
    if (conn->kind != LDAP_CONN_SERVICE) { /* a person's identity must never read for us */
        fail(e, ERR_BUG, "a search on a bind connection");
        return LDAP_SEARCH_BROKEN;
    }
    bool between = false;
    enum ldap_search_end end;
    size_t pages = 0;
    do {
        between = false;
        end = one_page(&r, &between, e);
        if (++pages > 10 + q->entries_max) {
            fail(e, ERR_BACKEND, "the directory sends pages without end");
            end = LDAP_SEARCH_BROKEN;
        }
    } while (end == LDAP_SEARCH_WHOLE && r.cookie.bv_len > 0);
    forget_cookie(&r);
    conn->spoilt = conn->spoilt || !between; /* the rest of this answer may still come */
    return end;
}
