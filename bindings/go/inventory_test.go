// SPDX-License-Identifier: Apache-2.0

package berth_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"berth.invalid/berth"
)

func TestInventorySaysWhatItsFileSays(t *testing.T) {
	i := read(t, "fragmentation.xml")
	equal(t, "name", i.Name(), "fragmentation")
	equal(t, "counts", []int{i.ClusterCount(), i.HostCount(), i.VMCount(), i.RuleCount(), i.ResourceCount()},
		[]int{1, 3, 5, 0, 4})
	esx01, esx03 := host(t, i, "esx01"), host(t, i, "esx03")
	equal(t, "state of esx01", i.HostState(esx01), "online")
	equal(t, "state of esx03", i.HostState(esx03), "failed")
	equal(t, "memory of esx01", i.HostCapacity(esx01, berth.Memory), 65536)
	equal(t, "CPU of esx01", i.HostCapacity(esx01, berth.CPU), 60000)
	equal(t, "VMs of esx01", i.HostCapacity(esx01, berth.VMs), berth.Unlimited)
	big := vm(t, i, "big")
	equal(t, "host of big", i.VMHost(big), esx03)
	equal(t, "demand of big", i.VMDemand(big, berth.Memory), 24576)
	equal(t, "memory of big", i.VMMemory(big), 24576)
	equal(t, "power of big", i.VMPower(big), "on")
	equal(t, "priority of big", i.VMPriority(big), "medium")
	equal(t, "id and label", i.VMID(big)+i.VMLabel(big)+i.HostID(esx01)+i.HostLabel(esx01), "bigbigesx01esx01")
	equal(t, "resource", i.ResourceName(berth.Memory), "memory")
	equal(t, "goal", i.InferGoal(), berth.GoalFailover)
}

func TestRulesOfAnInventory(t *testing.T) {
	i := read(t, "keep-apart-failover.xml")
	rule, err := i.FindRule("controllers-apart")
	equal(t, "error", err, nil)
	equal(t, "rule", []interface{}{i.RuleID(rule), i.RuleType(rule), i.RuleStrength(rule), i.RuleEnabled(rule)},
		[]interface{}{"controllers-apart", berth.RuleApart, berth.Must, true})
}

func TestClustersAreRanges(t *testing.T) {
	i := read(t, "several-clusters.xml")
	hosts, vms := 0, 0
	for c := berth.Cluster(0); int(c) < i.ClusterCount(); c++ {
		first, end := i.ClusterHosts(c)
		equal(t, "first host", first, hosts)
		hosts = int(end)
		firstVM, endVM := i.ClusterVMs(c)
		equal(t, "first VM", firstVM, vms)
		vms = int(endVM)
		if i.ClusterID(c) == "" {
			t.Error("a cluster without an id")
		}
	}
	equal(t, "ranges end", []int{hosts, vms}, []int{i.HostCount(), i.VMCount()})
}

func TestWhatIsNotThere(t *testing.T) {
	i := read(t, "fragmentation.xml")
	_, err := i.FindHost("esx99")
	if !errors.Is(err, berth.ErrNotFound) || !strings.Contains(err.Error(), `"esx99"`) {
		t.Error(err)
	}
	if _, err = i.FindVM("a\x00b"); !errors.Is(err, berth.ErrNotFound) {
		t.Error(err)
	}
	equal(t, "beyond the end", []interface{}{i.HostID(3), i.VMID(berth.NoVM), i.VMHost(5), i.HostCapacity(0, 4),
		i.RuleID(0), i.ClusterID(1), i.ResourceName(9)}, []interface{}{"", "", berth.NoHost, 0, "", "", ""})
	first, end := i.ClusterHosts(1)
	equal(t, "hosts beyond the end", []berth.Host{first, end}, []berth.Host{0, 0})
}

func TestReadingFromMemory(t *testing.T) {
	document, err := os.ReadFile(dataset("fragmentation.xml"))
	equal(t, "error", err, nil)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write(document)
	w.Close()
	for name, given := range map[string][]byte{"plain": document, "gzip": packed.Bytes()} {
		i, err := berth.ReadInventoryFrom(background, nil, name, bytes.NewReader(given))
		if err != nil {
			t.Fatal(name, err)
		}
		equal(t, name, i.VMCount(), 5)
		i.Close()
	}
}

func TestErrorsOfReading(t *testing.T) {
	_, err := berth.ReadInventory(background, nil, dataset("no-such-file.xml"))
	if !errors.Is(err, berth.ErrRead) || errors.Is(err, berth.ErrInvalid) {
		t.Error(err)
	}
	for _, empty := range [][]byte{nil, []byte("<inventory"), []byte("word")} {
		if _, err = berth.ParseInventory(background, nil, "x", empty); err == nil {
			t.Errorf("%q was read", empty)
		}
	}
	if _, err = berth.ReadInventory(background, nil, "a\x00b"); !errors.Is(err, berth.ErrArgument) {
		t.Error(err)
	}
	if _, err = berth.ReadInventory(background, nil); !errors.Is(err, berth.ErrArgument) {
		t.Error(err)
	}
	options := &berth.ReadOptions{MaxBytes: 100}
	if _, err = berth.ReadInventory(background, options, dataset("fragmentation.xml")); !errors.Is(err, berth.ErrLimit) {
		t.Error(err)
	}
}

func TestAllProblemsOfAnInputAreTold(t *testing.T) {
	document := `<inventory xmlns="urn:berth:1"><cluster id="c">
<host id="h" cpuMhz="1000" memoryMib="-5"/>
<vm id="v" host="nowhere" memoryMib="10"/>
</cluster></inventory>`
	_, err := berth.ParseInventory(background, nil, "bad.xml", []byte(document))
	var problem *berth.Error
	if !errors.As(err, &problem) || !errors.Is(err, berth.ErrInvalid) {
		t.Fatal(err)
	}
	if len(problem.Problems) < 2 {
		t.Fatal(problem.Problems)
	}
	lines := map[int]bool{}
	for _, p := range problem.Problems {
		lines[p.Line] = true
		equal(t, "source", p.Source, "bad.xml")
		equal(t, "severity", p.Severity, "error")
	}
	if !lines[2] || !lines[3] {
		t.Error("lines 2 and 3 have a problem each:", problem.Problems)
	}
	if !strings.Contains(err.Error(), "bad.xml:2:") || !strings.HasPrefix(problem.Problems[0].String(), "bad.xml:2:") {
		t.Error(err)
	}
}

func TestWritingReadsBackTheSame(t *testing.T) {
	first := read(t, "several-clusters.xml")
	var written bytes.Buffer
	count, err := first.WriteTo(&written)
	equal(t, "error", err, nil)
	equal(t, "count", count, written.Len())
	path := filepath.Join(t.TempDir(), "written.xml")
	equal(t, "error", first.WriteFile(path), nil)
	inFile, err := os.ReadFile(path)
	equal(t, "error", err, nil)
	if !bytes.Equal(inFile, written.Bytes()) {
		t.Error("WriteFile and WriteTo differ")
	}
	second, err := berth.ParseInventory(background, nil, "again", written.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	var again bytes.Buffer
	_, _ = second.WriteTo(&again)
	if !bytes.Equal(again.Bytes(), written.Bytes()) {
		t.Error("reading back gives something else")
	}
}

type brokenWriter struct{}

var errBroken = errors.New("broken")

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestWriterThatFails(t *testing.T) {
	i := build(t, cluster(50, 20)) // more than fits a pipe
	_, err := i.WriteTo(brokenWriter{})
	if !errors.Is(err, berth.ErrWrite) || !errors.Is(err, errBroken) {
		t.Error(err)
	}
	if err = i.WriteFile(filepath.Join(t.TempDir(), "no", "such", "folder")); !errors.Is(err, berth.ErrOpenOutput) {
		t.Error(err)
	}
}

func TestScenarioChangesACopy(t *testing.T) {
	before := read(t, "keep-apart-failover.xml")
	after, err := before.Apply(background, &berth.Scenario{Events: []berth.Event{
		berth.FailHost("esx03"), berth.AddHosts("esx02", 2), berth.DropRule("controllers-apart"),
		berth.SetVM("mail", "memoryReservationMib", "1024"), berth.RestoreHost("esx01"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer after.Close()
	equal(t, "hosts", []int{before.HostCount(), after.HostCount()}, []int{3, 5})
	equal(t, "rules", []int{before.RuleCount(), after.RuleCount()}, []int{1, 0})
	equal(t, "esx03", after.HostState(host(t, after, "esx03")), "failed")
	equal(t, "esx01", after.HostState(host(t, after, "esx01")), "online")
	equal(t, "new host", after.HostCapacity(host(t, after, "esx02+2"), berth.Memory), 65536)
	equal(t, "mail", after.VMDemand(vm(t, after, "mail"), berth.Memory), 1024)
	_, err = before.Apply(background, &berth.Scenario{Events: []berth.Event{berth.FailHost("esx99")}})
	if !errors.Is(err, berth.ErrInvalid) {
		t.Error(err)
	}
}

func TestScenarioFromAFile(t *testing.T) {
	scenario, err := berth.ReadScenario(background, dataset("rack-failure.scenario.xml"))
	if err != nil {
		t.Fatal(err)
	}
	plan := solve(t, read(t, "rack-failure.xml"), &berth.Request{Scenario: scenario})
	equal(t, "outcome", plan.Outcome(), berth.Infeasible)
}

func TestLint(t *testing.T) {
	problems, err := read(t, "lint-blade-cluster.xml").Lint(background)
	equal(t, "error", err, nil)
	codes := map[string]bool{}
	for _, p := range problems {
		codes[p.Code] = true
	}
	if !codes["primaries-in-one-chassis"] {
		t.Error(codes)
	}
}

func TestClosingWhileInUse(t *testing.T) {
	i, err := berth.ReadInventory(background, nil, dataset("fragmentation.xml"))
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for g := 0; g < 4; g++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for i.VMID(0) != "" { // "" once it is closed
			}
		}()
	}
	i.Close()
	i.Close()
	all.Wait()
	_, err = i.FindHost("esx01")
	if !errors.Is(err, berth.ErrClosed) || err.Error() != "berth: the value was closed" {
		t.Error(err)
	}
	if _, err = berth.Solve(background, i, nil); !errors.Is(err, berth.ErrClosed) {
		t.Error(err)
	}
}
