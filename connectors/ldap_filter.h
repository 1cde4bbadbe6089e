#pragma once
/*
 * Search filters (RFC 4515). What an operator writes is parsed once, at configuration time;
 * {username} may stand only where a value stands. Rendering escapes what is put in, so nothing a
 * person types can become part of the filter's structure.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct ldap_filter_part {
    struct str literal;
    bool placeholder; /* the value goes here, behind the literal */
};
struct ldap_filter {
    struct ldap_filter_part *parts;
    size_t n_parts, n_placeholders;
};

#define LDAP_FILTER_MAX ((size_t)8192)

must_check int ldap_filter_parse(struct str text, struct arena *a, struct ldap_filter *ret,
                                 struct err *e);
void ldap_filter_render(const struct ldap_filter *f, struct str value, struct buf *out);
/* RFC 4515 3: one assertion value, escaped; any bytes. */
void ldap_filter_value(struct buf *out, struct str value);
