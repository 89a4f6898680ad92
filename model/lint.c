/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is probably not meant: the table of findings, and the order in which they are looked for. Of
 * each code the first few findings are told and the others counted, since one mistake in a large
 * inventory is found ten thousand times.
 */
#include "context_internal.h"
#include "lint_internal.h"
#include "versioned.h"
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* About a second. Ordinary inventories take a few looks a VM. */
static const int64_t looks_allowed = 60000000;

typedef struct lint_row {
  const char *word, *meaning;
  berth_severity severity;
} lint_row;

static const lint_row rows[BERTH_LINT_COUNT] = {
#define LINT_ROW(constant, value, severity_, word_, meaning_)                                      \
  [constant] = {.word = (word_), .meaning = (meaning_), .severity = (severity_)},
    BERTH_LINT_TABLE(LINT_ROW)
#undef LINT_ROW
};

static bool is_code(berth_lint_code code) {
  return (unsigned)code < (unsigned)BERTH_LINT_COUNT;
}

const char *berth_lint_word(berth_lint_code code) {
  return is_code(code) ? rows[code].word : NULL;
}

const char *berth_lint_meaning(berth_lint_code code) {
  return is_code(code) ? rows[code].meaning : NULL;
}

berth_severity berth_lint_severity(berth_lint_code code) {
  return is_code(code) ? rows[code].severity : BERTH_NOTE;
}

bool berth_lint_parse(const char *word, berth_lint_code *code) {
  assert(word != NULL && code != NULL);
  for (int i = 0; i < BERTH_LINT_COUNT; i++)
    if (strcmp(rows[i].word, word) == 0) {
      *code = (berth_lint_code)i;
      return true;
    }
  return false;
}

/* ---------------------------------------------------------------------------- telling */

linting lint_begin(berth_context *ctx, const berth_inventory *inventory,
                   const berth_lint_request *request) {
  static const berth_lint_request defaults = BERTH_LINT_REQUEST_INIT;
  static_assert(BERTH_LINT_COUNT <= 64, "codes are bits of a word");
  linting lint = {.ctx = ctx, .inventory = inventory, .work = looks_allowed};
  assert(ctx != NULL && inventory != NULL);
  lint.request = request != NULL ? *request : defaults;
  arena_init(&lint.memory, context_allocator(ctx));
  return lint;
}

berth_status lint_end(linting *lint, bool complete) {
  assert(lint != NULL);
  lint_close(lint);
  arena_free(&lint->memory);
  if (complete && !lint->lost)
    return BERTH_OK;
  return context_fail(lint->ctx, BERTH_E_NOMEM, NULL, "out of memory while looking for findings");
}

static bool is_ignored(const linting *lint, berth_lint_code code) {
  assert(is_code(code));
  return (lint->request.ignored >> code & 1) != 0;
}

bool lint_shows(const linting *lint, berth_lint_code code) {
  return !is_ignored(lint, code) &&
         (lint->request.most == 0 || lint->found[code] < lint->request.most);
}

void lint_find(linting *lint, berth_lint_code code, const char *format, ...) {
  char text[768];
  va_list arguments;
  bool shown = lint_shows(lint, code);
  assert(format != NULL);
  lint->found[code]++;
  if (!shown)
    return;
  lint->closed[code]++;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  const berth_position position = {.source = lint->request.source};
  if (!context_finding(lint->ctx, rows[code].severity, rows[code].word, &position, "%s", text))
    lint->lost = true;
}

void lint_close(linting *lint) {
  const berth_position position = {.source = lint->request.source};
  for (int i = 0; i < BERTH_LINT_COUNT; i++) {
    uint32_t more = lint->found[i] - lint->closed[i];
    assert(lint->found[i] >= lint->closed[i]);
    lint->closed[i] = lint->found[i];
    if (more > 0 && !is_ignored(lint, (berth_lint_code)i) &&
        !context_finding(lint->ctx, rows[i].severity, rows[i].word, &position,
                         "%" PRIu32 " more finding%s like %s", more, more == 1 ? "" : "s",
                         lint->request.most == 1 ? "this" : "these"))
      lint->lost = true;
  }
}

/* ---------------------------------------------------------------------------- what lints ask */

bool lint_serves(const berth_inventory *inventory, uint32_t host) {
  assert(host < inventory->host_count);
  return inventory->host_state[host] == BERTH_HOST_ONLINE ||
         (inventory->host_state[host] == BERTH_HOST_STANDBY &&
          inventory->host_wake[host] != BERTH_WAKE_NONE);
}

bool lint_is_restarted(const berth_inventory *inventory, const frozen_cluster *cluster,
                       uint32_t vm) {
  assert(vm >= cluster->first_vm && vm - cluster->first_vm < cluster->vm_count);
  return cluster->set_up.ha_enabled && inventory->vm_power[vm] == BERTH_POWER_ON &&
         inventory->vm_priority[vm] != BERTH_PRIORITY_DISABLED;
}

/* ---------------------------------------------------------------------------- all of them */

berth_status berth_lint(berth_context *ctx, const berth_inventory *inventory,
                        const berth_lint_request *request) {
  typedef void lint_function(linting *);
  static lint_function *const before[] = {lint_rules_leave_no_host, lint_pinned_to_one_host,
                                          lint_apart_not_kept_by_ha};
  static lint_function *const after[] = {lint_high_availability, lint_dedicated_hosts, lint_power,
                                         lint_notification};
  assert(ctx != NULL);
  if (inventory == NULL)
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL, "no inventory");
  berth_lint_request own = BERTH_LINT_REQUEST_INIT;
  berth_status status = versioned_read(ctx, "a request for findings", request, &own,
                                       VERSIONED_SIZE(berth_lint_request, source));
  if (status != BERTH_OK)
    return status;
  berth_context_clear(ctx);
  linting lint = lint_begin(ctx, inventory, &own);
  for (size_t i = 0; i < sizeof before / sizeof *before; i++)
    before[i](&lint);
  bool complete = lint_room(&lint);
  for (size_t i = 0; i < sizeof after / sizeof *after && complete; i++)
    after[i](&lint);
  complete = complete && lint_numa(&lint);
  return lint_end(&lint, complete);
}
