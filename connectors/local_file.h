#pragma once
/* The people file as data: read and checked once, then immutable and shared by reference count. */
#include <stdatomic.h>

#include "connectors/local.h"

struct local_person {
    struct person person;
    struct str hash; /* PHC string */
};
struct local_people {
    atomic_uint refs;
    struct arena arena;
    struct local_person *items; /* sorted by username */
    size_t n;
};

/* NULL: e holds the first mistake with file:line:column, or why the file cannot be read.
 * connector_id is borrowed. */
struct local_people *local_people_read(const char *path, struct str connector_id, struct err *e);
void local_people_unref(struct local_people *p);
const struct local_person *local_people_by_name(const struct local_people *p, struct str username);
const struct local_person *local_people_by_id(const struct local_people *p, struct str id);
