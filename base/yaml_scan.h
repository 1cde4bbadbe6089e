#pragma once
/*
 * What yaml.c asks of a text before a YAML library sees it: characters that have no place in a file
 * people write, and where a byte stands in lines and columns. Only for base/yaml.c.
 */
#include "base/diag.h"

struct yaml_scan {
    const struct source *source;
    struct yaml_place *places; /* places of every 64th byte */
};

/* False: refused, the reason is in d. Must be followed by yaml_scan_fini in both cases. */
bool yaml_scan_init(struct yaml_scan *scan, const struct source *source, struct diags *d);
void yaml_scan_fini(struct yaml_scan *scan);
/* The position of the bytes from..to; the length ends at the line's end. */
struct pos yaml_scan_pos(const struct yaml_scan *scan, size_t from, size_t to);
/* The position a library names by line and column, kept inside the text. */
struct pos yaml_scan_clamp(const struct yaml_scan *scan, int line, int column);
/* Is the character at pos one of these (ASCII)? */
bool yaml_scan_stands(const struct yaml_scan *scan, struct pos pos, const char *characters);
