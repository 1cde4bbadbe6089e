#pragma once
/* Between the files that make a struct config: config.c (rows), config_client.c (clients, sites),
 * config_policy.c, config_check.c (what must not be). */
#include "gateway/config.h"

extern const struct row_table config_table, config_client_table, config_site_table;

struct config_reader {
    struct config *c;
    struct diags *d;
    struct row_reader rows;
};
/* The policy's text, or the signed bundle of it (config_policy.c). */
void config_read_policy(struct config_reader *r);
/* Clients, their secrets, and those that come with the Kubernetes sites. */
void config_read_clients(struct config_reader *r);
/* Refuses insecure and contradictory settings. */
void config_check(struct config_reader *r);
/* Where a key's value stands; the section, or the file, when it is not there. */
struct pos config_pos(const struct config *c, const char *section, const char *name);
/* "https://host[:port][/path]", nothing else in it; path without a slash at the end, unless that is
 * all. */
bool url_is_https(struct str url);
