/*
 * What the protocol tells the world, one row per fact. Included with EVENT and METRIC defined; no
 * include guard on purpose.
 *
 * METRIC(symbol, "name", "help")           a Prometheus counter
 * EVENT(symbol, "audit name", RESULT, metric symbol, "label value of `result`")
 *     RESULT: OK went well | REFUSED the peer was refused | ALARM somebody should look | FAILED we
 * could not
 */
#ifndef METRIC
#define METRIC(symbol, name, help)
#endif
#ifndef EVENT
#define EVENT(symbol, name, result, metric, label)
#endif

METRIC(LOGINS, "lotse_logins_total", "Password logins by result")
METRIC(SESSIONS, "lotse_sessions_total", "Browser sessions by what happened to them")
METRIC(AUTHORIZATIONS, "lotse_authorizations_total", "Authorization requests refused, by kind")
METRIC(CODES, "lotse_codes_total", "Authorization codes by what happened to them")
METRIC(TOKENS, "lotse_tokens_total", "Token responses by kind")
METRIC(REFRESHES, "lotse_refreshes_total", "Refreshes by result")
METRIC(FAMILIES, "lotse_families_total", "Refresh families by what happened to them")
METRIC(USERINFO, "lotse_userinfo_total", "Userinfo requests by result")
METRIC(LOGOUTS, "lotse_logouts_total", "Logouts by kind")
METRIC(ERRORS, "lotse_errors_total", "Requests that failed for a reason of our own")

EVENT(LOGIN_OK, "login.ok", OK, LOGINS, "ok")
EVENT(LOGIN_WRONG_PASSWORD, "login.wrong_password", REFUSED, LOGINS, "wrong_password")
EVENT(LOGIN_KNOWN_WRONG, "login.known_wrong_password", REFUSED, LOGINS, "known_wrong_password")
EVENT(LOGIN_EMPTY, "login.empty", REFUSED, LOGINS, "empty")
EVENT(LOGIN_THROTTLED, "login.throttled", ALARM, LOGINS, "throttled")
EVENT(LOGIN_DISABLED, "login.disabled", REFUSED, LOGINS, "disabled")
EVENT(LOGIN_LOCKED, "login.locked", REFUSED, LOGINS, "locked")
EVENT(LOGIN_EXPIRED, "login.expired", REFUSED, LOGINS, "expired")
EVENT(LOGIN_MUST_CHANGE, "login.must_change_password", REFUSED, LOGINS, "must_change_password")
EVENT(LOGIN_UNUSABLE, "login.unusable_entry", FAILED, LOGINS, "unusable_entry")
EVENT(LOGIN_UNAVAILABLE, "login.directory_unavailable", FAILED, LOGINS, "directory_unavailable")
EVENT(LOGIN_STALE_FORM, "login.stale_form", REFUSED, LOGINS, "stale_form")
EVENT(LOGIN_OTHER_PERSON, "login.other_person", REFUSED, LOGINS, "other_person")

EVENT(SESSION_STARTED, "session.started", OK, SESSIONS, "started")
EVENT(SESSION_USED, "session.used", OK, SESSIONS, "used")
EVENT(SESSION_REPLACED, "session.replaced", OK, SESSIONS, "replaced")
EVENT(SESSION_PERSON_REFUSED, "session.person_refused", REFUSED, SESSIONS, "person_refused")

EVENT(AUTHORIZE_BAD_CLIENT, "authorize.bad_client", REFUSED, AUTHORIZATIONS, "bad_client")
EVENT(AUTHORIZE_BAD_REDIRECT, "authorize.bad_redirect_uri", REFUSED, AUTHORIZATIONS,
      "bad_redirect_uri")
EVENT(AUTHORIZE_REFUSED, "authorize.refused", REFUSED, AUTHORIZATIONS, "refused")
EVENT(AUTHORIZE_NEEDS_LOGIN, "authorize.login_required", REFUSED, AUTHORIZATIONS, "login_required")

EVENT(CODE_ISSUED, "code.issued", OK, CODES, "issued")
EVENT(CODE_REDEEMED, "code.redeemed", OK, CODES, "redeemed")
EVENT(CODE_REFUSED, "code.refused", REFUSED, CODES, "refused")
EVENT(CODE_REPLAYED, "code.replayed", ALARM, CODES, "replayed")

EVENT(TOKEN_ISSUED, "token.issued", OK, TOKENS, "issued")
EVENT(TOKEN_LARGE, "token.large", ALARM, TOKENS, "large")
EVENT(TOKEN_TOO_LARGE, "token.too_large", ALARM, TOKENS, "too_large")
EVENT(TOKEN_REFUSED, "token.refused", REFUSED, TOKENS, "refused")
EVENT(CLIENT_REFUSED, "client.refused", REFUSED, TOKENS, "client_refused")

EVENT(REFRESH_OK, "refresh.ok", OK, REFRESHES, "ok")
EVENT(REFRESH_REPEATED, "refresh.repeated", OK, REFRESHES, "repeated")
EVENT(REFRESH_GRACE, "refresh.directory_grace", ALARM, REFRESHES, "directory_grace")
EVENT(REFRESH_REFUSED, "refresh.refused", REFUSED, REFRESHES, "refused")
EVENT(REFRESH_REUSED, "refresh.reused", ALARM, REFRESHES, "reused")
EVENT(REFRESH_PERSON_GONE, "refresh.person_gone", REFUSED, REFRESHES, "person_gone")
EVENT(REFRESH_PERSON_DISABLED, "refresh.person_disabled", REFUSED, REFRESHES, "person_disabled")
EVENT(REFRESH_PERSON_LOCKED, "refresh.person_locked", REFUSED, REFRESHES, "person_locked")
EVENT(REFRESH_PERSON_EXPIRED, "refresh.person_expired", REFUSED, REFRESHES, "person_expired")
EVENT(REFRESH_PERSON_UNUSABLE, "refresh.person_unusable", FAILED, REFRESHES, "person_unusable")
EVENT(REFRESH_UNAVAILABLE, "refresh.directory_unavailable", FAILED, REFRESHES,
      "directory_unavailable")

EVENT(FAMILY_STARTED, "family.started", OK, FAMILIES, "started")
EVENT(FAMILY_REVOKED, "family.revoked", OK, FAMILIES, "revoked")

EVENT(USERINFO_OK, "userinfo.ok", OK, USERINFO, "ok")
EVENT(USERINFO_REFUSED, "userinfo.refused", REFUSED, USERINFO, "refused")

EVENT(LOGOUT_OK, "logout.ok", OK, LOGOUTS, "ok")
EVENT(LOGOUT_ASKED, "logout.asked", OK, LOGOUTS, "asked")
EVENT(LOGOUT_BAD_REDIRECT, "logout.bad_redirect_uri", REFUSED, LOGOUTS, "bad_redirect_uri")
EVENT(LOGOUT_REFUSED, "logout.refused", REFUSED, LOGOUTS, "refused")
EVENT(REVOKE_OK, "revoke.ok", OK, LOGOUTS, "token_revoked")

EVENT(STORE_FAILED, "error.store", FAILED, ERRORS, "store")
EVENT(SIGNER_FAILED, "error.signer", FAILED, ERRORS, "signer")
EVENT(INTERNAL_ERROR, "error.internal", FAILED, ERRORS, "internal")

#undef METRIC
#undef EVENT
