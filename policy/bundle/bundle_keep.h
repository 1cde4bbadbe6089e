#pragma once
/*
 * Taking a bundle: only when enough trusted keys signed it, never an older one than was taken
 * before, and when it is refused the last good one stays in force. Used by lotse-policy and by the
 * gateway. Reads and writes one file, the last good bundle; everything else here is pure.
 */
#include "base/words.h"
#include "policy/bundle/bundle.h"

struct bundle_keeper {
    const struct str *keys; /* the trusted public keys: PEM texts */
    size_t n_keys, wanted;  /* so many different ones must have signed; 0 counts as 1 */
    const char *last_good;  /* path; NULL: nothing is kept */
};
struct bundle_judgement {
    struct bundle bundle;
    struct strs kids; /* of the trusted keys that signed it, sorted */
};
/* Is this text a signed document rather than a policy? */
bool bundle_is_signed(struct str text);
/* Judged by its signatures alone. -1: refused, e says why. */
must_check int bundle_judge(const struct bundle_keeper *k, struct str text, struct arena *a,
                            struct bundle_judgement *ret, struct err *e);
/* Also against the one that was taken last; a good one is kept. */
must_check int bundle_take(const struct bundle_keeper *k, struct str text, struct arena *a,
                           struct bundle_judgement *ret, struct err *e);
/* 0: taken. 1: refused, e says why, and ret is the last good one. -1: refused, and there is none.
 */
must_check int bundle_open(const struct bundle_keeper *k, struct str text, struct arena *a,
                           struct bundle_judgement *ret, struct err *e);
