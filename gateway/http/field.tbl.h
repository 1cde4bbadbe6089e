/*
 * The header fields a request is made of: name, member of struct head, may it stand twice? (ONCE: a
 * second one refuses the request; FIRST: the first counts). Fields without a row are checked for
 * form, counted, and forgotten. Framing fields are dealt with in head.c.
 */
X("Host", host, ONCE)
X("Content-Type", content_type, ONCE)
X("Content-Encoding", content_encoding, ONCE)
X("Authorization", authorization, ONCE)
X("Cookie", cookie, ONCE)
X("Origin", origin, ONCE)
X("Accept-Language", accept_language, FIRST)
X("User-Agent", user_agent, FIRST)
X("If-None-Match", if_none_match, FIRST)
X("Access-Control-Request-Method", cors_method, ONCE)
