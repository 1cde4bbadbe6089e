#pragma once
/* The second opinion on base/json_scan: jansson, through json_read. For tests. */
#include "base/buf.h"
#include "base/str.h"

/* Both take the text and find the same in it, or both refuse it. False: they do not agree, and why
 * says in what. */
bool json_reference_agrees(struct str text, size_t max_bytes, struct buf *why);
