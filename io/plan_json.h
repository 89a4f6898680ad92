/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file plan_json.h
 * What the writer and the reader of JSON plans must agree on: the schema's name and the fields of a
 * scenario's events, each once.
 */
#ifndef BERTH_IO_PLAN_JSON_H
#define BERTH_IO_PLAN_JSON_H

#define PLAN_JSON_SCHEMA "berth-plan/1"

/** X("key", field of berth_event) for the texts of an event. */
#define PLAN_JSON_EVENT_TEXTS(X)                                                                   \
  X("host", host)                                                                                  \
  X("vm", vm)                                                                                      \
  X("like", like)                                                                                  \
  X("id", id)                                                                                      \
  X("cluster", cluster)                                                                            \
  X("chassis", chassis)                                                                            \
  X("rack", rack)                                                                                  \
  X("site", site)                                                                                  \
  X("attribute", attribute)                                                                        \
  X("value", value)                                                                                \
  X("storage", storage)

/** X("key", field of berth_event, value that is not written) for its numbers. */
#define PLAN_JSON_EVENT_NUMBERS(X)                                                                 \
  X("at", at, BERTH_UNSET)                                                                         \
  X("count", count, 1)                                                                             \
  X("cpuMhz", cpu_mhz, BERTH_UNSET)                                                                \
  X("memoryMib", memory_mib, BERTH_UNSET)                                                          \
  X("after", after, BERTH_UNSET)

#endif
