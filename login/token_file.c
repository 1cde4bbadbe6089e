#include "login/token_file.h"

#include "base/clock.h"
#include "login/plain.h"

#define MAGIC          "LOTSETOK"
#define FORMAT         1
#define LAST_RESORT_MS 10000
#define CLOCK_JUMP_MS  60000

static const char *const versions[API_VERSION_COUNT] = {"v1", "v1beta1"};

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Soft limit: a fifth of the life, at least a minute, at most five; hard limit: half a minute
   before the end. Very short tokens (tests, careful operators) get a half and a quarter, or they
   would be too old at birth. */
struct token_times token_times_of(int64_t received_ms, int64_t lifetime_ms)
{
    int64_t soft = least(lifetime_ms / 5, 300000);
    soft = least(soft < 60000 ? 60000 : soft, lifetime_ms / 2);
    int64_t hard = least(30000, lifetime_ms / 4);
    int64_t end = received_ms + lifetime_ms;
    return (struct token_times){received_ms, end - soft, end - hard, end};
}

enum token_age token_age_at(const struct token_times *t, int64_t now_ms)
{
    if (now_ms <
        t->made_ms - CLOCK_JUMP_MS) /* the clock was set back: no expiry means anything now */
        return TOKEN_EXPIRED;
    if (now_ms < t->refresh_ms)
        return TOKEN_FRESH;
    if (now_ms < t->usable_until_ms)
        return TOKEN_AGING;
    return now_ms < t->expires_ms - LAST_RESORT_MS ? TOKEN_LAST : TOKEN_EXPIRED;
}

static void put(struct buf *out, uint64_t value, int n_bytes)
{
    for (int i = 0; i < n_bytes; i++)
        buf_char(out, (char)(value >> (8 * i) & 0xff));
}

static uint64_t get(const char *p, int n_bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < n_bytes; i++)
        value |= (uint64_t)(unsigned char)p[i] << (8 * i);
    return value;
}

/* RFC 7515 7.1: base64url and dots; nothing of it needs escaping in JSON. */
static bool is_token(struct str token)
{
    return plain_is(token, ".-_", TOKEN_BYTES_MAX);
}

static void credential(struct buf *out, const char *version, int64_t until_ms, struct str token)
{
    buf_fmt(out, "{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/%s\"",
            version);
    buf_lit(out, ",\"spec\":{\"interactive\":false},\"status\":{\"expirationTimestamp\":\"");
    time_format(out, until_ms, false);
    buf_lit(out, "\",\"token\":\"");
    buf_add(out, token);
    buf_lit(out, "\"}}\n");
}

bool token_file_make(struct buf *out, const struct state_key *key, const struct token_times *times,
                     struct str token)
{
    if (!is_token(token))
        return false;
    auto_buf body = BUF_INIT(STATE_FILE_MAX);
    body.wipe = true;
    size_t n[API_VERSION_COUNT];
    for (int i = 0; i < API_VERSION_COUNT; i++) {
        size_t before = body.n;
        credential(&body, versions[i], times->usable_until_ms, token);
        n[i] = body.n - before;
    }
    buf_lit(out, MAGIC);
    put(out, FORMAT, 4);
    put(out, TOKEN_HEADER_BYTES, 4);
    put(out, (uint64_t)times->made_ms, 8);
    put(out, (uint64_t)times->refresh_ms, 8);
    put(out, (uint64_t)times->usable_until_ms, 8);
    put(out, (uint64_t)times->expires_ms, 8);
    buf_bytes(out, key->hash.bytes, SHA256_BYTES);
    put(out, TOKEN_HEADER_BYTES, 4);
    put(out, n[API_V1], 4);
    put(out, TOKEN_HEADER_BYTES + n[API_V1], 4);
    put(out, n[API_V1BETA1], 4);
    put(out, TOKEN_HEADER_BYTES + n[API_V1] - token.n - 4, 4); /* before the closing "}}\n */
    put(out, token.n, 4);
    buf_add(out, buf_str(&body));
    return !buf_failed(out) && !buf_failed(&body);
}

static bool part(struct str bytes, size_t header_at, struct str *ret)
{
    uint64_t at = get(bytes.p + header_at, 4), n = get(bytes.p + header_at + 4, 4);
    if (at < TOKEN_HEADER_BYTES || at + n > bytes.n)
        return false;
    *ret = (struct str){bytes.p + at, (size_t)n};
    return true;
}

/* One line that looks like ours: a file system that lost power may hold zeros where the text was.
 */
static bool is_credential(struct str s)
{
    return str_starts(s, STR("{\"kind\":\"ExecCredential\",")) && str_ends(s, STR("\"}}\n")) &&
           !memchr(s.p, '\0', s.n) && memchr(s.p, '\n', s.n) == s.p + s.n - 1;
}

static bool is_header(struct str bytes, const struct state_key *key)
{
    return bytes.n >= TOKEN_HEADER_BYTES && bytes.n <= STATE_FILE_MAX &&
           memcmp(bytes.p, MAGIC, 8) == 0 && get(bytes.p + 8, 4) == FORMAT &&
           get(bytes.p + 12, 4) == TOKEN_HEADER_BYTES &&
           memcmp(bytes.p + 48, key->hash.bytes, SHA256_BYTES) == 0;
}

static bool read_times(struct str bytes, struct token_times *t)
{
    *t = (struct token_times){(int64_t)get(bytes.p + 16, 8), (int64_t)get(bytes.p + 24, 8),
                              (int64_t)get(bytes.p + 32, 8), (int64_t)get(bytes.p + 40, 8)};
    return t->made_ms >= 0 && t->refresh_ms >= t->made_ms && t->usable_until_ms >= t->refresh_ms &&
           t->expires_ms >= t->usable_until_ms;
}

bool token_file_read(struct str bytes, const struct state_key *key, struct token_view *ret)
{
    struct token_view view;
    if (!is_header(bytes, key) || !read_times(bytes, &view.times))
        return false;
    if (!part(bytes, 80, &view.credential[API_V1]) ||
        !part(bytes, 88, &view.credential[API_V1BETA1]) || !part(bytes, 96, &view.token))
        return false;
    if (!is_credential(view.credential[API_V1]) || !is_credential(view.credential[API_V1BETA1]) ||
        !is_token(view.token))
        return false;
    *ret = view;
    return true;
}
