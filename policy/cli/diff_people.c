#include "policy/cli/diff_people.h"

void diff_people_init(struct diff_people *d, struct run *s)
{
    *d = (struct diff_people){.run = s, .keys = {.arena = s->arena}, .seen = {.arena = s->arena}};
}

/* Everything that makes two sentences the same; without people it stands for what happens. */
static struct str key_of(const struct diff_people *d, const struct policy_sentence *s, bool people)
{
    auto_buf key = BUF_INIT((size_t)64 << 20);
    buf_char(&key, s->gained ? '+' : '-');
    for (size_t i = 0; i < s->permissions.n; i++)
        buf_fmt(&key, "%.*s %.*s %.*s\n", STR_F(s->permissions.items[i].verbs),
                STR_F(s->permissions.items[i].targets), STR_F(s->permissions.items[i].names));
    for (size_t i = 0; i < s->namespaces.n; i++)
        buf_fmt(&key, "/%.*s", STR_F(s->namespaces.items[i]));
    for (size_t i = 0; people && i < s->people.n; i++)
        buf_fmt(&key, "@%.*s", STR_F(s->people.items[i]));
    return arena_str(d->run->arena, buf_str(&key));
}

/* What holds on a site since an earlier moment is not said again; what holds on several since the
 * same one is said once. */
static void tell(struct diff_people *d, const struct told *t, struct str site)
{
    struct arena *a = d->run->arena;
    struct str key = key_of(d, &t->sentence, true);
    size_t n_seen = d->seen.n, n_keys = d->keys.n;
    intern_add(&d->seen, CONCAT(a, site, STR(" "), key));
    if (d->seen.n == n_seen)
        return;
    uint32_t id =
        intern_add(&d->keys, arena_fmt(a, "%lld %.*s", (long long)t->from_ms, STR_F(key)));
    if (d->keys.n > n_keys)
        *ARENA_PUSH(a, &d->told) = *t;
    *ARENA_PUSH(a, &d->told.items[id].sites) = site;
}

static void tell_all(struct diff_people *d, const struct policy_sentences *all, struct told t,
                     struct str site)
{
    for (size_t i = 0; i < all->n; i++) {
        t.sentence = all->items[i];
        tell(d, &t, site);
    }
}

void diff_people_add(struct diff_people *d, struct policy_compare *c, struct str site,
                     int64_t from_ms)
{
    struct policy_sentences people = policy_person_diff(c), possible = policy_possible_diff(c),
                            left = {0};
    struct intern real = {.arena = d->run->arena};
    for (size_t i = 0; i < people.n; i++)
        intern_add(&real, key_of(d, &people.items[i], false));
    for (size_t i = 0; i < possible.n; i++)
        if (intern_find(&real, key_of(d, &possible.items[i], false)) == ID_NONE)
            *ARENA_PUSH(d->run->arena, &left) = possible.items[i];
    tell_all(d, &people, (struct told){.from_ms = from_ms}, site);
    tell_all(d, &left, (struct told){.from_ms = from_ms, .possible = true}, site);
    d->incomplete = d->incomplete || access_profiles_failed(c->profiles);
}

bool diff_people_any(const struct diff_people *d)
{
    return d->told.n > 0;
}

struct people_count diff_people_count(const struct diff_people *d)
{
    struct intern gain = {.arena = d->run->arena}, lose = {.arena = d->run->arena};
    for (size_t i = 0; i < d->told.n; i++) {
        const struct told *t = &d->told.items[i];
        for (size_t k = 0; k < t->sentence.people.n && !t->possible; k++)
            intern_add(t->sentence.gained ? &gain : &lose, t->sentence.people.items[k]);
    }
    return (struct people_count){gain.n, lose.n};
}

/* --- text */

static void say(const struct diff_people *d, const struct told *t)
{
    auto_buf line = BUF_INIT((size_t)1 << 20);
    for (size_t i = 0; i < t->sites.n; i++)
        buf_fmt(&line, "%s%.*s", i ? ", " : "", STR_F(t->sites.items[i]));
    buf_c(&line, ": ");
    if (t->from_ms) {
        buf_c(&line, "from ");
        time_format(&line, t->from_ms, false);
        buf_c(&line, ": ");
    }
    policy_sentence_write(&t->sentence, &line);
    for (size_t i = 0; i < t->sentence.because.n; i++)
        buf_fmt(&line, "%s%.*s", i ? "; " : "\n      ", STR_F(t->sentence.because.items[i]));
    run_say_buf(d->run, &line);
}

void diff_people_say(struct diff_people *d)
{
    for (size_t possible = 0; possible < 2; possible++)
        for (size_t i = d->n_said; i < d->told.n; i++)
            if (d->told.items[i].possible == (possible == 1))
                say(d, &d->told.items[i]);
    d->n_said = d->told.n;
}

/* --- JSON */

static void permissions_json(struct json_out *j, const struct policy_sentence *s)
{
    json_key(j, "permissions");
    json_open_array(j);
    for (size_t i = 0; i < s->permissions.n; i++) {
        json_open_object(j);
        json_put_str(j, "verbs", s->permissions.items[i].verbs);
        json_put_str(j, "targets", s->permissions.items[i].targets);
        json_put_str_opt(j, "names", s->permissions.items[i].names);
        json_close_object(j);
    }
    json_close_array(j);
}

void diff_people_json(const struct diff_people *d)
{
    struct json_out *j = &d->run->json;
    json_key(j, "people");
    json_open_array(j);
    for (size_t i = 0; i < d->told.n; i++) {
        const struct told *t = &d->told.items[i];
        const struct policy_sentence *s = &t->sentence;
        json_open_object(j);
        json_put_str(j, "change", s->gained ? STR("gain") : STR("lose"));
        json_put_bool(j, "possible", t->possible);
        if (t->from_ms) {
            auto_buf time = BUF_INIT(64);
            time_format(&time, t->from_ms, false);
            json_put_str(j, "from", buf_str(&time));
        }
        json_put_strs(j, "sites", t->sites.items, t->sites.n);
        json_put_strs(j, "people", s->people.items, s->people.n);
        json_put_str(j, "what", s->what);
        json_put_strs(j, "namespaces", s->namespaces.items, s->namespaces.n);
        permissions_json(j, s);
        json_put_strs(j, "because", s->because.items, s->because.n);
        json_close_object(j);
    }
    json_close_array(j);
}
