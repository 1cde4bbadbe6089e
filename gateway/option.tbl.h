/* The options of lotse-gateway: OPTION(symbol, name, argument or NULL, help). No include guard on
 * purpose. */
OPTION(CONFIG, "config", "FILE", "run with this configuration")
OPTION(CHECK, "check", "FILE",
       "say everything that is wrong with a configuration; exit 0 when nothing is, 2 otherwise")
OPTION(GENERATE_KEY, "generate-key", "FILE", "make a key file (mode 0600); refuses an existing one")
OPTION(HASH_PASSWORD, "hash-password", NULL,
       "read a password and print its argon2id hash, for a connector of type local")
OPTION(SAMPLE, "sample-config", NULL, "print a commented sample configuration")
OPTION(MANUAL, "manual", NULL, "print the manual page (roff)")
OPTION(REFERENCE, "reference", NULL, "print the reference of the configuration (Markdown)")
OPTION(VERSION, "version", NULL, "print the version")
OPTION(HELP, "help", NULL, "print this")
