/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file session_state.h
 * What a session consists of. The state of hosts, VMs and rules stands in blocks that are counted
 * by reference: a snapshot copies the pointers to the blocks, and who writes to a block that a
 * snapshot holds copies it first (persistent arrays by path copying, Driscoll et al. 1989). So a
 * change costs what it touches, and readers need no lock.
 *
 * Order of work in a change: everything that may want memory is done first and leaves the meaning
 * as it was (own a block, reserve an entry); then the change is made and cannot fail. What a
 * transaction touched is owned already when it is taken back, so that needs no memory.
 */
#ifndef BERTH_SOLVER_SESSION_STATE_H
#define BERTH_SOLVER_SESSION_STATE_H

#include "frozen.h"
#include "shared_count.h"
#include <assert.h>
#include <berth/session.h>
#include <stddef.h>

enum {
  HOSTS_A_BLOCK = 64,
  VMS_A_BLOCK = 256,
  RULES_A_BLOCK = 64,
  HOSTS_A_LEAF = 127,
  FEW_HOSTS = 256,     /* a class with no more lists its hosts */
  ROOM_UNIT = 1024,    /* a host that is all free has so much room */
  LEAVES_A_CHANGE = 8, /* most leaves that a move of one VM may take: four for each of two hosts */
  VM_REMOVED = 0xff    /* in place of a power state */
};

/** What all views of a session share; never written once it is open. */
typedef struct session_ground {
  shared_count references;
  berth_allocator allocator;
  const berth_inventory *inventory;
  uint32_t resources;
  /* Hosts of the inventory by domain, as CSR; [BERTH_DOMAIN_HOST] unused. */
  uint32_t *domain_start[BERTH_DOMAIN_COUNT], *domain_hosts[BERTH_DOMAIN_COUNT];
} session_ground;

/** The VMs registered at a host, on or off, in no order. */
typedef struct vm_list {
  shared_count references;
  uint32_t count, room;
  uint32_t vm[];
} vm_list;

/** The id of an added host. */
typedef struct shared_text {
  shared_count references;
  char text[];
} shared_text;

typedef struct host_block {
  shared_count references;
  uint8_t state[HOSTS_A_BLOCK];     /* berth_host_state */
  uint8_t dedicated[HOSTS_A_BLOCK]; /* 1 = dedicated failover host */
  uint64_t key[HOSTS_A_BLOCK];      /* session_key() */
  uint32_t cluster[HOSTS_A_BLOCK];
  uint32_t like[HOSTS_A_BLOCK];   /* an older host in whose place it stands; itself: none */
  shared_text *id[HOSTS_A_BLOCK]; /* NULL = the inventory's */
  vm_list *vms[HOSTS_A_BLOCK];    /* NULL = none */
  int64_t amounts[];              /* capacity [slot * resources + r], then likewise what is free:
                                     BERTH_UNLIMITED stays so */
} host_block;

/** How things begin that stand once however many use them (session_traits.h). */
typedef struct interned {
  shared_count references;
  uint64_t hash;
} interned;

/** Hosts that VMs of one kind may be on, by what does not change with loads and states: rules
 *  between VMs and hosts, networks, datastores, CPU level. Interned. */
typedef struct admission_set {
  interned head;
  uint32_t cluster;
  int64_t evc_level;
  uint32_t example; /* VM of the inventory with the same networks and datastores, or BERTH_NONE */
  uint32_t rule_count;
  uint64_t *serials;   /* of enabled must rules run-on and not-run-on, by their numbers */
  uint32_t host_count; /* hosts there were when it was made; later ones stand for older ones */
  uint32_t few_count;  /* BERTH_NONE = more than FEW_HOSTS */
  uint32_t *few;       /* the hosts, ascending */
  uint64_t *bits;      /* hosts of the cluster in their order, then added ones of all clusters */
} admission_set;

/** What VMs have in common beside their demands. Interned. */
typedef struct vm_traits {
  interned head;
  admission_set *admission; /* a reference */
  uint32_t cluster;
  uint8_t priority, movable, numa;
  uint32_t rule_count;
  uint32_t rules[]; /* placement rules that list the VM, ascending */
} vm_traits;

/** A VM that is not as the inventory has it: added, or of another size. */
typedef struct vm_record {
  shared_count references;
  uint32_t like; /* VM of the inventory with its networks, datastores, groups and named demands, or
                    BERTH_NONE */
  bool added;    /* not one of the inventory */
  berth_vm_spec spec; /* strings in `text` or the inventory; host and power say nothing */
  char text[];
} vm_record;

typedef struct vm_block {
  shared_count references;
  uint8_t power[VMS_A_BLOCK]; /* berth_power, or VM_REMOVED */
  uint32_t host[VMS_A_BLOCK];
  vm_traits *traits[VMS_A_BLOCK]; /* a reference each; NULL = never used */
  vm_record *record[VMS_A_BLOCK]; /* a reference each; NULL = as the inventory has it */
  int64_t demand[];               /* [slot * resources + r] */
} vm_block;

/** What a rule says; never written. */
typedef struct rule_text {
  shared_count references;
  uint64_t serial; /* of no other rule of the session, unlike its number */
  uint32_t cluster;
  uint8_t type, strength, over; /* berth_rule_type, berth_strength, berth_domain */
  int64_t count;                /* members a domain may hold */
  uint32_t base;                /* rule of the inventory, or BERTH_NONE */
  uint32_t host_known;          /* hosts there were when it was made */
  uint32_t host_count;
  const uint32_t *hosts;   /* ascending */
  uint32_t member_count;   /* VMs it was made for; added ones may have joined since */
  const uint32_t *members; /* ascending */
  const char *id, *name;   /* name may be NULL */
  _Alignas(uint32_t) char text[];
} rule_text;

typedef struct tally_entry {
  uint32_t domain, members;
} tally_entry;

/** How the running members of a rule stand: an open-addressing table of domains, and what breaks
 *  it. */
typedef struct rule_tally {
  shared_count references;
  uint32_t room;    /* of the table: a power of two, more than twice `spanned` */
  uint32_t spanned; /* domains with members; none for rules between VMs and hosts */
  uint32_t crowded; /* domains with more members than they may hold */
  uint32_t astray;  /* members on hosts where the rule does not want them */
  tally_entry entry[];
} rule_tally;

typedef struct rule_block {
  shared_count references;
  rule_text *rule[RULES_A_BLOCK];   /* a reference each; NULL = no such rule */
  rule_tally *tally[RULES_A_BLOCK]; /* a reference each */
  uint8_t enabled[RULES_A_BLOCK];
} rule_block;

typedef struct order_leaf {
  shared_count references;
  uint32_t count;
  uint64_t key[HOSTS_A_LEAF]; /* ascending */
} order_leaf;

/** Hosts in the order of their room. */
typedef struct host_order {
  shared_count references;
  uint32_t leaf_count, leaf_room;
  uint64_t *least;   /* [leaf] no key in it, or in those behind, is below; least[0] = 0 */
  order_leaf **leaf; /* a reference each */
} host_order;

/** The two orders of a cluster. */
enum { ORDER_AWAKE = 0, ORDER_ASLEEP, ORDERS_A_CLUSTER };

struct berth_view {
  shared_count references;
  session_ground *ground;
  uint32_t host_count, vm_count, rule_count; /* numbers given out, removed ones too */
  uint32_t host_blocks, vm_blocks, rule_blocks;
  host_block **hosts;
  vm_block **vms;
  rule_block **rules;
  host_order **orders; /* [cluster * ORDERS_A_CLUSTER + which] */
  int64_t *largest;    /* [cluster * 2 + resource] largest capacity of a host: cpu, memory */
};

/* A host in an order: its room (free of the scarcer of cpu and memory, in 1/ROOM_UNIT), its number,
 * then likewise what is free of cpu and of memory, so that a walk need not look at hosts that have
 * too little. */
enum { KEY_SHARE_BITS = 11, KEY_HOST_BITS = 22 };
static_assert(BERTH_OBJECTS_MAX <= UINT32_C(1) << KEY_HOST_BITS, "hosts fit a key");
static_assert(ROOM_UNIT < 1 << KEY_SHARE_BITS, "shares fit a key");

/** The least key of a host with so much room. */
static inline uint64_t order_key(uint32_t room, uint32_t host) {
  return ((uint64_t)room << KEY_HOST_BITS | host) << 2 * KEY_SHARE_BITS;
}

static inline uint32_t order_host(uint64_t key) {
  return (uint32_t)(key >> 2 * KEY_SHARE_BITS) & ((UINT32_C(1) << KEY_HOST_BITS) - 1);
}

static inline uint32_t order_room(uint64_t key) {
  return (uint32_t)(key >> (2 * KEY_SHARE_BITS + KEY_HOST_BITS));
}

/** What is free of cpu or memory. */
static inline uint32_t order_share(uint64_t key, uint32_t resource) {
  uint32_t shift = resource == BERTH_RESOURCE_CPU ? KEY_SHARE_BITS : 0;
  return (uint32_t)(key >> shift) & ((UINT32_C(1) << KEY_SHARE_BITS) - 1);
}

/* ------------------------------------------------------------------------ looking */

static inline host_block *host_block_of(const berth_view *view, uint32_t host) {
  assert(host < view->host_count);
  return view->hosts[host / HOSTS_A_BLOCK];
}

static inline vm_block *vm_block_of(const berth_view *view, uint32_t vm) {
  assert(vm < view->vm_count);
  return view->vms[vm / VMS_A_BLOCK];
}

static inline rule_block *rule_block_of(const berth_view *view, uint32_t rule) {
  assert(rule < view->rule_count);
  return view->rules[rule / RULES_A_BLOCK];
}

static inline const int64_t *host_capacity_of(const berth_view *view, uint32_t host) {
  return host_block_of(view, host)->amounts +
         (size_t)(host % HOSTS_A_BLOCK) * view->ground->resources;
}

static inline int64_t *host_free_of(const berth_view *view, uint32_t host) {
  return host_block_of(view, host)->amounts +
         (size_t)(HOSTS_A_BLOCK + host % HOSTS_A_BLOCK) * view->ground->resources;
}

static inline int64_t *vm_demand_of(const berth_view *view, uint32_t vm) {
  return vm_block_of(view, vm)->demand + (size_t)(vm % VMS_A_BLOCK) * view->ground->resources;
}

static inline const vm_traits *vm_traits_of(const berth_view *view, uint32_t vm) {
  return vm_block_of(view, vm)->traits[vm % VMS_A_BLOCK];
}

static inline const vm_record *vm_record_of(const berth_view *view, uint32_t vm) {
  return vm_block_of(view, vm)->record[vm % VMS_A_BLOCK];
}

static inline uint32_t vm_host_of(const berth_view *view, uint32_t vm) {
  return vm_block_of(view, vm)->host[vm % VMS_A_BLOCK];
}

static inline uint8_t vm_power_of(const berth_view *view, uint32_t vm) {
  return vm_block_of(view, vm)->power[vm % VMS_A_BLOCK];
}

static inline uint8_t host_state_of(const berth_view *view, uint32_t host) {
  return host_block_of(view, host)->state[host % HOSTS_A_BLOCK];
}

static inline uint32_t host_cluster_of(const berth_view *view, uint32_t host) {
  return host_block_of(view, host)->cluster[host % HOSTS_A_BLOCK];
}

static inline uint32_t host_like_of(const berth_view *view, uint32_t host) {
  return host_block_of(view, host)->like[host % HOSTS_A_BLOCK];
}

/** The host below @p known in whose place @p host stands: itself if it is one of those. */
static inline uint32_t host_known_as(const berth_view *view, uint32_t host, uint32_t known) {
  while (host >= known)
    host = host_like_of(view, host);
  return host;
}

/** The host of the inventory that says all fixed things of @p host. */
static inline uint32_t host_root_of(const berth_view *view, uint32_t host) {
  return host_known_as(view, host, view->ground->inventory->host_count);
}

static inline bool vm_exists(const berth_view *view, uint32_t vm) {
  return vm < view->vm_count && vm_power_of(view, vm) != VM_REMOVED;
}

/** Place of @p host, which @p set knew when it was made, among its bits. */
static inline uint32_t admission_place(const berth_view *view, const admission_set *set,
                                       uint32_t host) {
  const berth_inventory *inventory = view->ground->inventory;
  const frozen_cluster *cluster = &inventory->clusters[set->cluster];
  assert(host < set->host_count);
  return host < inventory->host_count ? host - cluster->first_host
                                      : cluster->host_count + (host - inventory->host_count);
}

/** Whether the set has @p host, which is of its cluster. */
static inline bool admission_has(const berth_view *view, const admission_set *set, uint32_t host) {
  uint32_t place = admission_place(view, set, host_known_as(view, host, set->host_count));
  return (set->bits[place / 64] >> (place % 64) & 1) != 0;
}

/** Domain of @p kind that @p host is in. */
uint32_t session_domain(const berth_view *view, uint32_t host, berth_domain kind);
/** Whether a VM that is on and registered at a host in this state runs there (docs/model.md §1). */
bool session_runs_in(const berth_view *view, uint32_t cluster, uint8_t state);
/** The host that @p vm runs on, or BERTH_NONE. */
uint32_t session_runs_at(const berth_view *view, uint32_t vm);
/** True if @p vm is on at a host where it does not run. */
bool session_is_displaced(const berth_view *view, uint32_t vm);
/** Whether the rule, of those between VMs and hosts, lists @p host. */
bool session_rule_lists(const berth_view *view, const rule_text *rule, uint32_t host);
/** Which of a cluster's orders @p host is in, or ORDERS_A_CLUSTER: none. */
uint32_t session_order_of(const berth_view *view, uint32_t host);
/** What @p host has free, as its orders have it. */
uint64_t session_key(const berth_view *view, uint32_t host);

#endif
