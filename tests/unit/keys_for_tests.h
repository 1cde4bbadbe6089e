#pragma once
/* Fixed keys for tests and fuzz targets: nobody's, and known to the whole world. */
#include "jose/keyset.h"

extern const char test_key_es256[], test_key_rs256[];       /* PKCS#8, base64 */
extern const char test_public_es256[], test_public_rs256[]; /* PEM */
struct key *test_key(const char *pkcs8);
struct keyset *test_keyset(void); /* both, active */
