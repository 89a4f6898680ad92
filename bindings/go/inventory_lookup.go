// SPDX-License-Identifier: Apache-2.0

package berth

// #include <stdlib.h>
// #include "native_bridge.h"
import "C"

import (
	"fmt"
	"strings"
	"unsafe"
)

// text asks for a string if the index is in range.
func (i *Inventory) text(inRange bool, ask func(*C.berth_inventory) *C.char) string {
	if native := i.use(); native != nil {
		defer i.handle.done()
		if inRange {
			return text(ask(native))
		}
	}
	return ""
}

// number asks for a number if the index is in range; otherwise it is absent.
func (i *Inventory) number(inRange bool, absent int64, ask func(*C.berth_inventory) int64) int64 {
	if native := i.use(); native != nil {
		defer i.handle.done()
		if inRange {
			return ask(native)
		}
	}
	return absent
}

// find asks for the index of an id or name.
func (i *Inventory) find(kind, name string,
	ask func(*C.berth_inventory, *C.char, *C.uint32_t) C.berth_status) (uint32, error) {
	native := i.use()
	if native == nil {
		return C.BERTH_NONE, errClosed
	}
	defer i.handle.done()
	if strings.IndexByte(name, 0) >= 0 {
		return C.BERTH_NONE, &Error{Status: ErrNotFound, Detail: fmt.Sprintf("no %s %q", kind, name)}
	}
	nativeName := C.CString(name)
	defer C.free(unsafe.Pointer(nativeName))
	var index C.uint32_t
	switch status := ask(native, nativeName, &index); status {
	case C.BERTH_OK:
		return uint32(index), nil
	case C.BERTH_E_AMBIGUOUS:
		return C.BERTH_NONE, &Error{Status: ErrAmbiguous, Detail: fmt.Sprintf("several %ss are called %q", kind, name)}
	default:
		return C.BERTH_NONE, &Error{Status: Status(status), Detail: fmt.Sprintf("no %s %q", kind, name)}
	}
}

// Name is the name of the inventory, or "".
func (i *Inventory) Name() string {
	return i.text(true, func(n *C.berth_inventory) *C.char { return C.berth_inventory_name(n) })
}

// ClusterCount is the number of clusters.
func (i *Inventory) ClusterCount() int { return int(i.clusters) }

// HostCount is the number of hosts of all clusters.
func (i *Inventory) HostCount() int { return int(i.hosts) }

// VMCount is the number of VMs of all clusters, running or not.
func (i *Inventory) VMCount() int { return int(i.vms) }

// RuleCount is the number of rules.
func (i *Inventory) RuleCount() int { return int(i.rules) }

// ResourceCount is the number of resources, extra ones included.
func (i *Inventory) ResourceCount() int { return int(i.resources) }

// ResourceName is "cpu", "memory", "vms", "vcpus" or the name of an extra resource.
func (i *Inventory) ResourceName(r Resource) string {
	return i.text(uint32(r) < i.resources, func(n *C.berth_inventory) *C.char {
		return C.berth_inventory_resource_name(n, C.uint32_t(r))
	})
}

// FindHost finds a host by id, then by name. The error is ErrNotFound or ErrAmbiguous.
func (i *Inventory) FindHost(idOrName string) (Host, error) {
	index, err := i.find("host", idOrName, func(n *C.berth_inventory, name *C.char, out *C.uint32_t) C.berth_status {
		return C.berth_inventory_find_host(n, name, out)
	})
	return Host(index), err
}

// FindVM finds a VM by id, then by name. The error is ErrNotFound or ErrAmbiguous.
func (i *Inventory) FindVM(idOrName string) (VM, error) {
	index, err := i.find("VM", idOrName, func(n *C.berth_inventory, name *C.char, out *C.uint32_t) C.berth_status {
		return C.berth_inventory_find_vm(n, name, out)
	})
	return VM(index), err
}

// FindRule finds a rule by id. The error is ErrNotFound.
func (i *Inventory) FindRule(id string) (Rule, error) {
	index, err := i.find("rule", id, func(n *C.berth_inventory, name *C.char, out *C.uint32_t) C.berth_status {
		return C.berth_inventory_find_rule(n, name, out)
	})
	return Rule(index), err
}

// ClusterID is the id of a cluster.
func (i *Inventory) ClusterID(c Cluster) string {
	return i.text(uint32(c) < i.clusters, func(n *C.berth_inventory) *C.char {
		return C.berth_inventory_cluster_id(n, C.uint32_t(c))
	})
}

// ClusterHosts is the range [first, end) of the hosts of a cluster.
func (i *Inventory) ClusterHosts(c Cluster) (first, end Host) {
	at := func(cluster uint32) Host {
		return Host(i.number(cluster <= i.clusters, 0, func(n *C.berth_inventory) int64 {
			return int64(C.berth_inventory_cluster_first_host(n, C.uint32_t(cluster)))
		}))
	}
	if uint32(c) >= i.clusters {
		return 0, 0
	}
	return at(uint32(c)), at(uint32(c) + 1)
}

// ClusterVMs is the range [first, end) of the VMs of a cluster.
func (i *Inventory) ClusterVMs(c Cluster) (first, end VM) {
	at := func(cluster uint32) VM {
		return VM(i.number(cluster <= i.clusters, 0, func(n *C.berth_inventory) int64 {
			return int64(C.berth_inventory_cluster_first_vm(n, C.uint32_t(cluster)))
		}))
	}
	if uint32(c) >= i.clusters {
		return 0, 0
	}
	return at(uint32(c)), at(uint32(c) + 1)
}

// HostID is the id of a host.
func (i *Inventory) HostID(h Host) string {
	return i.text(uint32(h) < i.hosts, func(n *C.berth_inventory) *C.char {
		return C.berth_inventory_host_id(n, C.uint32_t(h))
	})
}

// HostLabel is the name of a host if it has one, else its id: what a person wants to read.
func (i *Inventory) HostLabel(h Host) string {
	return i.text(uint32(h) < i.hosts, func(n *C.berth_inventory) *C.char {
		return C.berth_inventory_host_label(n, C.uint32_t(h))
	})
}

// HostState is the state of a host.
func (i *Inventory) HostState(h Host) HostState {
	return HostState(i.number(uint32(h) < i.hosts, 0, func(n *C.berth_inventory) int64 {
		return int64(C.berth_inventory_host_state(n, C.uint32_t(h)))
	}))
}

// HostCapacity is what a host has of a resource, in its unit; Unlimited = no limit.
func (i *Inventory) HostCapacity(h Host, r Resource) int64 {
	return i.number(uint32(h) < i.hosts && uint32(r) < i.resources, 0, func(n *C.berth_inventory) int64 {
		return int64(C.berth_inventory_host_capacity(n, C.uint32_t(h), C.uint32_t(r)))
	})
}

// VMID is the id of a VM.
func (i *Inventory) VMID(v VM) string {
	return i.text(uint32(v) < i.vms, func(n *C.berth_inventory) *C.char {
		return C.berth_inventory_vm_id(n, C.uint32_t(v))
	})
}

// VMLabel is the name of a VM if it has one, else its id: what a person wants to read.
func (i *Inventory) VMLabel(v VM) string {
	return i.text(uint32(v) < i.vms, func(n *C.berth_inventory) *C.char {
		return C.berth_inventory_vm_label(n, C.uint32_t(v))
	})
}

// VMPower is the power state of a VM.
func (i *Inventory) VMPower(v VM) Power {
	return Power(i.number(uint32(v) < i.vms, 0, func(n *C.berth_inventory) int64 {
		return int64(C.berth_inventory_vm_power(n, C.uint32_t(v)))
	}))
}

// VMHost is the host that a VM is registered at, running or not; NoHost = none.
func (i *Inventory) VMHost(v VM) Host {
	return Host(i.number(uint32(v) < i.vms, C.BERTH_NONE, func(n *C.berth_inventory) int64 {
		return int64(C.berth_inventory_vm_host(n, C.uint32_t(v)))
	}))
}

// VMPriority is the restart priority of a VM.
func (i *Inventory) VMPriority(v VM) Priority {
	return Priority(i.number(uint32(v) < i.vms, 0, func(n *C.berth_inventory) int64 {
		return int64(C.berth_inventory_vm_priority(n, C.uint32_t(v)))
	}))
}

// VMDemand is what a VM takes of a host when it runs: reservation plus overhead, in the resource's unit.
func (i *Inventory) VMDemand(v VM, r Resource) int64 {
	return i.number(uint32(v) < i.vms && uint32(r) < i.resources, 0, func(n *C.berth_inventory) int64 {
		return int64(C.berth_inventory_vm_demand(n, C.uint32_t(v), C.uint32_t(r)))
	})
}

// VMMemory is the configured memory of a VM in MiB.
func (i *Inventory) VMMemory(v VM) int64 {
	return i.number(uint32(v) < i.vms, 0, func(n *C.berth_inventory) int64 {
		return int64(C.berth_inventory_vm_memory(n, C.uint32_t(v)))
	})
}

// RuleID is the id of a rule.
func (i *Inventory) RuleID(r Rule) string {
	return i.text(uint32(r) < i.rules, func(n *C.berth_inventory) *C.char {
		return C.berth_inventory_rule_id(n, C.uint32_t(r))
	})
}

// RuleType is the kind of a rule.
func (i *Inventory) RuleType(r Rule) RuleType {
	return RuleType(i.number(uint32(r) < i.rules, 0, func(n *C.berth_inventory) int64 {
		return int64(C.berth_inventory_rule_type(n, C.uint32_t(r)))
	}))
}

// RuleStrength is the strength of a rule.
func (i *Inventory) RuleStrength(r Rule) Strength {
	return Strength(i.number(uint32(r) < i.rules, 0, func(n *C.berth_inventory) int64 {
		return int64(C.berth_inventory_rule_strength(n, C.uint32_t(r)))
	}))
}

// RuleEnabled is false for a rule that is disabled because an older one contradicts it.
func (i *Inventory) RuleEnabled(r Rule) bool {
	return 0 != i.number(uint32(r) < i.rules, 0, func(n *C.berth_inventory) int64 {
		if C.berth_inventory_rule_enabled(n, C.uint32_t(r)) {
			return 1
		}
		return 0
	})
}
