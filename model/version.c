/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Version of the library that runs, as against the macros of the header, which tell what a program
 * was compiled with.
 */
#include <berth/version.h>

const char *berth_version(void) {
  return BERTH_VERSION;
}

bool berth_version_at_least(int major, int minor, int patch) {
  if (major != BERTH_VERSION_MAJOR)
    return BERTH_VERSION_MAJOR > major;
  if (minor != BERTH_VERSION_MINOR)
    return BERTH_VERSION_MINOR > minor;
  return BERTH_VERSION_PATCH >= patch;
}
