#include "base/base64.h"

static int value_of(char c, char c62, char c63)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == c62)
        return 62;
    return c == c63 ? 63 : -1;
}

/* text without padding; *at has room for 3/4 of it */
static bool decode(struct str text, char c62, char c63, char *at)
{
    uint32_t bits = 0;
    int n_bits = 0;
    for (size_t i = 0; i < text.n; i++) {
        int value = value_of(text.p[i], c62, c63);
        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            *at++ = (char)(bits >> n_bits & 0xFF);
        }
    }
    /* RFC 4648 3.5: trailing bits that are not zero would give one value two spellings */
    return (bits & ((1u << n_bits) - 1)) == 0;
}

static bool decode_into(struct str text, char c62, char c63, struct buf *out)
{
    if (text.n % 4 == 1)
        return false;
    size_t n = text.n / 4 * 3 + (text.n % 4 ? text.n % 4 - 1 : 0);
    char *at = buf_reserve(out, n);
    if (!at || !decode(text, c62, c63, at))
        return false;
    buf_commit(out, n);
    return true;
}

bool base64url_decode(struct str text, struct buf *out)
{
    return decode_into(text, '-', '_', out);
}

bool base64_decode(struct str text, struct buf *out)
{
    if (text.n % 4 != 0)
        return false;
    for (int pad = 0; pad < 2 && text.n > 0 && text.p[text.n - 1] == '='; pad++)
        text.n--;
    return decode_into(text, '+', '/', out);
}

int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool hex_decode(struct str text, struct buf *out)
{
    char *at = text.n % 2 == 0 ? buf_reserve(out, text.n / 2) : NULL;
    if (!at)
        return false;
    for (size_t i = 0; i < text.n; i += 2) {
        int high = hex_digit(text.p[i]), low = hex_digit(text.p[i + 1]);
        if (high < 0 || low < 0)
            return false;
        *at++ = (char)(high << 4 | low);
    }
    buf_commit(out, text.n / 2);
    return true;
}
