#pragma once
/* The person-level half of `diff` and `until`: sentences gathered over sites and moments, each said
 * once. */
#include "policy/analysis/policy_person_diff.h"
#include "policy/cli/run.h"

struct told { /* one sentence, wherever and since when it holds */
    struct policy_sentence sentence;
    struct strs_vec sites;
    int64_t from_ms; /* 0: at once */
    bool possible;   /* of people who could be; said when no real one stands for it */
};
struct diff_people {
    struct run *run;
    struct {
        struct told *items;
        size_t n, cap;
    } told;
    struct intern keys, seen; /* the whole of each sentence with its moment; with its site */
    size_t n_said, n_moments;
    bool incomplete; /* too many different sets of permissions */
};
void diff_people_init(struct diff_people *d, struct run *s);
/* Compares the two sides of one site at one moment; from_ms 0: now. */
void diff_people_add(struct diff_people *d, struct policy_compare *c, struct str site,
                     int64_t from_ms);
bool diff_people_any(const struct diff_people *d); /* does anybody, real or possible, notice? */
/* "3 people gain, 2 lose" counts; at any moment. */
struct people_count {
    size_t gain, lose;
};
struct people_count diff_people_count(const struct diff_people *d);
void diff_people_say(struct diff_people *d);        /* what was not said yet */
void diff_people_json(const struct diff_people *d); /* "people": [...] */
