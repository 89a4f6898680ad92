// SPDX-License-Identifier: Apache-2.0

package berth_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"berth.invalid/berth"
)

func goalOf(t *testing.T, word string) *berth.Goal {
	t.Helper()
	for goal := berth.GoalFailover; goal.String() != ""; goal++ {
		if goal.String() == word {
			return berth.For(goal)
		}
	}
	t.Fatal("no goal is called", word)
	return nil
}

// The datasets with answers by hand, as far as their options are a failed host or none.
func TestDatasets(t *testing.T) {
	file, err := os.Open(dataset("index.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	table := csv.NewReader(file)
	table.Comma = ';'
	rows, err := table.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	solved := 0
	for _, row := range rows[1:] {
		name, goal, options, levels, status := row[0], row[1], row[2], row[3], row[4]
		request := &berth.Request{Goal: goalOf(t, goal)}
		switch failed := strings.TrimPrefix(options, "--fail "); {
		case options == "":
		case failed != options:
			request.Scenario = &berth.Scenario{Events: []berth.Event{berth.FailHost(failed)}}
		default:
			continue
		}
		plan := solve(t, read(t, name), request)
		equal(t, name+" is", plan.Outcome(), status)
		for _, level := range strings.Fields(levels) {
			equal(t, name+" has", levelOf(plan, strings.SplitN(level, "=", 2)[0]), level)
		}
		solved++
	}
	if solved < 30 {
		t.Error("only", solved, "datasets")
	}
}

func levelOf(plan *berth.Plan, name string) string {
	for _, level := range plan.Levels() {
		if level.Name.String() == name {
			return fmt.Sprintf("%s=%d", name, level.Value)
		}
	}
	return "none"
}

// What datasets/fragmentation.xml derives: one of the two small VMs moves to the other host, then big
// restarts where it was.
func TestPlanOfFragmentation(t *testing.T) {
	i := read(t, "fragmentation.xml")
	plan := solve(t, i, nil)
	equal(t, "goal", plan.Goal(), berth.GoalFailover)
	equal(t, "makespan", plan.Makespan(), berth.Makespan{Best: 37, Expected: 37, Worst: 37})
	steps := plan.Steps()
	if len(steps) != 2 {
		t.Fatal(steps)
	}
	move, restart := steps[0], steps[1]
	equal(t, "kinds", []berth.StepType{move.Type, restart.Type}, []berth.StepType{berth.StepMigrate, berth.StepRestart})
	equal(t, "moves", i.VMMemory(move.VM), 8192)
	equal(t, "takes", move.Seconds, 7)
	equal(t, "restarts", restart.VM, vm(t, i, "big"))
	equal(t, "where it was", restart.To, move.From)
	equal(t, "after", restart.After, []int{1})
	equal(t, "from 7 to 37", []berth.Window{restart.Start, restart.End}, []berth.Window{{7, 7}, {37, 37}})
	equal(t, "hosts of steps of VMs", []berth.Host{move.Host, restart.Host, restart.From},
		[]berth.Host{berth.NoHost, berth.NoHost, berth.NoHost})
	placements := plan.Placements()
	equal(t, "placements", len(placements), 2)
	for _, p := range placements {
		if p.VM == restart.VM {
			equal(t, "big", p, berth.Placement{VM: restart.VM, From: host(t, i, "esx03"), To: restart.To, How: berth.HowRestart})
		}
	}
	level, found := plan.Level(berth.LevelMigrations)
	equal(t, "migrations", []interface{}{found, level.Value, level.Bound, level.Outcome}, []interface{}{true, 1, 1, berth.Optimal})
	if _, found = plan.Level(berth.LevelHostsOn); found {
		t.Error("failover has no level hosts.on")
	}
}

func TestWhyAVMHasNoHost(t *testing.T) {
	plan := solve(t, read(t, "must-rule-forbids-restart.xml"), nil)
	unplaced := plan.Unplaced()
	if len(unplaced) != 1 {
		t.Fatal(unplaced)
	}
	hosts := 0
	rule := false
	for _, entry := range unplaced[0].Ledger {
		hosts += entry.Hosts
		rule = rule || entry.Reason == berth.ReasonRule && plan.Inventory().RuleID(entry.Rule) != ""
	}
	equal(t, "each host is counted once", hosts, plan.Inventory().HostCount())
	if !rule || len(unplaced[0].Conflict) == 0 {
		t.Error(unplaced[0])
	}
}

func TestVMsThatStayBehind(t *testing.T) {
	plan := solve(t, read(t, "pinned-vm-stays.xml"), nil)
	equal(t, "left behind", len(plan.LeftBehind()), 1)
	equal(t, "unplaced", len(plan.Unplaced()), 0)
}

func TestShortage(t *testing.T) {
	plan := solve(t, read(t, "place-ten.xml"), &berth.Request{Goal: berth.For(berth.GoalPlace),
		Scenario: &berth.Scenario{Events: []berth.Event{berth.AddFlavour(1000, 4096, 11)}}})
	equal(t, "unplaced", len(plan.Unplaced()), 1)
	shortages := plan.Shortages()
	if len(shortages) != 1 {
		t.Fatal(shortages)
	}
	s := shortages[0]
	// 11 × 4 GiB are asked for; what all VMs take is 14336 + 14336 + 8192 + 2048 + 45056 of 81920 MiB.
	equal(t, "shortage", []interface{}{s.Resource, s.ShortBy, len(s.VMs), len(s.Hosts)},
		[]interface{}{berth.Memory, 2048, 15, 3})
}

func TestOptions(t *testing.T) {
	i := read(t, "fragmentation.xml")
	_, err := berth.Solve(background, i, &berth.Request{Options: berth.Options{berth.OptionThreads: 257}})
	if !errors.Is(err, berth.ErrArgument) {
		t.Error(err)
	}
	_, err = berth.Solve(background, i, &berth.Request{Options: berth.Options{99: 1}})
	if !errors.Is(err, berth.ErrArgument) {
		t.Error(err)
	}
	options := berth.Options{berth.OptionSeed: 7}
	equal(t, "parse", options.Parse("time-limit", "250ms"), nil)
	equal(t, "parse", options.Parse("weigh", "power"), nil)
	equal(t, "options", options, berth.Options{berth.OptionSeed: 7, berth.OptionTimeLimit: 250, berth.OptionWeigh: 1})
	if err = options.Parse("time-limit", "soon"); !errors.Is(err, berth.ErrArgument) {
		t.Error(err)
	}
	if err = options.Parse("no-such", "1"); !errors.Is(err, berth.ErrArgument) {
		t.Error(err)
	}
	equal(t, "rounded up", berth.Milliseconds(1500*time.Microsecond), 2)
	info := berth.OptionTimeLimit.Info()
	equal(t, "info", []interface{}{info.Name, info.Unit, info.Minimum, info.Default},
		[]interface{}{"time-limit", berth.UnitMilliseconds, 1, 60000})
	equal(t, "none", berth.Option(99).Info(), berth.OptionInfo{})
}

// The deadline of 36 s is missed by one: everything that a plan says of it is in its JSON.
func TestOptionsReachTheSolver(t *testing.T) {
	plan := solve(t, read(t, "fragmentation.xml"), &berth.Request{Options: berth.Options{berth.OptionDeadline: 36}})
	document, err := json.Marshal(plan)
	equal(t, "error", err, nil)
	var said struct {
		Deadline struct{ Seconds, Late int }
	}
	equal(t, "error", json.Unmarshal(document, &said), nil)
	equal(t, "deadline", said.Deadline, struct{ Seconds, Late int }{36, 1})
}

func TestDocuments(t *testing.T) {
	i := read(t, "fragmentation.xml")
	plan := solve(t, i, nil)
	var json, xml, page bytes.Buffer
	for _, err := range []error{plan.WriteJSON(&json), plan.WriteXML(&xml), plan.WriteReport(&page)} {
		equal(t, "error", err, nil)
	}
	if !strings.Contains(xml.String(), "<plan") || !strings.Contains(page.String(), "<html") {
		t.Error("XML or HTML is something else")
	}
	if !strings.HasPrefix(plan.String(), "Plan: failover of fragmentation: optimal\n") {
		t.Error(plan.String())
	}
	again, err := berth.ParsePlan(background, json.Bytes(), i, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	equal(t, "steps", again.Steps(), plan.Steps())
	var twice bytes.Buffer
	equal(t, "error", again.WriteJSON(&twice), nil)
	equal(t, "JSON read back", twice.String(), json.String())
}

func TestJSONIsThatOfTheCommand(t *testing.T) {
	command := os.Getenv("BERTH_COMMAND")
	if command == "" {
		t.Skip("BERTH_COMMAND is not set")
	}
	printed, err := exec.Command(command, "plan", dataset("quiesce-pair.xml"), "--format", "json").Output()
	equal(t, "error", err, nil)
	var ours bytes.Buffer
	equal(t, "error", solve(t, read(t, "quiesce-pair.xml"), nil).WriteJSON(&ours), nil)
	equal(t, "JSON", ours.String(), string(printed))
}

func TestPlansThatCannotBeRead(t *testing.T) {
	i := read(t, "fragmentation.xml")
	if _, err := berth.ParsePlan(background, []byte("{}"), i, nil); !errors.Is(err, berth.ErrInvalid) {
		t.Error(err)
	}
	large := bytes.Repeat([]byte("x"), 1<<20) // the reader gives up long before the end
	if _, err := berth.ParsePlan(background, large, i, nil); !errors.Is(err, berth.ErrInvalid) {
		t.Error(err)
	}
	if _, err := berth.ReadPlan(background, "no-such-plan.json", i, nil); !errors.Is(err, berth.ErrRead) {
		t.Error(err)
	}
}

func TestCheckerFindsAForgery(t *testing.T) {
	i := read(t, "fragmentation.xml")
	plan := solve(t, i, nil)
	report, err := plan.Verify(background)
	equal(t, "error", err, nil)
	if !report.Holds() {
		t.Error(report.Faults)
	}
	proofs := map[berth.LevelName]berth.Proof{}
	for _, level := range report.Levels {
		if level.HasProof {
			proofs[level.Name] = level.Proof
		}
	}
	equal(t, "proof of violations", proofs[berth.LevelViolations], berth.ProofZero)
	var document bytes.Buffer
	equal(t, "error", plan.WriteJSON(&document), nil)
	// Without its migration the restart has no room.
	forged := bytes.Replace(document.Bytes(), []byte(`"after": [1]`), []byte(`"after": []`), 1)
	if bytes.Equal(forged, document.Bytes()) {
		forged = bytes.Replace(document.Bytes(), []byte(`"after":[1]`), []byte(`"after":[]`), 1)
	}
	if bytes.Equal(forged, document.Bytes()) {
		t.Fatal("nothing to forge in", document.String())
	}
	other, err := berth.ParsePlan(background, forged, i, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	report, err = other.Verify(background)
	equal(t, "error", err, nil)
	kinds := map[berth.FaultKind]bool{}
	for _, fault := range report.Faults {
		kinds[fault.Kind] = true
	}
	if !kinds[berth.FaultCapacity] {
		t.Error(report.Faults)
	}
}

func TestClosedPlan(t *testing.T) {
	plan := solve(t, read(t, "fragmentation.xml"), nil)
	plan.Close()
	plan.Close()
	equal(t, "outcome", plan.Outcome(), berth.Unknown)
	equal(t, "lists", len(plan.Steps())+len(plan.Placements())+len(plan.Unplaced())+len(plan.Levels())+
		len(plan.Shortages())+len(plan.Warnings()), 0)
	equal(t, "makespan", plan.Makespan(), berth.Makespan{})
	equal(t, "its inventory", plan.Inventory().HostID(0), "")
	if _, err := plan.Verify(background); !errors.Is(err, berth.ErrClosed) {
		t.Error(err)
	}
	if err := plan.WriteJSON(&bytes.Buffer{}); !errors.Is(err, berth.ErrClosed) {
		t.Error(err)
	}
}
