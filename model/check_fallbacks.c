/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fallbacks: K hosts for each VM, other than its own, such that any of them can take it whatever K
 * hosts fail. When K hosts fail, one of which is the VM's own, one of its fallbacks is left. What
 * arrives at a host then comes from at most K hosts, so it has room if it has room for the K
 * largest loads that single hosts could send it, resource by resource. A rule between VMs is kept
 * if in each domain no more members than it allows have their host or a fallback.
 *
 * A VM that is bound to one NUMA node finds fallbacks on hosts without nodes only.
 *
 * A host all of whose VMs have fallbacks is safe among safe ones. The choice is greedy; that it
 * finds none says nothing.
 */
#include "check_survival.h"
#include <assert.h>
#include <string.h>

enum { FALLBACKS_KEPT = 1 << 22, TRIES = 400, LARGEST_RULE = 64 };

/* What one host may send to another. */
typedef struct shipment {
  uint32_t sender, next; /* next of the same receiver + 1; 0 = none */
  int64_t *load;         /* [resource] */
} shipment;

typedef struct fallback_search {
  survival *s;
  uint32_t resources, each; /* fallbacks of a VM */
  uint32_t *fallback;       /* [vm of the cluster * each + i], BERTH_NONE = not found */
  shipment *shipments;
  uint32_t shipment_count;
  uint32_t *first; /* [host] its first shipment + 1 */
  int64_t *most;   /* scratch: the K largest loads */
  uint32_t cursor; /* where the next search begins: fallbacks are spread */
} fallback_search;

static uint32_t *fallbacks_of(const fallback_search *f, uint32_t vm) {
  assert(vm - f->s->cluster->first_vm < f->s->cluster->vm_count);
  return &f->fallback[(size_t)(vm - f->s->cluster->first_vm) * f->each];
}

/* The sum of the K largest loads of a resource at the host, if `sender` sent `more` too. */
static int64_t heaviest(fallback_search *f, uint32_t host, uint32_t sender, uint32_t r,
                        int64_t more) {
  uint32_t kept = 0;
  bool added = false;
  int64_t sum = 0;
  for (uint32_t at = f->first[host]; at != 0 || !added;) {
    int64_t load = more;
    if (at != 0) {
      const shipment *from = &f->shipments[at - 1];
      load = from->load[r] + (from->sender == sender ? more : 0);
      added = added || from->sender == sender;
      at = from->next;
    } else {
      added = true;
    }
    uint32_t place = kept < f->s->failures ? kept++ : kept;
    for (; place > 0 && f->most[place - 1] < load; place--)
      if (place < f->s->failures)
        f->most[place] = f->most[place - 1];
    if (place < f->s->failures)
      f->most[place] = load;
  }
  assert(kept > 0 && kept <= f->s->failures);
  for (uint32_t i = 0; i < kept; i++)
    sum += f->most[i];
  f->s->work -= kept;
  return sum;
}

static bool has_room_for_all(fallback_search *f, uint32_t vm, uint32_t sender, uint32_t host) {
  const int64_t *demand = survival_demand(f->s, vm), *room = survival_room(f->s, host);
  for (uint32_t r = 0; r < f->resources; r++)
    if (demand[r] > 0 && heaviest(f, host, sender, r, demand[r]) > room[r])
      return false;
  return true;
}

/* ------------------------------------------------------------------ rules between VMs */

/* Whether the member has its host or a fallback in the domain. */
static bool touches(const fallback_search *f, const frozen_rule *rule, uint32_t vm,
                    uint32_t domain) {
  const uint32_t *fallback = fallbacks_of(f, vm);
  uint32_t home = f->s->where[vm];
  if (home != BERTH_NONE && check_domain_of(f->s->c, rule->over, home) == domain)
    return true;
  for (uint32_t i = 0; i < f->each && fallback[i] != BERTH_NONE; i++)
    if (check_domain_of(f->s->c, rule->over, fallback[i]) == domain)
      return true;
  return false;
}

static bool keeps_rule(fallback_search *f, const frozen_rule *rule, uint32_t vm, uint32_t home,
                       uint32_t host) {
  uint32_t domain = check_domain_of(f->s->c, rule->over, host);
  int64_t members = 1;
  if (rule->vm_count > LARGEST_RULE)
    return false;
  f->s->work -= rule->vm_count;
  if (rule->type == BERTH_RULE_TOGETHER) /* all in one domain, and they stay there */
    return domain == check_domain_of(f->s->c, rule->over, home) &&
           check_tally(f->s->c, rule, true, NULL) == 1;
  for (uint32_t k = 0; k < rule->vm_count; k++)
    members += rule->vms[k] != vm && touches(f, rule, rule->vms[k], domain);
  return members <= (rule->type == BERTH_RULE_APART ? 1 : rule->count);
}

static bool keeps_rules(fallback_search *f, uint32_t vm, uint32_t home, uint32_t host) {
  const berth_inventory *inventory = f->s->c->inventory;
  for (uint32_t k = inventory->vm_rule_start[vm]; k < inventory->vm_rule_start[vm + 1]; k++) {
    const frozen_rule *rule = &inventory->rules[inventory->vm_rules[k]];
    if (survival_binds(rule) && !keeps_rule(f, rule, vm, home, host))
      return false;
  }
  return true;
}

/* ------------------------------------------------------------------ one VM */

static bool is_chosen(const fallback_search *f, uint32_t vm, uint32_t host) {
  const uint32_t *fallback = fallbacks_of(f, vm);
  for (uint32_t i = 0; i < f->each && fallback[i] != BERTH_NONE; i++)
    if (fallback[i] == host)
      return true;
  return false;
}

static bool suits(fallback_search *f, uint32_t vm, uint32_t home, uint32_t host) {
  survival *s = f->s;
  s->work--;
  return host != home && survival_has_room(s, vm, host) && !is_chosen(f, vm, host) &&
         !survival_needs_node(s, vm, host) &&
         check_kind_admits(s->c, &s->kinds, s->kinds.vm_kind[vm], s->kinds.host_kind[host]) &&
         keeps_rules(f, vm, home, host) && has_room_for_all(f, vm, home, host);
}

/* What `home` may send to `host` grows by the VM. False: out of memory. */
static bool send(fallback_search *f, uint32_t vm, uint32_t home, uint32_t host) {
  uint32_t at = f->first[host];
  assert(home != host && !f->s->failed[host]);
  while (at != 0 && f->shipments[at - 1].sender != home)
    at = f->shipments[at - 1].next;
  if (at == 0) {
    shipment *added = &f->shipments[f->shipment_count++];
    added->load = check_take(f->s->c, f->resources, sizeof *added->load);
    if (added->load == NULL)
      return false;
    added->sender = home;
    added->next = f->first[host];
    at = f->first[host] = f->shipment_count;
  }
  for (uint32_t r = 0; r < f->resources; r++)
    f->shipments[at - 1].load[r] += survival_demand(f->s, vm)[r];
  return true;
}

/* Finds the i-th fallback of the VM. */
static bool find_fallback(fallback_search *f, uint32_t vm, uint32_t home, uint32_t i) {
  uint32_t count = f->s->host_count;
  for (uint32_t tried = 0; tried < count && tried < TRIES && f->s->work > 0; tried++) {
    uint32_t host = f->s->hosts[f->cursor++ % count];
    if (!suits(f, vm, home, host))
      continue;
    fallbacks_of(f, vm)[i] = host;
    return send(f, vm, home, host);
  }
  return false;
}

static bool is_safe(fallback_search *f, uint32_t host) {
  for (uint32_t k = f->s->content_start[host]; k < f->s->content_start[host + 1]; k++)
    for (uint32_t i = 0; i < f->each; i++)
      if (!find_fallback(f, f->s->content[k], host, i))
        return false;
  return true;
}

/* ------------------------------------------------------------------ all hosts */

static bool begin(fallback_search *f) {
  check *c = f->s->c;
  size_t cells = (size_t)f->s->cluster->vm_count * f->each;
  if (cells > FALLBACKS_KEPT)
    return false;
  f->fallback = check_take(c, cells, sizeof *f->fallback);
  f->shipments = check_take(c, cells, sizeof *f->shipments);
  f->first = check_take(c, c->inventory->host_count, sizeof *f->first);
  f->most = check_take(c, (size_t)f->s->failures, sizeof *f->most);
  if (c->exhausted)
    return false;
  for (size_t i = 0; i < cells; i++)
    f->fallback[i] = BERTH_NONE;
  return true;
}

uint32_t check_fallbacks(survival *s) {
  fallback_search f = {.s = s, .resources = s->c->inventory->resource_count, .each = s->failures};
  int64_t work = s->work;
  uint32_t doubtful = 0, safe = 0;
  assert(s->failures > 0);
  uint32_t *order = check_take(s->c, s->host_count, sizeof *order);
  if (order == NULL || !begin(&f))
    return s->host_count;
  for (uint32_t i = 0; i < s->host_count; i++) {
    if (is_safe(&f, s->hosts[i]))
      order[s->host_count - ++safe] = s->hosts[i];
    else
      order[doubtful++] = s->hosts[i];
  }
  assert(doubtful + safe == s->host_count);
  memcpy(s->hosts, order, s->host_count * sizeof *order);
  s->work = work; /* the sets have a limit of their own */
  return doubtful;
}
