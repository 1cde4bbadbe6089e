#pragma once
/* Inside of request_info and impersonation: decoding, and what the query of a list means. */
#include "base/arena.h"
#include "base/str.h"

struct request_options {
    bool watch;
    struct str name;                           /* what metadata.name must be, if that is asked */
    struct str field_selector, label_selector; /* as written */
};
/* %XX decoded, in queries also + as a space; false: a % without two digits. */
bool request_unescape(struct str text, bool query, struct arena *a, struct str *ret);
struct request_options request_options_read(struct str query, struct arena *a);
