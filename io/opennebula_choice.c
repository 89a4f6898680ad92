/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which datastore and which networks a VM is deployed with: of those that REQUIREMENTS allows and
 * that the cluster of its host has, the datastore with most room and the network with most
 * free leases, after what VMs before it in the same plan took; the first of equals. Where
 * nothing is known about room, that does not forbid it, and it comes after all others.
 */
#include "opennebula_action.h"

#include "context_internal.h"
#include "opennebula_build.h"
#include "quantity_text.h"
#include <assert.h>
#include <string.h>

/* What a VM took of a datastore (at a host: that of others is not touched) or a network. */
typedef struct taking {
  const char *id, *host; /* host: NULL = everywhere */
  opennebula_kind kind;
  int64_t amount;
} taking;

enum { ROOM_UNKNOWN = -1 };

void opennebula_chooser_init(opennebula_chooser *chooser, berth_context *ctx,
                             const opennebula_store *store, arena *memory) {
  *chooser = (opennebula_chooser){.store = store, .memory = memory};
  chunked_list_init(&chooser->taken, context_allocator(ctx), sizeof(taking));
}

void opennebula_chooser_free(opennebula_chooser *chooser) {
  chunked_list_free(&chooser->taken);
}

static bool take(opennebula_chooser *chooser, taking what) {
  taking *added = chunked_list_add(&chooser->taken);
  if (added != NULL)
    *added = what;
  return added != NULL;
}

static int64_t taken_of(const opennebula_chooser *chooser, opennebula_kind kind, const char *id,
                        const char *host) {
  int64_t sum = 0;
  for (uint32_t i = 0; i < chooser->taken.count; i++) {
    const taking *t = chunked_list_at(&chooser->taken, i);
    if (t->kind == kind && strcmp(t->id, id) == 0 &&
        (t->host == NULL || host == NULL || strcmp(t->host, host) == 0))
      sum += t->amount;
  }
  return sum;
}

static int64_t number_of(const opennebula_store *store, const opennebula_object *object,
                         opennebula_field field) {
  const char *text = opennebula_text(store, object, field);
  int64_t value = 0;
  return text != NULL && quantity_parse_signed(text, &value) && value >= 0 &&
                 value <= BERTH_QUANTITY_MAX
             ? value
             : ROOM_UNKNOWN;
}

/* ------------------------------------------------------------------------ datastores */

/* What the host itself says of a datastore that is local to it. */
static int64_t local_room(const opennebula_store *store, const opennebula_object *host,
                          const char *datastore) {
  opennebula_walk walk = {0};
  const opennebula_fact *item = NULL;
  while ((item = opennebula_next(store, host, OPENNEBULA_HOST_DS, &walk)) != NULL) {
    const char *id = opennebula_item_text(store, host, item->item, OPENNEBULA_HOST_DS_ID);
    const char *free = opennebula_item_text(store, host, item->item, OPENNEBULA_HOST_DS_FREE);
    int64_t value = 0;
    if (id != NULL && free != NULL && strcmp(id, datastore) == 0 &&
        quantity_parse_signed(free, &value) && value >= 0 && value <= BERTH_QUANTITY_MAX)
      return value;
  }
  return ROOM_UNKNOWN;
}

/* MB in a datastore for VMs of a host; *shared: hosts share it. */
static int64_t room_of(const opennebula_chooser *chooser, const opennebula_object *host,
                       const char *id, bool *shared) {
  const opennebula_store *store = chooser->store;
  const opennebula_object *object = opennebula_store_find(store, OPENNEBULA_DATASTORE, id);
  int64_t room = local_room(store, host, id);
  *shared = room == ROOM_UNKNOWN && object != NULL &&
            number_of(store, object, OPENNEBULA_DATASTORE_TOTAL) > 0;
  if (*shared)
    room = number_of(store, object, OPENNEBULA_DATASTORE_FREE);
  else if (room == ROOM_UNKNOWN)
    room = number_of(store, host, OPENNEBULA_HOST_FREE_DISK);
  if (room == ROOM_UNKNOWN)
    return room;
  room -= taken_of(chooser, OPENNEBULA_DATASTORE, id, *shared ? NULL : host->id);
  return room > 0 ? room : 0;
}

static bool is_disabled(const opennebula_store *store, const char *id) {
  const opennebula_object *object = opennebula_store_find(store, OPENNEBULA_DATASTORE, id);
  return object != NULL && number_of(store, object, OPENNEBULA_DATASTORE_STATE) > 0;
}

static int64_t disk_size(const opennebula_store *store, const opennebula_object *vm) {
  int64_t sum = 0;
  opennebula_walk walk = {0};
  const opennebula_fact *fact = NULL;
  while ((fact = opennebula_next(store, vm, OPENNEBULA_VM_DISK_SIZE, &walk)) != NULL) {
    int64_t size = 0;
    if (quantity_parse_signed(fact->text, &size) && size > 0 && size <= BERTH_QUANTITY_MAX &&
        sum <= BERTH_QUANTITY_MAX)
      sum += size;
  }
  return sum;
}

static bool choose_datastore(opennebula_chooser *chooser, const opennebula_object *vm,
                             const opennebula_object *host, const opennebula_object *requirement,
                             opennebula_choice *choice) {
  assert(requirement->kind == OPENNEBULA_REQUIREMENT && choice->datastore == NULL);
  const char *cluster = opennebula_cluster_of(chooser->store, host);
  const int64_t size = disk_size(chooser->store, vm);
  opennebula_walk walk = {0};
  const opennebula_fact *fact = NULL;
  int64_t most = ROOM_UNKNOWN;
  bool shared = false;
  while ((fact = opennebula_next(chooser->store, requirement, OPENNEBULA_REQUIREMENT_DATASTORE,
                                 &walk)) != NULL) {
    bool all = false;
    int64_t number = 0;
    const int64_t room = room_of(chooser, host, fact->text, &all);
    if (!quantity_parse_signed(fact->text, &number) || is_disabled(chooser->store, fact->text) ||
        (room != ROOM_UNKNOWN && room < size) || (choice->datastore != NULL && room <= most) ||
        !opennebula_cluster_has(chooser->store, cluster, OPENNEBULA_DATASTORE, fact->text, true))
      continue;
    most = room;
    shared = all;
    choice->datastore = fact->text;
  }
  return choice->datastore == NULL || take(chooser, (taking){.id = choice->datastore,
                                                             .host = shared ? NULL : host->id,
                                                             .kind = OPENNEBULA_DATASTORE,
                                                             .amount = size});
}

/* ------------------------------------------------------------------------ networks */

static int64_t leases_of(const opennebula_chooser *chooser, const char *id) {
  const opennebula_store *store = chooser->store;
  const opennebula_object *object = opennebula_store_find(store, OPENNEBULA_VNET, id);
  int64_t sum = ROOM_UNKNOWN;
  opennebula_walk walk = {0};
  const opennebula_fact *fact = NULL;
  while (object != NULL &&
         (fact = opennebula_next(store, object, OPENNEBULA_VNET_SIZE, &walk)) != NULL) {
    int64_t size = 0;
    if (quantity_parse_signed(fact->text, &size) && size >= 0 && size <= BERTH_QUANTITY_MAX &&
        sum <= BERTH_QUANTITY_MAX)
      sum = size + (sum == ROOM_UNKNOWN ? 0 : sum);
  }
  if (sum == ROOM_UNKNOWN)
    return sum;
  const int64_t used = number_of(store, object, OPENNEBULA_VNET_USED);
  sum -= (used > 0 ? used : 0) + taken_of(chooser, OPENNEBULA_VNET, id, NULL);
  return sum > 0 ? sum : 0;
}

/* NULL = none. */
static const char *choose_network(const opennebula_chooser *chooser, const char *cluster,
                                  const opennebula_object *requirement, uint32_t nic) {
  const char *best = NULL;
  int64_t most = ROOM_UNKNOWN;
  opennebula_walk walk = {0};
  const opennebula_fact *fact = NULL;
  while ((fact = opennebula_next(chooser->store, requirement, OPENNEBULA_REQUIREMENT_VNET,
                                 &walk)) != NULL) {
    int64_t number = 0;
    if (fact->item != nic || !quantity_parse_signed(fact->text, &number))
      continue;
    const int64_t leases = leases_of(chooser, fact->text);
    if (leases == 0 || (best != NULL && leases <= most) ||
        !opennebula_cluster_has(chooser->store, cluster, OPENNEBULA_VNET, fact->text, true))
      continue;
    most = leases;
    best = fact->text;
  }
  return best;
}

static uint32_t count_nics(const opennebula_store *store, const opennebula_object *requirement) {
  uint32_t count = 0;
  opennebula_walk walk = {0};
  while (opennebula_next(store, requirement, OPENNEBULA_REQUIREMENT_NIC, &walk) != NULL)
    count++;
  return count;
}

static bool choose_networks(opennebula_chooser *chooser, const opennebula_object *host,
                            const opennebula_object *requirement, opennebula_choice *choice,
                            const char **why) {
  const char *cluster = opennebula_cluster_of(chooser->store, host);
  const uint32_t count = count_nics(chooser->store, requirement);
  opennebula_walk walk = {0};
  const opennebula_fact *nic = NULL;
  choice->nics = arena_take(chooser->memory, count, sizeof *choice->nics);
  choice->networks = arena_take(chooser->memory, count, sizeof *choice->networks);
  if (choice->nics == NULL || choice->networks == NULL)
    return false;
  while ((nic = opennebula_next(chooser->store, requirement, OPENNEBULA_REQUIREMENT_NIC, &walk)) !=
         NULL) {
    const char *id =
        opennebula_item_text(chooser->store, requirement, nic->item, OPENNEBULA_REQUIREMENT_NIC_ID);
    const char *network = choose_network(chooser, cluster, requirement, nic->item);
    int64_t number = 0;
    if (network == NULL || id == NULL || !quantity_parse_signed(id, &number)) {
      *why = "no network that it may use at its host has a free lease";
      return true;
    }
    choice->nics[choice->network_count] = id;
    choice->networks[choice->network_count++] = network;
    if (!take(chooser, (taking){.id = network, .kind = OPENNEBULA_VNET, .amount = 1}))
      return false;
  }
  return true;
}

/* Takes back what this VM took. */
static void give_back(opennebula_chooser *chooser, uint32_t first) {
  for (uint32_t i = first; i < chooser->taken.count; i++)
    ((taking *)chunked_list_at(&chooser->taken, i))->amount = 0;
}

bool opennebula_choose(opennebula_chooser *chooser, const char *vm, const char *host,
                       opennebula_choice *choice, const char **why) {
  const opennebula_store *store = chooser->store;
  const opennebula_object *requirement = opennebula_store_find(store, OPENNEBULA_REQUIREMENT, vm);
  const opennebula_object *to = opennebula_store_find(store, OPENNEBULA_HOST, host);
  const opennebula_object *of = opennebula_store_find(store, OPENNEBULA_VM, vm);
  const uint32_t first = chooser->taken.count;
  assert(to != NULL && of != NULL);
  *choice = (opennebula_choice){0};
  *why = NULL;
  if (requirement == NULL) {
    *why = "REQUIREMENTS says nothing of it";
    return true;
  }
  if (!choose_datastore(chooser, of, to, requirement, choice) ||
      !choose_networks(chooser, to, requirement, choice, why))
    return false;
  if (choice->datastore == NULL)
    *why = "no datastore that it may use at its host has room";
  if (*why != NULL)
    give_back(chooser, first);
  return true;
}
