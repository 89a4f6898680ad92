// SPDX-License-Identifier: Apache-2.0

package berth

// #include "native_bridge.h"
import "C"

import (
	"bytes"
	"context"
	"io"
	"runtime"
	"unsafe"
)

// Host, VM, Rule, Cluster and Resource are indices into an inventory, from 0.
type (
	Host     uint32
	VM       uint32
	Rule     uint32
	Cluster  uint32
	Resource uint32
)

// "No such object", wherever an index is expected or returned.
const (
	NoHost     Host     = C.BERTH_NONE
	NoVM       VM       = C.BERTH_NONE
	NoRule     Rule     = C.BERTH_NONE
	NoResource Resource = C.BERTH_NONE
)

// The first resources of every inventory; named extra resources follow.
const (
	CPU        Resource = C.BERTH_RESOURCE_CPU    // MHz reserved
	Memory     Resource = C.BERTH_RESOURCE_MEMORY // MiB reserved, overhead included
	VMs        Resource = C.BERTH_RESOURCE_VMS    // running VMs
	VCPUs      Resource = C.BERTH_RESOURCE_VCPUS  // virtual CPUs
	FirstNamed Resource = C.BERTH_RESOURCE_FIRST_NAMED
)

// Inventory is a virtualised cluster, or several, as they are at one moment. It is immutable; any number
// of goroutines may use it at once.
type Inventory struct {
	handle                                 sharedHandle
	clusters, hosts, vms, rules, resources uint32
	problems                               []Problem
}

// newInventory takes over a reference.
func newInventory(native *C.berth_inventory, problems []Problem) *Inventory {
	i := &Inventory{
		clusters:  uint32(C.berth_inventory_cluster_count(native)),
		hosts:     uint32(C.berth_inventory_host_count(native)),
		vms:       uint32(C.berth_inventory_vm_count(native)),
		rules:     uint32(C.berth_inventory_rule_count(native)),
		resources: uint32(C.berth_inventory_resource_count(native)),
		problems:  problems,
	}
	i.handle.open(unsafe.Pointer(native), func(p unsafe.Pointer) {
		C.berth_inventory_release((*C.berth_inventory)(p))
	})
	runtime.SetFinalizer(i, (*Inventory).Close)
	return i
}

// Close frees the inventory as soon as nothing uses it any more. Plans and sessions made from it stay
// valid.
func (i *Inventory) Close() {
	i.handle.close()
	runtime.SetFinalizer(i, nil)
}

// use gives the native inventory until done; nil if closed.
func (i *Inventory) use() *C.berth_inventory {
	return (*C.berth_inventory)(i.handle.use())
}

// ReadOptions says how inventories are read. The zero value means the defaults.
type ReadOptions struct {
	Dialect           Dialect
	MaxBytes          uint64 // after decompression; 0 = 8 GiB
	MaxElements       uint64 // 0 = 50 million
	Into              string // cluster, by id or name, of appliances; "" = the only one
	HostNotifyTimeout *int64 // seconds, for hosts of which a vim25 source does not tell it
}

func (c *call) readLimits(options *ReadOptions) (C.berth_dialect, C.berth_read_limits) {
	limits := C.bridge_read_limits()
	if options == nil {
		return C.BERTH_DIALECT_AUTO, limits
	}
	if options.MaxBytes > 0 {
		limits.max_bytes = C.uint64_t(options.MaxBytes)
	}
	if options.MaxElements > 0 {
		limits.max_elements = C.uint64_t(options.MaxElements)
	}
	limits.into = c.optional(options.Into)
	if options.HostNotifyTimeout != nil {
		limits.host_notify_timeout = C.int64_t(*options.HostNotifyTimeout)
	}
	return C.berth_dialect(options.Dialect), limits
}

// ReadInventory reads sources of any dialect and makes one inventory of them: files, folders of files, "-"
// for standard input, or "this-host:". Files may be compressed by gzip. Options may be nil.
func ReadInventory(ctx context.Context, options *ReadOptions, sources ...string) (*Inventory, error) {
	c, err := begin(ctx)
	if err != nil {
		return nil, err
	}
	defer c.end()
	dialect, limits := c.readLimits(options)
	paths := c.strings(sources)
	if c.failed != nil {
		return nil, c.failed
	}
	var native *C.berth_inventory
	status := C.berth_read_inventory(c.native, paths, C.uint32_t(len(sources)), dialect, &limits, &native)
	return c.inventory(status, native)
}

// ParseInventory reads an inventory from memory; name stands in messages. Options may be nil.
func ParseInventory(ctx context.Context, options *ReadOptions, name string, document []byte) (*Inventory, error) {
	c, err := begin(ctx)
	if err != nil {
		return nil, err
	}
	defer c.end()
	dialect, limits := c.readLimits(options)
	nativeName := c.required(name)
	if c.failed != nil {
		return nil, c.failed
	}
	if len(document) == 0 {
		document = []byte{'\n'} // an address is needed; empty either way
	}
	var native *C.berth_inventory
	status := C.berth_parse_inventory(c.native, unsafe.Pointer(&document[0]), C.size_t(len(document)), nativeName,
		dialect, &limits, &native)
	return c.inventory(status, native)
}

// ReadInventoryFrom reads an inventory from r to its end; name stands in messages. Options may be nil.
func ReadInventoryFrom(ctx context.Context, options *ReadOptions, name string, r io.Reader) (*Inventory, error) {
	var document bytes.Buffer
	if _, err := document.ReadFrom(r); err != nil {
		return nil, &Error{Status: ErrRead, Detail: name + ": " + err.Error(), Cause: err}
	}
	return ParseInventory(ctx, options, name, document.Bytes())
}

func (c *call) inventory(status C.berth_status, native *C.berth_inventory) (*Inventory, error) {
	if err := c.err(status); err != nil {
		return nil, err
	}
	return newInventory(native, c.problems()), nil
}

// Problems are the warnings and notes of reading, building or changing the inventory.
func (i *Inventory) Problems() []Problem {
	return append([]Problem(nil), i.problems...)
}

// Lint looks for what is valid and yet probably not meant; each finding has a code. Findings of Problems
// are not among them.
func (i *Inventory) Lint(ctx context.Context) ([]Problem, error) {
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
	request := C.bridge_lint_request()
	request.most = 0
	if err := c.err(C.berth_lint(c.native, native, &request)); err != nil {
		return nil, err
	}
	if err := c.err(C.berth_lint_admission(c.native, native, &request)); err != nil {
		return nil, err
	}
	return c.problems(), nil
}

// WriteFile writes the inventory in the native dialect. A file is replaced only when complete.
func (i *Inventory) WriteFile(path string) error {
	return i.write(func(c *call, native *C.berth_inventory) error {
		nativePath := c.required(path)
		if c.failed != nil {
			return c.failed
		}
		return c.err(C.berth_write_inventory(c.native, native, nativePath))
	})
}

// WriteTo writes the inventory in the native dialect.
func (i *Inventory) WriteTo(w io.Writer) (int64, error) {
	var written int64
	err := i.write(func(c *call, native *C.berth_inventory) error {
		var err error
		written, err = pipeTo(w, func(path string) error {
			return c.err(C.berth_write_inventory(c.native, native, c.required(path)))
		})
		return err
	})
	return written, err
}

func (i *Inventory) write(with func(*call, *C.berth_inventory) error) error {
	c, err := begin(nil)
	if err != nil {
		return err
	}
	defer c.end()
	native := i.use()
	if native == nil {
		return errClosed
	}
	defer i.handle.done()
	return with(c, native)
}

// Apply gives the inventory after all events of the scenario.
func (i *Inventory) Apply(ctx context.Context, scenario *Scenario) (*Inventory, error) {
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
	events, err := c.scenario(scenario)
	if err != nil {
		return nil, err
	}
	defer C.berth_scenario_free(events)
	var after *C.berth_inventory
	status := C.berth_scenario_apply(c.native, native, events, &after)
	return c.inventory(status, after)
}

// InferGoal is the goal that the state of the inventory suggests: failover, evacuate or repair.
func (i *Inventory) InferGoal() Goal {
	native := i.use()
	if native == nil {
		return GoalRepair
	}
	defer i.handle.done()
	return Goal(C.berth_goal_infer(native))
}
