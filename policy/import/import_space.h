#pragma once
/* Inside of the import: spaces. Only import_space*.c include this. */
#include "policy/import/import.h"

struct label_places { /* one label with one value */
    struct str key, value;
    struct import_ids places;
};
struct spacer {
    struct importer *im;
    struct str *place_name;      /* by place */
    struct intern names;         /* of namespaces, over all sites */
    uint32_t *place_name_id;     /* by place */
    struct import_ids *by_name;  /* by name: places */
    uint32_t *sorted_names;      /* ids of names in the order of their bytes */
    struct intern label_keys;    /* "key\nvalue" */
    struct label_places *labels; /* by id */
    size_t n_labels, cap_labels;
    struct import_ids *place_labels; /* by place: labels that may define a space */
    uint32_t *mark, stamp;           /* by place */
    uint32_t *hits;                  /* by space */
    size_t cap_hits;
    struct import_ids *spaces_of; /* by place: spaces that hold it */
    struct intern definitions;    /* of spaces: their id is the space's */
};
/* Namespaces of some sites that were bound together. */
struct place_set {
    const uint32_t *items; /* sorted */
    size_t n;
    uint64_t sites;
};
static inline bool is_marked(const struct spacer *s, uint32_t place)
{
    return s->mark[place] == s->stamp;
}
void spacer_init(struct spacer *s, struct importer *im);
void spacer_mark(struct spacer *s, const struct place_set *set);
/* The set's places must be marked. ID_NONE: not possible in this way. */
uint32_t space_by_label(struct spacer *s, const struct place_set *set);
uint32_t space_of_nearly_all(struct spacer *s, const struct place_set *set);
uint32_t space_by_names(struct spacer *s, const struct place_set *set);
/* Spaces made earlier that give the set together, few of them; false: none do. */
bool space_cover(struct spacer *s, const struct place_set *set, struct import_ids *ret);
