/* Exit codes of lotse-login; client-go prints the number to the person at the terminal, so none may
   ever change its meaning. X(NAME, number, what it means) */
X(OK, 0, "success")
X(INTERNAL, 1, "internal error")
X(USAGE, 2, "wrong use or configuration")
X(LOGIN_REQUIRED, 3, "a login is required and not possible here")
X(CANCELLED, 4, "the login was cancelled or denied")
X(LOGIN_TIMEOUT, 5, "the login was not finished in time")
X(UNREACHABLE, 6, "the gateway is not reachable")
X(TLS, 7, "the gateway's certificate is not trusted")
X(ACCESS, 8, "the account is locked or disabled, or has no access to this cluster")
X(STORAGE, 9, "the state folder cannot be used")
X(COOLDOWN, 10, "a login failed just now; not asking again yet")
X(PENDING, 11, "a login is already waiting elsewhere")
