/* What lotse-login can do. X(NAME, word, what it does, in two or three sentences for the manual) */
X(GET_TOKEN, "get-token", "print a credential for kubectl (exec plugin)",
  "Called by kubectl and other Kubernetes clients, with the stanza that setup writes into the "
  "kubeconfig. Prints one "
  "ExecCredential from the cache; renews it when it is too old, without a browser as long as the "
  "session lasts.")
X(LOGIN, "login", "log in with the browser",
  "Opens the browser, waits for the answer on a loopback address and keeps a session. One login "
  "serves all clusters.")
X(SETUP, "setup", "write the kubeconfig for all clusters the gateway offers",
  "Merges one cluster, user and context for each site into the kubeconfig. Entries of others are "
  "not touched, what was there "
  "before is kept beside it as a backup. Running it again changes nothing, or brings the entries "
  "up to date.")
X(LOGOUT, "logout", "end the session here and at the gateway",
  "Revokes the refresh token at the gateway (RFC 7009) and deletes session and tokens from this "
  "machine.")
X(STATUS, "status", "show sessions and the age of their tokens",
  "Shows no secrets. With -o json for programs.")
X(WHOAMI, "whoami", "show who I am and my groups, for each cluster",
  "Reads the cached tokens. What a cluster then makes of it shows kubectl auth whoami.")
X(CLEAN, "clean", "delete cached tokens and remembered failures; sessions stay",
  "The next call fetches new tokens without a browser.")
X(VERSION, "version", "print the version", "With -o json for programs.")
X(HELP, "help", "print this help", "Also --help behind any command.")
