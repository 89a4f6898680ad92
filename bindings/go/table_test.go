// SPDX-License-Identifier: Apache-2.0

package berth_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"berth.invalid/berth"
)

// headers is the text of all headers of the installed library.
func headers(t *testing.T) string {
	t.Helper()
	printed, err := exec.Command("pkg-config", "--variable=includedir", "berth").Output()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(printed)), "berth", "*.h"))
	if err != nil || len(files) == 0 {
		t.Fatal("no headers:", err)
	}
	return concatenated(t, files)
}

func concatenated(t *testing.T, files []string) string {
	t.Helper()
	var all strings.Builder
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(content)
	}
	return all.String()
}

func sources(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	return concatenated(t, files)
}

// A row that is added to a table of the library is missed here.
func TestEveryRowOfTheTablesHasAConstant(t *testing.T) {
	text, ours := headers(t), sources(t)
	for _, table := range []string{"STATUS", "OPTION", "GOAL", "LEVEL", "EVENT", "REASON", "FAULT", "PROOF", "DIALECT"} {
		start := strings.Index(text, "#define BERTH_"+table+"_TABLE(X)")
		if start < 0 {
			t.Error("no table", table)
			continue
		}
		body := text[start:]
		body = body[:strings.Index(body, "typedef enum")]
		rows := regexp.MustCompile(`X\((BERTH_\w+),`).FindAllStringSubmatch(body, -1)
		if len(rows) < 3 {
			t.Error(table, "has", len(rows), "rows")
		}
		for _, row := range rows {
			if row[1] != "BERTH_OK" && !regexp.MustCompile(`\bC\.`+row[1]+`\b`).MatchString(ours) {
				t.Error("no constant for", row[1])
			}
		}
	}
}

func TestEveryExportedNameIsDocumented(t *testing.T) {
	packages, err := parser.ParseDir(token.NewFileSet(), ".", func(f os.FileInfo) bool {
		return !strings.HasSuffix(f.Name(), "_test.go")
	}, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	names := 0
	for _, file := range packages["berth"].Files {
		for _, declaration := range file.Decls {
			switch d := declaration.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() {
					if names++; !strings.HasPrefix(d.Doc.Text(), d.Name.Name) {
						t.Error("no documentation of", d.Name.Name)
					}
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if s, isType := spec.(*ast.TypeSpec); isType && s.Name.IsExported() {
						if names++; !strings.Contains(d.Doc.Text()+s.Doc.Text(), s.Name.Name) {
							t.Error("no documentation of", s.Name.Name)
						}
					}
				}
			}
		}
	}
	if names < 100 {
		t.Error("only", names, "names")
	}
}

func TestWordsAreThoseOfDocuments(t *testing.T) {
	for _, word := range []struct {
		value fmt.Stringer
		want  string
	}{
		{berth.GoalFailover, "failover"}, {berth.GoalRebalance, "rebalance"}, {berth.Goal(99), ""},
		{berth.LevelMemoryMoved, "memory.moved"}, {berth.Infeasible, "infeasible"}, {berth.StepMigrate, "migrate"},
		{berth.HowRestart, "restart"}, {berth.ReasonNUMA, "numa"}, {berth.FaultRestartOrder, "restart-order"},
		{berth.ProofSearch, "by search"}, {berth.VerdictLost, "lost"}, {berth.HostEnteringMaintenance, "entering-maintenance"},
		{berth.WakeWOL, "wol"}, {berth.PowerSuspended, "suspended"}, {berth.PriorityLowest, "lowest"},
		{berth.DomainRack, "rack"}, {berth.RuleRestartAfter, "restart-after"}, {berth.Should, "should"},
		{berth.NUMAOneNode, "one-node"}, {berth.EraFDM65, "fdm65"}, {berth.IsolationShutdown, "shutdown"},
		{berth.ReadyAppHeartbeat, "app-heartbeat"}, {berth.AdmissionSlots, "slots"}, {berth.AutomationFull, "full"},
		{berth.DialectVim25, "vim25"}, {berth.EventAddFlavour, "add-flavour"}, {berth.SeverityWarning, "warning"},
		{berth.OptionTimeLimit, "time-limit"}, {berth.ErrNotFound, "not-found"}, {berth.ErrClosed, "closed"},
	} {
		equal(t, fmt.Sprintf("%T", word.value), word.value.String(), word.want)
	}
}

func TestErrorsCompare(t *testing.T) {
	cause := errors.New("cause")
	err := fmt.Errorf("reading: %w", &berth.Error{Status: berth.ErrRead, Cause: cause})
	if !errors.Is(err, berth.ErrRead) || errors.Is(err, berth.ErrWrite) || !errors.Is(err, cause) {
		t.Error(err)
	}
	equal(t, "text", err, "reading: berth: an input cannot be opened or read")
	equal(t, "sentence", berth.ErrNoMemory.Error(), "an allocation failed")
	if berth.Version() == "" {
		t.Error("no version")
	}
}
