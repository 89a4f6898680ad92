// SPDX-License-Identifier: Apache-2.0

package berth_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"berth.invalid/berth"
)

// The examples of docs/manual/go.md.

func Example() {
	err := func() error {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		inventory, err := berth.ReadInventory(ctx, nil, "../../datasets/fragmentation.xml")
		if err != nil {
			return err
		}
		defer inventory.Close()
		plan, err := berth.Solve(ctx, inventory, nil)
		if err != nil {
			return err
		}
		defer plan.Close()
		fmt.Println(plan.Goal(), plan.Outcome(), plan.Makespan().Worst, "s")
		for _, step := range plan.Steps() {
			fmt.Println(step.ID, step.Type, inventory.VMID(step.VM), "after", step.After)
		}
		return nil
	}()
	fmt.Println(err)
	// Output:
	// failover optimal 37 s
	// 1 migrate wiki after []
	// 2 restart big after [1]
	// <nil>
}

func ExampleSolve() {
	ctx := context.Background()
	inventory, _ := berth.ReadInventory(ctx, nil, dataset("fragmentation.xml"))
	defer inventory.Close()
	plan, err := berth.Solve(ctx, inventory, &berth.Request{
		Goal:     berth.For(berth.GoalEvacuate),
		Scenario: &berth.Scenario{Events: []berth.Event{berth.DrainHost("esx01"), berth.AddHosts("esx02", 1)}},
		Options:  berth.Options{berth.OptionSeed: 7, berth.OptionTimeLimit: berth.Milliseconds(5 * time.Second)},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(plan.Outcome())
	// Output: optimal
}

func ExampleError() {
	ctx := context.Background()
	document := []byte(`<inventory xmlns="urn:berth:1"><cluster id="c"><host id="h" cpuMhz="1"/></cluster></inventory>`)
	_, err := berth.ParseInventory(ctx, nil, "bad.xml", document)
	var failed *berth.Error
	switch {
	case errors.Is(err, berth.ErrInvalid) && errors.As(err, &failed):
		for _, problem := range failed.Problems {
			fmt.Println(problem)
		}
	case errors.Is(err, berth.ErrLimit):
		fmt.Println("too large:", err)
	}
	// Output: bad.xml:1:48: error: <host> lacks the attribute memoryMib; expected a whole number
}

func ExampleWithProgress() {
	ctx := context.Background()
	ctx = berth.WithProgress(ctx, func(p berth.Progress) {
		fmt.Fprintf(os.Stderr, "\r%s %d/%d", p.Phase, p.Done, p.Total)
	})
	inventory, err := berth.ReadInventory(ctx, nil, dataset("fragmentation.xml"))
	fmt.Println(inventory.Name(), err)
	inventory.Close()
	// Output: fragmentation <nil>
}

func ExampleSession() {
	inventory, _ := berth.ReadInventory(context.Background(), nil, dataset("fragmentation.xml"))
	defer inventory.Close()
	err := func() error {
		session, err := berth.OpenSession(inventory)
		if err != nil {
			return err
		}
		defer session.Close()
		web := berth.NewVM("web", 4096)
		web.MemoryReservationMiB, web.Power = 4096, berth.PowerOff
		vm, err := session.AddVM(0, &web, berth.NoVM)
		if err != nil {
			return err
		}
		chosen, err := session.Place(vm, berth.PreferTight)
		if err != nil {
			return err
		}
		fmt.Println("web starts on", session.HostID(chosen.Host))
		err = session.Update(func(tx *berth.Tx) error { // all of it, or nothing
			wiki, err := tx.FindVM("wiki")
			if err != nil {
				return err
			}
			return tx.StopVM(wiki)
		})
		return err
	}()
	fmt.Println(err)
	// Output:
	// web starts on esx01
	// <nil>
}

// Lines of a manual are those of an example, whatever their indentation.
func TestManualShowsTheExamples(t *testing.T) {
	squeeze := func(text string) string {
		return regexp.MustCompile(`(?m)^[ \t]+|[ \t]+$`).ReplaceAllString(text, "")
	}
	source, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	blocks := 0
	for _, manual := range []string{"go.md", "howto-scheduler.md"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "docs", "manual", manual))
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range regexp.MustCompile("(?ms)^```go\n(.*?)^```").FindAllStringSubmatch(string(text), -1) {
			if blocks++; !strings.Contains(squeeze(string(source)), squeeze(block[1])) {
				t.Errorf("%s: no example has\n%s", manual, block[1])
			}
		}
	}
	if blocks < 5 {
		t.Error("only", blocks, "examples")
	}
}
