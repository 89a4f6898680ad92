// SPDX-License-Identifier: Apache-2.0

package berth

// #include "native_bridge.h"
import "C"

import (
	"fmt"
	"strings"
)

// Status is the kind of an error. The constants are errors themselves, to be compared with
// errors.Is; what calls return is an *Error, which has the detail.
type Status int

// The kinds of errors.
const (
	ErrNoMemory    Status = C.BERTH_E_NOMEM       // an allocation failed
	ErrArgument    Status = C.BERTH_E_ARGUMENT    // a parameter is outside its documented range
	ErrInvalid     Status = C.BERTH_E_INVALID     // the input breaks the rules of its format or of the model
	ErrNotFound    Status = C.BERTH_E_NOT_FOUND   // no object has this id or name
	ErrAmbiguous   Status = C.BERTH_E_AMBIGUOUS   // a name fits several objects; use an id
	ErrOverflow    Status = C.BERTH_E_OVERFLOW    // a number is beyond what berth computes with
	ErrLimit       Status = C.BERTH_E_LIMIT       // an input is larger than the configured limits
	ErrRead        Status = C.BERTH_E_READ        // an input cannot be opened or read
	ErrOpenOutput  Status = C.BERTH_E_OPEN_OUTPUT // an output cannot be created
	ErrWrite       Status = C.BERTH_E_WRITE       // an output cannot be written completely
	ErrCancelled   Status = C.BERTH_E_CANCELLED   // the context was done before the call was
	ErrUnsupported Status = C.BERTH_E_UNSUPPORTED // berth knows this but does not do it
	ErrInternal    Status = C.BERTH_E_INTERNAL    // berth contradicts itself; please report it

	// ErrClosed is of the binding: the value was closed before the call.
	ErrClosed Status = -1
)

// Error says what the kind means, in one sentence.
func (s Status) Error() string {
	if s == ErrClosed {
		return "the value was closed"
	}
	return C.GoString(C.berth_status_text(C.berth_status(s)))
}

// String is the short name of the kind, such as "not-found".
func (s Status) String() string {
	if s == ErrClosed {
		return "closed"
	}
	return C.GoString(C.berth_status_name(C.berth_status(s)))
}

// Severity says how grave a problem is.
type Severity int

// Errors refuse the input; warnings and notes do not.
const (
	SeverityNote    Severity = C.BERTH_NOTE
	SeverityWarning Severity = C.BERTH_WARNING
	SeverityError   Severity = C.BERTH_ERROR
)

// String is "note", "warning" or "error".
func (s Severity) String() string {
	switch s {
	case SeverityNote:
		return "note"
	case SeverityWarning:
		return "warning"
	case SeverityError:
		return "error"
	}
	return ""
}

// Problem is one finding about an input.
type Problem struct {
	Severity Severity
	Status   Status // 0 for warnings and notes
	Source   string // the file, or "" if unknown
	Line     int    // from 1; 0 = unknown
	Column   int    // in bytes, from 1; 0 = unknown
	Text     string // "what is wrong; what was expected"
	Code     string // a stable word of its kind, or ""
}

// String is "FILE:LINE:COLUMN: severity: text", as far as it is known.
func (p Problem) String() string {
	where := ""
	if p.Source != "" {
		where = p.Source + ": "
		if p.Line > 0 {
			where = fmt.Sprintf("%s:%d:%d: ", p.Source, p.Line, p.Column)
		}
	}
	return where + p.Severity.String() + ": " + p.Text
}

// Error is what every failed call returns. errors.Is finds its Status, and the error of the
// context.Context that cancelled the call.
type Error struct {
	Status   Status
	Detail   string    // one line, or ""
	Problems []Problem // what was found wrong with an input, all of it
	Cause    error     // of the context that was done, or nil
}

// Error is the detail, or what the status means if there is none, and the number of problems.
func (e *Error) Error() string {
	var text strings.Builder
	text.WriteString("berth: ")
	if e.Detail != "" {
		text.WriteString(e.Detail)
	} else {
		text.WriteString(e.Status.Error())
	}
	if others := e.errorCount() - 1; others > 0 {
		fmt.Fprintf(&text, " (and %d more)", others)
	}
	return text.String()
}

func (e *Error) errorCount() int {
	count := 0
	for _, problem := range e.Problems {
		if problem.Severity == SeverityError {
			count++
		}
	}
	return count
}

// Is is true for the error's Status.
func (e *Error) Is(target error) bool {
	status, isStatus := target.(Status)
	return isStatus && status == e.Status
}

// Unwrap is the Cause.
func (e *Error) Unwrap() error {
	return e.Cause
}

// Version is the version of the library that runs, "MAJOR.MINOR.PATCH".
func Version() string {
	return C.GoString(C.berth_version())
}
