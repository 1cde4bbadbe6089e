#pragma once
/* The language as a JSON Schema (2020-12), for editors: made from the rows that the reader has. */
#include "base/buf.h"

void policy_schema(struct buf *out);
