#pragma once
/*
 * The token file: what get-token prints, ready to be printed, behind a fixed header. The network
 * half writes it, the cached path reads it with one read(2) and no parser. Little endian on every
 * machine, so that a home folder may be shared.
 */
#include "base/buf.h"
#include "login/options.h"
#include "login/state.h"

#define TOKEN_HEADER_BYTES 104
#define TOKEN_BYTES_MAX    ((size_t)16 << 10)

struct token_times {
    int64_t made_ms;         /* when the answer came, our wall clock */
    int64_t refresh_ms;      /* from here on renew in the background */
    int64_t usable_until_ms; /* kubectl is told to ask again here: some seconds before the end */
    int64_t expires_ms;
};
/* lifetime: as the server says; nothing is derived from iat or nbf, whose clock is not ours. */
struct token_times token_times_of(int64_t received_ms, int64_t lifetime_ms);

struct token_view { /* points into the bytes it was read from */
    struct token_times times;
    struct str credential[API_VERSION_COUNT]; /* one JSON object and a newline */
    struct str token;
};
/* token: a compact JWS, [A-Za-z0-9._-] only. False: it is not, or it is too long. */
must_check bool token_file_make(struct buf *out, const struct state_key *key,
                                const struct token_times *times, struct str token);
/* False when the bytes are not exactly what token_file_make makes for this key. */
must_check bool token_file_read(struct str bytes, const struct state_key *key,
                                struct token_view *ret);

enum token_age {
    TOKEN_FRESH,
    TOKEN_AGING, /* good, and worth renewing in the background */
    TOKEN_LAST,  /* past what kubectl was told, yet > 10 s left: only when the gateway does not
                    answer */
    TOKEN_EXPIRED,
};
enum token_age token_age_at(const struct token_times *t, int64_t now_ms);
