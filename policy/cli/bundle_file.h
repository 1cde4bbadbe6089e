#pragma once
/* Bundles as files: taken only when enough trusted keys signed them, and never an older one. */
#include "policy/bundle/bundle.h"
#include "policy/cli/run.h"

/* Is this text a signed document rather than a policy? */
bool bundle_file_is(struct str text);
struct bundle_judgement {
    struct bundle bundle;
    struct strs kids; /* of the trusted keys that signed it */
};
/* The bundle in the text, judged by --trust and --signatures. -1: refused, e says why. */
must_check int bundle_file_judge(struct run *s, struct str text, struct bundle_judgement *ret,
                                 struct err *e);
/* With --last-good also against the one that was taken last; a good one is kept there. */
must_check int bundle_file_take(struct run *s, struct str text, struct bundle_judgement *ret,
                                struct err *e);
/* The same; when it is refused and there is a last good one, that one, and the refusal is said. */
must_check int bundle_file_open(struct run *s, struct str text, struct bundle_judgement *ret,
                                struct err *e);
