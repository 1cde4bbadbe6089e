#pragma once
/*
 * The template filler. A template is HTML with
 *     {{name}}                       a text, always escaped for HTML (text and quoted attributes)
 *     {{t.key}}                      a text of texts.tbl.h in the page's language
 *     {{#name}} ... {{/name}}        once if the flag is set (or the text not empty), once per row
 * of a list
 *     {{^name}} ... {{/name}}        only if not
 *     {{>name}}                      trusted static bytes of our own (the style sheet); never from
 * outside An unknown name writes nothing. Sections nest at most 8 deep. Templates are compiled in,
 * so a broken one is a bug that the tests of the pages find.
 */
#include "base/buf.h"

struct template_row;
struct template_var {
    const char *name; /* NULL ends the list */
    enum { VAR_TEXT, VAR_FLAG, VAR_LIST, VAR_STATIC } type;
    struct str text;
    bool flag;
    const struct template_row *rows;
    size_t n_rows;
};
struct template_row {
    const struct template_var *vars;
};
struct template_words { /* looks a key of {{t.key}} up; "" when there is none */
    struct str (*word)(const struct template_words *w, struct str key);
    int lang;
};
void template_fill(struct buf *out, struct str html, const struct template_var *vars,
                   const struct template_words *words);
