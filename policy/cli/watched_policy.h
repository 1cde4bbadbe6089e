#pragma once
/* The policy of a program that runs on: read again when a file changes; one that is wrong leaves
 * the last good one in force. */
#include "policy/cli/run.h"

struct watched_policy {
    struct arena arena; /* of the tree */
    const struct policy_tree *tree;
    uint64_t stamp; /* of the files as they were read last, well or not */
    bool failed;    /* the files as they are now are wrong */
    uint64_t said;  /* hash of what was said about them */
    int64_t looked_ms;
};
enum watched_news { WATCHED_SAME, WATCHED_NEW, WATCHED_WRONG };

void watched_policy_init(struct watched_policy *w);
void watched_policy_fini(struct watched_policy *w);
/* Looks at the files, at most once a second. WRONG: said on standard error, once per mistake. */
enum watched_news watched_policy_look(struct watched_policy *w, struct run *s, int64_t now_ms);
