// SPDX-License-Identifier: Apache-2.0

package berth_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"berth.invalid/berth"
)

var background = context.Background()

func dataset(name string) string {
	return filepath.Join("..", "..", "datasets", name)
}

func read(t testing.TB, name string) *berth.Inventory {
	t.Helper()
	inventory, err := berth.ReadInventory(background, nil, dataset(name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(inventory.Close)
	return inventory
}

func solve(t testing.TB, inventory *berth.Inventory, request *berth.Request) *berth.Plan {
	t.Helper()
	plan, err := berth.Solve(background, inventory, request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(plan.Close)
	return plan
}

func host(t testing.TB, inventory *berth.Inventory, id string) berth.Host {
	t.Helper()
	found, err := inventory.FindHost(id)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func vm(t testing.TB, inventory *berth.Inventory, id string) berth.VM {
	t.Helper()
	found, err := inventory.FindVM(id)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func equal(t testing.TB, what string, got, want interface{}) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// cluster is a cluster of equal hosts, 64 GiB each, and VMs of
// many sizes, in memory and CPU, that fill some 70 % of them.
func cluster(hosts, vmsEach int) berth.ClusterSpec {
	spec := berth.NewCluster("prod")
	state := uint32(12345)
	for h := 0; h < hosts; h++ {
		host := berth.NewHost(fmt.Sprintf("host%03d", h), 60000, 65536)
		host.Wake = berth.WakeIPMI // hosts that nothing can wake never sleep
		spec.Hosts = append(spec.Hosts, host)
		for v := 0; v < vmsEach; v++ {
			state = state*1664525 + 1013904223
			size := int64(65536/vmsEach)*4/10 + int64(state>>8)%(int64(65536/vmsEach)*6/10)
			vm := berth.NewVM(fmt.Sprintf("vm%03d-%02d", h, v), size)
			vm.Host = host.ID
			vm.MemoryReservationMiB = size
			vm.CPUReservationMHz = int64(60000/vmsEach)*4/10 + int64(state>>16)%(int64(60000/vmsEach)*6/10)
			spec.VMs = append(spec.VMs, vm)
		}
	}
	return spec
}

func build(t testing.TB, clusters ...berth.ClusterSpec) *berth.Inventory {
	t.Helper()
	inventory, err := berth.Build(background, &berth.Description{Clusters: clusters})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(inventory.Close)
	return inventory
}
