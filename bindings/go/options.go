// SPDX-License-Identifier: Apache-2.0

package berth

// #include "native_bridge.h"
import "C"

import (
	"fmt"
	"time"
)

// Option is a row of the library's one table of solving options.
type Option int

// The options. Info tells unit, bounds and default of each.
const (
	OptionTimeLimit         Option = C.BERTH_OPTION_TIME_LIMIT // milliseconds
	OptionThreads           Option = C.BERTH_OPTION_THREADS
	OptionSeed              Option = C.BERTH_OPTION_SEED
	OptionDeadline          Option = C.BERTH_OPTION_DEADLINE // seconds
	OptionKeepFailures      Option = C.BERTH_OPTION_KEEP_FAILURES
	OptionExactLimit        Option = C.BERTH_OPTION_EXACT_LIMIT
	OptionWeigh             Option = C.BERTH_OPTION_WEIGH              // 0 hosts, 1 power
	OptionTargetCPU         Option = C.BERTH_OPTION_TARGET_CPU         // percent
	OptionTargetMemory      Option = C.BERTH_OPTION_TARGET_MEMORY      // percent
	OptionStrandedTolerance Option = C.BERTH_OPTION_STRANDED_TOLERANCE // points of percent
	OptionExplain           Option = C.BERTH_OPTION_EXPLAIN            // 0 full, 1 ledger

	optionCount = C.BERTH_OPTION_COUNT
)

// Unit is the unit of an option's value.
type Unit int

// Values of Unit.
const (
	UnitCount        Unit = C.BERTH_UNIT_COUNT
	UnitMilliseconds Unit = C.BERTH_UNIT_MILLISECONDS
	UnitSeconds      Unit = C.BERTH_UNIT_SECONDS
	UnitBoolean      Unit = C.BERTH_UNIT_BOOLEAN
	UnitWord         Unit = C.BERTH_UNIT_WORD // place among the words of Metavar, from 0
)

// OptionInfo is what the table says about an option.
type OptionInfo struct {
	Name                      string // as on the command line, without dashes
	Metavar                   string
	Help                      string
	Unit                      Unit
	Minimum, Maximum, Default int64 // in the unit
}

// AllOptions lists the table.
func AllOptions() []Option {
	all := make([]Option, optionCount)
	for i := range all {
		all[i] = Option(i)
	}
	return all
}

// Info is the option's row of the table; zero if there is none.
func (o Option) Info() OptionInfo {
	row := C.berth_option_describe(C.berth_option(o))
	if row == nil {
		return OptionInfo{}
	}
	return OptionInfo{
		Name:    text(row.name),
		Metavar: text(row.metavar),
		Help:    text(row.help),
		Unit:    Unit(row.unit),
		Minimum: int64(row.minimum),
		Maximum: int64(row.maximum),
		Default: int64(row.initial),
	}
}

// String is the option's name.
func (o Option) String() string {
	return o.Info().Name
}

// Options holds values, in the unit of the table; what is absent has its default. Bounds are checked by
// the call that is given them.
//
//	berth.Options{berth.OptionSeed: 7, berth.OptionTimeLimit: berth.Milliseconds(5 * time.Second)}
type Options map[Option]int64

// Milliseconds is the duration as a value of OptionTimeLimit, rounded up.
func Milliseconds(d time.Duration) int64 {
	return int64((d + time.Millisecond - 1) / time.Millisecond)
}

// Parse sets an option by name from text as the command line has it, such as "time-limit" and "5s".
func (o Options) Parse(name, value string) error {
	for _, option := range AllOptions() {
		if option.String() != name {
			continue
		}
		c, err := begin(nil)
		if err != nil {
			return err
		}
		defer c.end()
		values := c.options(o)
		cValue := c.required(value)
		if c.failed != nil {
			return c.failed
		}
		if err := c.err(C.berth_options_parse(c.native, values, C.berth_option(option), cValue)); err != nil {
			return err
		}
		o[option] = int64(values.value[option])
		return nil
	}
	return &Error{Status: ErrArgument, Detail: fmt.Sprintf("there is no option %q", name)}
}

// options puts the values into C memory of the call.
func (c *call) options(given Options) *C.berth_options {
	values := (*C.berth_options)(c.allocate(C.sizeof_berth_options))
	if values == nil {
		return nil
	}
	C.berth_options_init(values)
	for option, value := range given {
		status := C.berth_options_set(c.native, values, C.berth_option(option), C.int64_t(value))
		if status != C.BERTH_OK {
			c.refuse(c.err(status))
		}
	}
	return values
}
