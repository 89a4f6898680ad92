/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The C library lets a program bring its own malloc; every library then uses it, the C library
 * included. This one hands on to the C library's under its other names, which only glibc has.
 */
#define _GNU_SOURCE /* dladdr */
#include "failing_malloc.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *memory, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);
void __libc_free(void *memory);

/* Seen by the libraries. */
#pragma GCC visibility push(default)
void *malloc(size_t bytes);
void *calloc(size_t count, size_t bytes);
void *realloc(void *memory, size_t bytes);
void *memalign(size_t alignment, size_t bytes);
void *aligned_alloc(size_t alignment, size_t bytes);
int posix_memalign(void **out, size_t alignment, size_t bytes);
void free(void *memory);
#pragma GCC visibility pop

static _Atomic uint64_t calls, fails_at;
static _Atomic int kind_of_failure;
static _Atomic int64_t live, lost;
static _Atomic bool struck;

static bool fails(void) {
  uint64_t nth = atomic_load(&fails_at), now = atomic_fetch_add(&calls, 1) + 1;
  if (nth == 0 || now < nth || (now > nth && atomic_load(&kind_of_failure) == (int)FAILING_ONCE))
    return false;
  atomic_store(&struck, true);
  errno = ENOMEM;
  return true;
}

static void *counted(void *memory) {
  if (memory != NULL)
    atomic_fetch_add(&live, 1);
  return memory;
}

/* GLPK takes a block out of its list before it asks for a larger one, and forgets it then. */
static void note_lost(const void *caller) {
  Dl_info info;
  if (dladdr(caller, &info) != 0 && strstr(info.dli_fname, "libglpk") != NULL)
    atomic_fetch_add(&lost, 1);
}

void *malloc(size_t bytes) {
  return fails() ? NULL : counted(__libc_malloc(bytes));
}

void *calloc(size_t count, size_t bytes) {
  return fails() ? NULL : counted(__libc_calloc(count, bytes));
}

void *realloc(void *memory, size_t bytes) {
  if (memory == NULL)
    return malloc(bytes);
  if (bytes == 0) { /* what glibc does */
    free(memory);
    return NULL;
  }
  if (!fails())
    return __libc_realloc(memory, bytes);
  note_lost(__builtin_return_address(0));
  return NULL;
}

void *memalign(size_t alignment, size_t bytes) {
  return fails() ? NULL : counted(__libc_memalign(alignment, bytes));
}

void *aligned_alloc(size_t alignment, size_t bytes) {
  return memalign(alignment, bytes);
}

int posix_memalign(void **out, size_t alignment, size_t bytes) {
  void *memory = memalign(alignment, bytes);
  if (memory == NULL)
    return ENOMEM;
  *out = memory;
  return 0;
}

void free(void *memory) {
  int error = errno;
  if (memory != NULL)
    atomic_fetch_sub(&live, 1);
  __libc_free(memory);
  errno = error;
}

void failing_malloc_arm(uint64_t nth, failing_kind kind) {
  atomic_store(&fails_at, 0);
  atomic_store(&struck, false);
  atomic_store(&kind_of_failure, (int)kind);
  atomic_store(&calls, 0);
  atomic_store(&fails_at, nth);
}

uint64_t failing_malloc_disarm(void) {
  atomic_store(&fails_at, 0);
  return atomic_load(&calls);
}

bool failing_malloc_struck(void) {
  return atomic_load(&struck);
}

int64_t failing_malloc_live(void) {
  return atomic_load(&live) - atomic_load(&lost);
}
