/* SPDX-License-Identifier: Apache-2.0 */
/* Names and sentences of the status codes, from the one table in status.h. */
#include <berth/status.h>

const char *berth_status_name(berth_status status) {
  switch (status) {
#define STATUS_NAME(constant, value, name, sentence)                                               \
  case constant:                                                                                   \
    return name;
    BERTH_STATUS_TABLE(STATUS_NAME)
#undef STATUS_NAME
  }
  return "unknown";
}

const char *berth_status_text(berth_status status) {
  switch (status) {
#define STATUS_TEXT(constant, value, name, sentence)                                               \
  case constant:                                                                                   \
    return sentence;
    BERTH_STATUS_TABLE(STATUS_TEXT)
#undef STATUS_TEXT
  }
  return "this is no status of berth";
}
