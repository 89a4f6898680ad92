// SPDX-License-Identifier: Apache-2.0

package berth

// #include "native_bridge.h"
import "C"

import (
	"context"
	"unsafe"
)

// Flavour is one kind of VM of a mix.
type Flavour struct {
	Like              string // id or name of a VM that it is like, rules included; "" = by the figures below
	CPUMHz, MemoryMiB int64  // reserved; memory is configured too
	VCPUs             int64  // 0 = 1
	Needs             map[string]int64
	Count             int64 // of it in one mix; 0 = 1
}

// CapacityRequest is what Capacity is asked.
type CapacityRequest struct {
	Flavours   []Flavour // 1 to 64; together they are one mix
	Failures   int       // answers for 0 to so many failures; at most 64
	Domain     Domain    // what fails as one
	Migrations []int64   // answers with at most so many migrations, ascending; Unlimited = any number
	Wanted     int64     // mixes that hosts are to be bought for; 0 = none
	Cluster    string    // id or name; "" = every cluster
	Options    Options   // OptionTimeLimit, OptionThreads, OptionExactLimit
}

// Figure is a largest number of mixes: Least were shown to fit, more than Most were proved not to. If they are
// equal, that is the answer. -1: not even what is there fits.
type Figure struct {
	Least, Most int64
}

// ResourceCapacity is what one resource does.
type ResourceCapacity struct {
	Demand   int64  // of one mix
	Free     int64  // on hosts that take some flavour of the mix; 0 if unlimited
	Stranded int64  // of that, where no VM of the mix fits any more, or beyond what those that fit take
	ByTotal  int64  // mixes by this resource's total alone; Unlimited
	Beyond   Figure // as it is, were there no end of this resource
	Binds    bool   // Beyond is proved to be more than there is room for
}

// HostRoom is what fits on one host alone.
type HostRoom struct {
	Open     bool  // its state and the rules let VMs of the mix in
	Mixes    int64 // that fit
	VMs      int64 // of the flavour that fits most often
	Resource Resource
}

// Purchase is what one more host of a kind would do.
type Purchase struct {
	Example Host  // a host of the kind
	There   int   // hosts of it
	Watts   int64 // Unset = unknown
	Now     Figure
	Kept    Figure // while the failures asked for stay survivable
	// Hosts is how many more of it the mixes wanted take; nil = not asked.
	Hosts *Figure
}

// ClusterCapacity is the answer for one cluster. If it was not asked for, Asked is false and all else zero.
type ClusterCapacity struct {
	Asked        bool
	Totals       Figure   // by the sums of what is free
	Now          Figure   // as it is
	Woken        Figure   // with the hosts that can be woken
	StandbyHosts int      // how many those are
	Migrated     []Figure // by CapacityRequest.Migrations
	Survived     []Figure // by number of failures, from 0; nothing moved
	BySlots      int64    // what admission control would let in; -1: it is short already
	ByPercentage int64
	Resources    []ResourceCapacity // by Resource
	Hosts        []HostRoom         // of the cluster
	Down         int                // VMs that have to be restarted first
	Waiting      int                // VMs without a host that are left out
	Purchases    []Purchase
	CutShort     bool // the time limit ended some search
}

// Capacity says how many more VMs of a mix fit: by Cluster.
func (i *Inventory) Capacity(ctx context.Context, request *CapacityRequest) ([]ClusterCapacity, error) {
	c, err := begin(ctx)
	if err != nil {
		return nil, err
	}
	defer c.end()
	native := i.use()
	if native == nil {
		return nil, errClosed
	}
	defer i.handle.done()
	asked := c.capacityRequest(request)
	if c.failed != nil {
		return nil, c.failed
	}
	var capacity *C.berth_capacity
	if err := c.err(C.berth_capacity_run(c.native, native, asked, &capacity)); err != nil {
		return nil, err
	}
	defer C.berth_capacity_free(capacity)
	clusters := make([]ClusterCapacity, i.clusters)
	for cluster := range clusters {
		first, end := i.ClusterHosts(Cluster(cluster))
		answer := C.berth_capacity_get_cluster(capacity, C.uint32_t(cluster))
		if answer.asked {
			clusters[cluster] = newClusterCapacity(answer, request, int(i.resources), int(end-first))
		}
	}
	if c.cut() {
		return clusters, c.cancelled()
	}
	return clusters, nil
}

func (c *call) capacityRequest(request *CapacityRequest) *C.berth_capacity_request {
	asked := (*C.berth_capacity_request)(c.allocate(C.sizeof_berth_capacity_request))
	flavours := c.allocate(uintptr(len(request.Flavours)+1) * C.sizeof_berth_capacity_flavour)
	migrations := c.allocate(uintptr(len(request.Migrations)+1) * 8)
	options := c.options(request.Options)
	if request.Failures < 0 || request.Failures > 64 {
		c.refuse(&Error{Status: ErrArgument, Detail: "failures"})
	}
	if c.failed != nil {
		return nil
	}
	for i, flavour := range request.Flavours {
		unsafe.Slice((*C.berth_capacity_flavour)(flavours), len(request.Flavours))[i] = c.flavour(&flavour)
	}
	for i, most := range request.Migrations {
		unsafe.Slice((*C.int64_t)(migrations), len(request.Migrations))[i] = C.int64_t(most)
	}
	*asked = C.bridge_capacity_request()
	asked.flavour_count, asked.flavours = C.uint32_t(len(request.Flavours)), (*C.berth_capacity_flavour)(flavours)
	asked.failures, asked.domain = C.uint32_t(request.Failures), C.berth_domain(request.Domain)
	asked.migration_count, asked.migrations = C.uint32_t(len(request.Migrations)), (*C.int64_t)(migrations)
	asked.wanted, asked.cluster, asked.options = C.int64_t(request.Wanted), c.optional(request.Cluster), options
	return asked
}

func (c *call) flavour(f *Flavour) C.berth_capacity_flavour {
	native := C.bridge_capacity_flavour()
	native.like = c.optional(f.Like)
	if f.Like == "" {
		native.cpu_mhz, native.memory_mib = C.int64_t(f.CPUMHz), C.int64_t(f.MemoryMiB)
	}
	if f.VCPUs != 0 {
		native.vcpus = C.int64_t(f.VCPUs)
	}
	if f.Count != 0 {
		native.count = C.int64_t(f.Count)
	}
	amounts := (*C.berth_capacity_amount)(c.allocate(uintptr(len(f.Needs)+1) * C.sizeof_berth_capacity_amount))
	if amounts == nil {
		return native
	}
	list := unsafe.Slice(amounts, len(f.Needs))
	for i, name := range sortedNames(f.Needs) {
		list[i].resource, list[i].amount = c.required(name), C.int64_t(f.Needs[name])
	}
	native.amount_count, native.amounts = C.uint32_t(len(f.Needs)), amounts
	return native
}

func newFigure(f C.berth_capacity_figure) Figure {
	return Figure{int64(f.least), int64(f.most)}
}

func newFigures(first *C.berth_capacity_figure, count int) []Figure {
	if first == nil {
		return nil
	}
	figures := make([]Figure, count)
	for i, f := range unsafe.Slice(first, count) {
		figures[i] = newFigure(f)
	}
	return figures
}

func newClusterCapacity(a *C.berth_capacity_cluster, request *CapacityRequest, resources, hosts int) ClusterCapacity {
	answer := ClusterCapacity{
		Asked:        true,
		Totals:       newFigure(a.totals),
		Now:          newFigure(a.now),
		Woken:        newFigure(a.woken),
		StandbyHosts: int(a.standby_hosts),
		Migrated:     newFigures(a.migrated, len(request.Migrations)),
		Survived:     newFigures(a.survived, request.Failures+1),
		BySlots:      int64(a.by_slots),
		ByPercentage: int64(a.by_percentage),
		Down:         int(a.down),
		Waiting:      int(a.waiting),
		CutShort:     bool(a.cut_short),
	}
	for _, r := range unsafe.Slice(a.resources, resources) {
		answer.Resources = append(answer.Resources, ResourceCapacity{int64(r.demand), int64(r.free), int64(r.stranded),
			int64(r.by_total), newFigure(r.beyond), bool(r.binds)})
	}
	for _, h := range unsafe.Slice(a.hosts, hosts) {
		answer.Hosts = append(answer.Hosts, HostRoom{bool(h.open), int64(h.mixes), int64(h.vms), Resource(h.resource)})
	}
	for _, p := range unsafe.Slice(a.purchases, a.purchase_count) {
		purchase := Purchase{Host(p.example), int(p.there), int64(p.watts), newFigure(p.now), newFigure(p.kept), nil}
		if p.want_asked {
			wanted := newFigure(p.hosts)
			purchase.Hosts = &wanted
		}
		answer.Purchases = append(answer.Purchases, purchase)
	}
	return answer
}
