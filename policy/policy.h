#pragma once
/*
 * The policy compiler, four stages that know each other only through their results:
 *
 *     text --policy_read--> policy_tree --policy_resolve--> policy --policy_emit--> rbac_set per
 * site --access_new--> cells
 *
 * Pure: no files, no network, no clock. Everything lives in the caller's arena, which must be
 * without a ceiling (ARENA_NO_MAX): what comes in is bounded by the limits of the YAML and JSON
 * readers. Called by lotse-policy, by the gateway's snapshot (read only) and by tests; one thread
 * per arena. The language: docs/policy.md.
 */
#include "policy/analysis/policy_mutate.h"
#include "policy/analysis/policy_tests.h"
#include "policy/analysis/policy_who_can.h"
#include "policy/emit/policy_emit.h"
#include "policy/emit/policy_lock.h"
#include "policy/language/policy_read.h"
