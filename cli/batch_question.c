/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The question in words. It stands at the head of the journal, so that a batch that is resumed with
 * another one can say what differs.
 */
#include "batch_question.h"
#include "batch_hash.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const char *batch_ask_word(batch_ask ask) {
  static const char *const words[BATCH_ASK_COUNT] = {"plan", "audit"};
  return words[ask];
}

/* Quoted where needed to tell where it ends; one line whatever is in it. */
static void put_value(FILE *out, const char *name, const char *value) {
  fprintf(out, " --%s=", name);
  for (; *value != '\0'; value++) {
    if ((unsigned char)*value <= ' ' || *value == '\\' || *value == 127)
      fprintf(out, "\\x%02x", (unsigned char)*value);
    else
      fputc(*value, out);
  }
}

/* A file counts with its content. False: it cannot be read, which is said. */
static bool put_file(FILE *out, const char *name, const char *path) {
  uint64_t hash = BATCH_HASH_EMPTY;
  if (!batch_hash_file(path, &hash)) {
    command_say("%s: %s", path, strerror(errno));
    return false;
  }
  put_value(out, name, path);
  fprintf(out, "#%016" PRIx64, hash);
  return true;
}

static void put_options(FILE *out, const berth_options *options) {
  for (int i = 0; i < BERTH_OPTION_COUNT; i++) {
    const berth_option_info *info = berth_option_describe((berth_option)i);
    int64_t usual = i == BERTH_OPTION_THREADS ? 1 : info->initial;
    if (options->value[i] != usual)
      fprintf(out, " --%s=%" PRId64 "%s", info->name, options->value[i],
              info->unit == BERTH_UNIT_MILLISECONDS ? "ms" : "");
  }
}

static bool put_source(FILE *out, const command_source *source) {
  if (source->dialect != BERTH_DIALECT_AUTO)
    put_value(out, "from", berth_dialect_word(source->dialect));
  for (uint32_t i = 0; i < source->appliance_count; i++)
    if (!put_file(out, "appliance", source->appliances[i]))
      return false;
  if (source->into != NULL)
    put_value(out, "into", source->into);
  if (source->has_host_notify_timeout)
    fprintf(out, " --host-notify-timeout=%" PRId64, source->host_notify_timeout);
  if (source->verbose)
    fputs(" --verbose", out);
  return true;
}

static bool put_changes(FILE *out, const command_changes *changes) {
  if (changes->scenario_path != NULL && !put_file(out, "scenario", changes->scenario_path))
    return false;
  for (size_t i = 0; i < changes->count; i++)
    put_value(out, command_change_option(&changes->changes[i]), changes->changes[i].argument);
  return true;
}

int batch_question_text(const batch_question *q, char **text) {
  size_t size = 0;
  int exit_status = COMMAND_INTERNAL;
  *text = NULL;
  FILE *out = open_memstream(text, &size);
  if (out == NULL)
    return exit_status;
  fputs(batch_ask_word(q->ask), out);
  if (q->ask == BATCH_ASK_PLAN && !q->plan.infer_goal)
    put_value(out, "goal", berth_goal_word(q->plan.goal));
  if (q->ask == BATCH_ASK_AUDIT)
    fprintf(out, " --failures=%" PRIu32 " --domain=%s", q->audit.failures,
            berth_domain_word(q->audit.domain));
  if (q->brief)
    fputs(" --brief", out);
  put_options(out, &q->options);
  bool read = put_source(out, &q->source) && put_changes(out, &q->changes);
  if (fclose(out) == 0 && *text != NULL)
    exit_status = read ? COMMAND_DONE : COMMAND_NO_INPUT;
  if (exit_status != COMMAND_DONE) {
    free(*text);
    *text = NULL;
  }
  return exit_status;
}
