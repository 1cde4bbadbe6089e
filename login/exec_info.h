#pragma once
/*
 * KUBERNETES_EXEC_INFO, the one JSON text the cached path reads: up to 128 KiB on Linux, made by
 * client-go or by one of its relatives. No tree is built; a member is found by walking over the
 * text once. Any thread.
 */
#include "base/str.h"

/* The string at a dotted path of object members ("spec.cluster.config.issuer"). False when it is
   absent, no string, holds a backslash (none of ours needs one), or when the text before it is not
   JSON. */
bool exec_info_find(struct str json, const char *path, struct str *ret);
