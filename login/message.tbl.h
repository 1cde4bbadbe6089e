/* What lotse-login says to people, English and German. X(NAME, English, German); {1} and {2} are
   filled in. Errors read <what>: <why>. <what to do>, on one line. */
X(USAGE, "usage: {1}", "Aufruf: {1}")
X(STATE_REFUSED, "state folder refused: {1}", "Zustandsordner abgelehnt: {1}")
X(HELPER_MISSING,
  "lotse-login-net is missing beside {1} and in ../libexec/lotse. Install lotse-login again",
  "lotse-login-net fehlt neben {1} und in ../libexec/lotse. lotse-login neu installieren")
X(RECURSION,
  "called by itself. The kubeconfig must name lotse-login, not a wrapper that calls kubectl",
  "ruft sich selbst auf. Die kubeconfig muss lotse-login nennen, keine Hülle, die kubectl aufruft")
X(INTERNAL, "internal error: {1}", "interner Fehler: {1}")
X(HELPER_DIED, "lotse-login-net was ended by a signal. Try again",
  "lotse-login-net wurde durch ein Signal beendet. Bitte noch einmal")
X(PENDING, "a login is already waiting in another window. Finish it there, then try again",
  "eine Anmeldung wartet bereits in einem anderen Fenster. Dort abschließen, dann noch einmal "
  "versuchen")
X(BUSY, "another lotse-login is still renewing the session. Try again",
  "ein anderes lotse-login erneuert die Sitzung noch. Bitte noch einmal versuchen")
X(WAITING_LOGIN, "waiting for the login in another window: {1}",
  "warte auf die Anmeldung in einem anderen Fenster: {1}")
X(LOGIN_REQUIRED, "not logged in at {1}. Run: lotse-login login --issuer={1}",
  "nicht angemeldet bei {1}. Aufrufen: lotse-login login --issuer={1}")
X(NO_SESSION, "not logged in anywhere. Run: lotse-login login --issuer=https://...",
  "nirgends angemeldet. Aufrufen: lotse-login login --issuer=https://...")
X(SESSION_ENDED, "the session at {1} has ended: {2}. Run: lotse-login login --issuer={1}",
  "die Sitzung bei {1} ist beendet: {2}. Aufrufen: lotse-login login --issuer={1}")
X(ACCESS, "{1} refuses: {2}. Ask whoever administers Lotse",
  "{1} lehnt ab: {2}. Bitte an die Lotse-Verwaltung wenden")
X(UNREACHABLE, "the gateway is not reachable: {1}. Try again later",
  "das Gateway ist nicht erreichbar: {1}. Später noch einmal versuchen")
X(TLS, "the gateway's certificate is not trusted: {1}. Check --ca-file",
  "dem Zertifikat des Gateways wird nicht vertraut: {1}. --ca-file prüfen")
X(BAD_ANSWER, "the gateway's answer is not acceptable: {1}",
  "die Antwort des Gateways ist nicht annehmbar: {1}")
X(COOLDOWN, "the last login was not finished; not asking again for {1} s. Run: lotse-login login",
  "die letzte Anmeldung wurde nicht abgeschlossen; nächste Frage in {1} s. Aufrufen: lotse-login "
  "login")
X(TIMEOUT, "nobody logged in within {1} s. Run: lotse-login login",
  "niemand hat sich innerhalb von {1} s angemeldet. Aufrufen: lotse-login login")
X(DENIED, "the login was refused: {1}", "die Anmeldung wurde abgelehnt: {1}")
X(CANCELLED, "the login was cancelled", "die Anmeldung wurde abgebrochen")
X(OPEN_URL, "Log in here: {1}", "Hier anmelden: {1}")
X(OPEN_URL_PASTE,
  "Open this address in a browser and log in:\n\n  {1}\n\nIf the browser then shows an error at "
  "127.0.0.1, copy the address from its address bar, and paste it here:",
  "Diese Adresse in einem Browser öffnen und anmelden:\n\n  {1}\n\nZeigt der Browser danach einen "
  "Fehler bei 127.0.0.1: die Adresse aus der Adresszeile kopieren und hier einfügen:")
X(PASTE_WRONG,
  "that is not the address this login ends at. Copy the whole line that begins with "
  "http://127.0.0.1",
  "das ist nicht die Adresse, an der diese Anmeldung endet. Die ganze Zeile kopieren, die mit "
  "http://127.0.0.1 beginnt")
X(LOGGED_IN, "Logged in at {1} as {2}", "Angemeldet bei {1} als {2}")
X(ALREADY_OUT, "There is no session at {1}", "Es gibt keine Sitzung bei {1}")
X(LOGGED_OUT, "Logged out at {1}", "Abgemeldet bei {1}")
X(REVOKE_FAILED,
  "logged out here, but the gateway could not be told: {1}. The session ends there by itself",
  "hier abgemeldet, aber das Gateway war nicht zu erreichen: {1}. Die Sitzung läuft dort von "
  "selbst ab")
X(NOT_SAVED, "the session cannot be saved: {1}", "die Sitzung kann nicht gespeichert werden: {1}")
X(WHICH_ISSUER, "which gateway? Add --issuer=https://...",
  "welches Gateway? --issuer=https://... angeben")
X(SETUP_DONE, "{1}: {2}", "{1}: {2}")
X(SETUP_SAME, "{1}: nothing to change", "{1}: nichts zu ändern")
X(SETUP_SITE, "  context {1}  {2}", "  Kontext {1}  {2}")
X(KUBECONFIG, "kubeconfig not changed: {1}", "kubeconfig nicht geändert: {1}")
X(NO_SITES, "{1} offers no clusters", "{1} bietet keine Cluster an")
X(CLEANED, "{1} files deleted", "{1} Dateien gelöscht")
