/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Structs that begin with their size. The kernel of Linux hands structs over this way (openat2,
 * clone3): shorter ones are completed, longer ones must ask for nothing that is not known here.
 */
#include "versioned.h"
#include "context_internal.h"
#include <assert.h>
#include <string.h>

static uint32_t size_of(const void *given) {
  uint32_t size;
  memcpy(&size, given, sizeof size);
  return size;
}

/* Sizes far beyond any struct are what memory that was never initialised holds. */
static bool is_plausible(uint32_t given, versioned_size size) {
  return given >= size.least && given <= size.now + 4096;
}

static bool asks_for_more(const unsigned char *bytes, uint32_t given, uint32_t known) {
  for (uint32_t i = known; i < given; i++)
    if (bytes[i] != 0)
      return true;
  return false;
}

berth_status versioned_check(berth_context *ctx, const char *what, const void *given,
                             versioned_size size) {
  assert(what != NULL && size.least > sizeof(uint32_t) && size.least <= size.now);
  if (given == NULL || is_plausible(size_of(given), size))
    return BERTH_OK;
  return context_fail(ctx, BERTH_E_ARGUMENT, NULL,
                      "struct_size of %s is %lu; expected %lu, as its INIT macro sets it", what,
                      (unsigned long)size_of(given), (unsigned long)size.now);
}

berth_status versioned_read(berth_context *ctx, const char *what, const void *given, void *own,
                            versioned_size size) {
  assert(own != NULL && own != given);
  berth_status status = versioned_check(ctx, what, given, size);
  if (status != BERTH_OK || given == NULL)
    return status;
  uint32_t bytes = size_of(given);
  if (asks_for_more(given, bytes, size.now))
    return context_fail(ctx, BERTH_E_ARGUMENT, NULL,
                        "%s has fields beyond the %lu bytes that this library knows; expected "
                        "zeros there, or a later library",
                        what, (unsigned long)size.now);
  memcpy(own, given, bytes < size.now ? bytes : size.now);
  memcpy(own, &size.now, sizeof size.now);
  assert(size_of(own) == size.now);
  return BERTH_OK;
}

void versioned_write(void *given, const void *own, versioned_size size) {
  if (given == NULL)
    return;
  uint32_t bytes = size_of(given);
  assert(own != NULL && own != given && bytes >= size.least);
  bytes = bytes < size.now ? bytes : size.now;
  memcpy((char *)given + sizeof bytes, (const char *)own + sizeof bytes, bytes - sizeof bytes);
  assert(size_of(given) >= bytes);
}
