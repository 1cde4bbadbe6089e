#pragma once
/* A person inside the records of sessions and families. Texts of the read one live in the arena. */
#include "base/json.h"
#include "connectors/connector.h"

void person_json_write(struct json_out *j, const struct person *p);
bool person_json_read(const json_t *object, struct arena *a, struct person *ret);
