// SPDX-License-Identifier: Apache-2.0

package berth

// #cgo pkg-config: berth
// #cgo CFLAGS: -std=c17 -Wall
// #include <stdlib.h>
// #include "native_bridge.h"
import "C"

import (
	"context"
	"runtime/cgo"
	"sync/atomic"
	"time"
	"unsafe"
)

// Progress says how far a call is.
type Progress struct {
	Phase   string // "read", "presolve", "solve", "schedule", "check", "audit", ...
	Done    uint64 // units finished
	Total   uint64 // units in all; 0 = unknown
	Elapsed time.Duration
}

type progressKey struct{}

// WithProgress has tell called by every call that is given the context, from the goroutine of that call,
// some 50 times a second. It should be quick: the call waits for it.
func WithProgress(ctx context.Context, tell func(Progress)) context.Context {
	return context.WithValue(ctx, progressKey{}, tell)
}

// listener is what a progress handle stands for.
type listener struct {
	context  context.Context
	tell     func(Progress)
	panicked interface{} // what tell panicked with: it must not unwind through C
}

func (l *listener) hear(progress Progress) (goOn bool) {
	defer func() {
		if l.panicked = recover(); l.panicked != nil {
			goOn = false
		}
	}()
	l.tell(progress)
	return l.context.Err() == nil // which tell itself may have cancelled
}

//export bridgeProgress
func bridgeProgress(handle C.uintptr_t, phase *C.char, done, total C.uint64_t, seconds C.double) C.bool {
	hearing := cgo.Handle(handle).Value().(*listener)
	return C.bool(hearing.hear(Progress{
		Phase:   text(phase),
		Done:    uint64(done),
		Total:   uint64(total),
		Elapsed: time.Duration(float64(seconds) * float64(time.Second)),
	}))
}

// text copies a string of C; NULL is "".
func text(c *C.char) string {
	return C.GoString(c)
}

// call is one call of the library, or a few: a native context, memory for parameters that ends with it, and
// what cancels it. It belongs to one goroutine.
type call struct {
	arena
	goContext context.Context
	native    *C.berth_context
	watched   *C.bridge_call
	hearing   *listener
	handle    cgo.Handle
	stop      chan struct{} // closed by end; nil = nobody watches the context
	stopped   chan struct{}
}

// begin prepares a call. The context may be nil where nothing can be cancelled. After it returned no
// error, end must be called.
func begin(ctx context.Context) (*call, error) {
	if ctx == nil {
		ctx = context.Background()
	}
	if err := ctx.Err(); err != nil {
		return nil, &Error{Status: ErrCancelled, Detail: err.Error(), Cause: err}
	}
	c := &call{goContext: ctx}
	if status := C.berth_context_new(nil, &c.native); status != C.BERTH_OK {
		return nil, &Error{Status: Status(status)}
	}
	c.watched = (*C.bridge_call)(c.allocate(unsafe.Sizeof(C.bridge_call{})))
	if c.watched == nil {
		c.end()
		return nil, &Error{Status: ErrNoMemory}
	}
	c.listen()
	c.watch()
	C.bridge_watch(c.native, c.watched)
	return c, nil
}

func (c *call) listen() {
	if tell, _ := c.goContext.Value(progressKey{}).(func(Progress)); tell != nil {
		c.hearing = &listener{context: c.goContext, tell: tell}
		c.handle = cgo.NewHandle(c.hearing)
		c.watched.progress = C.uintptr_t(c.handle)
	}
}

// watch sets the flag that C reads when the context is done.
func (c *call) watch() {
	done := c.goContext.Done()
	if done == nil {
		return
	}
	c.stop, c.stopped = make(chan struct{}), make(chan struct{})
	go func(flag *int32, stop <-chan struct{}, stopped chan<- struct{}) {
		defer close(stopped)
		select {
		case <-done:
			atomic.StoreInt32(flag, 1)
		case <-stop:
		}
	}((*int32)(unsafe.Pointer(&c.watched.stop)), c.stop, c.stopped)
}

// end frees what the call had. A panic of the progress function goes on from here.
func (c *call) end() {
	if c.stop != nil {
		close(c.stop)
		<-c.stopped
	}
	if c.handle != 0 {
		c.handle.Delete()
	}
	C.berth_context_free(c.native)
	c.forget(0)
	if c.hearing != nil && c.hearing.panicked != nil {
		panic(c.hearing.panicked)
	}
}

// problems copies what the last call found.
func (c *call) problems() []Problem {
	count := int(C.berth_context_problem_count(c.native))
	if count == 0 {
		return nil
	}
	all := make([]Problem, count)
	for i := range all {
		found := C.berth_context_problem(c.native, C.size_t(i))
		all[i] = Problem{
			Severity: Severity(found.severity),
			Status:   Status(found.status),
			Source:   text(found.position.source),
			Line:     int(found.position.line),
			Column:   int(found.position.column),
			Text:     text(found.text),
			Code:     text(found.code),
		}
	}
	return all
}

// cut is true if the call was told to stop before it was through.
func (c *call) cut() bool {
	return c.watched.refused != 0
}

func (c *call) cancelled() error {
	cause := c.goContext.Err()
	detail := "cut short"
	if cause != nil {
		detail = cause.Error()
	}
	return &Error{Status: ErrCancelled, Detail: detail, Cause: cause}
}

// err turns a status into an error.
func (c *call) err(status C.berth_status) error {
	switch {
	case status == C.BERTH_OK:
		return nil
	case status == C.BERTH_E_CANCELLED:
		return c.cancelled()
	}
	return &Error{
		Status:   Status(status),
		Detail:   text(C.berth_context_detail(c.native)),
		Problems: c.problems(),
	}
}
