// SPDX-License-Identifier: Apache-2.0

package berth_test

import (
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"testing"
	"time"

	"berth.invalid/berth"
)

// The workload of tests/bench/bench_session.c, so that the two can be compared: a tenth of the VMs stop,
// then one of them is placed and one that runs stops, over and over.
//
//	BERTH_COMMAND=berth go test -run '^$' -bench Session -benchtime 100000x .
type daily struct {
	session *berth.Session
	stopped []berth.VM
	random  *rand.Rand
}

func newDaily(b *testing.B) *daily {
	b.Helper()
	command := os.Getenv("BERTH_COMMAND")
	if command == "" {
		b.Skip("BERTH_COMMAND is not set: no inventory of 10,000 hosts")
	}
	file := filepath.Join(b.TempDir(), "large.xml")
	if printed, err := exec.Command(command, "generate", "--hosts=10000", "--vms=200000", "-o", file).CombinedOutput(); err != nil {
		b.Fatal(string(printed))
	}
	inventory, err := berth.ReadInventory(background, nil, file)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(inventory.Close)
	d := &daily{session: session(b, inventory), random: rand.New(rand.NewSource(1))}
	for n := 0; n <= inventory.VMCount()/10; n++ {
		vm := d.running()
		if err := d.session.StopVM(vm); err != nil {
			b.Fatal(err)
		}
		d.stopped = append(d.stopped, vm)
	}
	return d
}

func (d *daily) running() berth.VM {
	for {
		vm := berth.VM(d.random.Intn(d.session.VMCount()))
		if d.session.VMPower(vm) == berth.PowerOn && d.session.VMHost(vm) != berth.NoHost {
			return vm
		}
	}
}

// percentiles reports how long calls took, in nanoseconds.
func percentiles(b *testing.B, what string, taken []time.Duration) {
	b.Helper()
	sort.Slice(taken, func(i, j int) bool { return taken[i] < taken[j] })
	at := func(share float64) float64 { return float64(taken[int(float64(len(taken)-1)*share)]) }
	b.ReportMetric(at(0.5), what+"-p50-ns")
	b.ReportMetric(at(0.99), what+"-p99-ns")
}

func BenchmarkSession(b *testing.B) {
	d := newDaily(b)
	b.Run("placements", d.place)
	b.Run("snapshots", d.snapshots)
}

func (d *daily) place(b *testing.B) {
	b.ReportAllocs()
	best := make([]berth.Candidate, 3)
	query, commit, number := make([]time.Duration, b.N), make([]time.Duration, b.N), make([]time.Duration, b.N)
	b.ResetTimer()
	for n := 0; n < b.N; n++ {
		slot := d.random.Intn(len(d.stopped))
		vm := d.stopped[slot]
		began := time.Now()
		_, queryErr := d.session.BestHosts(vm, berth.PreferTight, best)
		asked := time.Now()
		chosen, placeErr := d.session.Place(vm, berth.PreferTight)
		placed := time.Now()
		_ = d.session.VMCount() // what a call costs that does next to nothing
		query[n], commit[n], number[n] = asked.Sub(began), placed.Sub(asked), time.Since(placed)
		if queryErr != nil || placeErr != nil {
			b.Fatal(queryErr, placeErr)
		}
		if chosen.Host != berth.NoHost {
			d.stopped[slot] = d.running()
		}
		if err := d.session.StopVM(d.stopped[slot]); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	percentiles(b, "best-3", query)
	percentiles(b, "query-and-commit", commit)
	percentiles(b, "number", number)
}

func (d *daily) snapshots(b *testing.B) {
	b.ReportAllocs()
	taken := make([]time.Duration, b.N)
	b.ResetTimer()
	for n := range taken {
		began := time.Now()
		kept, err := d.session.Snapshot()
		if err != nil {
			b.Fatal(err)
		}
		taken[n] = time.Since(began)
		kept.Close()
	}
	b.StopTimer()
	percentiles(b, "snapshot", taken)
}
