/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The best hosts for a VM. Hosts stand in the order of their room, so the search goes through them
 * from the preferred end and stops when it has found enough: first for hosts that break as few
 * should rules as any could, then one more, and so on. Where rules leave few hosts, these are
 * looked at instead.
 */
#include "context_internal.h"
#include "session_asked.h"
#include "session_internal.h"
#include "session_tally.h"
#include <string.h>

/* The candidates found so far, best first. */
typedef struct ranking {
  berth_candidate *candidate;
  uint32_t count, room;
  berth_preference preference;
} ranking;

static bool goes_before(const ranking *found, const berth_candidate *a, const berth_candidate *b) {
  if (a->should_broken != b->should_broken)
    return a->should_broken < b->should_broken;
  if (a->wakes != b->wakes)
    return a->wakes < b->wakes;
  if (a->room != b->room)
    return (a->room < b->room) == (found->preference == BERTH_PREFER_TIGHT);
  return a->host < b->host;
}

static void rank(ranking *found, berth_candidate candidate) {
  uint32_t at = found->count;
  if (at == found->room) {
    if (!goes_before(found, &candidate, &found->candidate[at - 1]))
      return;
    at--;
  } else {
    found->count++;
  }
  for (; at > 0 && goes_before(found, &candidate, &found->candidate[at - 1]); at--)
    found->candidate[at] = found->candidate[at - 1];
  found->candidate[at] = candidate;
}

/* ------------------------------------------------------------------------ few hosts */

/* Hosts to look at in place of all: a list, or where members of a together rule are; and the hosts
 * added since. */
typedef struct short_list {
  const uint32_t *hosts;
  uint32_t together; /* a rule, BERTH_NONE = `hosts` it is */
  uint32_t count, added_from;
} short_list;

static void shorten(short_list *list, short_list other) {
  if (other.count < list->count)
    *list = other;
}

/* Hosts of the inventory in a domain. */
static short_list domain_list(const berth_view *view, berth_domain kind, uint32_t domain) {
  const session_ground *ground = view->ground;
  short_list list = {.together = BERTH_NONE, .added_from = ground->inventory->host_count};
  if (domain < ground->inventory->domain_count[kind]) {
    list.hosts = ground->domain_hosts[kind] + ground->domain_start[kind][domain];
    list.count = ground->domain_start[kind][domain + 1] - ground->domain_start[kind][domain];
  }
  return list;
}

/* Where members are; BERTH_NONE hosts if these are not few. */
static short_list where_together(const berth_view *view, uint32_t number) {
  const rule_block *block = rule_block_of(view, number);
  const rule_text *rule = block->rule[number % RULES_A_BLOCK];
  const rule_tally *tally = block->tally[number % RULES_A_BLOCK];
  short_list list = {.together = number, .added_from = view->ground->inventory->host_count};
  for (uint32_t i = 0; i < tally->room && list.count <= FEW_HOSTS; i++) {
    uint32_t domain = tally->entry[i].domain;
    if (domain == BERTH_NONE)
      continue;
    list.count += rule->over == BERTH_DOMAIN_HOST
                      ? 1
                      : domain_list(view, (berth_domain)rule->over, domain).count;
  }
  if (list.count > FEW_HOSTS)
    list.count = BERTH_NONE;
  return list;
}

/* Few hosts that all that are admitted are among, and with @p kept all that keep every should rule
 * that can be kept; count is BERTH_NONE if nothing says so. */
static short_list few_hosts(const asked_vm *asked, bool kept) {
  const berth_view *view = asked->view;
  const admission_set *set = asked->traits->admission;
  short_list list = {.together = BERTH_NONE, .count = set->few_count};
  list.hosts = set->few;
  list.added_from = set->host_count;
  for (uint32_t i = 0; i < asked->traits->rule_count; i++) {
    uint32_t number = asked->traits->rules[i];
    const rule_block *block = rule_block_of(view, number);
    const rule_text *rule = block->rule[number % RULES_A_BLOCK];
    if (!block->enabled[number % RULES_A_BLOCK] || (!kept && rule->strength != BERTH_MUST))
      continue;
    if (rule->type == BERTH_RULE_TOGETHER && tally_confines(view, number, asked->runs_at))
      shorten(&list, where_together(view, number));
    if (kept && rule->type == BERTH_RULE_RUN_ON && rule->host_count <= FEW_HOSTS &&
        !tally_broken_after(view, number, asked->runs_at, BERTH_NONE))
      shorten(&list, (short_list){rule->hosts, BERTH_NONE, rule->host_count, rule->host_known});
  }
  return list;
}

static void look_at(const asked_vm *asked, uint32_t host, ranking *found) {
  const berth_view *view = asked->view;
  uint32_t order = session_order_of(view, host);
  if (order < ORDERS_A_CLUSTER && host_cluster_of(view, host) == asked->traits->cluster &&
      asked_fits(asked, host))
    rank(found, (berth_candidate){
                    .host = host,
                    .should_broken = asked_broken(asked, host),
                    .wakes = order == ORDER_ASLEEP,
                    .room = order_room(host_block_of(view, host)->key[host % HOSTS_A_BLOCK])});
}

static void look_at_list(const asked_vm *asked, const short_list *list, ranking *found) {
  assert(list->hosts != NULL || list->count == 0);
  for (uint32_t i = 0; i < list->count; i++)
    look_at(asked, list->hosts[i], found);
}

static void look_at_together(const asked_vm *asked, uint32_t number, ranking *found) {
  const rule_block *block = rule_block_of(asked->view, number);
  const rule_tally *tally = block->tally[number % RULES_A_BLOCK];
  berth_domain kind = (berth_domain)block->rule[number % RULES_A_BLOCK]->over;
  for (uint32_t i = 0; i < tally->room; i++) {
    uint32_t domain = tally->entry[i].domain;
    if (domain == BERTH_NONE)
      continue;
    if (kind != BERTH_DOMAIN_HOST) {
      short_list list = domain_list(asked->view, kind, domain);
      look_at_list(asked, &list, found);
    } else if (domain < asked->view->ground->inventory->host_count) {
      look_at(asked, domain, found);
    }
  }
}

static void look_at_few(const asked_vm *asked, const short_list *list, ranking *found) {
  if (list->together == BERTH_NONE)
    look_at_list(asked, list, found);
  else
    look_at_together(asked, list->together, found);
  for (uint32_t host = list->added_from; host < asked->view->host_count; host++)
    look_at(asked, host, found);
}

/* ------------------------------------------------------------------------ all hosts */

/* What a host must have free at least, in 1/ROOM_UNIT of its own capacity, if none is larger than
 * the largest. */
typedef struct least_shares {
  uint32_t share[2]; /* cpu, memory */
  uint32_t room;
} least_shares;

static least_shares least_shares_of(const asked_vm *asked) {
  const int64_t *largest = asked->view->largest + 2 * (size_t)asked->traits->cluster;
  least_shares least;
  for (uint32_t r = BERTH_RESOURCE_CPU; r <= BERTH_RESOURCE_MEMORY; r++) {
    int64_t share = largest[r] == 0 ? 0 : asked->demand[r] * ROOM_UNIT / largest[r];
    least.share[r] = share > ROOM_UNIT ? ROOM_UNIT + 1 : (uint32_t)share;
  }
  least.room = least.share[0] < least.share[1] ? least.share[0] : least.share[1];
  return least;
}

static bool may_suffice(const least_shares *least, uint64_t key) {
  return order_share(key, BERTH_RESOURCE_CPU) >= least->share[BERTH_RESOURCE_CPU] &&
         order_share(key, BERTH_RESOURCE_MEMORY) >= least->share[BERTH_RESOURCE_MEMORY];
}

/* Walks an order from the preferred end; hosts of equal room come by their numbers. */
typedef struct walk {
  order_cursor cursor; /* upwards, within a room */
  bool up;
  uint32_t room; /* of the hosts in hand; downwards */
  bool any;
  uint32_t least;
} walk;

static walk walk_begin(const host_order *order, berth_preference preference, uint32_t least) {
  walk w = {.up = preference == BERTH_PREFER_TIGHT, .room = ROOM_UNIT + 1, .least = least};
  w.cursor = order_seek(order, order_key(least, 0));
  return w;
}

/* Downwards: to the first host of the next smaller room. */
static bool step_down(walk *w, uint64_t *key) {
  order_cursor below = order_seek(w->cursor.order, order_key(w->room, 0));
  if (!order_down(&below, key) || order_room(*key) < w->least)
    return false;
  w->room = order_room(*key);
  w->cursor = order_seek(w->cursor.order, order_key(w->room, 0));
  w->any = true;
  return order_up(&w->cursor, key);
}

static bool walk_next(walk *w, uint64_t *key) {
  if (w->up)
    return order_up(&w->cursor, key);
  return (w->any && order_up(&w->cursor, key) && order_room(*key) == w->room) || step_down(w, key);
}

/* Ranks hosts of one order that break just so many should rules, until there are enough. Returns
 * the fewest above that which a host that fits would break, or BERTH_NONE. */
static uint32_t walk_order(const asked_vm *asked, uint32_t which, uint32_t broken, ranking *found) {
  const berth_view *view = asked->view;
  const host_order *order = view->orders[(size_t)asked->traits->cluster * ORDERS_A_CLUSTER + which];
  least_shares least = least_shares_of(asked);
  walk w = walk_begin(order, found->preference, least.room);
  uint32_t next = BERTH_NONE;
  uint64_t key;
  while (found->count < found->room && walk_next(&w, &key)) {
    uint32_t host = order_host(key);
    if (!may_suffice(&least, key) || !asked_fits(asked, host))
      continue;
    uint32_t here = asked_broken(asked, host);
    if (here == broken)
      rank(found, (berth_candidate){host, here, which == ORDER_ASLEEP, order_room(key)});
    else if (here > broken && here < next)
      next = here;
  }
  return next;
}

/* A list is worth looking at if it leaves out most hosts: a walk through all ends early as a rule.
 */
static bool worth_it(const asked_vm *asked, const short_list *list) {
  uint32_t hosts = asked->view->ground->inventory->clusters[asked->traits->cluster].host_count;
  return list->count != BERTH_NONE && list->count <= hosts / 16 + 4;
}

static void search(const asked_vm *asked, ranking *found) {
  short_list all = few_hosts(asked, false);
  if (worth_it(asked, &all)) {
    look_at_few(asked, &all, found);
    return;
  }
  uint32_t broken = asked_least_broken(asked);
  short_list keeping = few_hosts(asked, true);
  if (worth_it(asked, &keeping)) {
    ranking kept = *found;
    look_at_few(asked, &keeping, &kept);
    while (kept.count > 0 && kept.candidate[kept.count - 1].should_broken > broken)
      kept.count--;
    found->count = kept.count;
    broken++;
  }
  while (broken != BERTH_NONE && found->count < found->room) {
    uint32_t awake = walk_order(asked, ORDER_AWAKE, broken, found);
    uint32_t asleep = walk_order(asked, ORDER_ASLEEP, broken, found);
    broken = awake < asleep ? awake : asleep;
  }
}

/* ------------------------------------------------------------------------ public */

berth_status berth_view_best_hosts(const berth_view *view, uint32_t vm, berth_preference preference,
                                   berth_candidate *candidates, uint32_t *count) {
  if (!vm_exists(view, vm) || *count == 0 ||
      (preference != BERTH_PREFER_TIGHT && preference != BERTH_PREFER_ROOMY))
    return BERTH_E_ARGUMENT;
  asked_vm asked = asked_vm_of(view, vm);
  ranking found = {.candidate = candidates, .room = *count, .preference = preference};
  if (!asked.pinned)
    search(&asked, &found);
  *count = found.count;
  return BERTH_OK;
}

berth_status berth_session_place_vm(berth_session *session, uint32_t vm,
                                    berth_preference preference, berth_candidate *chosen) {
  uint32_t count = 1;
  *chosen = (berth_candidate){.host = BERTH_NONE};
  if (!vm_exists(&session->present, vm) || session_runs_at(&session->present, vm) != BERTH_NONE)
    return context_fail(session->ctx, BERTH_E_ARGUMENT, NULL,
                        "no VM that does not run has number %u; expected one to be placed", vm);
  berth_status status = berth_view_best_hosts(&session->present, vm, preference, chosen, &count);
  if (status != BERTH_OK)
    return context_fail(session->ctx, status, NULL, "the preference is none; expected one of two");
  if (count == 0 || chosen->wakes) {
    *chosen = (berth_candidate){.host = BERTH_NONE};
    return BERTH_OK;
  }
  status = berth_session_start_vm(session, vm, chosen->host);
  if (status != BERTH_OK)
    *chosen = (berth_candidate){.host = BERTH_NONE};
  return status;
}

bool berth_view_obstacle(const berth_view *view, uint32_t vm, uint32_t host,
                         berth_plan_ledger_entry *entry) {
  asked_vm asked = asked_vm_of(view, vm);
  assert(host_cluster_of(view, host) == asked.traits->cluster);
  return asked_obstacle(&asked, host, entry);
}

/* ------------------------------------------------------------------------ ledger */

static int compare_entries(const berth_plan_ledger_entry *a, const berth_plan_ledger_entry *b) {
  if (a->reason != b->reason)
    return a->reason < b->reason ? -1 : 1;
  if (a->rule != b->rule)
    return a->rule < b->rule ? -1 : 1;
  return a->resource == b->resource ? 0 : a->resource < b->resource ? -1 : 1;
}

/* Adds one host to the sorted ledger; entries beyond the room are counted only. */
static void enter(berth_plan_ledger_entry *ledger, uint32_t room, uint32_t *count,
                  const berth_plan_ledger_entry *entry) {
  uint32_t stored = *count < room ? *count : room, at = 0;
  while (at < stored && compare_entries(&ledger[at], entry) < 0)
    at++;
  if (at < stored && compare_entries(&ledger[at], entry) == 0) {
    ledger[at].hosts++;
    if (entry->short_by < ledger[at].short_by)
      ledger[at].short_by = entry->short_by;
    return;
  }
  ++*count;
  if (at == room)
    return;
  if (stored == room)
    stored--;
  memmove(&ledger[at + 1], &ledger[at], (stored - at) * sizeof *ledger);
  ledger[at] = *entry;
}

berth_status berth_view_ledger(const berth_view *view, uint32_t vm,
                               berth_plan_ledger_entry *entries, uint32_t *count) {
  uint32_t room = *count, found = 0;
  *count = 0;
  if (!vm_exists(view, vm))
    return BERTH_E_ARGUMENT;
  asked_vm asked = asked_vm_of(view, vm);
  for (uint32_t host = 0; host < view->host_count; host++) {
    berth_plan_ledger_entry entry;
    if (host_cluster_of(view, host) == asked.traits->cluster && host != asked.runs_at &&
        asked_obstacle(&asked, host, &entry))
      enter(entries, room, &found, &entry);
  }
  *count = found;
  return BERTH_OK;
}
