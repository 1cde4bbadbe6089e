#pragma once
/*
 * What yaml.c asks of a text before it reads it: characters that have no place in a file people
 * write, tabs as indentation, directives. Only for base/yaml*.c.
 */
#include "base/diag.h"

/* False: refused, the reason is in d. ret_ascii: columns are bytes. */
bool yaml_scan(const struct source *source, struct diags *d, bool *ret_ascii);
/* How many characters (UTF-8 code points) begin in these bytes. */
unsigned yaml_scan_characters(const char *p, size_t n);
