#pragma once
/*
 * YAML read by libfyaml, as the second opinion about base/yaml.h. Only tests use it.
 */
#include "base/buf.h"
#include "base/yaml.h"

const struct yaml *yaml_reference_read(struct arena *a, const struct source *source,
                                       const struct yaml_limits *limits, struct diags *d);
/* What we accept libfyaml accepts, with the same texts at the same places; what we refuse it
 * refuses, but for the few things we are stricter in. False: `why` says what differs. */
bool yaml_reference_agrees(const struct source *source, struct buf *why);
