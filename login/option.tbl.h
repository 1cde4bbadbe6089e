/* The options. X(NAME, long name, short letter or 0, value's name or NULL for a flag, environment
   or NULL, commands, text) The command line wins over the environment, the environment over the
   cluster's exec extension, that over the default. */
X(ISSUER, "issuer", 0, "URL", "LOTSE_ISSUER", NET, "address of the gateway, https only")
X(AUDIENCE, "audience", 0, "NAME", "LOTSE_AUDIENCE", ON(GET_TOKEN),
  "cluster the token is for, e.g. k8s-fra")
X(CLIENT_ID, "client-id", 0, "ID", "LOTSE_CLIENT_ID", NET, "OAuth client (lotse-login)")
X(PROFILE, "profile", 0, "NAME", "LOTSE_PROFILE", NET,
  "keeps several accounts at one gateway apart (default)")
X(CA_FILE, "ca-file", 0, "FILE", "LOTSE_CA_FILE", NET,
  "certificates (PEM) the gateway is checked with, instead of the system's")
X(API_VERSION, "api-version", 0, "VERSION", NULL, ON(GET_TOKEN),
  "v1 or v1beta1, when KUBERNETES_EXEC_INFO is missing (v1)")
X(BROWSER, "browser", 0, "CMD", "LOTSE_BROWSER", LOGS_IN,
  "program that opens the login page; gets its address as last argument")
X(NO_BROWSER, "no-browser", 0, NULL, "LOTSE_NO_BROWSER", LOGS_IN,
  "print the address; paste the one the browser ends at")
X(NO_INPUT, "no-input", 0, NULL, "LOTSE_NO_INPUT", LOGS_IN,
  "never start a login; implied by CI=true")
X(TIMEOUT, "timeout", 0, "TIME", "LOTSE_TIMEOUT", LOGS_IN, "how long a login may take (120s)")
X(KUBECONFIG, "kubeconfig", 0, "FILE", NULL, ON(SETUP),
  "file to write ($KUBECONFIG or ~/.kube/config)")
X(PREFIX, "prefix", 0, "TEXT", NULL, ON(SETUP), "put before the names of contexts and clusters")
X(OUTPUT, "output", 'o', "FORMAT", NULL, ON(STATUS) | ON(WHOAMI) | ON(VERSION) | ON(HELP),
  "json, or text for people (text)")
X(STATE_DIR, "state-dir", 0, "FOLDER", "LOTSE_STATE_DIR", ALL,
  "session and tokens (~/.local/state/lotse)")
X(HELP, "help", 'h', NULL, NULL, ALL, "print help")
