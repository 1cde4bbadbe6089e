#pragma once
/* Strict decoders. Encoders are buf_base64url and buf_base64. */
#include "base/buf.h"

/* RFC 4648 5 without padding: refuses '=', '+', '/', white space, impossible lengths and non-zero
 * trailing bits. */
bool base64url_decode(struct str text, struct buf *out);
/* RFC 4648 4: padding demanded, white space refused. */
bool base64_decode(struct str text, struct buf *out);
int hex_digit(char c); /* its value; -1: none */
bool hex_decode(struct str text, struct buf *out);
