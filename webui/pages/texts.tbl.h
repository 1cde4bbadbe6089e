/* Every text a page shows: TEXT(key, English, German). */
TEXT(brand, "Lotse", "Lotse")
TEXT(login_title, "Sign in", "Anmelden")
TEXT(login_to, "to continue to", "weiter zu")
TEXT(login_username, "Username", "Benutzername")
TEXT(login_password, "Password", "Passwort")
TEXT(login_directory, "Directory", "Verzeichnis")
TEXT(login_button, "Sign in", "Anmelden")
TEXT(login_again, "Please confirm that it is you.", "Bitte bestätigen Sie, dass Sie es sind.")
TEXT(login_foot,
     "Use your company account. Your password is checked by the company directory and is "
     "not stored here.",
     "Nutzen Sie Ihr Firmenkonto. Das Firmenverzeichnis prüft Ihr Passwort; hier wird es "
     "nicht gespeichert.")
TEXT(notice_wrong, "Username or password is not correct. Please try again.",
     "Benutzername oder Passwort stimmt nicht. Bitte versuchen Sie es noch einmal.")
TEXT(notice_empty, "Please enter your username and your password.",
     "Bitte geben Sie Benutzername und Passwort ein.")
TEXT(notice_locked,
     "This account is locked after too many failed attempts. Wait a while, or ask the "
     "service desk.",
     "Dieses Konto ist nach zu vielen Fehlversuchen gesperrt. Warten Sie etwas oder "
     "fragen Sie den Service-Desk.")
TEXT(notice_disabled, "This account is disabled. Please ask the service desk.",
     "Dieses Konto ist deaktiviert. Bitte wenden Sie sich an den Service-Desk.")
TEXT(notice_expired, "This account or its password has expired. Please ask the service desk.",
     "Dieses Konto oder sein Passwort ist abgelaufen. Bitte wenden Sie sich an den "
     "Service-Desk.")
TEXT(notice_must_change,
     "You have to set a new password first. Change it where you always do, then sign in "
     "here.",
     "Sie müssen zuerst ein neues Passwort setzen. Ändern Sie es wie gewohnt und melden "
     "Sie sich dann hier an.")
TEXT(notice_unavailable,
     "The company directory does not answer right now. Nothing is wrong with your "
     "password; please try again in a minute.",
     "Das Firmenverzeichnis antwortet gerade nicht. Mit Ihrem Passwort ist alles in "
     "Ordnung; bitte versuchen Sie es in einer Minute erneut.")
TEXT(notice_throttled, "Too many attempts. Please wait a moment before you try again.",
     "Zu viele Versuche. Bitte warten Sie einen Moment, bevor Sie es erneut versuchen.")
TEXT(notice_expired_form,
     "This form was open for too long or came from another window. Here is a fresh one.",
     "Dieses Formular war zu lange offen oder stammt aus einem anderen Fenster. Hier ist "
     "ein neues.")
TEXT(error_title, "This did not work", "Das hat nicht geklappt")
TEXT(error_lead,
     "The application that sent you here asked for something that cannot be granted. You "
     "did nothing wrong.",
     "Die Anwendung, die Sie hierher geschickt hat, hat etwas verlangt, das nicht möglich "
     "ist. Sie haben nichts falsch gemacht.")
TEXT(error_what, "What happened", "Was passiert ist")
TEXT(error_code, "Error", "Fehler")
TEXT(error_request, "Request", "Anfrage")
TEXT(error_help, "If you tell the service desk about it, please quote these lines.",
     "Wenn Sie sich an den Service-Desk wenden, nennen Sie bitte diese Zeilen.")
TEXT(logout_title, "Sign out?", "Abmelden?")
TEXT(logout_lead, "You are signed in as", "Sie sind angemeldet als")
TEXT(logout_button, "Sign out", "Abmelden")
TEXT(logout_stay, "Stay signed in", "Angemeldet bleiben")
TEXT(logged_out_title, "You are signed out", "Sie sind abgemeldet")
TEXT(logged_out_lead,
     "You may close this window. Applications you used keep their own sessions until they "
     "end or you sign out there.",
     "Sie können dieses Fenster schließen. Anwendungen, die Sie genutzt haben, behalten "
     "eigene Sitzungen, bis diese enden oder Sie sich dort abmelden.")
TEXT(close_title, "You are signed in", "Sie sind angemeldet")
TEXT(close_lead, "You may close this window and go back to where you came from.",
     "Sie können dieses Fenster schließen und dorthin zurückkehren, wo Sie waren.")
TEXT(home_title, "Hello", "Hallo")
TEXT(home_account, "Your account", "Ihr Konto")
TEXT(home_username, "Username", "Benutzername")
TEXT(home_mail, "Mail", "E-Mail")
TEXT(home_teams, "Your teams", "Ihre Teams")
TEXT(home_teams_lead, "What you may do on the clusters follows from these.",
     "Daraus ergibt sich, was Sie auf den Clustern dürfen.")
TEXT(home_no_teams,
     "You are in no team yet. Ask your team lead to add you to the team's group in the "
     "company directory.",
     "Sie sind noch in keinem Team. Bitten Sie Ihre Teamleitung, Sie in die "
     "Verzeichnisgruppe des Teams aufzunehmen.")
TEXT(home_kubectl, "Set up kubectl", "kubectl einrichten")
TEXT(home_kubectl_lead,
     "Run this once. It adds every cluster below to your kubeconfig; foreign entries stay "
     "as they are.",
     "Führen Sie dies einmal aus. Es trägt alle Cluster unten in Ihre kubeconfig ein; "
     "fremde Einträge bleiben unverändert.")
TEXT(home_kubectl_then, "Then use any of the clusters:", "Danach nutzen Sie die Cluster:")
TEXT(home_cluster, "Cluster", "Cluster")
TEXT(home_server, "API server", "API-Server")
TEXT(home_logout, "Sign out", "Abmelden")
