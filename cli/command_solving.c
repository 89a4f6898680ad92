/* SPDX-License-Identifier: Apache-2.0 */
/* The library's option table in the form of argp; made at the first call. */
#include "command_solving.h"
#include <inttypes.h>
#include <string.h>

enum { KEY_OPTION = 0x900 };

/* The word of that place among those that '|' separates, and all behind it. */
static const char *word_at(const char *words, int64_t place) {
  for (; place > 0; place--)
    words = strchr(words, '|') + 1;
  return words;
}

/* "help (default 60 s)", where the default is a quantity or a word and not "none". */
static const char *option_help(const berth_option_info *info, char *text, size_t size) {
  if (info->unit == BERTH_UNIT_MILLISECONDS && info->initial > 0)
    snprintf(text, size, "%s (default %" PRId64 " s)", info->help, info->initial / 1000);
  else if (info->unit == BERTH_UNIT_WORD)
    snprintf(text, size, "%s (default %.*s)", info->help,
             (int)strcspn(word_at(info->metavar, info->initial), "|"),
             word_at(info->metavar, info->initial));
  else if (info->initial > 0)
    snprintf(text, size, "%s (default %" PRId64 ")", info->help, info->initial);
  else
    snprintf(text, size, "%s", info->help);
  return text;
}

static error_t parse_option(int key, char *argument, struct argp_state *state) {
  command_solving *solving = state->input;
  berth_option option = (berth_option)(key - KEY_OPTION);
  if (key < KEY_OPTION || key >= KEY_OPTION + BERTH_OPTION_COUNT)
    return ARGP_ERR_UNKNOWN;
  if (berth_options_parse(solving->ctx, solving->options, option, argument) != BERTH_OK)
    argp_error(state, "--%s", berth_context_detail(solving->ctx));
  return 0;
}

const struct argp *command_solving_argp(void) {
  static char help[BERTH_OPTION_COUNT][200];
  static struct argp_option options[BERTH_OPTION_COUNT + 2];
  static struct argp argp = {.options = options, .parser = parse_option};
  size_t count = 0;
  options[count++] = (struct argp_option){.doc = "Solving:", .group = 15};
  for (int i = 0; i < BERTH_OPTION_COUNT; i++) {
    const berth_option_info *info = berth_option_describe((berth_option)i);
    options[count++] = (struct argp_option){.name = info->name,
                                            .key = KEY_OPTION + i,
                                            .arg = info->metavar,
                                            .doc = option_help(info, help[i], sizeof help[i]),
                                            .group = 15};
  }
  options[count] = (struct argp_option){0};
  return &argp;
}
