/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hwloc, asked for its own document, so that this machine is read as any other.
 */
#include "this_host.h"

#include "context_internal.h"
#include <assert.h>
#include <hwloc.h>
#include <string.h>

static berth_status copy_out(berth_context *ctx, const char *text, int length, char **xml,
                             size_t *size) {
  assert(text != NULL && length >= 0);
  /* hwloc counts the final NUL, which is no part of the document. */
  *size = strnlen(text, (size_t)length);
  *xml = context_take(ctx, *size + 1, 1);
  if (*xml == NULL)
    return BERTH_E_NOMEM;
  memcpy(*xml, text, *size);
  return BERTH_OK;
}

berth_status this_host_describe(berth_context *ctx, char **xml, size_t *size) {
  const berth_position position = {.source = "this host"};
  hwloc_topology_t topology = NULL;
  char *text = NULL;
  int length = 0;
  assert(ctx != NULL && xml != NULL && size != NULL);
  *xml = NULL;
  *size = 0;
  berth_status status = BERTH_OK;
  if (hwloc_topology_init(&topology) != 0)
    return context_fail(ctx, BERTH_E_NOMEM, NULL, "out of memory");
  if (hwloc_topology_load(topology) != 0 ||
      hwloc_topology_export_xmlbuffer(topology, &text, &length, 0) != 0)
    status = context_fail(ctx, BERTH_E_READ, &position, "hwloc cannot tell what it is made of");
  else
    status = copy_out(ctx, text, length, xml, size);
  if (text != NULL)
    hwloc_free_xmlbuffer(topology, text);
  hwloc_topology_destroy(topology);
  return status;
}
