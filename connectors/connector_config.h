#pragma once
/*
 * The `connectors:` section as operators write it, the same in the gateway's configuration and in
 * lotse-policy's
 * --directory-config: a YAML list becomes typed settings, settings become a connector. The keys are
 * the rows of connectors/connector_config.tbl.h; manual page and sample are made from them. Any
 * thread.
 *
 *     connectors:
 *       - type: ldap
 *         id: corp
 *         urls: ["ldaps://ldap1.corp.example", "ldaps://ldap2.corp.example"]
 *         ca_file: /etc/lotse/corp-ca.pem
 *         bind_dn: "cn=lotse,ou=services,dc=corp,dc=example"
 *         bind_password_file: /etc/lotse/ldap-password
 *         people: {base: "ou=people,dc=corp,dc=example"}
 *         groups: {base: "ou=groups,dc=corp,dc=example", nested: true}
 */
#include "base/yaml.h"
#include "connectors/ldap.h"
#include "connectors/local.h"

enum connector_type { CONNECTOR_LDAP, CONNECTOR_LOCAL };

struct connector_config {
    enum connector_type type;
    struct str id;
    struct pos pos;
    struct str bind_password_file;
    struct ldap_settings ldap;   /* when type is CONNECTOR_LDAP */
    struct local_settings local; /* when type is CONNECTOR_LOCAL */
};
struct connector_configs {
    struct connector_config *items;
    size_t n, cap;
};

/* The value of `connectors:`. False when anything is wrong: all of it is in d. Texts live as long
 * as arena and source. */
bool connector_configs_read(const struct yaml *list, struct arena *a, struct diags *d,
                            struct connector_configs *ret);
/* Makes the paths in the settings relative to the folder of the file they stand in. */
void connector_configs_resolve(struct connector_configs *configs, struct arena *a,
                               struct str folder);
/* Reads the password's file and makes the connector; nothing is connected. Free by
 * (*ret)->ops->free. */
must_check int connector_open(const struct connector_config *config, const struct clock *clock,
                              struct connector **ret, struct err *e);

/* --- the rows, for manual pages and samples */
struct connector_key {
    const char *type;    /* "ldap", "local", "both" */
    const char *section; /* "", "people", "account", "groups" */
    const char *name, *value, *help;
};
extern const struct connector_key connector_keys[];
extern const size_t n_connector_keys;
