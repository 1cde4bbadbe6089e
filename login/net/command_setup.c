#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "login/net/commands.h"
#include "login/net/kubeconfig.h"
#include "login/os.h"

static struct str unless(struct str value, const char *usual)
{
    return str_is(value, usual) ? STR_NONE : value;
}

/* The first lotse-login in PATH; STR_NONE: none. */
static struct str in_path(struct context *c)
{
    struct str path = str_from(environment_get(c->environment, "PATH")), folder;
    char real[PATH_MAX];
    while (str_next(&path, ':', &folder)) {
        struct str name = arena_fmt(c->arena, "%.*s/lotse-login", STR_F(folder));
        if (folder.n > 0 && name.p && access(name.p, X_OK) == 0 && realpath(name.p, real))
            return arena_str(c->arena, str_from(real));
    }
    return STR_NONE;
}

/* A bare name when PATH leads to this very installation; programs with a desktop's short PATH get
 * the whole path. */
static struct str command_name(struct context *c)
{
    static const char *const places[] = {"/lotse-login", "/../../bin/lotse-login"};
    auto_buf folder = BUF_INIT(PATH_MAX);
    struct err e;
    char real[PATH_MAX];
    if (os_program_folder(&folder, &e) != 0)
        return STR("lotse-login");
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        struct str name = arena_fmt(c->arena, "%s%s", buf_cstr(&folder), places[i]);
        if (!name.p || !realpath(name.p, real))
            continue;
        return str_is(in_path(c), real) ? STR("lotse-login") : arena_str(c->arena, str_from(real));
    }
    return STR("lotse-login");
}

static const struct kubeconfig_site *plan_sites(struct context *c, const struct gateway *g,
                                                struct str profile)
{
    struct kubeconfig_site *sites = ARENA_ARRAY(c->arena, g->n_sites, struct kubeconfig_site);
    struct str prefix = option_get(c->options, OPTION_PREFIX);
    for (size_t i = 0; sites && i < g->n_sites; i++) {
        const struct site *from = &g->sites[i];
        struct str name = profile.n > 0
                              ? arena_fmt(c->arena, "%.*s%.*s-%.*s", STR_F(prefix),
                                          STR_F(from->name), STR_F(profile))
                              : arena_fmt(c->arena, "%.*s%.*s", STR_F(prefix), STR_F(from->name));
        sites[i] = (struct kubeconfig_site){
            .name = name,
            .user = arena_fmt(c->arena, "lotse-%.*s", STR_F(name)),
            .server = from->server,
            .audience = from->audience,
            .certificate_authority_data = from->certificate_authority_data,
        };
    }
    return sites;
}

static struct str ca_path(struct context *c)
{
    char real[PATH_MAX];
    const char *given = c->options->value[OPTION_CA_FILE];
    return given && realpath(given, real) ? arena_str(c->arena, str_from(real)) : STR_NONE;
}

static void report(const char *path, bool changed, const struct kubeconfig_plan *plan)
{
    auto_buf n = BUF_INIT(64);
    buf_fmt(&n, message_is_german() ? "%zu Cluster eingetragen" : "%zu clusters written",
            plan->n_sites);
    message_say(1, changed ? MESSAGE_SETUP_DONE : MESSAGE_SETUP_SAME, str_from(path), buf_str(&n));
    for (size_t i = 0; i < plan->n_sites; i++)
        message_say(1, MESSAGE_SETUP_SITE, plan->sites[i].name, plan->sites[i].server);
}

int command_setup(struct context *c)
{
    struct gateway g;
    struct err e;
    bool changed = false;
    auto_buf path = BUF_INIT(PATH_MAX);
    int code = command_find_issuer(c);
    if (code == EXIT_OK)
        code = gateway_discover(c, &g);
    if (code != EXIT_OK)
        return code;
    if (g.n_sites == 0)
        return context_fail(c, EXIT_USAGE, MESSAGE_NO_SITES, g.issuer, STR_NONE);
    gateway_store(c, &g);
    struct str profile = unless(g.profile, PROFILE_DEFAULT);
    struct kubeconfig_plan plan = {
        .issuer = g.issuer,
        .client_id = unless(g.client_id, CLIENT_ID_DEFAULT),
        .profile = profile,
        .ca_file = ca_path(c),
        .command = command_name(c),
        .sites = plan_sites(c, &g, profile),
        .n_sites = g.n_sites,
    };
    if (!plan.sites ||
        kubeconfig_path(c->options->value[OPTION_KUBECONFIG], c->environment, &path, &e) != 0 ||
        kubeconfig_update(buf_cstr(&path), &plan, c->arena, &changed, &e) != 0)
        return context_fail(c, EXIT_STORAGE, MESSAGE_KUBECONFIG, STR_C(e.text), STR_NONE);
    report(buf_cstr(&path), changed, &plan);
    return EXIT_OK;
}
