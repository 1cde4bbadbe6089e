#pragma once
/* Team x space: which role, on which sites, until when. As written, not as applied. */
#include "policy/resolve/policy_resolve.h"

struct policy_matrix_entry {
    struct str role;
    struct str sites; /* "fra,muc"; absent: everywhere the space is */
    int64_t until_ms; /* TIME_NONE: standing */
    bool on_request;  /* only once approved */
    struct str src;
};
struct policy_matrix_cell {
    struct policy_matrix_entry *items;
    size_t n, cap;
};
struct policy_matrix {
    struct strs teams, spaces;        /* the first column is "the whole cluster" */
    struct policy_matrix_cell *cells; /* team by team, spaces.n each */
};
/* Grants that have ended are left out. */
struct policy_matrix policy_matrix(const struct policy *p, int64_t now_ms, struct arena *a);
/* "deploy, debug until 2031-10-31T18:00:00Z at ber, admin on request" */
void policy_matrix_write(const struct policy_matrix_cell *cell, struct buf *out);
/* RFC 4180, with nothing a spreadsheet would take for a formula (CWE-1236). */
void policy_matrix_csv(const struct policy_matrix *m, struct buf *out);
/* One page, complete in itself, without scripts. */
void policy_matrix_html(const struct policy_matrix *m, struct str title, struct buf *out);
