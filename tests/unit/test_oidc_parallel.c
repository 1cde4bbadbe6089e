/* Many at once: one code, one refresh token, one guess, in a hundred hands. */
#include "tests/unit/oidc_asserts.h"

#include <pthread.h>

#define THREADS 8
#define TRIES   100 /* in all */

struct race {
    const struct ask *ask;
    atomic_int next, ok, refused, busy;
    struct str winners[TRIES]; /* bodies of the good answers */
    struct arena arenas[THREADS];
};
struct runner {
    struct race *race;
    size_t index;
    pthread_t thread;
};

static void *run(void *data)
{
    struct runner *runner = data;
    struct race *race = runner->race;
    struct arena *a = &race->arenas[runner->index];
    while (atomic_fetch_add(&race->next, 1) < TRIES) {
        struct reply reply;
        rig_ask_in(&rig.env, a, race->ask, &reply);
        if (reply.status == 200 || reply.status == 303)
            race->winners[atomic_fetch_add(&race->ok, 1)] = reply.body;
        else if (reply.status == 503)
            atomic_fetch_add(&race->busy, 1);
        else
            atomic_fetch_add(&race->refused, 1);
    }
    return NULL;
}

static void race_run(struct race *race, const struct ask *ask)
{
    struct runner runners[THREADS];
    *race = (struct race){.ask = ask};
    rig.env.random = &random_system; /* the seeded one is for one thread */
    for (size_t i = 0; i < THREADS; i++) {
        arena_init(&race->arenas[i], ARENA_NO_MAX);
        runners[i] = (struct runner){.race = race, .index = i};
        assert_int_equal(pthread_create(&runners[i].thread, NULL, run, &runners[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(runners[i].thread, NULL);
    rig.env.random = &rig.random.random;
}

static void race_end(struct race *race)
{
    for (size_t i = 0; i < THREADS; i++)
        arena_fini(&race->arenas[i]);
}

static void sec_032_one_of_a_hundred_redemptions_wins_and_the_replays_end_it(void **state)
{
    (void)state;
    struct race race;
    struct str code = rig_code(&rig, "spa", "scope=openid+offline_access", "ada");
    const struct ask ask = {
        .method = HTTP_POST,
        .path = "/token",
        .form = rig_fmt(
            &rig,
            "client_id=spa&grant_type=authorization_code&code=%.*s&code_verifier=" RIG_VERIFIER
            "&redirect_uri=https://spa.example/cb",
            STR_F(code)),
    };
    race_run(&race, &ask);
    assert_int_equal(race.ok, 1);
    assert_int_equal(race.refused, TRIES - 1);
    struct str refresh = rig_json_of(&rig, race.winners[0], "refresh_token");
    assert_error(rig_refresh(&rig, "spa", refresh, ""), 400,
                 "invalid_grant"); /* ninety-nine replays: all of it is dead */
    assert_int_equal(rig_userinfo(&rig, rig_json_of(&rig, race.winners[0], "access_token"))->status,
                     401);
    race_end(&race);
}

static void sec_049_a_hundred_refreshes_leave_one_live_token(void **state)
{
    (void)state;
    for (int round = 0; round < 3; round++) {
        struct race race;
        rig.session_cookie = STR_NONE;
        struct str token = rig_json(&rig, rig_tokens(&rig, "spa", "openid offline_access", "ada"),
                                    "refresh_token");
        const struct ask ask = {
            .method = HTTP_POST,
            .path = "/token",
            .form = rig_fmt(&rig, "client_id=spa&grant_type=refresh_token&refresh_token=%.*s",
                            STR_F(token)),
        };
        race_run(&race, &ask);
        assert_true(race.ok >= 1);
        assert_int_equal(race.refused, 0); /* nobody is taken for a thief: no successor was used */
        assert_int_equal(race.ok + race.busy, TRIES);
        /* of all successors at most one goes on: the first that is not the last one written ends
         * the family */
        int alive = 0;
        for (int i = race.ok - 1; i >= 0; i--)
            alive +=
                rig_refresh(&rig, "spa", rig_json_of(&rig, race.winners[i], "refresh_token"), "")
                    ->status == 200;
        assert_true(alive <= 1);
        race_end(&race);
    }
}

static void parallel_guesses_do_not_outrun_the_throttle(void **state)
{
    (void)state;
    struct race race;
    struct reply *form =
        rig_ask(&rig, &(struct ask){.path = "/auth", .query = rig_query(&rig, "app", "")});
    rig.directory.login[ADA] = CONNECTOR_WRONG_PASSWORD;
    const struct ask ask = {
        .method = HTTP_POST,
        .path = "/auth/login",
        .form =
            rig_fmt(&rig, "state=%.*s&login=ada&password=guess", STR_F(rig_form_state(&rig, form))),
        .cookie = str_from(rig_fmt(&rig, "__Host-lotse-login=%.*s", STR_F(rig.login_cookie))),
    };
    race_run(&race, &ask);
    assert_int_equal(race.ok, 0);
    assert_true(rig.directory.binds >= 1 && rig.directory.binds <= 6);
    race_end(&race);
}

static void sessions_used_in_parallel_stay_whole(void **state)
{
    (void)state;
    struct race race;
    rig_code(&rig, "app", "", "ada");
    rig_pass(&rig, 61000); /* every one of them asks the directory and writes the session */
    const struct ask ask = {
        .path = "/auth",
        .query = rig_query(&rig, "app", ""),
        .cookie = str_from(rig_fmt(&rig, "__Host-lotse-session=%.*s", STR_F(rig.session_cookie))),
    };
    race_run(&race, &ask);
    assert_int_equal(race.ok, TRIES);
    race_end(&race);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sec_032_one_of_a_hundred_redemptions_wins_and_the_replays_end_it),
        TEST(sec_049_a_hundred_refreshes_leave_one_live_token),
        TEST(parallel_guesses_do_not_outrun_the_throttle),
        TEST(sessions_used_in_parallel_stay_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
