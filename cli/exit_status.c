/* SPDX-License-Identifier: Apache-2.0 */
/* One table for the manual pages and the reference. */
#include "exit_status.h"

const exit_status_row *exit_status_table(void) {
  static const exit_status_row rows[] = {
      {COMMAND_DONE, "answered, everything done"},
      {COMMAND_NOT_ALL, "answered, but something could not be done"},
      {COMMAND_UNDECIDED, "undecided within the limits"},
      {COMMAND_USAGE, "wrong usage"},
      {COMMAND_BAD_INPUT, "an input is not valid"},
      {COMMAND_NO_INPUT, "an input cannot be read"},
      {COMMAND_INTERNAL, "internal error, or out of memory"},
      {COMMAND_NO_OUTPUT, "an output cannot be created"},
      {COMMAND_OUTPUT_CUT, "an output cannot be written completely"},
      {0, NULL}};
  return rows;
}
