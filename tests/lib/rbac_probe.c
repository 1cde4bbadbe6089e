/*
 * rbac-probe: answers questions about RBAC, a JSON object a line on stdin, one line on stdout for
 * each; the same lines as tests/go/authorizer takes. See tests/unit/rbac_oracle.h.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/rbac_oracle.h"

int main(void)
{
    struct rbac_oracle oracle;
    struct err e;
    char *line = NULL;
    size_t room = 0, number = 0;
    ssize_t n;
    rbac_oracle_init(&oracle);
    while ((n = getline(&line, &room, stdin)) > 0) {
        json_t *answer = rbac_oracle_answer(&oracle, (struct str){line, (size_t)n}, &e);
        number++;
        if (!answer) {
            fprintf(stderr, "rbac-probe: question %zu: %s\n", number, e.text);
            return 1;
        }
        json_dumpf(answer, stdout, JSON_COMPACT | JSON_ENCODE_ANY);
        putchar('\n');
        json_decref(answer);
    }
    rbac_oracle_fini(&oracle);
    free(line);
    return 0;
}
