#pragma once
/*
 * People in a file, for whoever has no directory:
 *
 *     people:
 *       - username: m.sommer
 *         id: 0b0e3c9e-5a3e-4f0e-9d7e-2f6f0c1f7a11      # never reassigned; it goes into `sub`
 *         name: Matthias Sommer
 *         mail: m.sommer@corp.example
 *         groups: [pay-dev]
 *         password: "$argon2id$v=19$m=19456,t=2,p=1$..."
 *         disabled: false
 *
 * The file is read again when it changes (looked at on each call); one that cannot be read or has a
 * mistake changes nothing: the people of the last good one stay, and the log says why. Any thread;
 * checking a password costs what its hash says.
 */
#include "base/clock.h"
#include "base/diag.h"
#include "connectors/connector.h"

#define LOCAL_FILE_MAX ((size_t)4 << 20)

struct local_settings {
    struct str id;   /* of the connector: goes into `sub` */
    struct str path; /* the YAML file */
};

/* -1: the file is missing or wrong; e holds the first mistake with file:line:column. Free by
 * (*ret)->ops->free. */
must_check int local_connector_new(const struct local_settings *settings, const struct clock *clock,
                                   struct connector **ret, struct err *e);
/* Reads the file now, whether it seems changed or not (SIGHUP). -1: the old people stay. */
must_check int local_connector_reload(struct connector *c, struct err *e);
/* An argon2id hash for the file (m=19456 KiB, t=2, p=1: OWASP's floor), PHC string, in the arena.
 */
must_check int local_password_hash(const struct secret *password, struct arena *a, struct str *ret,
                                   struct err *e);
