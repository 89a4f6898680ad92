/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EVC modes in the order in which each includes the ones before it, one list a vendor. The key of a
 * mode begins with the vendor.
 */
#include "vim25_build.h"

#include <assert.h>
#include <string.h>

static const char *const intel_modes[] = {
    "intel-merom",       "intel-penryn",      "intel-nehalem", "intel-westmere",
    "intel-sandybridge", "intel-ivybridge",   "intel-haswell", "intel-broadwell",
    "intel-skylake",     "intel-cascadelake", "intel-icelake", "intel-sapphirerapids",
};

static const char *const amd_modes[] = {
    "amd-rev-e",       "amd-rev-f",     "amd-greyhound-no3dnow",
    "amd-greyhound",   "amd-bulldozer", "amd-piledriver",
    "amd-steamroller", "amd-zen",       "amd-zen2",
    "amd-zen3",        "amd-zen4",
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bool find(const char *const *modes, size_t count, const char *key, int64_t *level) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(modes[i], key) == 0) {
      *level = (int64_t)i + 1;
      return true;
    }
  return false;
}

bool vim25_evc_level(const char *key, int64_t *level, const char **vendor) {
  assert(key != NULL && level != NULL && vendor != NULL);
  if (strncmp(key, "intel-", 6) == 0) {
    *vendor = "intel";
    return find(intel_modes, COUNT(intel_modes), key, level);
  }
  if (strncmp(key, "amd-", 4) == 0) {
    *vendor = "amd";
    return find(amd_modes, COUNT(amd_modes), key, level);
  }
  return false;
}
