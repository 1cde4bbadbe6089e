#pragma once
/*
 * The directory as the policy needs it: read from the directory itself by a connector, or from a
 * saved file, and saved.
 *
 *     {"read": "2026-11-23T10:32:00Z", "people": [{"username": "m.sommer", "groups":
 * ["cn=pay-dev,..."], ...}], "groups": [{"id": "cn=pay-dev,...", "name": "pay-dev"}]}
 */
#include "base/clock.h"
#include "policy/resolve/policy_input.h"

must_check int directory_read_file(const char *path, struct arena *a, struct policy_directory *ret,
                                   struct err *e);
struct directory_source {
    const char *config;
    const struct clock *clock;
    int64_t timeout_ms;
};
/* config: a YAML file with `connectors:` (other keys are passed over, so the gateway's
 * configuration fits); all of them. */
must_check int directory_read_live(const struct directory_source *source, struct arena *a,
                                   struct policy_directory *ret, struct err *e);
must_check int directory_save(const struct policy_directory *d, const char *path, struct err *e);

/* --- directory_json.c; what is read are views of text */
must_check int directory_read_json(struct str text, struct arena *a, struct policy_directory *ret,
                                   struct err *e);
void directory_write_json(const struct policy_directory *d, struct buf *out);
