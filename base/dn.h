#pragma once
/*
 * Distinguished names (RFC 4514) in one normal form, so that two writings of the same name are the
 * same bytes: types in small letters, no spaces around `,` `+` `=`, values unescaped, spaces at the
 * ends dropped and inside runs made one, composed (NFC), in small letters (simple mapping, as
 * directories compare), escaped again in one way, RDNs of several parts sorted. The directory
 * connector and the policy both name groups by this form. Pure; any thread.
 */
#include "base/arena.h"

#define DN_MAX      ((size_t)4096)
#define DN_RDNS_MAX 64

/* False: not a DN, longer than DN_MAX, not UTF-8, NUL inside, or the arena is exhausted. The empty
 * name is the empty string. */
bool dn_normalise(struct str dn, struct arena *a, struct str *ret);
/* The same for a value alone (what stands behind the `=`), unescaped in and out. */
bool dn_normalise_value(struct str value, struct arena *a, struct str *ret);
/* Of a normal form: the first RDN's type and value; the value is still escaped. False for an empty
 * or multi-part RDN. */
bool dn_first(struct str normal, struct str *ret_type, struct str *ret_value);
/* Both normal: is dn the base itself or below it? */
bool dn_is_below(struct str dn, struct str base);
/* "cn=pay-dev" + base -> one normal DN; a name that already ends in the base is only normalised. */
bool dn_join(struct str relative, struct str base, struct arena *a, struct str *ret);
