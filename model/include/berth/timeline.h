/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file timeline.h
 * What high availability does, second by second, when hosts fail, are isolated and come back: when
 * it notices, what it restarts where, which attempts fail, and for how long each VM was down.
 * docs/model.md §16 says what is modelled. Made by berth_timeline_run() (timeline_run.h).
 */
#ifndef BERTH_TIMELINE_H
#define BERTH_TIMELINE_H

#include <berth/inventory.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Every constant of HA: X(constant, value, "name", default in seconds, "eras", "source", "meaning").
 * Sources: D = the vendor's documentation, B = books and blogs of HA engineers, I = our inference.
 * What an inventory says itself (restartSeconds, restartTimeout, postReadyDelay, restartsPerHost,
 * wakeSeconds) stands there. Values are part of the ABI: append, never renumber.
 */
#define BERTH_TIMING_TABLE(X)                                                                      \
  X(BERTH_TIMING_HEARTBEAT, 0, "heartbeat", 1, "all", "D", "hosts send heartbeats this often")     \
  X(BERTH_TIMING_AAM_SILENCE, 1, "aam-silence", 12, "aam", "D",                                    \
    "a host that hears nothing for so long pings its isolation addresses")                         \
  X(BERTH_TIMING_AAM_ISOLATION, 2, "aam-isolation", 14, "aam", "D", "isolation response")          \
  X(BERTH_TIMING_AAM_FAILED, 3, "aam-failed", 15, "aam", "D",                                      \
    "a silent host counts as failed, and its VMs are restarted")                                   \
  X(BERTH_TIMING_FDM_FAILED, 4, "fdm-failed", 18, "fdm", "B",                                      \
    "a secondary that reaches a datastore, silent there too, counts as failed")                    \
  X(BERTH_TIMING_FDM_FAILED_BLIND, 5, "fdm-failed-blind", 15, "fdm", "B",                          \
    "a secondary without heartbeat datastores counts as failed")                                   \
  X(BERTH_TIMING_FDM_ELECTION, 6, "fdm-election", 35, "fdm", "B",                                  \
    "after the primary is lost another acts")                                                      \
  X(BERTH_TIMING_FDM_ISOLATION, 7, "fdm-isolation", 60, "fdm", "B",                                \
    "isolation response of a secondary")                                                           \
  X(BERTH_TIMING_FDM_ISOLATION_PRIMARY, 8, "fdm-isolation-primary", 35, "fdm", "B",                \
    "isolation response of the primary")                                                           \
  X(BERTH_TIMING_FDM_PLACEMENT, 9, "fdm-placement", 15, "fdm", "B",                                \
    "from knowing that a VM is down to its first attempt: 10 to 15, the later one is taken")       \
  X(BERTH_TIMING_SHUTDOWN, 10, "shutdown", 60, "all", "I",                                         \
    "how long a guest takes to shut down")                                                         \
  X(BERTH_TIMING_FORCED_OFF, 11, "forced-off", 300, "all", "D",                                    \
    "a guest that has not shut down by then is powered off")                                       \
  X(BERTH_TIMING_ATTEMPT_2, 12, "attempt-2", 120, "all", "B", "second attempt, after the first")   \
  X(BERTH_TIMING_ATTEMPT_3, 13, "attempt-3", 360, "all", "B", "third attempt, after the first")    \
  X(BERTH_TIMING_ATTEMPT_4, 14, "attempt-4", 840, "all", "B", "fourth attempt, after the first")   \
  X(BERTH_TIMING_ATTEMPT_5, 15, "attempt-5", 1800, "all", "B",                                     \
    "fifth and last attempt, after the first")                                                     \
  X(BERTH_TIMING_GUEST_HEARTBEAT, 16, "guest-heartbeat", 30, "fdm65", "I",                         \
    "from power-on to the first heartbeat of the guest")                                           \
  X(BERTH_TIMING_APP_HEARTBEAT, 17, "app-heartbeat", 60, "fdm65", "I",                             \
    "from power-on to the first heartbeat of the application")                                     \
  X(BERTH_TIMING_LOCK_EXPIRY, 18, "lock-expiry", 15, "all", "I",                                   \
    "disk locks of a host without storage no longer hold")                                         \
  X(BERTH_TIMING_APD_TIMEOUT, 19, "apd-timeout", 140, "fdm", "D",                                  \
    "all paths down: storage counts as lost")                                                      \
  X(BERTH_TIMING_APD_DELAY, 20, "apd-delay", 180, "fdm", "D",                                      \
    "after that, component protection ends the VMs")                                               \
  X(BERTH_TIMING_PDL, 21, "pdl", 0, "fdm", "D",                                                    \
    "permanent device loss: component protection ends the VMs")

/** A row of the table. */
typedef enum berth_timing_name {
#define BERTH_TIMING_ENUM(constant, value, name, seconds, eras, source, meaning) constant = value,
  BERTH_TIMING_TABLE(BERTH_TIMING_ENUM)
#undef BERTH_TIMING_ENUM
      BERTH_TIMING_COUNT
} berth_timing_name;

/** What the table says about one constant. All strings are static. */
typedef struct berth_timing_info {
  const char *name;
  int64_t seconds;
  const char *eras, *source, *meaning;
} berth_timing_info;

/** Seconds of all constants, indexed by ::berth_timing_name. Fill with berth_ha_timing_init(). Its
 *  size never changes: there is room for constants to come. */
typedef struct berth_ha_timing {
  int64_t seconds[64];
} berth_ha_timing;

/** Most seconds that a constant can have: a year. */
#define BERTH_TIMING_MAX INT64_C(31536000)

/** Row of @p name, or NULL if there is none. Static. Any thread. */
BERTH_EXPORT const berth_timing_info *berth_timing_describe(berth_timing_name name);

/** Sets every constant to its default. */
BERTH_EXPORT void berth_ha_timing_init(berth_ha_timing *timing);

/** Finds a constant by name. False if there is none. Any thread. */
BERTH_EXPORT bool berth_timing_parse(const char *word, berth_timing_name *name);

/**
 * What happens on a timeline: X(constant, value, "word"). The comment says which of host, vm,
 * other (a host) and number an event has. Values are part of the ABI.
 */
#define BERTH_MOMENT_TABLE(X)                                                                      \
  X(BERTH_MOMENT_HA_OFF, 0, "ha-off")                 /* nothing is restarted */                   \
  X(BERTH_MOMENT_HOST_FAILS, 1, "host-fails")         /* host */                                   \
  X(BERTH_MOMENT_HOST_ISOLATED, 2, "host-isolated")   /* host */                                   \
  X(BERTH_MOMENT_HOST_RECOVERS, 3, "host-recovers")   /* host */                                   \
  X(BERTH_MOMENT_HOST_MAINTENANCE, 4, "maintenance")  /* host */                                   \
  X(BERTH_MOMENT_HOST_STANDBY, 5, "standby")          /* host */                                   \
  X(BERTH_MOMENT_HOST_ONLINE, 6, "online")            /* host */                                   \
  X(BERTH_MOMENT_HOST_REMOVED, 7, "host-removed")     /* host */                                   \
  X(BERTH_MOMENT_VM_REBOOTS, 8, "reboot")             /* vm, host */                               \
  X(BERTH_MOMENT_VM_DOWN, 9, "vm-down")               /* vm, host; text: why */                    \
  X(BERTH_MOMENT_VM_UP, 10, "vm-up")                  /* vm, host: goes on where it is */          \
  X(BERTH_MOMENT_SILENCE, 11, "silence")              /* host hears nothing: asks its addresses */ \
  X(BERTH_MOMENT_FOUND_FAILED, 12, "found-failed")    /* host */                                   \
  X(BERTH_MOMENT_FOUND_ISOLATED, 13, "found-isolated") /* host */                                  \
  X(BERTH_MOMENT_RESPONSE, 14, "isolation-response")  /* host; text: which */                      \
  X(BERTH_MOMENT_FORCED_OFF, 15, "forced-off")        /* vm, host */                               \
  X(BERTH_MOMENT_LOCKS_EXPIRE, 16, "locks-expire")    /* host */                                   \
  X(BERTH_MOMENT_PRIMARIES, 17, "primaries")          /* text: who */                              \
  X(BERTH_MOMENT_SHARED_CHASSIS, 18, "primaries-share-chassis") /* number; text: the chassis */    \
  X(BERTH_MOMENT_PRIMARY, 19, "primary")              /* host acts as the (active) primary */      \
  X(BERTH_MOMENT_PROMOTED, 20, "promoted")            /* host is a primary; other: removed */      \
  X(BERTH_MOMENT_PROTECTION_LOST, 21, "protection-lost") /* nobody restarts anything */            \
  X(BERTH_MOMENT_ATTEMPT, 22, "attempt")              /* vm, host, number of the attempt */        \
  X(BERTH_MOMENT_ATTEMPT_FAILS, 23, "attempt-fails")  /* vm, host, number; text: why */            \
  X(BERTH_MOMENT_RESTARTED, 24, "restarted")          /* vm, host, number */                       \
  X(BERTH_MOMENT_READY, 25, "ready")                  /* vm, host */                               \
  X(BERTH_MOMENT_SPLIT_BRAIN, 26, "split-brain")      /* vm on host, and still on other */         \
  X(BERTH_MOMENT_OLD_COPY_ENDS, 27, "old-copy-ends")  /* vm, host; text: why */                    \
  X(BERTH_MOMENT_WAITS, 28, "waits")                  /* vm has no host; text: why */              \
  X(BERTH_MOMENT_GAVE_UP, 29, "gave-up")              /* vm, number of attempts */                 \
  X(BERTH_MOMENT_NOT_RESTARTED, 30, "not-restarted")  /* vm; text: why */                          \
  X(BERTH_MOMENT_APPROVAL_WAKE, 31, "approval-wake")  /* host; a person must agree */              \
  X(BERTH_MOMENT_APPROVAL_MIGRATE, 32, "approval-migrate") /* vm from host to other */             \
  X(BERTH_MOMENT_APPROVED, 33, "approved")                                                         \
  X(BERTH_MOMENT_WAKE_BEGINS, 34, "wake-begins")      /* host */                                   \
  X(BERTH_MOMENT_WAKE_ENDS, 35, "wake-ends")          /* host */                                   \
  X(BERTH_MOMENT_MIGRATION_BEGINS, 36, "migration-begins") /* vm from host to other */             \
  X(BERTH_MOMENT_MIGRATION_ENDS, 37, "migration-ends") /* vm from host to other */                 \
  X(BERTH_MOMENT_MIGRATION_FAILS, 38, "migration-fails") /* vm from host to other */              \
  X(BERTH_MOMENT_IGNORED, 39, "ignored")              /* an event cannot happen; text: why */

/** Kind of an event. */
typedef enum berth_moment_kind {
#define BERTH_MOMENT_ENUM(constant, value, word) constant = value,
  BERTH_MOMENT_TABLE(BERTH_MOMENT_ENUM)
#undef BERTH_MOMENT_ENUM
      BERTH_MOMENT_COUNT
} berth_moment_kind;

/** Something that happens. Texts are borrowed from the timeline; NULL = none. */
typedef struct berth_moment {
  int64_t at; /**< seconds from the start */
  berth_moment_kind kind;
  uint32_t cluster;
  uint32_t host, vm, other; /**< BERTH_NONE = none */
  uint32_t number;          /**< of an attempt, of primaries; 0 = none */
  const char *text;         /**< a reason or an addition, no sentence of its own */
} berth_moment;

/** X(constant, value, "word"): what a bar of the picture shows. Values are part of the ABI. */
#define BERTH_SPAN_TABLE(X)                                                                        \
  X(BERTH_SPAN_RUNS, 0, "runs")         /* vm on host */                                           \
  X(BERTH_SPAN_DOWN, 1, "down")         /* vm; host where it was */                                \
  X(BERTH_SPAN_STARTS, 2, "starts")     /* vm on host: down, its power-on is under way */          \
  X(BERTH_SPAN_OLD_COPY, 3, "old-copy") /* vm still on host, though restarted elsewhere */         \
  X(BERTH_SPAN_MOVES, 4, "moves")       /* vm runs on host while it is migrated */                 \
  X(BERTH_SPAN_HOST, 5, "host")         /* host in `state` */

/** What a bar of the picture shows. */
typedef enum berth_span_kind {
#define BERTH_SPAN_ENUM(constant, value, word) constant = value,
  BERTH_SPAN_TABLE(BERTH_SPAN_ENUM)
#undef BERTH_SPAN_ENUM
      BERTH_SPAN_COUNT
} berth_span_kind;

/** From `from` until `to` something holds. */
typedef struct berth_span {
  berth_span_kind kind;
  uint32_t host, vm;      /**< BERTH_NONE = none */
  berth_host_state state; /**< of a host */
  int64_t from, to;       /**< seconds */
} berth_span;

/** A VM that was down, or that HA had to do with. Its `why` is borrowed. */
typedef struct berth_outage {
  uint32_t vm;
  uint32_t count;     /**< how often it was down */
  int64_t seconds;    /**< in all, until the end of the timeline */
  int64_t down_at;    /**< first; BERTH_UNSET = never was down */
  int64_t up_at;      /**< last; BERTH_UNSET = is down at the end, or never was */
  int64_t ready_at;   /**< last, by the cluster's condition; BERTH_UNSET = not */
  bool down;          /**< at the end */
  uint32_t attempts;  /**< to restart it, in all */
  uint32_t from, host; /**< where it was, and where it runs at the end; BERTH_NONE = nowhere */
  const char *why;    /**< of one that is down at the end; else NULL */
} berth_outage;

/** Opaque, immutable once made. */
typedef struct berth_timeline berth_timeline;

/** Words of the tables; NULL outside them. Static. Any thread. */
BERTH_EXPORT const char *berth_moment_word(berth_moment_kind kind);
BERTH_EXPORT const char *berth_span_word(berth_span_kind kind);

/** NULL is harmless. */
BERTH_EXPORT void berth_timeline_free(berth_timeline *timeline);

/** The inventory as the timeline begins; indices are into it. Borrowed. */
BERTH_EXPORT const berth_inventory *berth_timeline_inventory(const berth_timeline *timeline);
/** Name of the scenario, or "". Borrowed. */
BERTH_EXPORT const char *berth_timeline_name(const berth_timeline *timeline);
/** The constants it was made with. Borrowed. */
BERTH_EXPORT const berth_ha_timing *berth_timeline_timing(const berth_timeline *timeline);
/** The second at which it ends: the last event, or what was asked for. */
BERTH_EXPORT int64_t berth_timeline_end(const berth_timeline *timeline);

/** Lists, borrowed. Events by time, then as they happened; outages by VM; spans in no order. */
BERTH_EXPORT uint32_t berth_timeline_moment_count(const berth_timeline *timeline);
BERTH_EXPORT const berth_moment *berth_timeline_moment_at(const berth_timeline *timeline,
                                                          uint32_t index);
BERTH_EXPORT uint32_t berth_timeline_outage_count(const berth_timeline *timeline);
BERTH_EXPORT const berth_outage *berth_timeline_outage_at(const berth_timeline *timeline,
                                                          uint32_t index);
BERTH_EXPORT uint32_t berth_timeline_span_count(const berth_timeline *timeline);
BERTH_EXPORT const berth_span *berth_timeline_span_at(const berth_timeline *timeline,
                                                      uint32_t index);

/** VMs that are down at the end, but for those that nobody restarts (priority disabled). */
BERTH_EXPORT uint32_t berth_timeline_down(const berth_timeline *timeline);

#ifdef __cplusplus
}
#endif
#endif
