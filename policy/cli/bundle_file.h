#pragma once
/* How this run takes bundles: --trust, --signatures, --last-good. */
#include "policy/bundle/bundle_keep.h"
#include "policy/cli/run.h"

must_check int bundle_file_keeper(struct run *s, struct bundle_keeper *ret, struct err *e);
